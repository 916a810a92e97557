//! Jobs for `depthwise`.

use tidbit::kernels::scratch::of_depthwise;
use tidbit::kernels::{Depthwise, Kernels, MAX_TAP_ROWS, Packing, Requant, Weights, scalar};

use crate::bench::{Bench, CHANNELS, Failure, MARGIN};
use crate::numbers::Numbers;

/// Numbers of channels around those that wide vectors take together.
const WIDE: [usize; 10] = [24, 31, 32, 33, 48, 63, 64, 65, 128, 144];
/// Numbers of channels of which wide vectors take several pixels, and rows of more pixels than some vectors
/// have room for.
const LONG: [(usize, usize); 3] = [(8, 41), (16, 22), (32, 11)];

pub fn run(
    kernels: &Kernels,
    bench: &mut Bench,
    numbers: &mut Numbers,
    scale: u32,
) -> Result<u32, Failure> {
    let mut jobs = 0;
    let few = (1..=20).flat_map(|channels| (1..=12).map(move |width| (channels, width)));
    let many = WIDE
        .iter()
        .flat_map(|&channels| [(channels, 3), (channels, 8)]);
    for (channels, width) in few.chain(many).chain(LONG) {
        for _ in 0..scale * 2 {
            let kernel = match numbers.below(3) {
                0 => [1 + numbers.below(7), 1 + numbers.below(7)],
                _ => numbers.of(&[[3, 3], [5, 5]]),
            };
            let wide = numbers.below(12) == 0;
            let width = if wide { width * 11 } else { width };
            let channels = if wide { channels.min(5) } else { channels };
            one(kernels, bench, numbers, (channels, width, kernel), jobs)?;
            jobs += 1;
        }
    }
    Ok(jobs)
}

fn one(
    kernels: &Kernels,
    bench: &mut Bench,
    numbers: &mut Numbers,
    (channels, width, kernel): (usize, usize, [usize; 2]),
    number: u32,
) -> Result<(), Failure> {
    // Several rows of outputs, mostly of a job that some backend makes several at a time.
    let height = numbers.of(&[1, 1, 2, 3, 4, 6, 7, 9]);
    let plain = height > 1 && numbers.below(4) > 0;
    let kernel = if plain { [3, 3] } else { kernel };
    let packing = match numbers.below(2) {
        0 => kernels.packing,
        _ if plain => kernels.packing,
        _ => numbers.of(&Packing::ALL),
    };
    let bytes = if plain { [1; 6] } else { [1, 1, 1, 1, 1, 2] };
    let (input_bytes, output_bytes) = (numbers.of(&bytes), numbers.of(&bytes));
    let multipliers = if plain { [1; 6] } else { [1, 1, 1, 1, 2, 3] };
    let multiplier = numbers.of(&multipliers).min(CHANNELS / channels);
    let dilations = if plain {
        [0; 8]
    } else {
        [0, 0, 0, 0, 0, 1, 2, 3]
    };
    let (stride, dilation) = (1 + numbers.of(&[0, 0, 1, 1, 2]), 1 + numbers.of(&dilations));
    let row_stride = 1 + numbers.of(&[0, 0, 1, 1, 2]);
    let height = height.min(1 + (MAX_TAP_ROWS - kernel[0]) / row_stride);
    let pad_left = numbers.below(if plain { 2 } else { kernel[1] + 1 });
    let outputs = channels * multiplier;
    let taps = kernel[0] * kernel[1];
    let pixel = outputs * usize::from(output_bytes);
    let room = (bench.found.len() - 2 * MARGIN - 4) / pixel;
    // Some windows see nothing but padding on the right; mostly there are none.
    let columns = (1 + (width + pad_left - 1) / stride).min(room);
    let columns = columns.saturating_sub(numbers.below(3)).max(1);
    let height = height.min(room / columns);
    let under_all = (height - 1) * row_stride + kernel[0];
    let row = width * channels * usize::from(input_bytes);
    bench.clear();
    let rows = bench.input.len() / row;
    let used = rows.min(under_all) * row;
    numbers.fill(&mut bench.input[..used], -128);
    let at = numbers.below(4);
    numbers.fill(&mut bench.weights[at..at + taps * outputs], -127);
    let outside_at = at + taps * outputs;
    numbers.fill(&mut bench.weights[outside_at..outside_at + channels], -128);
    for n in 0..outputs {
        bench.bias[n] = numbers.bias().to_le_bytes();
        bench.multipliers[n] = numbers.multiplier().to_le_bytes();
    }
    let (lo, hi) = numbers.bounds(output_bytes);
    let own = input_bytes == 1 && numbers.below(5) == 0;
    let job = Depthwise {
        channels,
        multiplier,
        kernel,
        stride,
        dilation,
        pad_left,
        width,
        input_bytes,
        output_bytes,
        weights: Weights {
            values: &bench.weights[at..at + taps * outputs],
            packing,
        },
        requant: Requant {
            bias: &bench.bias[..outputs],
            multipliers: &bench.multipliers[..outputs],
            shift: if plain { 0 } else { numbers.shift() },
            zero_point: numbers.word() as i8,
            lo,
            hi,
        },
        outside: own.then_some(&bench.weights[outside_at..outside_at + channels]),
        zero_point: numbers.word() as i8,
    };
    let mut under: [&[i8]; MAX_TAP_ROWS] = [&[]; MAX_TAP_ROWS];
    for (index, place) in under.iter_mut().enumerate().take(under_all) {
        // Some rows are above or below the image; where there are too few, rows come again.
        if numbers.below(6) > 0 {
            let first = index % rows * row;
            *place = &bench.input[first..first + row];
        }
    }
    let under = &under[..under_all];
    let target = MARGIN + numbers.below(4);
    let length = columns * pixel;
    let expected = &mut bench.expected[target..target + height * length];
    for (y, out) in expected.chunks_exact_mut(length).enumerate() {
        let under = &under[y * row_stride..][..kernel[0]];
        scalar::depthwise(&job, under, out, &mut []);
    }
    let scratch = MARGIN..MARGIN + of_depthwise(kernel[0], job.pixel_bytes());
    let found = &mut bench.found[target..target + height * length];
    let memory = &mut bench.scratch[scratch.clone()];
    if height == 1 {
        (kernels.depthwise)(&job, under, found, memory);
    } else {
        kernels.depthwise_rows(&job, row_stride, under, found, memory);
    }
    let bytes = usize::from(input_bytes) * 10 + usize::from(output_bytes);
    let order = usize::from(packing.byte());
    let [rows, taps] = kernel;
    let detail = [
        channels,
        width,
        rows * 10 + taps,
        height * 100 + row_stride * 10 + stride,
        dilation,
        pad_left,
        bytes,
        order,
    ];
    bench.check("depthwise", number, scratch, detail)
}
