//! How the host chooses the numbers: one function a kind of block, through the quantizer's stages.

use tidbit::kernels::{
    Gemm, Packing, Requant, Weights, interpolate, kernels, softmax_i8, softmax_q15,
};
use tidbit_quantize::graph::{Clamp, Conv, Op, PoolKind};
use tidbit_quantize::histogram::Histogram;
use tidbit_quantize::lower::{IntConv, Params, lower};
use tidbit_quantize::scale::{Element, Scale};
use tidbit_quantize::{Normalization, RangeMethod, ranges::range};

use crate::block::Block;
use crate::kernels::words;
use crate::one_op::{graph, last, pointwise, scale_of, shape, window};

pub fn scale(block: &Block) {
    let [lo, hi] = block.array("range");
    let scale = Scale::covering((lo as f32, hi as f32));
    block.expect("scale", &[scale.scale.into()]);
    block.expect_ints("zero_point", &[scale.zero_point]);
    let reals = block.reals("reals");
    let quantized: Vec<i16> = reals
        .iter()
        .map(|&real| scale.quantize(real as f32))
        .collect();
    block.expect_ints("quantized", &quantized);
}

pub fn int16_scale(block: &Block) {
    let [lo, hi] = block.array("range");
    let scale = Scale::wide((lo as f32, hi as f32));
    block.expect("scale", &[scale.scale.into()]);
    let reals = block.reals("reals");
    let quantized: Vec<i16> = reals
        .iter()
        .map(|&real| scale.quantize(real as f32))
        .collect();
    block.expect_ints("quantized", &quantized);
}

pub fn ranges(block: &Block) {
    let [from, to, count] = block.array("ramp");
    let mut histogram = Histogram::default();
    let ramp = (0..count as usize).map(|at| (from + (to - from) * at as f64 / count) as f32);
    histogram.record(&ramp.collect::<Vec<_>>());
    histogram.record(&[block.real("outlier") as f32]);
    for method in RangeMethod::ALL {
        let (lo, hi) = range(&histogram, method);
        block.expect(method.name(), &[lo.into(), hi.into()]);
    }
}

pub fn conv(block: &Block) {
    let weights: Vec<f32> = block
        .reals("weights")
        .iter()
        .map(|&weight| weight as f32)
        .collect();
    let inputs = weights.len();
    let op = Op::Conv(pointwise(weights, block.real("bias")));
    let graph = graph(
        &[shape(1, 1, inputs), shape(1, 1, 1)],
        vec![(op, Clamp::NONE, vec![0])],
    );
    let scales = [scale_of(block, "input"), scale_of(block, "output")];
    let Params::Conv(conv) = last(&graph, &scales, &[block.reals("means"), vec![]]).params else {
        panic!("{block}: not a convolution");
    };
    block.expect_ints("int_weights", &conv.weights);
    block.expect_ints("int_bias", &conv.bias);
    block.expect_ints("multipliers", &conv.multipliers);
    block.expect_ints("shift", &[conv.shift]);
}

/// Weights and bias in steps of 1, from an input of scale 1: the integers are the real numbers.
pub fn reach(block: &Block) {
    let weights: Vec<f32> = block
        .reals("weights")
        .iter()
        .map(|&weight| weight as f32)
        .collect();
    let inputs = weights.len();
    let magnitude: f32 = weights.iter().map(|weight| weight.abs()).sum();
    let reach = block.real("bias").abs() as i64 + 128 * magnitude as i64;
    block.expect_ints("reach", &[reach]);
    let shift: u8 = block.int("shift");
    let fits = reach << shift < 1 << 31;
    block.expect_ints("fits", &[i64::from(fits)]);
    let op = Op::Conv(pointwise(weights, block.real("bias")));
    let graph = graph(
        &[shape(1, 1, inputs), shape(1, 1, 1)],
        vec![(op, Clamp::NONE, vec![0])],
    );
    let scales = [1.0, 1.0 / block.real("factor")].map(|scale| Scale {
        scale: scale as f32,
        zero_point: 0,
        element: Element::Int8,
    });
    let lowered = lower(&graph, &scales, &[vec![], vec![]]);
    assert_eq!(lowered.is_ok(), fits, "{block}");
    if let Ok(net) = lowered {
        let params = &net.ops.last().expect("it has an operator").params;
        assert!(
            matches!(params, Params::Conv(conv) if conv.shift == shift),
            "{block}"
        );
    }
}

