//! Eight numbers at a time: one for each of eight stretches of time that are worked on side by side.
#![allow(clippy::inline_always)] // Kernels are compiled for the registers of their caller.

use bytemuck::{Pod, Zeroable};
#[cfg(target_arch = "x86_64")]
use pulp::{Simd, cast};

/// How many stretches of time lie side by side.
pub const LANES: usize = 8;

/// Eight numbers in memory.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct V(pub [f64; LANES]);

impl V {
    /// Noughts.
    pub const ZERO: V = V([0.0; LANES]);
}

/// Eight numbers in half the memory, with seven digits.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C, align(32))]
pub struct Rough([f32; LANES]);

impl Rough {
    /// Noughts.
    pub const ZERO: Rough = Rough([0.0; LANES]);

    /// One of them.
    pub fn at(&self, lane: usize) -> f64 {
        f64::from(self.0[lane])
    }
}

/// Arithmetic on eight numbers at once, in registers.
pub trait Lanes: Copy {
    /// Eight numbers.
    type F: Copy;
    /// Eight truths.
    type M: Copy;
    fn load(self, v: &V) -> Self::F;
    fn store(self, v: &mut V, x: Self::F);
    #[inline(always)]
    fn load_rough(self, v: &Rough) -> Self::F {
        self.load(&V(v.0.map(f64::from)))
    }
    /// The nearest with seven digits; infinite beyond 1e38.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    fn store_rough(self, v: &mut Rough, x: Self::F) {
        let mut exact = V::ZERO;
        self.store(&mut exact, x);
        v.0 = exact.0.map(|x| x as f32);
    }
    fn splat(self, x: f64) -> Self::F;
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    fn div(self, a: Self::F, b: Self::F) -> Self::F;
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    fn abs(self, a: Self::F) -> Self::F;
    /// a·b + c
    fn mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// c − a·b
    fn sub_mul(self, c: Self::F, a: Self::F, b: Self::F) -> Self::F;
    fn less(self, a: Self::F, b: Self::F) -> Self::M;
    fn select(self, m: Self::M, yes: Self::F, no: Self::F) -> Self::F;
    fn any(self, m: Self::M) -> bool;
}

/// Work written for any width of registers.
pub trait Kernel {
    /// What it gives.
    type Output;
    /// Does it. Everything it calls is to be inlined, so that it is compiled for the registers.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

/// The widest registers of this machine.
#[derive(Debug, Clone, Copy)]
pub enum Width {
    #[cfg(target_arch = "x86_64")]
    Eight(pulp::x86::V4),
    #[cfg(target_arch = "x86_64")]
    Four(pulp::x86::V3),
    Plain,
}

impl Width {
    /// Looks at the machine.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(v4) = pulp::x86::V4::try_new() {
                return Width::Eight(v4);
            }
            if let Some(v3) = pulp::x86::V3::try_new() {
                return Width::Four(v3);
            }
        }
        Width::Plain
    }

    /// Runs a kernel with them.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Width::Eight(v4) => v4.vectorize(Call(v4, kernel)),
            #[cfg(target_arch = "x86_64")]
            Width::Four(v3) => v3.vectorize(Call(v3, kernel)),
            Width::Plain => kernel.run(Plain),
        }
    }
}

/// A kernel with its lanes, as pulp calls it.
#[cfg(target_arch = "x86_64")]
struct Call<L, K>(L, K);

#[cfg(target_arch = "x86_64")]
impl<L: Lanes, K: Kernel> pulp::NullaryFnOnce for Call<L, K> {
    type Output = K::Output;
    #[inline(always)]
    fn call(self) -> K::Output {
        self.1.run(self.0)
    }
}

#[cfg(target_arch = "x86_64")]
impl Lanes for pulp::x86::V4 {
    type F = pulp::f64x8;
    type M = pulp::b8;
    #[inline(always)]
    fn load(self, v: &V) -> Self::F {
        cast(v.0)
    }
    #[inline(always)]
    fn store(self, v: &mut V, x: Self::F) {
        v.0 = cast(x);
    }
    #[inline(always)]
    fn splat(self, x: f64) -> Self::F {
        self.splat_f64s(x)
    }
    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        self.add_f64s(a, b)
    }
    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        self.sub_f64s(a, b)
    }
    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        self.mul_f64s(a, b)
    }
    #[inline(always)]
    fn div(self, a: Self::F, b: Self::F) -> Self::F {
        self.div_f64s(a, b)
    }
    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        self.max_f64s(a, b)
    }
    #[inline(always)]
    fn min(self, a: Self::F, b: Self::F) -> Self::F {
        self.min_f64s(a, b)
    }
    #[inline(always)]
    fn abs(self, a: Self::F) -> Self::F {
        self.abs_f64s(a)
    }
    #[inline(always)]
    fn mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        self.mul_add_f64x8(a, b, c)
    }
    #[inline(always)]
    fn sub_mul(self, c: Self::F, a: Self::F, b: Self::F) -> Self::F {
        self.negate_mul_add_f64x8(a, b, c)
    }
    #[inline(always)]
    fn less(self, a: Self::F, b: Self::F) -> Self::M {
        self.cmp_lt_f64x8(a, b)
    }
    #[inline(always)]
    fn select(self, m: Self::M, yes: Self::F, no: Self::F) -> Self::F {
        self.select_f64x8(m, yes, no)
    }
    #[inline(always)]
    fn any(self, m: Self::M) -> bool {
        m.0 != 0
    }
}

