//! The passes in a row. Each makes a candidate from the best numbers so far; the judge's images
//! ([`trial`](super::trial)) tell whether it takes their place.

use std::sync::Arc;

use super::equalize::equalize;
use super::options::{Effort, Ptq};
use super::reconstruct::{Work, reconstruct};
use super::trial::Trial;
use super::wide::{count, widen};
use crate::calibrate::{Calibration, calibrate};
use crate::graph::Graph;
use crate::import::Imported;
use crate::import::source::Source;
use crate::lower::Rounding;
use crate::options::{Options, RangeMethod};
use crate::reference::Feed;
use crate::scale::{Scale, scales};
use crate::scale_groups::apart;
use crate::{Error, Normalization, Watch};

/// What adaptive rounding looks at.
const SOME: Work = Work {
    images: 64,
    samples: 8192,
};
/// What it looks at with more effort.
const MANY: Work = Work {
    images: usize::MAX,
    samples: 32_768,
};
/// Name of the pass that makes tensors int16.
pub const INT16: &str = "int16";
/// Output SQNR in dB below which a net's answers are far off.
const FAR_OFF: f64 = 20.0;

/// All that lowering needs.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// The folded graph, equalized or not.
    pub graph: Graph,
    /// What calibration showed of it.
    pub calibration: Arc<Calibration>,
    /// For each tensor.
    pub scales: Vec<Scale>,
    /// Weights that are not simply rounded to the nearest.
    pub rounding: Rounding,
    /// How the ranges were chosen.
    pub method: RangeMethod,
}

/// A pass that ran.
#[derive(Clone, Debug)]
pub struct Pass {
    /// Its name.
    pub name: &'static str,
    /// Output SQNR behind it on the judge's images, in dB.
    pub sqnr_db: f64,
    /// Whether the blob has it.
    pub taken: bool,
}

/// What the passes came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The best numbers.
    pub numbers: Numbers,
    /// The same before some tensors became int16, if any did: for whom that takes too much memory.
    pub int8: Option<Numbers>,
    /// Output SQNR of each range method that was tried, in dB, before the passes.
    pub candidates: Vec<(RangeMethod, f64)>,
    /// The passes that ran.
    pub passes: Vec<Pass>,
}

/// What the passes work on.
pub struct Material<'a> {
    /// The net as it was read.
    pub source: &'a Source,
    /// The net as it was understood.
    pub imported: &'a Imported,
    /// Feeds the f32 net.
    pub feed: &'a Feed,
    /// Calibration images that the passes look at: raw u8, HWC, red first.
    pub images: &'a [Vec<u8>],
    /// Those that judge what the passes came to.
    pub judges: &'a [Vec<u8>],
    /// What the net is fed, one number a channel.
    pub normalization: &'a Normalization,
    /// Told how it goes.
    pub watch: &'a dyn Watch,
}

impl Material<'_> {
    /// What the images that the passes look at show of a graph of this net.
    ///
    /// # Errors
    /// Those of [`calibrate`].
    pub fn calibrate(&self, graph: &Graph) -> Result<Arc<Calibration>, Error> {
        calibrate(self.source, graph, self.feed, self.images, self.watch).map(Arc::new)
    }

    /// The same numbers with ranges of all images: once a method and factors are chosen, no image has
    /// to be kept from them.
    fn settled(&self, chosen: Numbers) -> Result<Numbers, Error> {
        let judges = calibrate(
            self.source,
            &chosen.graph,
            self.feed,
            self.judges,
            self.watch,
        )?;
        let calibration = Arc::new(chosen.calibration.merge(&judges));
        Ok(Numbers {
            scales: scales(&chosen.graph, &calibration, chosen.method),
            calibration,
            ..chosen
        })
    }
}