pub fn add(block: &Block) {
    let ops = vec![
        (Op::Clamp, Clamp::NONE, vec![0]),
        (Op::Add, Clamp::NONE, vec![0, 1]),
    ];
    let graph = graph(&[shape(1, 1, 1); 3], ops);
    let scales = ["a", "b", "output"].map(|name| scale_of(block, name));
    let Params::Add(add) = last(&graph, &scales, &[vec![], vec![], vec![]]).params else {
        panic!("{block}: not an add");
    };
    block.expect_ints("ma", &[add.ma]);
    block.expect_ints("mb", &[add.mb]);
    block.expect_ints("c", &[add.c]);
    block.expect_ints("shift", &[add.shift]);
}

pub fn mul(block: &Block) {
    let ops = vec![
        (Op::Clamp, Clamp::NONE, vec![0]),
        (Op::Mul, Clamp::NONE, vec![0, 1]),
    ];
    let graph = graph(&[shape(1, 1, 1); 3], ops);
    let scales = ["a", "b", "output"].map(|name| scale_of(block, name));
    let Params::Mul(mul) = last(&graph, &scales, &[vec![], vec![], vec![]]).params else {
        panic!("{block}: not a product");
    };
    block.expect_ints("multiplier", &[mul.multiplier]);
    block.expect_ints("shift", &[mul.shift]);
}

pub fn average(block: &Block) {
    let [rows, columns] = block.array("window").map(|taps| taps as usize);
    let window = window([rows, columns], block.int::<i64>("padding") as usize);
    let op = Op::Pool(PoolKind::Average { include_pad: false }, window);
    let shapes = [shape(4, 4, 1), shape(7 - rows, 7 - columns, 1)];
    let graph = graph(&shapes, vec![(op, Clamp::NONE, vec![0])]);
    let scales = [scale_of(block, "input"), scale_of(block, "output")];
    let Params::Pool(pool) = last(&graph, &scales, &[vec![], vec![]]).params else {
        panic!("{block}: not a pool");
    };
    block.expect_ints("multipliers", &pool.multipliers);
    block.expect_ints("shift", &[pool.shift]);
}

pub fn table(block: &Block) {
    let [lo, hi] = block.array("limits").map(|limit| limit as f32);
    let graph = graph(
        &[shape(1, 1, 1); 2],
        vec![(Op::Clamp, Clamp { lo, hi }, vec![0])],
    );
    let scale = |scale, zero_point| Scale {
        scale: block.real(scale) as f32,
        zero_point: block.int(zero_point),
        element: Element::Int8,
    };
    let scales = [
        scale("scale_in", "zero_point_in"),
        scale("scale", "zero_point"),
    ];
    let Params::Table(table) = last(&graph, &scales, &[vec![], vec![]]).params else {
        panic!("{block}: not a table");
    };
    let input: Vec<i8> = block.ints("in");
    let mut out = vec![0; input.len()];
    (kernels().lookup)(&table, &input, &mut out);
    block.expect_ints("out", &out);
}

pub fn points(block: &Block) {
    let [lo, hi] = block.array("limits").map(|limit| limit as f32);
    let graph = graph(
        &[shape(1, 1, 1); 2],
        vec![(Op::Clamp, Clamp { lo, hi }, vec![0])],
    );
    let from = Scale {
        scale: block.real("scale_in") as f32,
        zero_point: 0,
        element: Element::Int16,
    };
    let to = Scale {
        scale: block.real("scale") as f32,
        zero_point: block.int("zero_point"),
        element: Element::Int8,
    };
    let Params::Points(points) = last(&graph, &[from, to], &[vec![], vec![]]).params else {
        panic!("{block}: no points");
    };
    let points = points.map(i16::to_le_bytes);
    let input: Vec<[u8; 2]> = block.ints("in").into_iter().map(i16::to_le_bytes).collect();
    let mut out = vec![0i8; input.len()];
    interpolate(&points, 14, &input, &mut out);
    block.expect_ints("out", &out);
}

