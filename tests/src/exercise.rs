//! Puts bytes through the whole runtime, as a careless caller would, and looks for harm.
//!
//! Harm is a panic, an error that validation should have found, or an answer that depends on what
//! lay in memory before: for then an operator read a row that nobody made. The tests of single
//! corruptions and the fuzz targets share this one judge.

use tidbit::blob::{OpKind, op_cost};
use tidbit::{Answer, Error, Model, Progress, Session};

/// Most bytes of memory that an inference gets here.
const MOST_MEMORY: usize = 1 << 20;

/// What became of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// They are no valid blob.
    Refused(Error),
    /// They are one, but running it takes more than the caller wants to spend.
    TooDear,
    /// They are one, and it ran.
    Ran,
}

/// Elements that an inference looks at, and looks that the schedule takes at operators.
pub fn work(model: &Model<'_>) -> u64 {
    let tables = model.tables();
    let mut work = 0u64;
    for (index, op) in (0..).zip(tables.flow.ops.iter()) {
        let kind = OpKind::from_byte(op.kind).expect("the blob is valid");
        let cost = op_cost(&tables.flow, &tables.data, index, &op, kind);
        work = work.saturating_add(cost.expect("the blob is valid").work);
    }
    for segment in tables.segments.iter() {
        let ops = segment.first_op..segment.first_op + segment.op_count;
        let steps = ops.map(|index| {
            let tensor = tables.flow.tensors.get(index).expect("the blob is valid");
            let op = tables.flow.ops.get(index).expect("the blob is valid");
            u64::from(tensor.height.div_ceil(op.step_rows))
        });
        work = work.saturating_add(steps.sum::<u64>() * u64::from(segment.op_count));
    }
    work
}

/// Validates `blob` and, if it is valid and takes no more than `most` work, runs it.
///
/// # Panics
/// On harm.
pub fn exercise(blob: &[u8], most: u64) -> Outcome {
    let model = match Model::new(blob) {
        Ok(model) => model,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return Outcome::Refused(error);
        }
    };
    texts(&model);
    if work(&model) > most || model.memory_bytes() > MOST_MEMORY {
        return Outcome::TooDear;
    }
    let bytes = model.input_shape().bytes();
    let rising: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
    let other: Vec<u8> = blob.iter().rev().cycle().take(bytes).copied().collect();
    for image in [rising, other] {
        let clean = whole(&model, &image, 0x00);
        assert_eq!(clean, whole(&model, &image, 0xff), "stale memory shows");
        assert_eq!(clean, row_by_row(&model, &image), "rows and image differ");
    }
    Outcome::Ran
}

/// Every text that a valid blob promises is there.
fn texts(model: &Model<'_>) {
    for class in 0..model.label_count() {
        assert!(model.label(class).is_some(), "label {class}");
    }
    assert_eq!(model.label(model.label_count()), None);
    assert!(model.provenance().len() <= model.tables().data.0.len());
}

/// Memory that holds `fill` in every byte.
fn memory(model: &Model<'_>, fill: u8) -> Vec<u8> {
    vec![fill; model.memory_bytes()]
}

/// The answer to a whole image, over memory that held `fill`.
fn whole(model: &Model<'_>, image: &[u8], fill: u8) -> Vec<i8> {
    let mut memory = memory(model, fill);
    let mut session = Session::new(model, &mut memory).expect("the memory suffices");
    if let Some(short) = image.get(1..) {
        let (have, expected) = (short.len(), image.len());
        let refused = session.run(short).map(|_| ());
        assert_eq!(refused, Err(Error::Length { have, expected }));
    }
    let answer = session.run(image).expect("a valid blob runs");
    check_answer(model, &answer);
    answer.output().to_vec()
}

/// The answer to an image that comes row by row, with every call out of turn refused on the way.
fn row_by_row(model: &Model<'_>, image: &[u8]) -> Vec<i8> {
    let mut memory = memory(model, 0x55);
    if let Some((_, less)) = memory.split_first_mut() {
        let (have, need) = (less.len(), model.memory_bytes());
        let refused = Session::new(model, less).map(|_| ());
        assert_eq!(refused, Err(Error::MemoryTooSmall { have, need }));
    }
    let mut session = Session::new(model, &mut memory).expect("the memory suffices");
    let row_bytes = model.input_shape().row_bytes();
    // Half an image first: a restart forgets it.
    for round in 0..2 {
        session.restart();
        let mut expected_row = 0;
        while let Progress::NeedRow(y) = session.advance(&mut ()).expect("a valid blob runs") {
            assert_eq!(y, expected_row, "rows are asked for in order");
            assert_eq!(session.answer().map(|_| ()), Err(Error::OutOfTurn));
            let start = usize::from(y) * row_bytes;
            let row = &image[start..start + row_bytes];
            let long = [row, &[0]].concat();
            let (have, expected) = (long.len(), row_bytes);
            let refused = session.push_row(&long, &mut ());
            assert_eq!(refused, Err(Error::Length { have, expected }));
            session
                .push_row(row, &mut ())
                .expect("the row was asked for");
            expected_row += 1;
            if round == 0 && y >= model.input_shape().height / 2 {
                break;
            }
        }
    }
    let row = vec![0; row_bytes];
    assert_eq!(session.push_row(&row, &mut ()), Err(Error::OutOfTurn));
    assert_eq!(session.advance(&mut ()), Ok(Progress::Done));
    let answer = session.answer().expect("it is done");
    answer.output().to_vec()
}

/// Scores and ranking fit the logits.
fn check_answer(model: &Model<'_>, answer: &Answer<'_>) {
    assert_eq!(answer.output().len(), model.output_len());
    assert_eq!(answer.output_bytes().len(), model.output_len());
    let classes = model.classes();
    let mut scores = vec![0; classes];
    answer.scores(&mut scores).expect("the buffer fits");
    let (have, expected) = (classes + 1, classes);
    let refused = answer.scores(&mut vec![0; have]);
    assert_eq!(refused, Err(Error::Length { have, expected }));
    let top = answer.top::<5>();
    let ranked: Vec<u16> = top.iter().flatten().copied().collect();
    assert_eq!(ranked.len(), classes.min(5));
    assert_eq!(answer.top::<1>()[0], ranked.first().copied());
    for (place, class) in ranked.iter().enumerate() {
        assert!(usize::from(*class) < classes);
        assert!(!ranked[..place].contains(class), "{ranked:?}");
    }
}
