//! Random nets: each emits, validates and runs without harm; and together they are what they are
//! meant to be, so that a test on them says something.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tidbit::blob::OpKind;
use tidbit::{Model, Session};
use tidbit_quantize::lower::{IntNet, IntOp, Params};
use tidbit_quantize::plan::layerwise;
use tidbit_quantize::scale::Element;
use tidbit_tests::exercise::{Outcome, exercise};
use tidbit_tests::measure::images;
use tidbit_tests::random_net::{MOST_OPS, emit, recipes};

/// Nets that are looked at together.
const SAMPLES: usize = 500;
/// What occurs in fewer of them would hardly be tested.
const RARE: usize = 8;
/// What has to occur besides every kind of operator.
const EXPECTED: [&str; 24] = [
    "asymmetric padding",
    "dilated rows",
    "early logits",
    "global average on the way",
    "groups",
    "int16",
    "kernel of 7 rows",
    "most operators",
    "multiplier",
    "oblong kernel",
    "oblong stride",
    "one reader",
    "output as logits",
    "pad pixel",
    "padding",
    "shift",
    "stride of 3 rows",
    "sum of neighbours",
    "sum over four operators",
    "sum with a convolution",
    "sum with itself",
    "three readers",
    "two operators",
    "two readers",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_recipe_is_a_net_that_runs(recipe in recipes()) {
        let net = recipe.net();
        prop_assert!((2..=MOST_OPS).contains(&net.ops.len()));
        prop_assert_eq!(net.outputs[0].tensor, net.ops.len() - 1);
        let dead = (0..net.outputs[0].tensor).find(|&tensor| readers(&net, tensor) == 0);
        prop_assert_eq!(dead, None, "nobody reads it");
        let blob = emit(&net, &layerwise(&net))
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        let again = recipe.net();
        prop_assert_eq!(&blob, &emit(&again, &layerwise(&again)).unwrap());
        prop_assert_eq!(exercise(&blob, u64::MAX), Outcome::Ran);
    }
}

/// Number of operators that read a tensor.
fn readers(net: &IntNet, tensor: usize) -> usize {
    net.ops
        .iter()
        .filter(|op| op.inputs.contains(&tensor))
        .count()
}

/// What is remarkable about an operator.
fn traits(net: &IntNet, index: usize) -> Vec<&'static str> {
    let op = &net.ops[index];
    let from = |at: usize| op.inputs.get(at).map(|&input| &net.ops[input]);
    let mut traits = vec![op.kind.name()];
    let mut note = |holds: bool, what| traits.extend(holds.then_some(what));
    let window = match &op.params {
        Params::Conv(conv) => Some(conv.window),
        Params::Pool(pool) => Some(pool.window),
        _ => None,
    };
    if let Some(window) = window {
        let padding = window.padding;
        note(window.kernel[0] == 7, "kernel of 7 rows");
        note(window.kernel[0] != window.kernel[1], "oblong kernel");
        note(window.stride[0] == 3, "stride of 3 rows");
        note(window.stride[0] != window.stride[1], "oblong stride");
        note(window.dilation[0] == 2, "dilated rows");
        note(padding.top != padding.bottom, "asymmetric padding");
        note(!padding.is_none(), "padding");
    }
    if let Params::Conv(conv) = &op.params {
        let channels = from(0).map_or(0, |from| from.shape.channels);
        let depthwise = op.kind == OpKind::Depthwise;
        note(depthwise && op.shape.channels == 2 * channels, "multiplier");
        note(!depthwise && conv.groups > 1, "groups");
        note(conv.pad_pixel.is_some(), "pad pixel");
        note(conv.shift > 0, "shift");
    }
    if let (Some(a), Some(b)) = (from(0), from(1)) {
        let earlier = op.inputs.iter().min().copied().unwrap_or_default();
        note(op.inputs[0] == op.inputs[1], "sum with itself");
        note(earlier + 2 == index, "sum of neighbours");
        note(earlier + 5 <= index, "sum over four operators");
        let made_by_conv = |op: &IntOp| matches!(op.kind, OpKind::Conv);
        note(made_by_conv(a) || made_by_conv(b), "sum with a convolution");
    }
    note(op.scale.element == Element::Int16, "int16");
    let many = ["", "one reader", "two readers", "three readers"];
    note(readers(net, index) > 3, "more than three readers");
    if let Some(many) = many.get(readers(net, index)) {
        note(!many.is_empty(), many);
    }
    let from_image = from(0).is_some_and(|from| from.shape.height > 1);
    let whole =
        window.is_some_and(|window| Some(window.kernel[0]) == from(0).map(|x| x.shape.height));
    let global = op.kind == OpKind::AveragePool && from_image && whole;
    note(
        global && index < net.outputs[0].tensor,
        "global average on the way",
    );
    traits
}

/// Whether the answer depends on anything: on the place in it or on the image.
fn varies(net: &IntNet) -> bool {
    let blob = emit(net, &layerwise(net)).unwrap();
    let model = Model::new(&blob).unwrap();
    let mut memory = vec![0; model.memory_bytes()];
    let mut session = Session::new(&model, &mut memory).unwrap();
    let mut values: BTreeSet<i8> = BTreeSet::new();
    for image in images(model.input_shape(), 2, 5) {
        values.extend(session.run(&image).unwrap().output());
    }
    values.len() > 1
}

#[test]
fn everything_occurs_and_answers_vary() {
    let mut runner = TestRunner::deterministic();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..SAMPLES {
        let net = recipes().new_tree(&mut runner).unwrap().current().net();
        let mut found: BTreeSet<&str> = (0..net.ops.len())
            .flat_map(|index| traits(&net, index))
            .collect();
        found.extend((net.ops.len() == 2).then_some("two operators"));
        found.extend((net.ops.len() == MOST_OPS).then_some("most operators"));
        found.extend((net.outputs[0].logits + 1 < net.outputs[0].tensor).then_some("early logits"));
        found
            .extend((net.outputs[0].logits == net.outputs[0].tensor).then_some("output as logits"));
        found.extend(varies(&net).then_some("varies"));
        for what in found {
            *counts.entry(what).or_default() += 1;
        }
    }
    let rare: Vec<_> = EXPECTED
        .iter()
        .copied()
        .chain(OpKind::ALL.map(OpKind::name))
        .filter(|what| counts.get(what).is_none_or(|count| *count < RARE))
        .collect();
    assert!(rare.is_empty(), "{rare:?} are rare among {counts:#?}");
    assert_eq!(counts.get("more than three readers"), None);
    let varied = counts.get("varies").copied().unwrap_or_default();
    assert!(10 * varied > 9 * SAMPLES, "only {varied} outputs vary");
}
