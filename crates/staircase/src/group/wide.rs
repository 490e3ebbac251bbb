//! The wide columns of a stage: the unknowns of the joint system at its nodes.
#![allow(clippy::inline_always)] // Kernels are compiled for the registers of their caller.

use super::{Group, Joins, NOTHING, Which, Width, times};
use crate::lanes::{Lanes, V};
use crate::pattern::{Meeting, Pattern};

/// rows·θ·h of the border rows, and the triangle rows·θ·rowsᵀ.
#[inline(always)]
pub fn border_rows<L: Lanes>(
    l: L,
    p: &Pattern,
    width: &Width,
    slots: &[V],
    theta: &[V],
    side: &[V],
    border: &mut [V],
) {
    if width.rows == 0 {
        return;
    }
    let first = width.columns + width.rows;
    times::<L, false, false>(
        l,
        &p.columns_in_border,
        slots,
        side,
        &mut border[first..first + width.rows],
    );
    let triangle = &mut border[first + width.rows..];
    for &(column, a, b, ref pair) in &p.border_pairs {
        let product = l.mul(pair[0].load(l, slots, &[]), pair[1].load(l, slots, &[]));
        let (a, b) = (a.max(b) as usize, a.min(b) as usize);
        let at = &mut triangle[a * (a + 1) / 2 + b];
        let new = l.mul_add(product, l.load(&theta[column as usize]), l.load(at));
        l.store(at, new);
    }
}

/// Entries of the border's wide columns at the nodes of a stage by itself, in front of its factor.
#[inline(always)]
pub fn direct_entries<L: Lanes>(
    l: L,
    p: &Pattern,
    (slots, slots_after): (&[V], &[V]),
    (theta, push): (&[V], &[V]),
    direct: &mut [V],
) {
    direct.fill(V::ZERO);
    let mut add = |at: u32, value: L::F| {
        let at = &mut direct[at as usize];
        let new = l.add(l.load(at), value);
        l.store(at, new);
    };
    for &(at, value) in &p.border_entries {
        add(at, value.load(l, slots, &[]));
    }
    // What a border column does to the columns whose bounds move with it.
    for &(at, column, value) in &p.moving_in_rows {
        let coefficient = value.load(l, slots, slots_after);
        add(at, l.mul(coefficient, l.load(&push[column as usize])));
    }
    // rows·θ·(border row)ᵀ
    for &(at, column, ref pair) in &p.border_products {
        let border = pair[1].load(l, slots, slots_after);
        let coefficient = pair[0].load(l, slots, slots_after);
        let value = if p.is_kept[column as usize] {
            // A kept column is a node: its coefficient in the border row stands there.
            border
        } else {
            l.mul(l.mul(coefficient, border), l.load(&theta[column as usize]))
        };
        add(at, value);
    }
}

/// Takes the rows that join a stretch to the one before out of its first stage: they are unknowns of
/// the joint system, and wide columns here.
#[inline(always)]
pub fn cut<L: Lanes>(
    l: L,
    p: &Pattern,
    width: &Width,
    joined: &V,
    (panel, wide, side): (&mut [V], &mut [V], &mut [V]),
    start: &mut Joins,
) {
    let zero = l.splat(0.0);
    let joined = l.less(zero, l.load(joined));
    for (at, to) in p.handed_on.iter().zip(&mut start.triangle) {
        let value = l.load(&panel[*at as usize]);
        l.store(to, value);
        l.store(&mut panel[*at as usize], l.select(joined, zero, value));
    }
    for &(join, node, at) in &p.meets {
        let value = l.load(&panel[at as usize]);
        let to = p.wide.place(node as usize, join as usize);
        l.store(&mut wide[to], l.select(joined, value, zero));
        l.store(&mut panel[at as usize], l.select(joined, zero, value));
    }
    for (join, node) in p.next_nodes.iter().enumerate() {
        let node = *node as usize;
        let at = &mut panel[p.starts[node] as usize];
        let new = l.select(joined, l.splat(NOTHING), l.load(at));
        l.store(at, new);
        let border = width.columns + width.rows;
        let from = &mut wide[p.wide.starts[node] + width.joins..p.wide.starts[node + 1]];
        for (from, to) in from.iter_mut().zip(&mut start.wide[join * border..]) {
            let value = l.load(from);
            l.store(to, value);
            l.store(from, l.select(joined, zero, value));
        }
    }
    take_start(l, p, &joined, side, start);
}

