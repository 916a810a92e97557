//! One inference on the host, and how its answer is shown.
//!
//! The classes of an answer are ranked by one rule, whether the host or a board gave it: by
//! score, then by the int8 behind it, then the first. So two targets that answer the same bytes
//! show the same.

use std::cmp::Reverse;

use rayon::prelude::*;
use serde::{Serialize, Serializer};
use tidbit::kernels::{Kernels, kernels};
use tidbit::{Model, Observer, RunningChecksum, Session};

use crate::Error;
use crate::answers::{NamedAnswer, answers};
use crate::blob::label;

/// What a net said about one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inference {
    /// The raw int8 of each answer.
    pub outputs: Vec<Vec<i8>>,
    /// For each class, its score in Q0.15: 32768 is 1.
    pub scores: Vec<u16>,
    /// The CRC-32 of every tensor, in the order of the operators, if it was asked for.
    pub tensor_hashes: Option<Vec<u32>>,
}

impl Inference {
    /// Runs a net on raw pixels, over memory of at least [`Model::memory_bytes`].
    ///
    /// # Errors
    /// The runtime's, if the image has the wrong size.
    pub fn run(
        model: &Model<'_>,
        memory: &mut [u8],
        image: &[u8],
        trace: bool,
    ) -> Result<Self, tidbit::Error> {
        Self::run_by(kernels(), model, memory, image, trace)
    }

    /// As [`run`](Self::run), by micro-kernels of the caller's choice.
    ///
    /// # Errors
    /// The runtime's, if the image has the wrong size.
    pub fn run_by(
        kernels: &'static Kernels,
        model: &Model<'_>,
        memory: &mut [u8],
        image: &[u8],
        trace: bool,
    ) -> Result<Self, tidbit::Error> {
        let mut session = Session::with_kernels(model, memory, kernels)?;
        let mut hashes = Hashes::new(if trace {
            model.tables().header.op_count
        } else {
            0
        });
        let answer = session.run_observed(image, &mut hashes)?;
        let mut scores = vec![0; model.classes()];
        answer.scores(&mut scores)?;
        let output = |index| Ok(session.answer_of(index)?.output().to_vec());
        Ok(Self {
            outputs: (0..model.outputs()).map(output).collect::<Result<_, _>>()?,
            scores,
            tensor_hashes: trace.then(|| hashes.finish()),
        })
    }

    /// The raw int8 of the first answer, by which images are classified.
    pub fn output(&self) -> &[i8] {
        self.outputs.first().map_or(&[], Vec::as_slice)
    }

    /// The `count` best classes, best first.
    pub fn ranking(&self, count: usize) -> Vec<usize> {
        // The int8 tells classes apart whose scores are equal, where there is one for each class.
        let output = self.output();
        let behind = |class: usize| match output.len() == self.scores.len() {
            true => output[class],
            false => 0,
        };
        let mut classes: Vec<usize> = (0..self.scores.len()).collect();
        classes.sort_by_key(|&class| Reverse((self.scores[class], behind(class))));
        classes.truncate(count);
        classes
    }

    /// The score of a class, 0 to 1.
    pub fn score(&self, class: usize) -> f64 {
        f64::from(self.scores[class]) / 32768.0
    }

    /// The answer as it is shown.
    pub fn shown(&self, model: &Model<'_>, image: String, top: usize) -> Shown {
        let ranking = self.ranking(top).into_iter();
        Shown {
            image,
            output: self.output().to_vec(),
            outputs: answers(model, &self.outputs),
            top: ranking
                .map(|class| Choice {
                    class,
                    label: label(model, class),
                    score: self.score(class),
                })
                .collect(),
            tensor_hashes: self.tensor_hashes.clone(),
        }
    }
}

/// Runs images on all cores of the host.
///
/// # Errors
/// The runtime's.
pub fn on_all_cores(
    model: &Model<'_>,
    kernels: &'static Kernels,
    images: &[Vec<u8>],
    trace: bool,
) -> Result<Vec<Inference>, Error> {
    let answers = images.par_iter().map_init(
        || vec![0; model.memory_bytes()],
        |memory, image| Inference::run_by(kernels, model, memory, image, trace),
    );
    Ok(answers.collect::<Result<_, _>>()?)
}

/// The CRC-32 of each tensor, which grows by the rows as they are made.
struct Hashes(Vec<RunningChecksum>);

impl Hashes {
    fn new(tensors: u16) -> Self {
        Self(vec![RunningChecksum::new(); tensors.into()])
    }

    fn finish(&self) -> Vec<u32> {
        self.0.iter().map(RunningChecksum::finish).collect()
    }
}

impl Observer for Hashes {
    fn row(&mut self, tensor: u16, _row: u16, bytes: &[u8]) {
        if let Some(hash) = self.0.get_mut(usize::from(tensor)) {
            hash.update(bytes);
        }
    }
}

/// An answer as `run` and `sim` show it.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The image, as the user named it.
    pub image: String,
    /// The raw int8 of the first answer.
    pub output: Vec<i8>,
    /// All answers, by name.
    pub outputs: Vec<NamedAnswer>,
    /// The best classes, best first.
    pub top: Vec<Choice>,
    /// The CRC-32 of every tensor, eight hexadecimal digits each.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "hexadecimal"
    )]
    pub tensor_hashes: Option<Vec<u32>>,
}

/// A class that a net may mean.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// Its number.
    pub class: usize,
    /// Its name, if the blob has labels.
    pub label: Option<String>,
    /// How sure the net is, 0 to 1.
    pub score: f64,
}

/// Hashes as texts.
fn hexadecimal<S: Serializer>(hashes: &Option<Vec<u32>>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(hashes.iter().flatten().map(|hash| format!("{hash:08x}")))
}

#[cfg(test)]
mod tests {
    use super::{Choice, Hashes, Inference, Shown};
    use tidbit::Observer;

    #[test]
    fn equal_scores_are_told_apart_by_the_int8_and_then_by_their_place() {
        let mut inference = Inference {
            outputs: vec![vec![-128, -100, 90, -128]],
            scores: vec![0, 0, 32768, 0],
            tensor_hashes: None,
        };
        assert_eq!(inference.ranking(9), [2, 1, 0, 3]);
        assert_eq!(inference.ranking(1), [2]);
        inference.outputs[0].push(0);
        assert_eq!(inference.ranking(9), [2, 0, 1, 3]);
    }

    #[test]
    fn each_tensor_has_its_hash() {
        let mut hashes = Hashes::new(2);
        hashes.row(0, 0, b"1234");
        hashes.row(1, 0, b"");
        hashes.row(0, 1, b"56789");
        hashes.row(2, 0, b"not traced");
        assert_eq!(hashes.finish(), [0xcbf4_3926, 0]);
    }

    #[test]
    fn json_has_the_keys_of_the_contract() {
        let mut shown = Shown {
            image: "cat.png".into(),
            output: vec![-128, 127],
            outputs: vec![],
            top: vec![Choice {
                class: 1,
                label: None,
                score: 0.75,
            }],
            tensor_hashes: None,
        };
        insta::assert_snapshot!(serde_json::to_string(&shown).unwrap(),
            @r#"{"image":"cat.png","output":[-128,127],"outputs":[],"top":[{"class":1,"label":null,"score":0.75}]}"#);
        shown.tensor_hashes = Some(vec![10]);
        assert!(
            serde_json::to_string(&shown)
                .unwrap()
                .ends_with(r#""tensor_hashes":["0000000a"]}"#)
        );
    }
}
