//! A plan of very many small steps is refused: it would keep validation busy for minutes on a board.

use tidbit::blob::OpKind;
use tidbit_quantize::Error;
use tidbit_quantize::graph::Shape;
use tidbit_quantize::lower::{IntNet, IntOp, IntOutput, Params};
use tidbit_quantize::plan::{Plan, Ring};
use tidbit_quantize::scale::Scale;
use tidbit_tests::random_net::emit;

/// A chain of `count` operators on `rows` rows of one byte, all in one segment, row by row.
fn chain(count: usize, rows: usize) -> Result<Vec<u8>, Error> {
    let op = |index: usize| IntOp {
        name: format!("op {index}"),
        kind: if index == 0 {
            OpKind::Input
        } else {
            OpKind::Table
        },
        inputs: index.checked_sub(1).into_iter().collect(),
        shape: Shape {
            height: rows,
            width: 1,
            channels: 1,
        },
        scale: Scale::PIXELS,
        equalization: vec![],
        clamp: (-128, 127),
        params: match index {
            0 => Params::Input,
            _ => Params::Table(Box::new([0; 256])),
        },
    };
    let last = count - 1;
    let net = IntNet {
        ops: (0..count).map(op).collect(),
        outputs: vec![IntOutput {
            name: "answer".into(),
            tensor: last,
            logits: last,
            exp_table: Box::new([0; 256]),
        }],
    };
    let ring = |index: usize| Ring {
        offset: index * 8,
        rows: if index == last { rows } else { 1 },
        step_rows: 1,
        readers: (index + 1, (index < last).then_some(index + 1)),
        ..Ring::default()
    };
    let plan = Plan {
        rings: (0..count).map(ring).collect(),
        segments: vec![count],
        arena_bytes: last * 8 + rows,
        bound: None,
    };
    emit(&net, &plan)
}

#[test]
fn a_plan_of_too_many_steps_is_refused() {
    let refused = chain(128, 8192).expect_err("128 operators by 8,192 rows");
    assert!(
        matches!(refused, Error::Refused(tidbit::Error::TooMuchWork)),
        "{refused}"
    );
}

#[test]
fn a_long_chain_row_by_row_is_taken() {
    let blob = chain(61, 224).expect("61 operators by 224 rows");
    let model = tidbit::Model::new(&blob).expect("it validates");
    let mut memory = vec![0; model.memory_bytes()];
    let mut session = tidbit::Session::new(&model, &mut memory).expect("the memory suffices");
    let answer = session.run(&[7; 224]).expect("it runs");
    assert_eq!(answer.output(), [0; 224]);
}

/// A tensor that claims more readers than it has would have all of them looked at, row by row.
#[test]
fn readers_that_are_none_are_refused() {
    let mut blob = chain(61, 224).expect("61 operators by 224 rows");
    tidbit_tests::surgery::tensor(&mut blob, 30, |tensor| tensor.first_reader = 0);
    tidbit_tests::handmade::seal(&mut blob);
    let refused = tidbit::Model::new(&blob)
        .map(|_| ())
        .expect_err("operator 0 reads nothing");
    assert_eq!(refused, tidbit::Error::Operand { op: 0, tensor: 30 });
}
