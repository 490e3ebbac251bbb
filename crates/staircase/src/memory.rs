//! The memory of the stretches, in one piece: long lists are passed over again and again, and large pages
//! save the machine the search for a small one every few columns.

use memmap2::MmapMut;

use crate::lanes::V;

/// From so many bytes on large pages are asked for.
const LARGE: usize = 8 << 20;

/// Room for numbers.
#[derive(Debug, Default)]
pub struct Memory {
    /// In pages of its own.
    mapped: Option<MmapMut>,
    plain: Vec<V>,
}

impl Memory {
    /// Noughts.
    pub fn room(&mut self, count: usize) -> &mut [V] {
        let bytes = count * size_of::<V>();
        self.mapped = if bytes < LARGE { None } else { large(bytes) };
        match &mut self.mapped {
            Some(map) => &mut bytemuck::cast_slice_mut(map)[..count],
            None => {
                self.plain = vec![V::ZERO; count];
                &mut self.plain
            }
        }
    }
}

/// Pages of the system; none where it gives none.
fn large(bytes: usize) -> Option<MmapMut> {
    let map = MmapMut::map_anon(bytes).ok()?;
    #[cfg(target_os = "linux")]
    {
        // Where it may not be so, small pages do as well.
        let _ = map.advise(memmap2::Advice::HugePage);
    }
    Some(map)
}

/// Takes lists of these lengths, one after the other, out of a piece of memory.
pub fn split<const COUNT: usize>(mut from: &mut [V], lengths: [usize; COUNT]) -> [&mut [V]; COUNT] {
    lengths.map(|length| {
        let (list, rest) = std::mem::take(&mut from).split_at_mut(length);
        from = rest;
        list
    })
}