/// Chooses the numbers for a folded graph.
///
/// # Errors
/// What cannot be calibrated or quantized.
pub fn choose(
    material: &Material<'_>,
    graph: Graph,
    calibration: Arc<Calibration>,
    options: &Options,
) -> Result<Outcome, Error> {
    let numbers = |method: RangeMethod| Numbers {
        scales: scales(&graph, &calibration, method),
        graph: graph.clone(),
        calibration: Arc::clone(&calibration),
        rounding: Rounding::new(),
        method,
    };
    let ptq = options.ptq;
    if let (Some(method), true) = (options.ranges, options.is_settled()) {
        return Ok(Outcome {
            numbers: numbers(method),
            int8: None,
            candidates: vec![],
            passes: vec![],
        });
    }
    let trial = Trial::new(&graph, material)?;
    let mut ladder = Ladder {
        material,
        trial,
        methods: options
            .ranges
            .map_or(RangeMethod::ALL.to_vec(), |method| vec![method]),
        passes: vec![],
    };
    let (mut best, mut sqnr, candidates) = ladder.with_ranges(numbers)?;
    if let Some(other) = apart(&graph) {
        let (next, found, _) = ladder.with_ranges(|method| Numbers {
            scales: scales(&other, &calibration, method),
            graph: other.clone(),
            calibration: Arc::clone(&calibration),
            rounding: Rounding::new(),
            method,
        })?;
        let (best, sqnr) = (&mut best, &mut sqnr);
        ladder.compare(
            "own scales for concatenations",
            None,
            (next, found),
            (best, sqnr),
        );
    }
    if ptq.runs(ptq.equalize, Effort::Default) {
        let next = ladder.equalized(&best)?;
        ladder.compare("equalization", ptq.equalize, next, (&mut best, &mut sqnr));
    }
    if options.runs_passes() {
        best = material.settled(best)?;
    }
    let nearest = best.clone();
    if ptq.runs(ptq.adaptive_rounding, Effort::Default) {
        sqnr = ladder.trial.sqnr(&best, "all images", material.watch)?;
        let all = [(SOME, "adaptive rounding"), (MANY, "with more samples")];
        let works = if ptq.effort == Effort::Best { 2 } else { 1 };
        // More samples are mostly better, and sometimes much worse.
        for (at, (work, name)) in all.into_iter().take(works).enumerate() {
            let next = reconstruct(&nearest, material, work)?;
            let found = ladder.trial.sqnr(&next, "rounding", material.watch)?;
            let wish = ptq.adaptive_rounding.filter(|_| at == 0);
            ladder.compare(name, wish, (next, found), (&mut best, &mut sqnr));
        }
    }
    let int8 = ladder.widened(ptq, &mut best, &nearest)?;
    Ok(Outcome {
        numbers: best,
        int8,
        candidates,
        passes: ladder.passes,
    })
}

/// Numbers, their SQNR, and that of all range methods.
type Ranged = (Numbers, f64, Vec<(RangeMethod, f64)>);

/// The ladder's fixed parts.
struct Ladder<'a> {
    material: &'a Material<'a>,
    trial: Trial<'a>,
    methods: Vec<RangeMethod>,
    passes: Vec<Pass>,
}

impl Ladder<'_> {
    /// The numbers of the range method with the best answers, their SQNR, and that of all methods.
    fn with_ranges(&self, numbers: impl Fn(RangeMethod) -> Numbers) -> Result<Ranged, Error> {
        let mut candidates = Vec::new();
        let mut best: Option<(Numbers, f64)> = None;
        for &method in &self.methods {
            let numbers = numbers(method);
            let sqnr = self
                .trial
                .sqnr(&numbers, method.name(), self.material.watch)?;
            candidates.push((method, sqnr));
            if best.as_ref().is_none_or(|(_, found)| sqnr > *found) {
                best = Some((numbers, sqnr));
            }
        }
        let (numbers, sqnr) = best.ok_or(Error::NoImages)?;
        Ok((numbers, sqnr, candidates))
    }

    /// Takes a pass's result in place of the best so far if it is not worse, or the user insists.
    fn compare(
        &mut self,
        name: &'static str,
        switch: Option<bool>,
        (next, found): (Numbers, f64),
        (best, sqnr): (&mut Numbers, &mut f64),
    ) {
        let taken = switch == Some(true) || found >= *sqnr;
        self.passes.push(Pass {
            name,
            sqnr_db: found,
            taken,
        });
        if taken {
            (*best, *sqnr) = (next, found);
        }
    }

    /// Makes some tensors int16, if that is asked for or needed; the numbers before, if it did.
    ///
    /// Rounded weights make up for the errors of int8 tensors, which then are gone: so it is tried
    /// with weights that are rounded to the nearest too.
    fn widened(
        &mut self,
        ptq: Ptq,
        best: &mut Numbers,
        nearest: &Numbers,
    ) -> Result<Option<Numbers>, Error> {
        if ptq.int16 == Some(false) || (ptq.int16.is_none() && ptq.effort == Effort::Fast) {
            return Ok(None);
        }
        let watch = self.material.watch;
        let sqnr = self.trial.sqnr(best, "int8", watch)?;
        let thorough = ptq.int16 == Some(true) || ptq.effort == Effort::Best;
        if !thorough && sqnr >= FAR_OFF {
            return Ok(None);
        }
        let tries = if thorough { 24 } else { 8 };
        let trial = &self.trial;
        let measure = |numbers: &Numbers| trial.sqnr(numbers, "int16", watch);
        let (mut next, mut found) = widen(best, sqnr, tries, measure)?;
        if !best.rounding.is_empty() {
            let other = widen(nearest, measure(nearest)?, tries, measure)?;
            if other.1 > found && count(&other.0) > 0 {
                (next, found) = other;
            }
        }
        let taken = count(&next) > 0;
        self.passes.push(Pass {
            name: INT16,
            sqnr_db: found,
            taken,
        });
        Ok(taken.then(|| std::mem::replace(best, next)))
    }

    fn equalized(&self, from: &Numbers) -> Result<(Numbers, f64), Error> {
        let mut graph = from.graph.clone();
        equalize(&mut graph, &from.calibration);
        let calibration = self.material.calibrate(&graph)?;
        let (numbers, sqnr, _) = self.with_ranges(|method| Numbers {
            scales: scales(&graph, &calibration, method),
            graph: graph.clone(),
            calibration: Arc::clone(&calibration),
            rounding: Rounding::new(),
            method,
        })?;
        Ok((numbers, sqnr))
    }
}
