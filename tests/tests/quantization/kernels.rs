//! What the runtime computes: one function a kind of block, straight into the kernels.

use tidbit::kernels::bytes::as_i8;
use tidbit::kernels::{
    AddFactors, Average, Depthwise, Element, Gemm, MulFactors, Packing, Requant, Weights, arg_max,
    average, backends, between, every, kernels, max_into, min_into, requantize, sum_into,
};

use crate::block::Block;

/// Little-endian words, as they lie in a blob.
pub fn words(values: &[i32]) -> Vec<[u8; 4]> {
    values.iter().map(|value| value.to_le_bytes()).collect()
}

fn clamp(block: &Block) -> (i16, i16) {
    let ends = block.ints("clamp");
    (ends[0], ends[1])
}

pub fn requantization(block: &Block) {
    let (lo, hi) = clamp(block);
    let out = requantize(
        block.int("acc"),
        block.int("multiplier"),
        block.int("shift"),
        block.int("zero_point"),
        lo,
        hi,
    );
    block.expect_ints("out", &[out]);
}

/// Runs `kernel` with a block's requantization, and compares the outputs.
fn with_requant<Q: Element>(block: &Block, kernel: impl FnOnce(&Requant<'_>, &mut [Q])) {
    let (lo, hi) = clamp(block);
    let (bias, multipliers) = (
        words(&block.ints("bias")),
        words(&block.ints("multipliers")),
    );
    let requant = Requant {
        bias: &bias,
        multipliers: &multipliers,
        shift: block.int("shift"),
        zero_point: block.int("zero_point"),
        lo,
        hi,
    };
    let mut out = vec![Q::MIN; bias.len()];
    kernel(&requant, &mut out);
    let out: Vec<i32> = out.into_iter().map(Q::value).collect();
    block.expect_ints("out", &out);
}

/// Little-endian int16.
fn int16(values: &[i32]) -> Vec<[u8; 2]> {
    values.iter().map(|&value| Element::of(value)).collect()
}

/// Every backend's answer is the documented one.
fn each_backend(job: &Gemm<'_>, patch: &[i8], out: &mut [i8]) {
    for kernels in backends() {
        out.fill(77);
        (kernels.gemm)(job, 1, patch, out, &mut []);
    }
}

fn gemm_of<'a>(k: usize, bytes: u8, weights: &'a [i8], requant: &Requant<'a>) -> Gemm<'a> {
    Gemm {
        k,
        pitch: k,
        stride: k,
        input_bytes: bytes,
        output_bytes: bytes,
        weights: Weights {
            values: weights,
            packing: Packing::Portable,
        },
        requant: *requant,
    }
}

pub fn int16_conv(block: &Block) {
    let (patch, weights) = (int16(&block.ints("patch")), block.ints("weights"));
    with_requant(block, |requant, out: &mut [[u8; 2]]| {
        let job = gemm_of(patch.len(), 2, &weights, requant);
        let mut bytes = vec![0; out.len() * 2];
        each_backend(&job, as_i8(patch.as_flattened()), &mut bytes);
        out.copy_from_slice(<[u8; 2]>::view(&bytes));
    });
}

pub fn conv(block: &Block) {
    let (patch, weights): (Vec<i8>, _) = (block.ints("patch"), block.ints("weights"));
    with_requant(block, |requant, out: &mut [i8]| {
        each_backend(&gemm_of(patch.len(), 1, &weights, requant), &patch, out);
    });
}

pub fn depthwise_conv(block: &Block) {
    let (patch, weights): (Vec<i8>, Vec<i8>) = (block.ints("patch"), block.ints("weights"));
    let (channels, multiplier) = (block.int("channels"), block.int("depth_multiplier"));
    with_requant(block, |requant, out: &mut [i8]| {
        let taps = patch.len() / channels;
        let job = Depthwise {
            channels,
            multiplier,
            kernel: [1, taps],
            stride: 1,
            dilation: 1,
            pad_left: 0,
            width: taps,
            input_bytes: 1,
            output_bytes: 1,
            weights: Weights {
                values: &weights,
                packing: Packing::Portable,
            },
            requant: *requant,
            outside: None,
            zero_point: 0,
        };
        for kernels in backends() {
            out.fill(77);
            (kernels.depthwise)(&job, &[&patch], out, &mut []);
        }
    });
}

pub fn average_pool(block: &Block) {
    let elements: Vec<i8> = block.ints("elements");
    let mut sums = [[0; 4]];
    for element in &elements {
        sum_into(&mut sums, &[*element]);
    }
    let multipliers: Vec<i32> = block.ints("multipliers");
    let entry = if multipliers.len() == 1 {
        0
    } else {
        elements.len() - 1
    };
    let (lo, hi) = clamp(block);
    let by = Average {
        offset: elements.len() as i32 * block.int::<i32>("zero_point_in"),
        multiplier: multipliers[entry],
        shift: block.int("shift"),
        zero_point: block.int("zero_point"),
        lo,
        hi,
    };
    let mut out = [0];
    average(&sums, &by, &mut out);
    block.expect_ints("out", &out);
}

pub fn max_pool(block: &Block) {
    let mut best = [i8::MIN];
    for element in block.ints("elements") {
        max_into(&mut best, &[element]);
    }
    block.expect_ints("out", &best);
}

pub fn min_pool(block: &Block) {
    let mut least = [i8::MAX];
    for element in block.ints("elements") {
        min_into(&mut least, &[element]);
    }
    block.expect_ints("out", &least);
}

pub fn resize(block: &Block) {
    let pixels: Vec<i8> = block.ints("pixels");
    let [a, b, c, d] = [0, 1, 2, 3].map(|at| &pixels[at..=at]);
    let mut out = [0];
    let shares = (block.int("right"), block.int("down"));
    between([a, b], [c, d], shares, &mut out);
    block.expect_ints("out", &out);
}

pub fn depth_to_space(block: &Block) {
    let pixel: Vec<i8> = block.ints("pixel");
    let (places, place): (usize, usize) = (block.int("places"), block.int("place"));
    let channels = pixel.len() / places;
    let mut out = vec![0; channels];
    every(1, &pixel[place * channels..], &mut out);
    block.expect_ints("channel_last", &out);
    every(places, &pixel[place..], &mut out);
    block.expect_ints("channel_first", &out);
}

pub fn class_number(block: &Block) {
    let pixel: Vec<i8> = block.ints("pixel");
    block.expect_ints("out", &[arg_max(&pixel)]);
}

pub fn residual_add(block: &Block) {
    let (lo, hi) = clamp(block);
    let by = AddFactors {
        ma: block.int("ma"),
        mb: block.int("mb"),
        c: block.int("c"),
        shift: block.int("shift"),
        lo,
        hi,
    };
    let mut out: Vec<i8> = block.ints("a");
    (kernels().add)(&mut out, &block.ints::<i8>("b"), &by);
    block.expect_ints("out", &out);
}

pub fn product(block: &Block) {
    let (lo, hi) = clamp(block);
    let by = MulFactors {
        zero_a: block.int("zero_a"),
        zero_b: block.int("zero_b"),
        multiplier: block.int("multiplier"),
        shift: block.int("shift"),
        zero_point: block.int("zero_point"),
        lo,
        hi,
    };
    let mut out: Vec<i8> = block.ints("a");
    (kernels().mul)(&mut out, &block.ints::<i8>("b"), &by);
    block.expect_ints("out", &out);
}
