//! Which recipes there are, and how often.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Border, Choice, Layer, Recipe};

/// Recipes of nets with 2 to [`MOST_OPS`](super::MOST_OPS) operators, the image included.
pub fn recipes() -> impl Strategy<Value = Recipe> {
    let image = [1..=24u8, 1..=20u8, 1..=4u8];
    let layers = vec(prop_oneof![3 => single(), 2 => block()], 1..8)
        .prop_map(|parts| parts.into_iter().flatten().collect());
    let softmax = prop::bool::weighted(0.2);
    let logits = prop_oneof![3 => Just(0u8), 1 => 1..6u8];
    let order = prop_oneof![Just(0u64), any::<u64>()];
    let wide = prop_oneof![2 => Just(0u64), 1 => any::<u64>()];
    let parts = (image, layers, softmax, logits, order, wide, any::<u64>());
    parts.prop_map(
        |(image, layers, softmax, logits, order, wide, seed)| Recipe {
            image,
            layers,
            softmax,
            logits,
            order,
            wide,
            seed,
        },
    )
}

/// A layer on its own.
fn single() -> impl Strategy<Value = Vec<Layer>> {
    any_layer().prop_map(|layer| vec![layer])
}

/// Up to four layers, and a sum or two: mostly layers that keep the shape, so that it can be one
/// with what they began with.
fn block() -> impl Strategy<Value = Vec<Layer>> {
    let branch = vec(prop_oneof![3 => keeping(), 1 => any_layer()], 0..=4);
    let joins = vec(join(), 1..=2);
    (branch, joins).prop_map(|(branch, joins)| [branch, joins].concat())
}

fn join() -> impl Strategy<Value = Layer> {
    let shortcut = prop_oneof![3 => Just(0u8), 1 => Just(1), 1 => 2..=3u8];
    (0..=5u8, shortcut).prop_map(|(back, shortcut)| Layer::Join { back, shortcut })
}

/// A layer whose output has the shape of its input.
fn keeping() -> impl Strategy<Value = Layer> {
    let window = |most: u8, dilation: u8| {
        choice(most, dilation).prop_map(|choice| Choice {
            stride: [1, 1],
            padding: Border::Same,
            ..choice
        })
    };
    prop_oneof![
        1 => Just(Layer::Table),
        3 => conv(window(7, 2), Just(0u8)),
        2 => depthwise(window(7, 2), Just(1u8)),
        1 => window(5, 1).prop_map(Layer::MaxPool),
        1 => window(5, 1).prop_map(Layer::AveragePool),
    ]
}

fn any_layer() -> impl Strategy<Value = Layer> {
    let channels = prop_oneof![Just(0u8), 1..=8u8];
    prop_oneof![
        2 => Just(Layer::Table),
        6 => conv(choice(7, 2), channels),
        4 => depthwise(choice(7, 2), 1..=2u8),
        2 => choice(5, 1).prop_map(Layer::AveragePool),
        2 => choice(5, 1).prop_map(Layer::MaxPool),
        1 => [0..3u8, 0..3u8, 0..3u8, 0..3u8].prop_map(Layer::Pad),
        1 => Just(Layer::Global),
    ]
}

fn conv(
    window: impl Strategy<Value = Choice>,
    channels: impl Strategy<Value = u8>,
) -> impl Strategy<Value = Layer> {
    let groups = prop_oneof![3 => Just(1u8), 1 => 2..=4u8];
    let parts = (window, channels, groups, prop::bool::weighted(0.2));
    parts.prop_map(|(window, channels, groups, pad_pixel)| Layer::Conv {
        window,
        channels,
        groups,
        pad_pixel,
    })
}

fn depthwise(
    window: impl Strategy<Value = Choice>,
    multiplier: impl Strategy<Value = u8>,
) -> impl Strategy<Value = Layer> {
    (window, multiplier).prop_map(|(window, multiplier)| Layer::Depthwise { window, multiplier })
}

/// Windows of up to `kernel` taps and of distances up to `dilation`; 3 × 3 and 1 × 1 are frequent.
fn choice(kernel: u8, dilation: u8) -> impl Strategy<Value = Choice> {
    let kernels = prop_oneof![
        1 => Just([1u8, 1]),
        2 => Just([3, 3]),
        3 => [1..=kernel, 1..=kernel],
    ];
    let stride = || prop_oneof![6 => Just(1u8), 3 => Just(2), 1 => Just(3)];
    let dilations = prop_oneof![4 => Just([1u8, 1]), 1 => [1..=dilation, 1..=dilation]];
    let each = [0..=12u8, 0..=12u8, 0..=12u8, 0..=12u8];
    let padding = prop_oneof![
        2 => Just(Border::Valid),
        4 => Just(Border::Same),
        3 => each.prop_map(Border::Each),
    ];
    (kernels, [stride(), stride()], dilations, padding).prop_map(
        |(kernel, stride, dilation, padding)| Choice {
            kernel,
            stride,
            dilation,
            padding,
        },
    )
}
