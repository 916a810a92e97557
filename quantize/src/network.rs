//! The stages in a row: a file and images in, a blob out.

use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use tidbit::{ImageShape, Model, Session};

use crate::calibrate::{Calibration, calibrate};
use crate::emit::{Extras, emit};
use crate::fold::{self, fold};
use crate::graph::{Graph, Node, Op, TensorId};
use crate::import::{Imported, import, source::Source};
use crate::lower::{IntNet, lower};
use crate::options::{Options, RangeMethod};
use crate::plan::{Plan, Ram, layerwise, plan};
use crate::reference::{Feed, Reference, image_shape};
use crate::scale::{Scale, calibrated, scales};
use crate::sqnr::Sqnr;
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
    /// Output SQNR on the calibration images of each method that was tried, in dB.
    pub candidates: Vec<(RangeMethod, f64)>,
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
        let bytes = std::fs::read(path).map_err(|error| Error::Read {
            path: path.display().to_string(),
            source: error,
        })?;
        let digest = Sha256::digest(&bytes);
        let file = path.file_name().unwrap_or(path.as_os_str());
        Ok(Self {
            source,
            imported,
            file: file.to_string_lossy().into_owned(),
            digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }

    /// The image that the net takes.
    pub fn input_shape(&self) -> ImageShape {
        image_shape(&self.graph().shape(self.graph().input))
    }

    /// Number of classes of the answer.
    pub fn classes(&self) -> usize {
        self.graph().shape(self.graph().output).elements()
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
        let feed = Feed::new(&self.source, &self.imported, &normalization)?;
        let unknown = calibrated(&graph);
        let images = if unknown.is_empty() { &[] } else { images };
        let calibration = match unknown.first() {
            None => Calibration::nothing(&graph),
            Some(&tensor) if images.is_empty() => {
                return Err(Error::NoScale {
                    tensor: graph.tensors[tensor].name.clone(),
                    count: unknown.len(),
                });
            }
            Some(_) => calibrate(&self.source, &graph, &feed, images, watch)?,
        };
        let extras = |provenance: String| Extras {
            normalization: &normalization,
            labels: &options.labels,
            provenance,
        };
        let lowered = |method: RangeMethod| {
            let scales = scales(&graph, &calibration, method);
            lower(&graph, &scales, &calibration.means)
        };
        // A plan looks at shapes alone, which are those of every range method.
        let first = options.ranges.unwrap_or(RangeMethod::MinMax);
        let plan = planned(&lowered(first)?, options.ram, &extras(String::new()), watch)?;
        let given_scales = graph.given.len();
        let make = |method: RangeMethod| {
            let ranges = (!unknown.is_empty()).then_some(method);
            let mut provenance = self.provenance(ranges, given_scales, images.len());
            provenance += &plan_lines(options.ram, &plan);
            emit(&lowered(method)?, &plan, &extras(provenance))
        };
        let notices = notices(&graph, &calibration, &unknown, images.len());
        let only = options.ranges.or(unknown.is_empty().then_some(first));
        if let Some(method) = only {
            return Ok(Quantized {
                blob: make(method)?,
                ranges: (!unknown.is_empty()).then_some(method),
                given_scales,
                candidates: vec![],
                bound: plan.bound,
                notices,
            });
        }
        let reference = Reference::new(&self.source, &self.imported, &normalization)?;
        watch.stage("reference", images.len() as u64);
        let truth = images
            .par_iter()
            .map(|image| reference.run(image).inspect(|_| watch.step()))
            .collect::<Result<Vec<_>, _>>()?;
        let mut candidates = Vec::new();
        let mut best: Option<(f64, RangeMethod, Vec<u8>)> = None;
        for method in RangeMethod::ALL {
            let blob = make(method)?;
            watch.stage(method.name(), images.len() as u64);
            let sqnr = measure(&blob, images, &truth, watch)?;
            candidates.push((method, sqnr));
            if best.as_ref().is_none_or(|(found, ..)| sqnr > *found) {
                best = Some((sqnr, method, blob));
            }
        }
        let (_, ranges, blob) = best.ok_or(Error::NoImages)?;
        Ok(Quantized {
            blob,
            ranges: Some(ranges),
            given_scales,
            candidates,
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

/// Output SQNR of a blob against the f32 answers, in dB.
fn measure(
    blob: &[u8],
    images: &[Vec<u8>],
    truth: &[Vec<f32>],
    watch: &dyn Watch,
) -> Result<f64, Error> {
    let model = Model::new(blob)?;
    let output = model
        .tables()
        .flow
        .tensors
        .get(model.tables().header.output);
    let scale = output.map_or(Scale::SHARES, |record| Scale {
        scale: f32::from_bits(record.scale),
        zero_point: record.zero_point,
    });
    let sqnr = images
        .par_iter()
        .zip(truth)
        .map_init(
            || vec![0; model.memory_bytes()],
            |memory, (image, truth)| {
                let mut session = Session::new(&model, memory)?;
                let answer = session.run(image)?;
                let mut sqnr = Sqnr::default();
                sqnr.add(truth, answer.output().iter().map(|&q| scale.dequantize(q)));
                watch.step();
                Ok(sqnr)
            },
        )
        .try_reduce(Sqnr::default, |a, b| Ok::<_, Error>(a.merge(b)))?;
    Ok(sqnr.db())
}

/// What a user should know about a net and its calibration.
fn notices(
    graph: &Graph,
    calibration: &Calibration,
    calibrated: &[TensorId],
    images: usize,
) -> Vec<String> {
    let mut notices = given_notices(graph, calibrated);
    if images < 32 && !calibrated.is_empty() {
        notices.push(format!(
            "only {images} calibration images: some 100 give reliable ranges"
        ));
    }
    for node in &graph.nodes {
        if graph.given.contains_key(&node.output) || calibrated.is_empty() {
            continue;
        }
        let (lo, hi) = calibration.histograms[node.output].extremes();
        if lo == hi && !matches!(node.op, Op::Softmax) {
            notices.push(format!(
                "the output of '{}' is {lo} on every calibration image",
                node.name
            ));
        }
    }
    notices
}

/// What a user should know about a file that is quantized already.
fn given_notices(graph: &Graph, calibrated: &[TensorId]) -> Vec<String> {
    if !graph.has_given_scales() {
        return vec![];
    }
    let given = graph.given.len();
    let mut notices = vec![match calibrated {
        [] => format!(
            "the file is quantized already: {given} tensors keep the scales that it gives; no images are needed"
        ),
        some => format!(
            "the file is quantized already: {given} tensors keep the scales that it gives, {} are calibrated ('{}' first)",
            some.len(),
            graph.tensors[some[0]].name
        ),
    }];
    let rounded_anew = |node: &&Node| match &node.op {
        Op::Conv(conv) => conv.steps.is_none() && node.name != fold::NORMALIZATION,
        _ => false,
    };
    let count = graph.nodes.iter().filter(rounded_anew).count();
    if let Some(first) = graph.nodes.iter().find(rounded_anew) {
        notices.push(format!(
            "the file gives no symmetric int8 weights for {count} layers ('{}' first): tidbit rounds them",
            first.name
        ));
    }
    notices
}
