//! The stages in a row: a file and images in, a blob out.

use std::path::Path;
use std::sync::Arc;

use tidbit::{ImageShape, Model};

use crate::calibrate::Calibration;
use crate::digest::sha256;
use crate::emit::{Extras, emit};
use crate::fold::fold;
use crate::graph::{Graph, Op, TensorId};
use crate::import::{Imported, import, source::Source};
use crate::lower::{IntNet, check_size, lower, lower_rounded};
use crate::notices;
use crate::options::{Options, RangeMethod};
use crate::plan::{Plan, Ram, layerwise, plan};
use crate::ptq::ladder::{INT16, Material, Numbers, Pass, choose};
use crate::ptq::options::{Effort, Ptq};
use crate::ptq::reconstruct::{LONGEST, too_long};
use crate::ptq::trial::split;
use crate::reference::{Feed, image_shape};
use crate::scale::{calibrated, scales};
use crate::{Error, Watch};

/// A net read from ONNX and understood, not yet quantized.
pub struct Network {
    source: Source,
    imported: Imported,
    file: String,
    digest: String,
}

/// The result of a quantization.
#[derive(Clone, Debug)]
pub struct Quantized {
    /// The blob.
    pub blob: Vec<u8>,
    /// Range method that it was made with; `None` if the file gives every scale.
    pub ranges: Option<RangeMethod>,
    /// Tensors whose scale the file gives.
    pub given_scales: usize,
    /// Output SQNR on the held-out calibration images of each method that was tried, in dB.
    pub candidates: Vec<(RangeMethod, f64)>,
    /// The passes that ran after that, in order.
    pub passes: Vec<Pass>,
    /// What no plan that the planner considers gets below, in bytes of arena; `None` if it was not
    /// looked for.
    pub bound: Option<usize>,
    /// Things that the user should know, one sentence each.
    pub notices: Vec<String>,
}

impl Network {
    /// Reads and understands a net.
    ///
    /// # Errors
    /// What is wrong with the file, or which node is not supported.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let source = Source::load(path)?;
        let imported = import(&source)?;
        let file = path.file_name().unwrap_or(path.as_os_str());
        Ok(Self {
            source,
            imported,
            file: file.to_string_lossy().into_owned(),
            digest: sha256(path)?,
        })
    }

    /// The image that the net takes.
    pub fn input_shape(&self) -> ImageShape {
        image_shape(&self.graph().shape(self.graph().input))
    }

    /// Number of classes of the answer.
    pub fn classes(&self) -> usize {
        let (graph, answer) = (self.graph(), self.graph().outputs[0].tensor);
        let node = graph.producer(answer).map(|at| &graph.nodes[at]);
        // A class number is one of as many as it was chosen from.
        let ranked = match node {
            Some(node) if matches!(node.op, Op::ArgMax) => node.inputs[0],
            _ => answer,
        };
        graph.shape(ranked).elements()
    }

    fn graph(&self) -> &Graph {
        &self.imported.graph
    }

    /// Calibrates, quantizes, plans and emits. `images` are raw u8, HWC, red first; a file that
    /// gives every scale needs none, and looks at none.
    ///
    /// # Errors
    /// What cannot be quantized and why.
    pub fn quantize(
        &self,
        images: &[Vec<u8>],
        options: &Options,
        watch: &dyn Watch,
    ) -> Result<Quantized, Error> {
        let (labels, classes) = (options.labels.len(), self.classes());
        if labels != 0 && labels != classes {
            return Err(Error::Labels { labels, classes });
        }
        let channels = self.graph().shape(self.graph().input).channels;
        let normalization = options.normalization.spread(channels)?;
        let graph = fold(self.graph().clone(), &normalization);
        check_size(&graph)?;
        let feed = Feed::new(&self.source, &self.imported, &normalization)?;
        let unknown = calibrated(&graph);
        let images = if unknown.is_empty() { &[] } else { images };
        if let (Some(&tensor), true) = (unknown.first(), images.is_empty()) {
            return Err(Error::NoScale {
                tensor: graph.tensors[tensor].name.clone(),
                count: unknown.len(),
            });
        }
        let mut notices = self.imported.notices.clone();
        notices.extend(notices::of_given_scales(&graph, &unknown, options.ptq));
        let options = &choices(options, &graph, &unknown);
        // Without a choice to be made nothing has to be judged; four range methods are too few to fit
        // images by chance, so for them none is held out.
        let (passes, judges) = match (options.is_settled(), options.runs_passes()) {
            (true, _) => (images.to_vec(), vec![]),
            (false, false) => (images.to_vec(), images.to_vec()),
            (false, true) => split(images),
        };
        let material = Material {
            source: &self.source,
            imported: &self.imported,
            feed: &feed,
            images: &passes,
            judges: &judges,
            normalization: &normalization,
            watch,
        };
        let calibration = match unknown.is_empty() {
            true => Arc::new(Calibration::nothing(&graph)),
            false => material.calibrate(&graph)?,
        };
        let extras = |provenance: String| Extras {
            normalization: &normalization,
            labels: &options.labels,
            provenance,
        };
        // A plan looks at shapes alone, which no pass changes; that there is one is known before the
        // long work begins.
        let first = scales(&graph, &calibration, RangeMethod::MinMax);
        let first = lower(&graph, &first, &calibration.means)?;
        let mut plan = planned(&first, options.ram, &extras(String::new()), watch)?;
        let given_scales = graph.given.len();
        notices.extend(notices::of_calibration(
            &graph,
            &calibration,
            &unknown,
            images.len(),
        ));
        if options
            .ptq
            .runs(options.ptq.adaptive_rounding, Effort::Default)
        {
            let long = too_long(&graph).into_iter().map(|name| {
                format!("the weights of '{name}' are rounded to the nearest: a row has more than {LONGEST}")
            });
            notices.extend(long);
        }
        let mut outcome = choose(&material, graph, calibration, options)?;
        let lowered = |numbers: &Numbers| {
            let means = &numbers.calibration.means;
            lower_rounded(&numbers.graph, &numbers.scales, means, &numbers.rounding)
        };
        let mut numbers = &outcome.numbers;
        let mut net = lowered(numbers)?;
        if let Some(int8) = &outcome.int8 {
            // Int16 takes memory, for which there is a limit.
            match planned(&net, options.ram, &extras(String::new()), watch) {
                Ok(wider) if wider.arena_bytes * 4 <= plan.arena_bytes * 5 => plan = wider,
                Ok(_) | Err(Error::RamBudget { .. }) => {
                    numbers = int8;
                    net = lowered(numbers)?;
                    let int16 = outcome.passes.iter_mut();
                    int16
                        .filter(|pass| pass.name == INT16)
                        .for_each(|pass| pass.taken = false);
                    notices.push(notices::MEMORY.into());
                }
                Err(error) => return Err(error),
            }
        }
        let ranges = (!unknown.is_empty()).then_some(numbers.method);
        let mut provenance = self.provenance(ranges, given_scales, images.len());
        provenance += &pass_lines(options.ptq, &outcome.passes);
        provenance += &plan_lines(options.ram, &plan);
        Ok(Quantized {
            blob: emit(&net, &plan, &extras(provenance))?,
            ranges,
            given_scales,
            candidates: outcome.candidates,
            passes: outcome.passes,
            bound: plan.bound,
            notices,
        })
    }

    fn provenance(&self, method: Option<RangeMethod>, given: usize, images: usize) -> String {
        let given = match given {
            0 => String::new(),
            count => format!("given_scales={count}\n"),
        };
        format!(
            "tool=tidbit {}\nmodel={}\nsha256={}\ncalibration_images={images}\nranges={}\n{given}",
            env!("CARGO_PKG_VERSION"),
            self.file,
            self.digest,
            method.map_or("given", RangeMethod::name),
        )
    }
}

