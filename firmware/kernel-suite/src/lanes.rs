//! Jobs for the kernels that know lanes, against `gemm` over the same patches one behind the other.

use tidbit::kernels::lanes::bytes_of;
use tidbit::kernels::scratch::{aligned, of_patches};
use tidbit::kernels::{Gemm, Kernels, Lanes, Requant, Spread, Weights, scalar};

use crate::bench::{Bench, Failure, MARGIN};
use crate::numbers::Numbers;

/// Room for patches one behind the other.
const PATCHES: usize = 2048;

pub fn run(
    kernels: &Kernels,
    bench: &mut Bench,
    numbers: &mut Numbers,
    scale: u32,
) -> Result<u32, Failure> {
    let Some(lanes) = kernels.lanes else {
        return Ok(0);
    };
    let mut jobs = 0;
    for rows in 1..=4 {
        for span in (1..=13).chain([24, 40]) {
            for _ in 0..scale * 2 {
                if rows * span > 1 {
                    one(kernels, &lanes, bench, numbers, (rows, span), jobs)?;
                    jobs += 1;
                }
            }
        }
    }
    Ok(jobs)
}

fn one(
    kernels: &Kernels,
    lanes: &Lanes,
    bench: &mut Bench,
    numbers: &mut Numbers,
    (rows, span): (usize, usize),
    job: u32,
) -> Result<(), Failure> {
    let (k, outputs) = (rows * span, 1 + numbers.below(9));
    let input_bytes = numbers.of(&[1, 1, 1, 2]);
    let output_bytes = numbers.of(&[1, 1, 1, 2]);
    let size = usize::from(input_bytes);
    let most = (PATCHES / (k * size)).min(13);
    let count = 1 + numbers.below(most);
    // Patches of neighbouring pixels overlap, or leave some between them.
    let pitch = size * (1 + numbers.below(span + 3));
    let stride = outputs * usize::from(output_bytes) + numbers.of(&[0, 0, 3]);
    let row = (count - 1) * pitch + span * size;
    let first = size * numbers.below(3);
    bench.clear();
    numbers.fill(&mut bench.input[first..first + rows * row], -128);
    if input_bytes == 2 {
        // Elements of int16 tensors stay within 15 bits.
        for high in bench.input[first..first + rows * row]
            .iter_mut()
            .skip(1)
            .step_by(2)
        {
            *high = (*high).clamp(-63, 62);
        }
    }
    numbers.fill(&mut bench.weights[..outputs * k], -127);
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
            values: &bench.weights[..outputs * k],
            packing: kernels.packing,
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
    let mut under: [&[i8]; 4] = [&[]; 4];
    let lines = bench.input[first..first + rows * row].chunks_exact(row);
    under
        .iter_mut()
        .zip(lines)
        .for_each(|(to, line)| *to = line);
    let under = &under[..rows];
    let mut patches = [0i8; PATCHES];
    for (p, patch) in patches.chunks_exact_mut(k * size).take(count).enumerate() {
        for (part, line) in patch.chunks_exact_mut(span * size).zip(under) {
            part.copy_from_slice(&line[p * pitch..][..span * size]);
        }
    }
    let dense = Gemm {
        pitch: k * size,
        ..gemm
    };
    let target = MARGIN + numbers.below(4);
    let length = (count - 1) * stride + outputs * usize::from(output_bytes);
    let out = target..target + length;
    let detail = [outputs, rows, span, count, pitch, size, stride, 0];

    // Whole rows.
    let expected = &mut bench.expected[out.clone()];
    scalar::gemm(&dense, count, &patches, expected, &mut []);
    let used = MARGIN..MARGIN + of_patches(k, count);
    let scratch = &mut bench.scratch[used.clone()];
    let made = (lanes.sweep)(&gemm, count, under, &mut bench.found[out.clone()], scratch);
    assert!(made.is_some(), "there is scratch enough");
    bench.check("sweep", job, used.clone(), detail)?;

    // As many patches as lanes, all at once or piece by piece.
    let count = count.min(1 + numbers.below(4));
    let expected = &mut bench.expected[out.clone()];
    scalar::gemm(&dense, count, &patches, expected, &mut []);
    let room = &mut aligned(&mut bench.scratch[used.clone()])[..bytes_of(count, k)];
    for (index, line) in under.iter().enumerate() {
        let together = numbers.below(2) == 0;
        for lane in 0..if together { 1 } else { count } {
            let how = Spread {
                lanes: count,
                first: lane,
                count: if together { count } else { 1 },
                element: index * span,
                len: span,
                step: pitch,
                bytes: input_bytes,
            };
            (lanes.spread)(&how, &line[lane * pitch..], room);
        }
    }
    (lanes.multiply)(&gemm, count, room, &mut bench.found[out]);
    bench.check("lanes", job, used, detail)
}
