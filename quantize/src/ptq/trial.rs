//! The judge of the passes: the net's answers on images that no pass looks at.

use rayon::prelude::*;
use tidbit::kernels::kernels;
use tidbit::{Model, Session};
use tract_onnx::prelude::*;

use super::ladder::{Material, Numbers};
use crate::emit::{Extras, emit};
use crate::graph::{Graph, Op, TensorId};
use crate::lower::lower_rounded;
use crate::plan::layerwise;
use crate::reference::{reference_error, values};
use crate::repack::repack;
use crate::sqnr::Sqnr;
use crate::{Error, Normalization, Watch};

/// Every how manieth calibration image is held out from the passes.
const HELD_OUT: usize = 4;

/// The calibration images that the passes look at, and those that judge them: of fewer than eight,
/// all do both.
pub fn split(images: &[Vec<u8>]) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    if images.len() < 2 * HELD_OUT {
        return (images.to_vec(), images.to_vec());
    }
    let chunks = images.chunks(HELD_OUT);
    let (passes, judges): (Vec<_>, Vec<_>) = chunks
        .map(|chunk| chunk.split_at(chunk.len().min(HELD_OUT - 1)))
        .unzip();
    (passes.concat(), judges.concat())
}

/// Images and what the f32 net answers to them.
///
/// Where a net ends in a softmax or in class numbers, the logits are compared: shares hang on few
/// images that are hard to tell, logits on all. Of several answers each counts the same.
pub struct Trial<'a> {
    images: &'a [Vec<u8>],
    /// For each image, of each tensor.
    truth: Vec<Vec<Vec<f32>>>,
    normalization: &'a Normalization,
    tensors: Vec<TensorId>,
}

impl<'a> Trial<'a> {
    /// Runs the f32 net up to the answer, or the logits, of a folded graph.
    ///
    /// # Errors
    /// The reference's.
    pub fn new(graph: &Graph, material: &Material<'a>) -> Result<Self, Error> {
        let mut tensors: Vec<TensorId> = Vec::new();
        for output in &graph.outputs {
            let tensor = logits(graph, output.tensor);
            if !tensors.contains(&tensor) {
                tensors.push(tensor);
            }
        }
        let names: Vec<String> = tensors
            .iter()
            .map(|&tensor| graph.tensors[tensor].name.clone())
            .collect();
        let order = |&tensor: &TensorId| graph.tensors[tensor].layout.to_hwc(&graph.shape(tensor));
        let orders: Vec<Vec<usize>> = tensors.iter().map(order).collect();
        let model = material.source.runnable(&names)?;
        material
            .watch
            .stage("reference", material.judges.len() as u64);
        let one = |image: &Vec<u8>| {
            let input = material.feed.tensor(image)?;
            let outputs = model.run(tvec!(input.into())).map_err(reference_error)?;
            let ordered = |(output, order): (&TValue, &Vec<usize>)| {
                let mut ordered = vec![0.0; order.len()];
                for (&value, &place) in values(output)?.iter().zip(order) {
                    ordered[place] = value;
                }
                Ok(ordered)
            };
            let ordered = outputs.iter().zip(&orders).map(ordered);
            let ordered = ordered.collect::<Result<Vec<_>, Error>>()?;
            material.watch.step();
            Ok(ordered)
        };
        let truth = material.judges.par_iter().map(one);
        Ok(Self {
            images: material.judges,
            truth: truth.collect::<Result<_, Error>>()?,
            normalization: material.normalization,
            tensors,
        })
    }