#[cfg(target_arch = "x86_64")]
macro_rules! halves {
    ($v3:ident, $f:ident, $a:ident) => {
        [$v3.$f($a[0]), $v3.$f($a[1])]
    };
    ($v3:ident, $f:ident, $a:ident, $b:ident) => {
        [$v3.$f($a[0], $b[0]), $v3.$f($a[1], $b[1])]
    };
    ($v3:ident, $f:ident, $a:ident, $b:ident, $c:ident) => {
        [$v3.$f($a[0], $b[0], $c[0]), $v3.$f($a[1], $b[1], $c[1])]
    };
}

#[cfg(target_arch = "x86_64")]
impl Lanes for pulp::x86::V3 {
    type F = [pulp::f64x4; 2];
    type M = [pulp::m64x4; 2];
    #[inline(always)]
    fn load(self, v: &V) -> Self::F {
        cast(v.0)
    }
    #[inline(always)]
    fn store(self, v: &mut V, x: Self::F) {
        v.0 = cast(x);
    }
    #[inline(always)]
    fn splat(self, x: f64) -> Self::F {
        [self.splat_f64s(x); 2]
    }
    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        halves!(self, add_f64s, a, b)
    }
    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        halves!(self, sub_f64s, a, b)
    }
    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        halves!(self, mul_f64s, a, b)
    }
    #[inline(always)]
    fn div(self, a: Self::F, b: Self::F) -> Self::F {
        halves!(self, div_f64s, a, b)
    }
    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        halves!(self, max_f64s, a, b)
    }
    #[inline(always)]
    fn min(self, a: Self::F, b: Self::F) -> Self::F {
        halves!(self, min_f64s, a, b)
    }
    #[inline(always)]
    fn abs(self, a: Self::F) -> Self::F {
        halves!(self, abs_f64s, a)
    }
    #[inline(always)]
    fn mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        halves!(self, mul_add_f64x4, a, b, c)
    }
    #[inline(always)]
    fn sub_mul(self, c: Self::F, a: Self::F, b: Self::F) -> Self::F {
        halves!(self, negate_mul_add_f64x4, a, b, c)
    }
    #[inline(always)]
    fn less(self, a: Self::F, b: Self::F) -> Self::M {
        halves!(self, cmp_lt_f64x4, a, b)
    }
    #[inline(always)]
    fn select(self, m: Self::M, yes: Self::F, no: Self::F) -> Self::F {
        halves!(self, select_f64x4, m, yes, no)
    }
    #[inline(always)]
    fn any(self, m: Self::M) -> bool {
        let [a, b] = m;
        [a.0, a.1, a.2, a.3, b.0, b.1, b.2, b.3].into_iter().any(pulp::m64::is_set)
    }
}

/// Lanes without special registers.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

#[inline(always)]
fn each<T>(f: impl FnMut(usize) -> T) -> [T; LANES] {
    std::array::from_fn(f)
}

impl Lanes for Plain {
    type F = [f64; LANES];
    type M = [bool; LANES];
    #[inline(always)]
    fn load(self, v: &V) -> Self::F {
        v.0
    }
    #[inline(always)]
    fn store(self, v: &mut V, x: Self::F) {
        v.0 = x;
    }
    #[inline(always)]
    fn splat(self, x: f64) -> Self::F {
        [x; LANES]
    }
    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        each(|l| a[l] + b[l])
    }
    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        each(|l| a[l] - b[l])
    }
    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        each(|l| a[l] * b[l])
    }
    #[inline(always)]
    fn div(self, a: Self::F, b: Self::F) -> Self::F {
        each(|l| a[l] / b[l])
    }
    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        each(|l| if a[l] > b[l] { a[l] } else { b[l] })
    }
    #[inline(always)]
    fn min(self, a: Self::F, b: Self::F) -> Self::F {
        each(|l| if a[l] < b[l] { a[l] } else { b[l] })
    }
    #[inline(always)]
    fn abs(self, a: Self::F) -> Self::F {
        each(|l| a[l].abs())
    }
    #[inline(always)]
    fn mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        each(|l| a[l] * b[l] + c[l])
    }
    #[inline(always)]
    fn sub_mul(self, c: Self::F, a: Self::F, b: Self::F) -> Self::F {
        each(|l| c[l] - a[l] * b[l])
    }
    #[inline(always)]
    fn less(self, a: Self::F, b: Self::F) -> Self::M {
        each(|l| a[l] < b[l])
    }
    #[inline(always)]
    fn select(self, m: Self::M, yes: Self::F, no: Self::F) -> Self::F {
        each(|l| if m[l] { yes[l] } else { no[l] })
    }
    #[inline(always)]
    fn any(self, m: Self::M) -> bool {
        m.contains(&true)
    }
}
