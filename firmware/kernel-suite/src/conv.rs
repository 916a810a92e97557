//! Jobs for `gemm`.

use tidbit::kernels::scratch::{of_patches, wide_pitch};
use tidbit::kernels::{Gemm, Kernels, Packing, Requant, Weights, scalar};

use crate::bench::{Bench, Failure, MARGIN};
use crate::numbers::Numbers;

/// Lengths of patches at which loops and tails change.
const LENGTHS: [usize; 24] = [
    1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 27, 31, 32, 33, 48, 64, 100, 130, 144, 170, 300,
];

/// Numbers of outputs around those that wide vectors make together, and lengths that leave room for them.
const WIDE: [usize; 10] = [25, 31, 32, 33, 48, 63, 64, 65, 128, 144];
const SHORT: [usize; 6] = [1, 4, 9, 16, 27, 48];

pub fn run(
    kernels: &Kernels,
    bench: &mut Bench,
    numbers: &mut Numbers,
    scale: u32,
) -> Result<u32, Failure> {
    let mut jobs = 0;
    let narrow = (1..=24).flat_map(|outputs| LENGTHS.map(|k| (outputs, k)));
    let wide = WIDE.iter().flat_map(|&outputs| SHORT.map(|k| (outputs, k)));
    for size in narrow.chain(wide) {
        for _ in 0..scale {
            gemm(kernels, bench, numbers, size, jobs)?;
            jobs += 1;
        }
    }
    Ok(jobs)
}

fn gemm(
    kernels: &Kernels,
    bench: &mut Bench,
    numbers: &mut Numbers,
    (outputs, k): (usize, usize),
    job: u32,
) -> Result<(), Failure> {
    let packing = match numbers.below(2) {
        0 => kernels.packing,
        _ => numbers.of(&Packing::ALL),
    };
    let input_bytes = numbers.of(&[1, 1, 1, 2]);
    let output_bytes = numbers.of(&[1, 1, 1, 2]);
    let count = 1 + numbers.below(13);
    let dense = if numbers.below(2) == 0 {
        k * usize::from(input_bytes)
    } else {
        wide_pitch(k)
    };
    let pitch = dense + numbers.of(&[0, 0, 0, 1, 4, 13]);
    let stride = outputs * usize::from(output_bytes) + numbers.of(&[0, 0, 0, 1, 4, 7]);
    let first = numbers.of(&[0, 0, 0, 4, 1, 2, 3]);
    let target = MARGIN + numbers.below(4);
    let count = count.min((bench.found.len() - 2 * MARGIN - 4) / stride);
    let length = (count - 1) * stride + outputs * usize::from(output_bytes);
    let read = (count - 1) * pitch + k * usize::from(input_bytes);
    bench.clear();
    numbers.fill(&mut bench.input[first..first + read], -128);
    if input_bytes == 2 {
        // Elements of int16 tensors stay within 15 bits.
        for pair in bench.input[first..first + read].chunks_exact_mut(2) {
            let value = i16::from_le_bytes([pair[0].cast_unsigned(), pair[1].cast_unsigned()]);
            let [low, high] = value.clamp(-16383, 16383).to_le_bytes();
            pair.copy_from_slice(&[low.cast_signed(), high.cast_signed()]);
        }
    }
    let at = numbers.below(4);
    numbers.fill(&mut bench.weights[at..at + outputs * k], -127);
    for n in 0..outputs {
        bench.bias[n] = numbers.bias().to_le_bytes();
        bench.multipliers[n] = numbers.multiplier().to_le_bytes();
    }
    let (lo, hi) = numbers.bounds(output_bytes);
    let gemm = Gemm {
        k,
        pitch,
        stride,
        input_bytes,
        output_bytes,
        weights: Weights {
            values: &bench.weights[at..at + outputs * k],
            packing,
        },
        requant: Requant {
            bias: &bench.bias[..outputs],
            multipliers: &bench.multipliers[..outputs],
            shift: numbers.shift(),
            zero_point: numbers.word() as i8,
            lo,
            hi,
        },
    };
    let patches = &bench.input[first..first + read];
    let expected = &mut bench.expected[target..target + length];
    scalar::gemm(&gemm, count, patches, expected, &mut []);
    // With and without scratch: patches that were gathered in scratch leave none.
    let bytes = numbers.of(&[0, of_patches(k, count)]);
    let used = MARGIN..MARGIN + bytes;
    let found = &mut bench.found[target..target + length];
    (kernels.gemm)(
        &gemm,
        count,
        patches,
        found,
        &mut bench.scratch[used.clone()],
    );
    let bytes = usize::from(input_bytes) * 10 + usize::from(output_bytes);
    let packing = usize::from(packing.byte());
    let detail = [outputs, k, count, pitch, stride, first, bytes, packing];
    bench.check("gemm", job, used, detail)
}
