//! Examples of files that are quantized already.

use tidbit_quantize::Normalization;
use tidbit_quantize::fold::fold;
use tidbit_quantize::function::Function;
use tidbit_quantize::graph::{Clamp, Conv, Op};
use tidbit_quantize::lower::Params;

use super::block::Block;
use super::one_op::{graph, last, pointwise, scale_of, shape};

/// A 1 × 1 convolution whose weights are given in whole steps.
pub fn weights(block: &Block) {
    let step = block.real("step") as f32;
    let counts: Vec<i32> = block.ints("weights");
    let weights = counts.iter().map(|&count| count as f32 * step).collect();
    let conv = Conv {
        steps: Some(vec![step]),
        ..pointwise(weights, block.real("bias"))
    };
    let graph = graph(
        &[shape(1, 1, counts.len()), shape(1, 1, 1)],
        vec![(Op::Conv(conv), Clamp::NONE, vec![0])],
    );
    let scales = [scale_of(block, "input"), scale_of(block, "output")];
    // Means that a correction of the bias would look at.
    let means = [vec![1.0; counts.len()], vec![]];
    let Params::Conv(conv) = last(&graph, &scales, &means).params else {
        panic!("{block}: not a convolution");
    };
    block.expect_ints("int_weights", &conv.weights);
    block.expect_ints("int_bias", &conv.bias);
    block.expect_ints("multipliers", &conv.multipliers);
}

/// A grey image that the file rounds.
pub fn image(block: &Block) {
    let scale = scale_of(block, "image");
    let op = Op::Function(Function::Quantized(scale));
    let mut graph = graph(&[shape(1, 1, 1); 2], vec![(op, Clamp::NONE, vec![0])]);
    graph.given.insert(1, scale);
    let normalization = Normalization {
        mean: vec![block.real("mean") as f32],
        std: vec![block.real("std") as f32],
        bgr: false,
    };
    let graph = fold(graph, &normalization);
    let mut scales = vec![scale; graph.tensors.len()];
    scales[graph.input] = tidbit_quantize::scale::Scale::PIXELS;
    let means = vec![vec![]; graph.tensors.len()];
    let Params::Table(table) = last(&graph, &scales, &means).params else {
        panic!("{block}: not a table");
    };
    let pixels: Vec<u8> = block.ints("pixels");
    let found: Vec<i8> = pixels
        .iter()
        .map(|&pixel| table[usize::from(pixel)])
        .collect();
    block.expect_ints("out", &found);
}