/// The right side of the joining rows.
#[inline(always)]
pub fn take_start<L: Lanes>(l: L, p: &Pattern, joined: &L::M, side: &mut [V], start: &mut Joins) {
    for (node, to) in p.next_nodes.iter().zip(&mut start.side) {
        let from = &mut side[*node as usize];
        let value = l.load(from);
        l.store(to, value);
        l.store(from, l.select(*joined, l.splat(0.0), value));
    }
}

/// L⁻¹ of a stage, what goes on to the next stage behind its nodes.
#[inline(always)]
pub fn forward<L: Lanes>(l: L, p: &Pattern, factor: &[V], f: &mut [V]) {
    for j in 0..p.nodes {
        let first = p.starts[j] as usize + 1;
        let value = l.load(&f[j]);
        for (entry, node) in factor[first..].iter().zip(&p.below[j]) {
            let at = &mut f[*node as usize];
            let new = l.sub_mul(l.load(at), l.load(entry), value);
            l.store(at, new);
        }
    }
}

/// L⁻ᵀ·D⁻¹ of a stage, what comes from the next stage behind its nodes.
#[inline(always)]
pub fn backward<L: Lanes>(l: L, p: &Pattern, factor: &[V], f: &mut [V]) {
    for j in (0..p.nodes).rev() {
        let first = p.starts[j] as usize;
        let below = &p.below[j];
        let entries = &factor[first + 1..first + 1 + below.len()];
        // Two sums side by side, the nodes that were done last at the end: a chain would wait for itself.
        let (mut a, mut b) = (l.mul(l.load(&f[j]), l.load(&factor[first])), l.splat(0.0));
        let (pairs, rest) = below.as_chunks::<2>();
        for (entry, node) in entries[2 * pairs.len()..].iter().zip(rest) {
            a = l.sub_mul(a, l.load(entry), l.load(&f[*node as usize]));
        }
        for (entries, nodes) in entries.as_chunks::<2>().0.iter().zip(pairs).rev() {
            b = l.sub_mul(b, l.load(&entries[1]), l.load(&f[nodes[1] as usize]));
            a = l.sub_mul(a, l.load(&entries[0]), l.load(&f[nodes[0] as usize]));
        }
        l.store(&mut f[j], l.add(a, b));
    }
}

/// L⁻¹ of the wide columns at the nodes that meet them all, of which all before are done.
#[inline(always)]
pub fn full_columns<L: Lanes>(l: L, p: &Pattern, factor: &[V], nw: usize, wide: &mut [V]) {
    for (to, before) in &p.wide.rows {
        let (done, rest) = wide.split_at_mut(*to);
        let mut a = 0;
        while a + 8 <= nw {
            full_block::<L, 8>(l, factor, (before, a), done, rest);
            a += 8;
        }
        if a + 4 <= nw {
            full_block::<L, 4>(l, factor, (before, a), done, rest);
            a += 4;
        }
        match nw - a {
            1 => full_block::<L, 1>(l, factor, (before, a), done, rest),
            2 => full_block::<L, 2>(l, factor, (before, a), done, rest),
            3 => full_block::<L, 3>(l, factor, (before, a), done, rest),
            _ => {}
        }
    }
}

/// Some columns side by side, whose sums stay in registers.
#[inline(always)]
pub fn full_block<L: Lanes, const BLOCK: usize>(
    l: L,
    factor: &[V],
    (before, a): (&[(u32, u32)], usize),
    done: &[V],
    to: &mut [V],
) {
    let to = &mut to[a..a + BLOCK];
    let mut sums = [l.splat(0.0); BLOCK];
    for (sum, at) in sums.iter_mut().zip(&*to) {
        *sum = l.load(at);
    }
    for (entry, from) in before {
        let entry = l.load(&factor[*entry as usize]);
        let from = &done[*from as usize + a..][..BLOCK];
        for (sum, from) in sums.iter_mut().zip(from) {
            *sum = l.sub_mul(*sum, entry, l.load(from));
        }
    }
    for (sum, at) in sums.into_iter().zip(to) {
        l.store(at, sum);
    }
}

