//! The judge of the passes: the net's answers on images that no pass looks at.

use rayon::prelude::*;
use tidbit::{Model, Session};
use tract_onnx::prelude::*;

use super::ladder::{Material, Numbers};
use crate::emit::{Extras, emit};
use crate::graph::{Graph, Op, TensorId};
use crate::lower::lower_rounded;
use crate::plan::layerwise;
use crate::reference::{reference_error, values};
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
/// Where a net ends in a softmax, the logits are compared: shares hang on few images that are hard
/// to tell, logits on all.
pub struct Trial<'a> {
    images: &'a [Vec<u8>],
    truth: Vec<Vec<f32>>,
    normalization: &'a Normalization,
    tensor: TensorId,
}

impl<'a> Trial<'a> {
    /// Runs the f32 net up to the answer, or the logits, of a folded graph.
    ///
    /// # Errors
    /// The reference's.
    pub fn new(graph: &Graph, material: &Material<'a>) -> Result<Self, Error> {
        let producer = graph.producer(graph.output).map(|node| &graph.nodes[node]);
        let softmax = producer.filter(|node| matches!(node.op, Op::Softmax));
        let tensor = softmax.map_or(graph.output, |node| node.inputs[0]);
        let name = graph.tensors[tensor].name.clone();
        let order = graph.tensors[tensor].layout.to_hwc(&graph.shape(tensor));
        let model = material.source.runnable(&[name])?;
        material
            .watch
            .stage("reference", material.judges.len() as u64);
        let one = |image: &Vec<u8>| {
            let input = material.feed.tensor(image)?;
            let outputs = model.run(tvec!(input.into())).map_err(reference_error)?;
            let mut ordered = vec![0.0; order.len()];
            for (&value, &place) in values(&outputs[0])?.iter().zip(&order) {
                ordered[place] = value;
            }
            material.watch.step();
            Ok(ordered)
        };
        let truth = material.judges.par_iter().map(one);
        Ok(Self {
            images: material.judges,
            truth: truth.collect::<Result<_, Error>>()?,
            normalization: material.normalization,
            tensor,
        })
    }

    /// SQNR of a net with these numbers, in dB, through the runtime itself.
    ///
    /// # Errors
    /// What cannot be quantized.
    pub fn sqnr(&self, numbers: &Numbers, stage: &str, watch: &dyn Watch) -> Result<f64, Error> {
        let mut part = numbers.clone();
        part.graph.output = self.tensor;
        part.graph.remove_dead();
        let blob = whole_blob(&part, self.normalization)?;
        let model = Model::new(&blob)?;
        let scale = numbers.scales[self.tensor];
        watch.stage(stage, self.images.len() as u64);
        let answers = self
            .images
            .par_iter()
            .zip(&self.truth)
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
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(answers.into_iter().fold(Sqnr::default(), Sqnr::merge).db())
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
    emit(&net, &layerwise(&net), &extras)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn judges_do_not_take_part_where_there_are_enough_images() {
        let images = |count: u8| (0..count).map(|image| vec![image]).collect::<Vec<_>>();
        let (passes, judges) = split(&images(9));
        assert_eq!((passes.len(), judges), (7, vec![vec![3], vec![7]]));
        assert_eq!(split(&images(7)).0, split(&images(7)).1);
    }
}
