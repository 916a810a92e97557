//! What the runtime computes: one function a kind of block, straight into the kernels.

use tidbit::kernels::{
    AddFactors, Average, Element, Requant, add, average, depthwise, dot_rows, max_into, requantize,
    sum_into,
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
        clamps: &[],
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

pub fn int16_conv(block: &Block) {
    let (patch, weights) = (int16(&block.ints("patch")), block.ints("weights"));
    with_requant(block, |requant, out: &mut [[u8; 2]]| {
        let stride = out.len();
        dot_rows(&patch, patch.len(), &weights, requant, out, stride);
    });
}

pub fn conv(block: &Block) {
    let (patch, weights): (Vec<i8>, _) = (block.ints("patch"), block.ints("weights"));
    with_requant(block, |requant, out: &mut [i8]| {
        let stride = out.len();
        dot_rows(&patch, patch.len(), &weights, requant, out, stride);
    });
}

pub fn depthwise_conv(block: &Block) {
    let (patch, weights): (Vec<i8>, _) = (block.ints("patch"), block.ints("weights"));
    let (channels, depth) = (block.int("channels"), block.int("depth_multiplier"));
    with_requant(block, |requant, out: &mut [i8]| {
        depthwise(
            &patch,
            channels,
            depth,
            (&weights, channels * depth),
            requant,
            out,
        );
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
    let (a, b): (Vec<i8>, Vec<i8>) = (block.ints("a"), block.ints("b"));
    let mut out = vec![0; a.len()];
    add(&a, &b, &by, &mut out);
    block.expect_ints("out", &out);
}