/// wideᵀ·D⁻¹·wide, lower triangle.
#[inline(always)]
pub fn gram<L: Lanes>(l: L, p: &Pattern, factor: &[V], wide: &[V], nw: usize, gram: &mut [V]) {
    const BLOCK: usize = 4;
    let pivot = |node: u32| l.load(&factor[p.starts[node as usize] as usize]);
    // Rows that are full go by squares whose sums stay in registers.
    let whole = nw / BLOCK * BLOCK;
    for a in (0..whole).step_by(BLOCK) {
        for b in (0..=a).step_by(BLOCK) {
            let mut sums = [[l.splat(0.0); BLOCK]; BLOCK];
            for node in &p.wide.full {
                let row = &wide[p.wide.starts[*node as usize]..][..nw];
                let (left, right) = (&row[a..a + BLOCK], &row[b..b + BLOCK]);
                let pivot = pivot(*node);
                let right: [L::F; BLOCK] = [0, 1, 2, 3].map(
                    #[inline(always)]
                    |i| l.load(&right[i]),
                );
                for (sums, left) in sums.iter_mut().zip(left) {
                    let left = l.mul(pivot, l.load(left));
                    for (sum, right) in sums.iter_mut().zip(right) {
                        *sum = l.mul_add(left, right, *sum);
                    }
                }
            }
            for (i, sums) in sums.into_iter().enumerate() {
                let from = (a + i) * (a + i + 1) / 2 + b;
                let width = BLOCK.min(a + i + 1 - b);
                for (at, sum) in gram[from..from + width].iter_mut().zip(sums) {
                    l.store(at, l.add(l.load(at), sum));
                }
            }
        }
    }
    for node in &p.wide.full {
        let row = &wide[p.wide.starts[*node as usize]..][..nw];
        let pivot = pivot(*node);
        for a in whole..nw {
            let left = l.mul(pivot, l.load(&row[a]));
            for (at, right) in gram[a * (a + 1) / 2..][..=a].iter_mut().zip(row) {
                l.store(at, l.mul_add(left, l.load(right), l.load(at)));
            }
        }
    }
    for node in &p.wide.part {
        let columns = &p.wide.columns[*node as usize];
        let row = &wide[p.wide.starts[*node as usize]..][..columns.len()];
        let pivot = pivot(*node);
        for (i, a) in columns.iter().enumerate() {
            let a = *a as usize;
            let left = l.mul(pivot, l.load(&row[i]));
            let of_a = &mut gram[a * (a + 1) / 2..][..=a];
            for (right, b) in row[..=i].iter().zip(columns) {
                let at = &mut of_a[*b as usize];
                l.store(at, l.mul_add(left, l.load(right), l.load(at)));
            }
        }
    }
}

/// What a stage itself has of the wide columns: at the first all of them, else what meets the border.
#[inline(always)]
fn met_at<'a>(
    direct: &'a [V],
    at_first: &'a [V],
    p: &'a Pattern,
    t: usize,
) -> impl Iterator<Item = (&'a Meeting, &'a V)> {
    let count = p.direct.len();
    let (meetings, values) = match t {
        0 => (&p.all_wide, at_first),
        _ => (&p.direct, &direct[t * count..(t + 1) * count]),
    };
    meetings.iter().zip(values)
}

/// Where a stretch ends, nothing goes on and nothing comes back.
#[inline(always)]
fn nothing_beyond<L: Lanes>(l: L, ends: &V, carry: &mut [V]) {
    let end = l.less(l.splat(0.0), l.load(ends));
    for carry in carry {
        let new = l.select(end, l.splat(0.0), l.load(carry));
        l.store(carry, new);
    }
}