    /// SQNR of a net with these numbers, in dB, through the runtime itself; of several answers the
    /// mean.
    ///
    /// # Errors
    /// What cannot be quantized.
    pub fn sqnr(&self, numbers: &Numbers, stage: &str, watch: &dyn Watch) -> Result<f64, Error> {
        let mut part = numbers.clone();
        part.graph.keep(&self.tensors);
        let blob = whole_blob(&part, self.normalization)?;
        let model = Model::new(&blob)?;
        watch.stage(stage, self.images.len() as u64);
        let answers = self
            .images
            .par_iter()
            .zip(&self.truth)
            .map_init(
                || vec![0; model.memory_bytes()],
                |memory, (image, truth)| {
                    let mut session = Session::new(&model, memory)?;
                    session.run(image)?;
                    let mut sqnrs = vec![Sqnr::default(); self.tensors.len()];
                    for (index, (sqnr, truth)) in (0..).zip(sqnrs.iter_mut().zip(truth)) {
                        let scale = numbers.scales[self.tensors[usize::from(index)]];
                        let answer = session.answer_of(index)?;
                        sqnr.add(truth, answer.output().iter().map(|&q| scale.dequantize(q)));
                    }
                    watch.step();
                    Ok(sqnrs)
                },
            )
            .collect::<Result<Vec<_>, Error>>()?;
        let of = |index: usize| {
            let sqnrs = answers.iter().map(|sqnrs| sqnrs[index]);
            sqnrs.fold(Sqnr::default(), Sqnr::merge).db()
        };
        let each: Vec<f64> = (0..self.tensors.len()).map(of).collect();
        Ok(mean(&each))
    }
}

/// The most that one of several answers counts, in dB: one that is exact, or nearly, must not outvote
/// the others.
const MOST: f64 = 100.0;

/// The mean of several answers' SQNR, which is infinite only if all are exact. An answer that is 0 on
/// every image has no SQNR, and is left out.
fn mean(each: &[f64]) -> f64 {
    let known: Vec<f64> = each
        .iter()
        .copied()
        .filter(|&db| db > f64::NEG_INFINITY)
        .collect();
    let exact = |dbs: &[f64]| dbs.iter().all(|&db| db == f64::INFINITY);
    match known.as_slice() {
        [] if each.contains(&f64::NEG_INFINITY) => 0.0,
        all if exact(all) => f64::INFINITY,
        &[one] => one,
        several => {
            let capped = several.iter().map(|db| db.clamp(0.0, MOST));
            capped.sum::<f64>() / several.len() as f64
        }
    }
}

/// What a softmax or an ArgMax that makes a tensor reads, else the tensor itself.
fn logits(graph: &Graph, tensor: TensorId) -> TensorId {
    let producer = graph.producer(tensor).map(|node| &graph.nodes[node]);
    match producer {
        Some(node) if matches!(node.op, Op::Softmax | Op::ArgMax) => logits(graph, node.inputs[0]),
        _ => tensor,
    }
}

/// A blob with these numbers that runs layer by layer: only for the host.
///
/// # Errors
/// What cannot be quantized.
pub fn whole_blob(numbers: &Numbers, normalization: &Normalization) -> Result<Vec<u8>, Error> {
    let net = lower_rounded(
        &numbers.graph,
        &numbers.scales,
        &numbers.calibration.means,
        &numbers.rounding,
    )?;
    let extras = Extras {
        normalization,
        labels: &[],
        provenance: String::new(),
    };
    repack(&emit(&net, &layerwise(&net), &extras)?, kernels().packing)
}

#[cfg(test)]
mod tests {
    use super::{mean, split};

    #[test]
    fn an_exact_answer_does_not_outvote_the_others() {
        let exact = f64::INFINITY;
        assert_eq!(mean(&[exact, 20.0]), 60.0);
        assert_eq!(mean(&[f64::NAN, 20.0, 30.0]), 25.0);
        assert_eq!(mean(&[f64::NEG_INFINITY, -3.0]), -3.0);
        assert_eq!((mean(&[exact, exact]), mean(&[f64::NAN])), (exact, exact));
        assert_eq!(mean(&[f64::NEG_INFINITY]), 0.0);
    }

    #[test]
    fn judges_do_not_take_part_where_there_are_enough_images() {
        let images = |count: u8| (0..count).map(|image| vec![image]).collect::<Vec<_>>();
        let (passes, judges) = split(&images(9));
        assert_eq!((passes.len(), judges), (7, vec![vec![3], vec![7]]));
        assert_eq!(split(&images(7)).0, split(&images(7)).1);
    }
}