pub fn softmax(block: &Block) {
    let pixel: Vec<i8> = block.ints("pixel");
    let graph = graph(
        &[shape(1, 1, pixel.len()); 2],
        vec![(Op::Softmax, Clamp::NONE, vec![0])],
    );
    let logits = Scale {
        scale: block.real("scale") as f32,
        zero_point: 0,
        element: Element::Int8,
    };
    let Params::Softmax(exp) = last(&graph, &[logits, Scale::SHARES], &[vec![], vec![]]).params
    else {
        panic!("{block}: not a softmax");
    };
    let greatest = pixel.iter().max().expect("a pixel has channels");
    let distance = |logit: &i8| usize::from(greatest.abs_diff(*logit));
    let entries: Vec<u16> = pixel.iter().map(|logit| exp[distance(logit)]).collect();
    block.expect_ints("exp", &entries);
    let table = exp.map(u16::to_le_bytes);
    let (mut out, mut q15) = (vec![0; pixel.len()], vec![0; pixel.len()]);
    softmax_i8(&table, &pixel, &mut out);
    softmax_q15(&table, &pixel, &mut q15);
    block.expect_ints("out", &out);
    block.expect_ints("q15", &q15);
}

/// A convolution on grey pixels, normalization folded in, on some pixels: a kernel of 2 × 2, so that
/// it may have padding, of which all but the first weight are 0.
pub fn image(block: &Block) {
    let weight = block.real("weight") as f32;
    let conv = Conv {
        window: window([2, 2], 1),
        ..pointwise(vec![weight, 0.0, 0.0, 0.0], block.real("bias"))
    };
    let graph = graph(
        &[shape(4, 4, 1), shape(5, 5, 1)],
        vec![(Op::Conv(conv), Clamp::NONE, vec![0])],
    );
    let normalization = Normalization {
        mean: vec![block.real("mean") as f32],
        std: vec![block.real("std") as f32],
        bgr: false,
    };
    let graph = tidbit_quantize::fold::fold(graph, &normalization);
    let output = scale_of(block, "output");
    let mut scales = vec![output; graph.tensors.len()];
    scales[graph.input] = Scale::PIXELS;
    let means = vec![vec![]; graph.tensors.len()];
    let Params::Conv(mut conv) = last(&graph, &scales, &means).params else {
        panic!("{block}: not a convolution");
    };
    conv.weights.truncate(1);
    block.expect_ints(
        "pad_pixel",
        conv.pad_pixel.as_ref().expect("it has padding"),
    );
    let pixels: Vec<u8> = block.ints("pixels");
    let patches: Vec<i8> = pixels
        .iter()
        .map(|pixel| (pixel ^ 0x80).cast_signed())
        .collect();
    block.expect_ints("out", &run_pointwise(&conv, output, &patches));
}

/// A convolution with one weight and one output channel, on pixels of one channel.
fn run_pointwise(conv: &IntConv, output: Scale, pixels: &[i8]) -> Vec<i8> {
    let requant = Requant {
        bias: &words(&conv.bias),
        multipliers: &words(&conv.multipliers),
        shift: conv.shift,
        zero_point: output.zero_point,
        lo: -128,
        hi: 127,
    };
    let mut out = vec![0; pixels.len()];
    let job = Gemm {
        k: 1,
        pitch: 1,
        stride: 1,
        input_bytes: 1,
        output_bytes: 1,
        weights: Weights {
            values: &conv.weights,
            packing: Packing::Portable,
        },
        requant,
    };
    (kernels().gemm)(&job, pixels.len(), pixels, &mut out, &mut []);
    out
}
