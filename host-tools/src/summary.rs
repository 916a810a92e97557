//! The figures of a blob beside its f32 net, over all images, each with what the number of images
//! leaves open.
//!
//! Top-1 is the share of images whose best class is the true one; top-5 of those where it is
//! among the best five; agreement the share where blob and reference have the same best class.
//! The output SQNR is `10 log10(Σ reference² / Σ (reference - blob)²)` in dB, over all outputs of
//! all images, where the blob's int8 count as the real numbers for which they stand.

use serde::ser::{Serialize, SerializeMap, Serializer};
use tidbit_quantize::Sqnr;

use crate::comparison::Compared;
use crate::each_answer::Figures;
use crate::grid::{Grid, images, percent_within};
use crate::paired_top1::PairedTop1;
use crate::statistics::{Interval, Paired, wilson};

/// Nets with more classes than this have a top-5 too.
const FEW_CLASSES: usize = 10;

/// A share of the images, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// The share.
    pub value: f64,
    /// Its interval at 95 %.
    pub interval: Interval,
}

impl Share {
    fn of(hits: usize, total: usize) -> Self {
        Self {
            value: hits as f64 / total.max(1) as f64,
            interval: wilson(hits, total),
        }
    }
}

/// Shares of the f32 net and of the blob; `None` without labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Both {
    /// Of the f32 net.
    pub reference: Option<Share>,
    /// Of the blob.
    pub blob: Option<Share>,
}

/// The figures over all images.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Number of images.
    pub images: usize,
    /// Top-1.
    pub top1: Both,
    /// Top-5, for nets with more than ten classes.
    pub top5: Option<Both>,
    /// Share of equal answers.
    pub agreement: Share,
    /// Output SQNR; `None` if there is no difference at all.
    pub output_sqnr_db: Option<f64>,
    /// Top-1 image by image; `None` without labels.
    pub paired: Option<PairedTop1>,
    /// Of each answer, by name.
    pub outputs: Vec<Figures>,
}

impl Summary {
    /// Of these images, by a net of so many classes.
    pub fn of(images: &[Compared], classes: usize) -> Self {
        let labelled = images.iter().all(|image| image.label.is_some());
        let count = |hit: &dyn Fn(&Compared) -> bool| images.iter().filter(|i| hit(i)).count();
        let top = |best: usize| {
            let share = |hits| labelled.then(|| Share::of(hits, images.len()));
            Both {
                reference: share(count(&|image| image.hit(&image.reference, best))),
                blob: share(count(&|image| image.hit(&image.blob, best))),
            }
        };
        let right = |image: &Compared| {
            let [reference, blob] = [&image.reference, &image.blob];
            (image.hit(reference, 1), image.hit(blob, 1))
        };
        let sqnr = images
            .iter()
            .fold(Sqnr::default(), |sum, image| sum.merge(image.sqnr));
        Self {
            images: images.len(),
            top1: top(1),
            top5: (classes > FEW_CLASSES).then(|| top(5)),
            agreement: Share::of(count(&Compared::agrees), images.len()),
            output_sqnr_db: Some(sqnr.db()).filter(|db| db.is_finite()),
            paired: labelled.then(|| {
                PairedTop1::of(Paired {
                    only_first: count(&|image| right(image) == (true, false)),
                    only_second: count(&|image| right(image) == (false, true)),
                    total: images.len(),
                })
            }),
            outputs: vec![],
        }
    }

    /// The same with the figures of each answer. Where the first is a map, agreement is that of its
    /// pixels, with the interval of as many draws as there are images.
    pub fn with_answers(mut self, answers: Vec<Figures>, classes: usize) -> Self {
        let pixels = answers.first().and_then(|answer| answer.pixel_agreement);
        if let Some(value) = pixels.filter(|_| classes == 0) {
            let hits = (value * self.images as f64).round() as usize;
            let interval = wilson(hits, self.images);
            self.agreement = Share { value, interval };
        }
        self.outputs = answers;
        self
    }

    /// The figures as a table.
    pub fn grid(&self) -> Grid {
        let within = |share: Share| percent_within(share.value, share.interval);
        let shown = |share: Option<Share>| share.map_or("no labels".into(), within);
        let heading = format!("{}, 95 % intervals", images(self.images));
        let mut grid = Grid::new([heading, "reference".into(), "blob".into()]).right([1, 2]);
        let top5 = self.top5.map(|both| ("top-5", both));
        for (name, both) in [("top-1", self.top1)].into_iter().chain(top5) {
            grid.row([name.into(), shown(both.reference), shown(both.blob)]);
        }
        grid.row(["agreement".into(), String::new(), within(self.agreement)]);
        let sqnr = self
            .output_sqnr_db
            .map_or("exact".into(), |db| format!("{db:.2} dB"));
        grid.row(["output SQNR".into(), String::new(), sqnr]);
        grid
    }
}

impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("images", &self.images)?;
        let both = |[reference, blob]: [&'static str; 2], both: Both| {
            [(reference, both.reference), (blob, both.blob)]
        };
        let top1 = both(["reference_top1", "blob_top1"], self.top1);
        let top5 = self
            .top5
            .map(|top5| both(["reference_top5", "blob_top5"], top5));
        let agreement = ("agreement", Some(self.agreement));
        let shares = top1.into_iter().chain(top5.into_iter().flatten());
        for (name, share) in shares.chain([agreement]) {
            map.serialize_entry(name, &share.map(|share| share.value))?;
            let interval = share.map(|share| share.interval);
            map.serialize_entry(&format!("{name}_interval"), &interval)?;
        }
        map.serialize_entry("output_sqnr_db", &self.output_sqnr_db)?;
        map.serialize_entry("paired", &self.paired)?;
        map.serialize_entry("outputs", &self.outputs)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::Summary;
    use crate::comparison::Compared;
    use crate::comparison::tests::image;
    use anstream::adapter::strip_str;
    use serde_json::Value;

    fn json(images: &[Compared], classes: usize) -> Value {
        serde_json::to_value(Summary::of(images, classes)).unwrap()
    }

    #[test]
    fn counts_what_is_right_and_what_is_equal() {
        let images = [(0, 0, 0), (1, 1, 2), (2, 2, 2), (1, 0, 1)]
            .map(|(label, reference, blob)| image(Some(label), reference, blob, 0.1));
        let summary = Summary::of(&images, 3);
        let shares = [summary.top1.reference, summary.top1.blob];
        assert_eq!(shares.map(|share| share.unwrap().value), [0.75, 0.75]);
        assert_eq!(summary.agreement.value, 0.5);
        assert!((summary.output_sqnr_db.unwrap() - 23.01).abs() < 0.01);
        let paired = summary.paired.unwrap();
        assert_eq!(
            (paired.only_reference_right, paired.only_blob_right),
            (1, 1)
        );
    }

    #[test]
    fn json_has_the_keys_of_the_contract() {
        let images = [0, 0, 0, 1].map(|blob| image(Some(0), 0, blob, 0.1));
        let mut summary = Summary::of(&images, 3);
        summary.output_sqnr_db = None;
        let text = serde_json::to_string(&summary).unwrap();
        insta::assert_snapshot!(text, @r#"{"images":4,"reference_top1":1.0,"reference_top1_interval":[0.5101091635454027,1.0],"blob_top1":0.75,"blob_top1_interval":[0.3006418425824019,0.9544127391902995],"agreement":0.75,"agreement_interval":[0.3006418425824019,0.9544127391902995],"output_sqnr_db":null,"paired":{"only_reference_right":1,"only_blob_right":0,"drop_pp":25.0,"drop_pp_interval":[-36.236354556824665,69.93581574175981],"mcnemar_p":1.0},"outputs":[]}"#);
        let unlabelled = json(&[image(None, 3, 3, 0.9), image(None, 3, 4, 0.1)], 11);
        for key in ["blob_top1", "blob_top1_interval", "blob_top5", "paired"] {
            assert!(unlabelled[key].is_null(), "{key}");
        }
        assert_eq!(unlabelled["agreement"], 0.5);
    }

    #[test]
    fn many_classes_have_a_top_5() {
        let found = json(&[image(Some(7), 3, 7, 0.1)], 11);
        assert_eq!(found["reference_top1"], 0.0);
        assert_eq!(found["reference_top5"], 1.0);
        assert_eq!(found["blob_top5"], 1.0);
        assert!(found["blob_top5_interval"][0].as_f64().unwrap() < 0.3);
    }

    #[test]
    fn equal_answers_have_no_sqnr() {
        let summary = Summary::of(&[image(None, 3, 3, 0.9)], 5);
        assert_eq!(summary.output_sqnr_db, None);
        assert_eq!(summary.paired, None);
    }

    #[test]
    fn people_see_intervals() {
        let images = |wrong: usize| -> Vec<Compared> {
            let blob = |place| usize::from(place < wrong);
            (0..300)
                .map(|place| image(Some(0), 0, blob(place), 0.1))
                .collect()
        };
        let summary = Summary::of(&images(3), 3);
        insta::assert_snapshot!(strip_str(&summary.grid().to_string()), @r##"
        ╭────────────────────────────┬──────────────────────────┬────────────────────────╮
        │ 300 images, 95 % intervals │                reference │                   blob │
        ├────────────────────────────┼──────────────────────────┼────────────────────────┤
        │ top-1                      │ 100.00 % (98.7 to 100.0) │ 99.00 % (97.1 to 99.7) │
        │ agreement                  │                          │ 99.00 % (97.1 to 99.7) │
        │ output SQNR                │                          │               40.00 dB │
        ╰────────────────────────────┴──────────────────────────┴────────────────────────╯
        "##);
    }
}
