//! The judge of the passes: the net's answers on images that no pass looks at.

use rayon::prelude::*;
use tidbit::{Model, Session};

use super::ladder::Numbers;
use crate::emit::{Extras, emit};
use crate::lower::lower_rounded;
use crate::plan::layerwise;
use crate::reference::Reference;
use crate::scale::Scale;
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
pub struct Trial<'a> {
    images: &'a [Vec<u8>],
    truth: Vec<Vec<f32>>,
    normalization: &'a Normalization,
}

impl<'a> Trial<'a> {
    /// Runs the f32 net.
    ///
    /// # Errors
    /// The reference's.
    pub fn new(
        images: &'a [Vec<u8>],
        reference: &Reference,
        normalization: &'a Normalization,
        watch: &dyn Watch,
    ) -> Result<Self, Error> {
        watch.stage("reference", images.len() as u64);
        let truth = images
            .par_iter()
            .map(|image| reference.run(image).inspect(|_| watch.step()))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            images,
            truth,
            normalization,
        })
    }

    /// Output SQNR of a net with these numbers, in dB, through the runtime itself.
    ///
    /// # Errors
    /// What cannot be quantized.
    pub fn sqnr(&self, numbers: &Numbers, stage: &str, watch: &dyn Watch) -> Result<f64, Error> {
        let blob = whole_blob(numbers, self.normalization)?;
        let model = Model::new(&blob)?;
        let output = model
            .tables()
            .flow
            .tensors
            .get(model.tables().header.output);
        let scale = output.map_or(Scale::SHARES, |record| Scale {
            scale: f32::from_bits(record.scale),
            zero_point: record.zero_point,
        });
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
