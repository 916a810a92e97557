//! QUANTIZATION.md against the code: every worked block of the document is computed anew.
//!
//! A block is a kind and lines of `name = numbers`. Kinds of the document's first part go through
//! the kernels of the runtime, kinds of the second through the quantizer's stages, on graphs of one
//! operator. A wrong number in the document fails, and so does a kind without an example.

#[path = "quantization/block.rs"]
mod block;
#[path = "quantization/given.rs"]
mod given;
#[path = "quantization/host.rs"]
mod host;
#[path = "quantization/kernels.rs"]
mod kernels;
#[path = "quantization/one_op.rs"]
mod one_op;
#[path = "quantization/picks.rs"]
mod picks;

use std::collections::BTreeSet;

use block::{Block, blocks};

/// A kind of example, and what recomputes it.
type Kind = (&'static str, fn(&Block));

/// Every kind of block, and what computes it.
const KINDS: [Kind; 27] = [
    ("scale", host::scale),
    ("int16-scale", host::int16_scale),
    ("requantize", kernels::requantization),
    ("conv", kernels::conv),
    ("int16-conv", kernels::int16_conv),
    ("depthwise", kernels::depthwise_conv),
    ("average", kernels::average_pool),
    ("max", kernels::max_pool),
    ("min", kernels::min_pool),
    ("add", kernels::residual_add),
    ("mul", kernels::product),
    ("gather", picks::gather),
    ("table", host::table),
    ("points", host::points),
    ("softmax", host::softmax),
    ("between", kernels::resize),
    ("blocks", kernels::depth_to_space),
    ("arg-max", kernels::class_number),
    ("range", host::ranges),
    ("lower", host::conv),
    ("lower-add", host::add),
    ("lower-mul", host::mul),
    ("lower-average", host::average),
    ("reach", host::reach),
    ("image", host::image),
    ("given-weights", given::weights),
    ("given-image", given::image),
];

#[test]
fn every_worked_number_is_what_the_code_computes() {
    let document = include_str!("../../QUANTIZATION.md");
    let mut seen = BTreeSet::new();
    for block in blocks(document) {
        let kind = KINDS.iter().find(|(kind, _)| *kind == block.kind);
        let (kind, compute) = kind.unwrap_or_else(|| panic!("{block}: unknown kind"));
        compute(&block);
        block.assert_all_read();
        seen.insert(*kind);
    }
    assert_eq!(
        seen,
        KINDS.map(|(kind, _)| kind).into(),
        "kinds with an example"
    );
}
