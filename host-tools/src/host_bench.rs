//! How long inferences take on this machine: on one thread, on all cores, and one image on several
//! threads.

use std::fmt;
use std::time::Instant;

use rayon::prelude::*;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use tidbit::kernels::Kernels;
use tidbit::{Model, Observer, Session};
use tidbit_quantize::Watch;

use crate::Error;
use crate::layer_cost::LayerCost;
use crate::layers::layers;
use crate::progress::Bar;
use crate::threads::OneImage;
use crate::verbs::bench::ratio;

/// What is timed.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    /// Inferences.
    pub count: u32,
    /// Each operator too.
    pub layers: bool,
    /// One image on so many threads, too.
    pub threads: Option<usize>,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct HostBench {
    /// The micro-kernels.
    pub backend: &'static str,
    /// Inferences on one thread.
    pub rounds: u32,
    /// Multiply-accumulates of one.
    pub macs: u64,
    /// Nanoseconds of an inference on one thread: 10th, 50th and 90th percentile.
    pub wall_ns: Percentiles,
    /// Nanoseconds of processor time of one, the median.
    pub cpu_ns_per_image: u64,
    /// 10⁹ multiply-accumulates a second of processor time.
    pub gmacs_per_second: f64,
    /// Many images at once.
    pub all_cores: AllCores,
    /// One image on several threads, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_image: Option<OneImage>,
    /// Each operator, if it was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerCost>,
}

/// The distribution of a time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Percentiles {
    /// A tenth is below.
    pub p10: u64,
    /// Half is below.
    pub p50: u64,
    /// All but a tenth is below.
    pub p90: u64,
}

impl Percentiles {
    /// Of so many times.
    pub fn of(times: &mut [u64]) -> Self {
        Self {
            p10: percentile(times, 10),
            p50: percentile(times, 50),
            p90: percentile(times, 90),
        }
    }
}

/// Images spread over all cores.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AllCores {
    /// Threads.
    pub threads: usize,
    /// Images a second.
    pub images_per_second: f64,
    /// 10⁹ multiply-accumulates a second.
    pub gmacs_per_second: f64,
}

impl HostBench {
    /// Times a net on an image.
    ///
    /// # Errors
    /// The runtime's.
    pub fn run(
        model: &Model<'_>,
        kernels: &'static Kernels,
        image: &[u8],
        rounds: Rounds,
        bar: &Bar,
    ) -> Result<Self, Error> {
        let mut memory = vec![0; model.memory_bytes()];
        let mut session = Session::with_kernels(model, &mut memory, kernels)?;
        let layers = layers(model)?;
        let macs = layers.iter().map(|layer| layer.macs).sum();
        session.run(image)?;
        bar.stage("one thread", rounds.count.into());
        let (mut wall, mut cpu) = (Vec::new(), Vec::new());
        for _ in 0..rounds.count {
            let (began, used) = (Instant::now(), thread_ns());
            session.run(image)?;
            cpu.push(thread_ns().saturating_sub(used));
            wall.push(began.elapsed().as_nanos() as u64);
            bar.step();
        }
        let mut laps = Laps::new(layers.len());
        if rounds.layers {
            for _ in 0..rounds.count {
                laps.last = Instant::now();
                session.run_observed(image, &mut laps)?;
            }
        }
        let each = laps.ns.iter().map(|ns| ns / u64::from(rounds.count));
        let costs: Vec<u64> = if rounds.layers {
            each.collect()
        } else {
            Vec::new()
        };
        let one_image = match rounds.threads {
            Some(threads) => {
                bar.stage("one image", 1);
                Some(OneImage::run(
                    model,
                    kernels,
                    image,
                    (rounds.count, threads),
                )?)
            }
            None => None,
        };
        bar.stage("all cores", 1);
        let cpu_ns_per_image = percentile(&mut cpu, 50);
        Ok(Self {
            backend: kernels.name,
            rounds: rounds.count,
            macs,
            wall_ns: Percentiles::of(&mut wall),
            cpu_ns_per_image,
            gmacs_per_second: 1.0 / ratio(cpu_ns_per_image as f64, macs),
            all_cores: all_cores(model, kernels, image, (rounds.count, macs))?,
            one_image,
            layers: LayerCost::of(&layers, costs.into_iter()),
        })
    }
}

/// A batch over all threads, each with a session of its own.
fn all_cores(
    model: &Model<'_>,
    kernels: &'static Kernels,
    image: &[u8],
    (rounds, macs): (u32, u64),
) -> Result<AllCores, Error> {
    let threads = rayon::current_num_threads();
    let began = Instant::now();
    let runs = (0..threads).into_par_iter().map(|_| {
        let mut memory = vec![0; model.memory_bytes()];
        let mut session = Session::with_kernels(model, &mut memory, kernels)?;
        for _ in 0..rounds {
            session.run(image)?;
        }
        Ok::<_, tidbit::Error>(())
    });
    runs.collect::<Result<Vec<_>, _>>()?;
    let images = f64::from(rounds) * threads as f64;
    let images_per_second = images / began.elapsed().as_secs_f64();
    Ok(AllCores {
        threads,
        images_per_second,
        gmacs_per_second: images_per_second * macs as f64 / 1e9,
    })
}

/// Processor time of this thread so far.
fn thread_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

fn percentile(times: &mut [u64], percent: usize) -> u64 {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times.get(last * percent / 100).copied().unwrap_or(0)
}

/// Nanoseconds of each operator.
struct Laps {
    last: Instant,
    ns: Vec<u64>,
}

impl Laps {
    fn new(operators: usize) -> Self {
        Self {
            last: Instant::now(),
            ns: vec![0; operators],
        }
    }
}

impl Observer for Laps {
    fn row(&mut self, tensor: u16, _row: u16, _bytes: &[u8]) {
        let now = Instant::now();
        if let Some(ns) = self.ns.get_mut(usize::from(tensor)) {
            *ns += (now - self.last).as_nanos() as u64;
        }
        self.last = now;
    }
}

impl fmt::Display for HostBench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = |ns: u64| ns as f64 / 1e3;
        let Percentiles { p10, p50, p90 } = self.wall_ns;
        writeln!(
            f,
            "{}: {:.1} µs an image on one thread (p10 {:.1}, p90 {:.1}; {} images), {:.1} µs of processor time, {:.1} GMAC/s",
            self.backend,
            us(p50),
            us(p10),
            us(p90),
            self.rounds,
            us(self.cpu_ns_per_image),
            self.gmacs_per_second,
        )?;
        if let Some(one_image) = &self.one_image {
            writeln!(f, "{one_image}")?;
        }
        write!(
            f,
            "{}: {:.1} images a second, {:.1} GMAC/s",
            crate::grid::threads(self.all_cores.threads),
            self.all_cores.images_per_second,
            self.all_cores.gmacs_per_second,
        )
    }
}
