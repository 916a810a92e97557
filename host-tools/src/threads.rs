//! Threads of this machine, among which the rows of one image are shared out, and what that gains.

use std::fmt;
use std::time::Instant;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;
use tidbit::kernels::Kernels;
use tidbit::{Model, Piece, Pool, Session};

use crate::Error;
use crate::host_bench::Percentiles;

/// Threads of rayon, as the runtime takes them.
///
/// A session hands over fastest if it runs on one of them itself: within [`install`](Self::install).
#[derive(Debug)]
pub struct Threads(ThreadPool);

impl Threads {
    /// So many threads.
    ///
    /// # Errors
    /// The operating system's.
    pub fn new(count: usize) -> Result<Self, Error> {
        let pool = ThreadPoolBuilder::new().num_threads(count).build();
        pool.map(Self)
            .map_err(|error| Error::Threads { count, error })
    }

    /// Runs `work` on one of the threads.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.0.install(work)
    }
}

impl Pool for Threads {
    fn threads(&self) -> usize {
        self.0.current_num_threads()
    }

    fn run(&self, pieces: &mut [Piece<'_>]) {
        self.install(|| {
            let each = pieces.par_iter_mut().with_max_len(1);
            each.for_each(|piece| piece());
        });
    }
}

/// One image on several threads, in turn with one thread.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OneImage {
    /// Threads.
    pub threads: usize,
    /// Nanoseconds of an inference on them.
    pub wall_ns: Percentiles,
    /// Of an inference on one thread, over this: the medians.
    pub speed_up: f64,
}

impl OneImage {
    /// Times an image; in every other round one thread comes first.
    ///
    /// # Errors
    /// The runtime's, and the operating system's.
    pub fn run(
        model: &Model<'_>,
        kernels: &'static Kernels,
        image: &[u8],
        (rounds, threads): (u32, usize),
    ) -> Result<Self, Error> {
        let pool = Threads::new(threads)?;
        let times = pool.install(|| {
            let mut memory = vec![0; model.memory_bytes()];
            let mut shared = vec![0; model.memory_bytes_for(threads)];
            let mut sessions = [
                Session::with_kernels(model, &mut memory, kernels)?,
                Session::with_pool(model, &mut shared, kernels, &pool)?,
            ];
            for session in &mut sessions {
                session.run(image)?;
            }
            let mut times = [Vec::new(), Vec::new()];
            for round in 0..rounds {
                let mut pairs: Vec<_> = sessions.iter_mut().zip(&mut times).collect();
                if round % 2 == 1 {
                    pairs.reverse();
                }
                for (session, times) in pairs {
                    let began = Instant::now();
                    session.run(image)?;
                    times.push(began.elapsed().as_nanos() as u64);
                }
            }
            Ok::<_, tidbit::Error>(times)
        });
        let [alone, together] = times?.map(|mut times| Percentiles::of(&mut times));
        Ok(Self {
            threads,
            wall_ns: together,
            speed_up: alone.p50 as f64 / together.p50.max(1) as f64,
        })
    }
}

impl fmt::Display for OneImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = |ns: u64| ns as f64 / 1e3;
        let Percentiles { p10, p50, p90 } = self.wall_ns;
        write!(
            f,
            "one image on {}: {:.1} µs (p10 {:.1}, p90 {:.1}), {:.2} times as fast as on one",
            crate::grid::threads(self.threads),
            us(p50),
            us(p10),
            us(p90),
            self.speed_up,
        )
    }
}