/// What a blob's provenance says of the passes that chose its numbers.
fn pass_lines(ptq: Ptq, passes: &[Pass]) -> String {
    let taken = passes.iter().filter(|pass| pass.taken);
    let names: Vec<&str> = taken.map(|pass| pass.name).collect();
    let names = match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    };
    format!("effort={}\npasses={names}\n", ptq.effort.name())
}

/// What a blob's provenance says of its plan.
fn plan_lines(ram: Ram, plan: &Plan) -> String {
    let goal = match ram {
        Ram::Auto => "auto".to_owned(),
        Ram::Layerwise => "layerwise".to_owned(),
        Ram::Budget(bytes) => bytes.to_string(),
    };
    let bound = plan.bound.map(|bound| format!("arena_bound={bound}\n"));
    format!("ram={goal}\n{}", bound.unwrap_or_default())
}

/// The plan for a goal. What it takes of scratch is only known of a blob, and may grow a little
/// where a pointwise convolution works in place.
fn planned(net: &IntNet, ram: Ram, extras: &Extras<'_>, watch: &dyn Watch) -> Result<Plan, Error> {
    let whole = emit(net, &layerwise(net), extras)?;
    let mut scratch = Model::new(&whole)?.scratch_bytes();
    let takes = |plan: &Plan| -> Result<usize, Error> {
        Ok(Model::new(&emit(net, plan, extras)?)?.scratch_bytes())
    };
    let Ram::Budget(budget) = ram else {
        return plan(net, ram, scratch, watch);
    };
    loop {
        let found = match plan(net, ram, scratch, watch) {
            Err(Error::RamBudget { .. }) => break,
            found => found?,
        };
        let taken = takes(&found)?;
        if found.arena_bytes + taken <= budget {
            return Ok(found);
        }
        if taken <= scratch {
            break;
        }
        scratch = taken;
    }
    let least = plan(net, Ram::Auto, scratch, watch)?;
    let (arena, scratch) = (least.arena_bytes, takes(&least)?);
    if arena + scratch <= budget {
        return Ok(least);
    }
    Err(Error::RamBudget {
        budget,
        arena,
        scratch,
    })
}

/// What is left of a user's choices for a graph: a file's own numbers are not changed by any pass, and
/// where it gives every scale there are no ranges to choose.
fn choices(options: &Options, graph: &Graph, calibrated: &[TensorId]) -> Options {
    let mut options = options.clone();
    if calibrated.is_empty() {
        options.ranges.get_or_insert(RangeMethod::MinMax);
    }
    if calibrated.is_empty() || graph.has_given_scales() {
        options.ptq = Ptq {
            equalize: Some(false),
            adaptive_rounding: Some(false),
            int16: Some(false),
            ..options.ptq
        };
    }
    options
}
