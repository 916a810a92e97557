//! What lies in the arena when, read from plans whose answer is known, and the picture of it.

use clap::Parser;
use tidbit::Model;
use tidbit::blob::OpKind;
use tidbit_cli::Cli;
use tidbit_cli::memory_map::{MemoryMap, Segment, Span};
use tidbit_quantize::graph::Shape;
use tidbit_quantize::lower::{IntNet, IntOp, IntOutput, Params};
use tidbit_quantize::plan::{Plan, Ring, layerwise};
use tidbit_quantize::scale::Scale;
use tidbit_tests::random_net::emit;

const ROWS: usize = 4;

/// Three operators on four rows of two bytes, each a function of the one before.
fn chain() -> IntNet {
    let op = |index: usize| IntOp {
        name: format!("op {index}"),
        kind: [OpKind::Input, OpKind::Table][index.min(1)],
        inputs: index.checked_sub(1).into_iter().collect(),
        shape: Shape {
            height: ROWS,
            width: 2,
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
    IntNet {
        ops: (0..3).map(op).collect(),
        outputs: vec![IntOutput {
            name: "answer".into(),
            tensor: 2,
            logits: 2,
            exp_table: Box::new([0; 256]),
        }],
    }
}

fn blob(plan: &Plan) -> Vec<u8> {
    emit(&chain(), plan).expect("the plan is sound")
}

fn row_by_row() -> Vec<u8> {
    let ring = |index: usize| Ring {
        offset: index * 8,
        rows: if index == 2 { ROWS } else { 1 },
        step_rows: 1,
        readers: (index + 1, (index < 2).then_some(index + 1)),
        ..Ring::default()
    };
    blob(&Plan {
        rings: (0..3).map(ring).collect(),
        segments: vec![3],
        arena_bytes: 24,
        bound: None,
    })
}

/// First step, last step and rows of each span of a tensor.
fn spans(map: &MemoryMap, tensor: usize) -> Vec<[usize; 3]> {
    let span = |span: &Span| [span.first_step, span.last_step, span.rows_held];
    map.blocks[tensor].spans.iter().map(span).collect()
}

#[test]
fn row_by_row_a_row_is_needed_until_it_is_read() {
    let blob = row_by_row();
    let map = MemoryMap::of(&Model::new(&blob).expect("it validates")).expect("it replays");
    assert_eq!(
        map.steps.iter().map(|step| step.op).collect::<Vec<_>>(),
        [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]
    );
    let every_third = |from: usize| [0, 3, 6, 9].map(|step| [from + step, from + step + 1, 1]);
    assert_eq!(spans(&map, 0), every_third(0));
    assert_eq!(spans(&map, 1), every_third(1));
    assert_eq!(
        spans(&map, 2),
        [[2, 4, 1], [5, 7, 2], [8, 10, 3], [11, 11, 4]]
    );
    assert_eq!((map.peak(), map.peak_bytes()), (10, 10));
    assert_eq!(map.blocks[2].held_bytes(7), 4);
    assert_eq!(map.blocks[0].held_bytes(2), 0);
}

#[test]
fn layer_by_layer_a_tensor_is_needed_until_its_reader_has_run() {
    let blob = blob(&layerwise(&chain()));
    let map = MemoryMap::of(&Model::new(&blob).expect("it validates")).expect("it replays");
    assert_eq!(spans(&map, 0), [[0, 0, 1], [1, 1, 2], [2, 2, 3], [3, 4, 4]]);
    assert_eq!(spans(&map, 1), [[4, 5, 4]]);
    assert_eq!(spans(&map, 2), [[5, 5, 4]]);
    assert_eq!((map.peak(), map.peak_bytes()), (4, 10));
    assert_eq!(map.arena_bytes, 16);
    assert_eq!(
        map.segments[1],
        Segment {
            first_op: 1,
            op_count: 1,
            first_step: 4,
            step_count: 1,
        }
    );
}

#[test]
fn inspect_writes_the_picture() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let [net, picture] = ["net.tidbit", "net.svg"].map(|name| dir.path().join(name));
    std::fs::write(&net, row_by_row()).expect("it can be written");
    let words = ["tidbit", "inspect", "--json", "--memory"].map(Into::into);
    let words = words.into_iter().chain([picture.clone(), net]);
    let cli = Cli::try_parse_from(words.map(std::path::PathBuf::into_os_string));
    cli.expect("it parses").run().expect("it runs");
    let svg = std::fs::read_to_string(picture).expect("the picture is there");
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("net.tidbit: the arena over time"));
}
