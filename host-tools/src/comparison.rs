//! How a blob does beside its f32 net, image by image.
//!
//! Both run on every image, on all cores; what they said of each is kept, and
//! [`Summary`](crate::summary::Summary) counts.

use std::cmp::Reverse;

use rayon::prelude::*;
use tidbit::{ImageShape, Model};
use tidbit_quantize::{Reference, Sqnr, Watch};

use crate::Error;
use crate::blob::scale;
use crate::dataset::Dataset;
use crate::inference::Inference;
use crate::pixels::Loader;

/// What both said about one image.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The true class.
    pub label: Option<usize>,
    /// The reference's best classes, best first.
    pub reference: Vec<usize>,
    /// The blob's best classes, best first.
    pub blob: Vec<usize>,
    /// How sure the reference is of its own best class, 0 to 1.
    pub reference_score: f64,
    /// How sure the reference is of the blob's best class, 0 to 1.
    pub reference_on_blob: f64,
    /// How sure the blob is of its own best class, 0 to 1.
    pub blob_score: f64,
    /// Distance of the outputs.
    pub sqnr: Sqnr,
}

impl Compared {
    /// Whether both have the same best class.
    pub fn agrees(&self) -> bool {
        self.reference.first() == self.blob.first()
    }

    /// Whether the true class is among the first `count` of a ranking.
    pub fn hit(&self, ranking: &[usize], count: usize) -> bool {
        ranking
            .iter()
            .take(count)
            .any(|class| Some(*class) == self.label)
    }

    /// How wrong the blob's best class is in the eyes of the reference, 0 to 1.
    pub fn severity(&self) -> f64 {
        self.reference_score - self.reference_on_blob
    }
}

/// Makes sure that blob and reference take the same images and give as many outputs.
///
/// # Errors
/// [`Error::Mismatch`].
pub fn match_shapes(model: &Model<'_>, reference: &Reference) -> Result<(), Error> {
    let size = |ImageShape {
                    height,
                    width,
                    channels,
                }| format!("{height} x {width} x {channels}");
    let values = |count: usize| format!("{count} values");
    let pairs = [
        (
            "takes images of",
            size(model.input_shape()),
            size(reference.input_shape()),
        ),
        (
            "answers with",
            values(model.output_len()),
            values(reference.output_len()),
        ),
    ];
    for (what, blob, reference) in pairs {
        if blob != reference {
            return Err(Error::Mismatch {
                what,
                blob,
                reference,
            });
        }
    }
    Ok(())
}

/// Runs every image through both, on all cores; the results are in the order of the images.
///
/// # Errors
/// An image that cannot be read.
pub fn compare(
    model: &Model<'_>,
    reference: &Reference,
    (dataset, loader): (&Dataset, &Loader),
    watch: &dyn Watch,
) -> Result<Vec<Compared>, Error> {
    let output = model.output(0).ok_or(tidbit::Error::Contract)?;
    let scale = scale(&model.output_tensor(0).ok_or(tidbit::Error::Contract)?);
    watch.stage("images", dataset.samples.len() as u64);
    dataset
        .samples
        .par_iter()
        .map_init(
            || vec![0; model.memory_bytes()],
            |memory, sample| {
                let image = loader.load(&sample.path)?;
                let truth = reference.run(&image)?;
                let found = Inference::run(model, memory, &image, false)?;
                let mut sqnr = Sqnr::default();
                sqnr.add(&truth, found.output.iter().map(|&q| scale.dequantize(q)));
                let shares = shares(&truth, output.tensor != output.logits);
                let (expected, answered) = (ranking(&truth, 5), found.ranking(5));
                let sure =
                    |class: Option<&usize>| class.and_then(|&class| shares.get(class)).copied();
                watch.step();
                Ok(Compared {
                    label: sample.label,
                    reference_score: sure(expected.first()).unwrap_or_default(),
                    reference_on_blob: sure(answered.first()).unwrap_or_default(),
                    blob_score: answered.first().map_or(0.0, |&class| found.score(class)),
                    reference: expected,
                    blob: answered,
                    sqnr,
                })
            },
        )
        .collect()
}

/// The `count` best classes by the reference's outputs, best first; of equals the first.
pub fn ranking(outputs: &[f32], count: usize) -> Vec<usize> {
    let mut classes: Vec<usize> = (0..outputs.len()).collect();
    classes.sort_by(|&a, &b| outputs[b].total_cmp(&outputs[a]));
    classes.truncate(count);
    classes
}

/// The reference's outputs as shares of 1: as they are if the net ends in a softmax, else by one.
pub fn shares(outputs: &[f32], softmax: bool) -> Vec<f64> {
    if softmax {
        return outputs.iter().copied().map(f64::from).collect();
    }
    let greatest = outputs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exps = outputs
        .iter()
        .map(|output| f64::from(output - greatest).exp());
    let sum: f64 = exps.clone().sum();
    exps.map(|exp| exp / sum).collect()
}

/// The places of the images on which blob and reference disagree, the worst first.
pub fn disagreements(images: &[Compared]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..images.len())
        .filter(|&place| !images[place].agrees())
        .collect();
    // Severities are shares between -1 and 1, so their order is that of their millionths.
    places.sort_by_key(|&place| Reverse((images[place].severity() * 1e6) as i64));
    places
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Compared, disagreements, ranking, shares};
    use tidbit_quantize::Sqnr;

    /// An image of which both said something.
    pub(crate) fn image(
        label: Option<usize>,
        reference: usize,
        blob: usize,
        on_blob: f64,
    ) -> Compared {
        let mut sqnr = Sqnr::default();
        sqnr.add(
            &[1.0, -1.0],
            if reference == blob {
                [1.0, -1.0]
            } else {
                [1.1, -1.1]
            },
        );
        Compared {
            label,
            reference: vec![reference, blob],
            blob: vec![blob, reference],
            reference_score: 0.9,
            reference_on_blob: on_blob,
            blob_score: 0.5,
            sqnr,
        }
    }

    #[test]
    fn the_worst_disagreement_comes_first() {
        let images = [
            image(None, 0, 1, 0.4),
            image(None, 0, 0, 0.9),
            image(None, 0, 1, 0.1),
        ];
        assert_eq!(disagreements(&images), [2, 0]);
    }

    #[test]
    fn outputs_are_ranked_and_shared_out() {
        assert_eq!(ranking(&[0.5, 2.0, 2.0, -1.0], 3), [1, 2, 0]);
        assert_eq!(shares(&[0.25, 0.75], true), [0.25, 0.75]);
        let shares = shares(&[1000.0, 1000.0], false);
        assert_eq!(shares, [0.5, 0.5]);
    }
}