/// Forwards: less what the changes of the joint unknowns do, after the first half of a solve. The wide
/// columns themselves are not kept: they would be written once and read three times an iteration.
#[inline(always)]
pub fn less_joint<L: Lanes>(l: L, g: &mut Group<'_>, p: &Pattern, which: Which, changes: &[V]) {
    if p.wide.all == 0 {
        return;
    }
    let (n, s) = (p.nodes, &mut g.scratch);
    let begun = if which == Which::Correction { &mut *g.ddy } else { &mut *g.dy };
    s.carry.fill(V::ZERO);
    for t in 0..g.stages {
        let tail = (t + 2).checked_sub(g.stages);
        let f = &mut s.nodes;
        f.fill(V::ZERO);
        for (node, carry) in p.next_nodes.iter().zip(&s.carry) {
            f[*node as usize] = *carry;
        }
        for (of, w) in met_at(g.direct, &g.at_first, p, t) {
            let at = &mut f[of.node as usize];
            let new = l.mul_add(l.load(w), l.load(&changes[of.column as usize]), l.load(at));
            l.store(at, new);
        }
        forward(l, p, &g.factor[t * p.entries..(t + 1) * p.entries], f);
        for (at, f) in begun[t * n..(t + 1) * n].iter_mut().zip(&*f) {
            let new = l.sub(l.load(at), l.load(f));
            l.store(at, new);
        }
        s.carry.copy_from_slice(&f[n..]);
        if let Some(i) = tail {
            nothing_beyond(l, &g.ends[i], &mut s.carry);
        }
    }
}

/// Backwards: wideᵀ·D⁻¹·f after the first half of a solve, without the wide columns.
#[inline(always)]
pub fn against_joint<L: Lanes>(l: L, g: &mut Group<'_>, p: &Pattern, which: Which) {
    if p.wide.all == 0 {
        return;
    }
    let (n, s) = (p.nodes, &mut g.scratch);
    let begun = if which == Which::Correction { &*g.ddy } else { &*g.dy };
    g.against.fill(V::ZERO);
    s.carry.fill(V::ZERO);
    for t in (0..g.stages).rev() {
        let tail = (t + 2).checked_sub(g.stages);
        let f = &mut s.nodes;
        f[..n].copy_from_slice(&begun[t * n..(t + 1) * n]);
        if let Some(i) = tail {
            nothing_beyond(l, &g.ends[i], &mut s.carry);
        }
        f[n..].copy_from_slice(&s.carry);
        backward(l, p, &g.factor[t * p.entries..(t + 1) * p.entries], f);
        for (of, w) in met_at(g.direct, &g.at_first, p, t) {
            let sum = &mut g.against[of.column as usize];
            let new = l.mul_add(l.load(w), l.load(&f[of.node as usize]), l.load(sum));
            l.store(sum, new);
        }
        for (carry, node) in s.carry.iter_mut().zip(&p.next_nodes) {
            *carry = f[*node as usize];
        }
    }
}

/// wideᵀ·D⁻¹·f
#[inline(always)]
pub fn against<L: Lanes>(l: L, p: &Pattern, factor: &[V], wide: &[V], f: &[V], sums: &mut [V]) {
    let mut wide = wide.iter();
    for (j, columns) in p.wide.columns.iter().enumerate() {
        let scaled = l.mul(l.load(&factor[p.starts[j] as usize]), l.load(&f[j]));
        for (column, w) in columns.iter().zip(wide.by_ref()) {
            let sum = &mut sums[*column as usize];
            let new = l.mul_add(scaled, l.load(w), l.load(sum));
            l.store(sum, new);
        }
    }
}

/// Where a stretch ends, what it hands on is for the joint system.
#[inline(always)]
pub fn take_end<L: Lanes>(l: L, ends: &V, from: &mut [V], to: &mut [V]) {
    let end = l.less(l.splat(0.0), l.load(ends));
    for (from, to) in from.iter_mut().zip(to) {
        let value = l.load(from);
        l.store(to, l.select(end, value, l.load(to)));
        l.store(from, l.select(end, l.splat(0.0), value));
    }
}
