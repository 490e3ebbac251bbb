//! Pieces of work that are done side by side. What comes of them does not depend on who does them.

use std::sync::Arc;

use rayon::prelude::*;

/// Stages that are worth a further piece of work.
pub const STAGES: usize = 256;

/// Who works.
#[derive(Clone)]
pub enum Threads {
    /// This thread alone.
    One,
    /// All cores.
    All,
    Some(Arc<rayon::ThreadPool>),
}

impl Threads {
    /// So many, or all cores for 0; one where there is no more than one piece of work.
    pub fn new(count: usize, stages: usize) -> Self {
        if count == 1 || stages < 2 * STAGES {
            return Threads::One;
        }
        let own = || rayon::ThreadPoolBuilder::new().num_threads(count).build();
        // Without threads of its own it shares those of the process: the answer is the same.
        if count == 0 {
            Threads::All
        } else {
            own().map_or(Threads::All, |own| Threads::Some(Arc::new(own)))
        }
    }

    /// Does a piece of work for each item; what comes of each, in their order.
    pub fn each<I: Send, T: Send>(
        &self,
        items: &mut [I],
        work: impl Fn(usize, &mut I) -> T + Sync,
    ) -> Vec<T> {
        let all =
            |items: &mut [I]| items.par_iter_mut().enumerate().map(|(i, g)| work(i, g)).collect();
        match self {
            Threads::One => items.iter_mut().enumerate().map(|(i, g)| work(i, g)).collect(),
            Threads::All => all(items),
            Threads::Some(pool) => pool.install(|| all(items)),
        }
    }

    /// Does a piece of work for each number below a count; what comes of each, in their order.
    pub fn map<T: Send>(&self, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
        let all = || (0..count).into_par_iter().map(&work).collect();
        match self {
            Threads::One => (0..count).map(work).collect(),
            Threads::All => all(),
            Threads::Some(pool) => pool.install(all),
        }
    }
}
