//! How a blob does beside its f32 net, image by image and over all images.
//!
//! Top-1 is the share of images whose best class is the true one; top-5 of those where it is
//! among the best five; agreement the share where blob and reference have the same best class.
//! The output SQNR is `10 log10(Σ reference² / Σ (reference - blob)²)` in dB, over all outputs of
//! all images, where the blob's int8 count as the real numbers for which they stand.

use std::cmp::Reverse;

use serde::Serialize;
use tidbit_quantize::Sqnr;

use crate::each_answer::Figures;

/// Nets with more classes than this have a top-5 too.
const FEW_CLASSES: usize = 10;

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
    fn hit(&self, ranking: &[usize], count: usize) -> bool {
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

/// The figures over all images: fractions of 1, and dB.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Number of images.
    pub images: usize,
    /// Top-1 of the f32 net; `null` without labels.
    pub reference_top1: Option<f64>,
    /// Top-1 of the blob; `null` without labels.
    pub blob_top1: Option<f64>,
    /// Share of equal answers.
    pub agreement: f64,
    /// Output SQNR; `null` if there is no difference at all.
    pub output_sqnr_db: Option<f64>,
    /// Top-5, for nets with more than ten classes.
    #[serde(flatten)]
    pub top5: Option<Top5>,
    /// Of each answer, by name.
    pub outputs: Vec<Figures>,
}

/// Top-5 of both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Top5 {
    /// Of the f32 net; `null` without labels.
    pub reference_top5: Option<f64>,
    /// Of the blob; `null` without labels.
    pub blob_top5: Option<f64>,
}

impl Summary {
    /// Of these images, by a net of so many classes.
    pub fn of(images: &[Compared], classes: usize) -> Self {
        let share = |count: usize| count as f64 / images.len().max(1) as f64;
        let labelled = images.iter().all(|image| image.label.is_some());
        let top = |hit: &dyn Fn(&Compared) -> bool| {
            labelled.then(|| share(images.iter().filter(|image| hit(image)).count()))
        };
        let sqnr = images
            .iter()
            .fold(Sqnr::default(), |sum, image| sum.merge(image.sqnr));
        Self {
            images: images.len(),
            reference_top1: top(&|image| image.hit(&image.reference, 1)),
            blob_top1: top(&|image| image.hit(&image.blob, 1)),
            agreement: share(images.iter().filter(|image| image.agrees()).count()),
            output_sqnr_db: Some(sqnr.db()).filter(|db| db.is_finite()),
            top5: (classes > FEW_CLASSES).then(|| Top5 {
                reference_top5: top(&|image| image.hit(&image.reference, 5)),
                blob_top5: top(&|image| image.hit(&image.blob, 5)),
            }),
            outputs: Vec::new(),
        }
    }

    /// Percentage points of top-1 that the blob loses; negative if it gains.
    pub fn drop(&self) -> Option<f64> {
        Some((self.reference_top1? - self.blob_top1?) * 100.0)
    }
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
mod tests {
    use super::{Compared, Summary, disagreements, ranking, shares};
    use tidbit_quantize::Sqnr;

    fn image(label: Option<usize>, reference: usize, blob: usize, on_blob: f64) -> Compared {
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
    fn counts_what_is_right_and_what_is_equal() {
        let images = [(0, 0, 0), (1, 1, 2), (2, 2, 2), (1, 0, 1)]
            .map(|(label, reference, blob)| image(Some(label), reference, blob, 0.1));
        let summary = Summary::of(&images, 3);
        assert_eq!(
            (summary.reference_top1, summary.blob_top1),
            (Some(0.75), Some(0.75))
        );
        assert_eq!((summary.agreement, summary.drop()), (0.5, Some(0.0)));
        assert!((summary.output_sqnr_db.unwrap() - 23.01).abs() < 0.01);
        let json = serde_json::to_string(&Summary {
            output_sqnr_db: None,
            ..summary
        })
        .unwrap();
        insta::assert_snapshot!(json, @r##"{"images":4,"reference_top1":0.75,"blob_top1":0.75,"agreement":0.5,"output_sqnr_db":null,"outputs":[]}"##);
    }

    #[test]
    fn many_classes_have_a_top_5() {
        let summary = Summary::of(&[image(Some(7), 3, 7, 0.1)], 11);
        let json = serde_json::to_value(&summary).unwrap();
        assert_eq!(json["reference_top1"], 0.0);
        assert_eq!(json["reference_top5"], 1.0);
        assert_eq!(json["blob_top5"], 1.0);
    }

    #[test]
    fn without_labels_there_is_still_agreement() {
        let summary = Summary::of(&[image(None, 3, 3, 0.9), image(None, 3, 4, 0.1)], 11);
        let json = serde_json::to_value(&summary).unwrap();
        assert!(json["blob_top1"].is_null() && json["blob_top5"].is_null());
        assert_eq!(json["agreement"], 0.5);
        assert_eq!(summary.drop(), None);
        assert_eq!(
            Summary::of(&[image(None, 3, 3, 0.9)], 5).output_sqnr_db,
            None
        );
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
