//! Jobs for the kernels that take elements one after another.

use tidbit::kernels::{AddFactors, Average, Kernels, MulFactors, Runs, scalar};

use crate::bench::{Bench, Failure, MARGIN};
use crate::numbers::Numbers;

pub fn run(
    kernels: &Kernels,
    bench: &mut Bench,
    numbers: &mut Numbers,
    scale: u32,
) -> Result<u32, Failure> {
    let mut jobs = 0;
    for len in (0..=70).chain([127, 128, 129, 500]) {
        for _ in 0..scale {
            pairs(kernels, bench, numbers, len, jobs)?;
            tables(kernels, bench, numbers, len, jobs)?;
            pools(kernels, bench, numbers, len, jobs)?;
            runs(kernels, bench, numbers, len, jobs)?;
            jobs += 1;
        }
    }
    Ok(jobs * 9)
}

/// Fills outputs alike and the input; where the output begins, and the input.
fn start(bench: &mut Bench, numbers: &mut Numbers, len: usize) -> (usize, usize) {
    bench.clear();
    let (target, source) = (MARGIN + numbers.below(4), numbers.below(4));
    numbers.fill(&mut bench.expected[target..target + len], -128);
    bench.found = bench.expected;
    numbers.fill(&mut bench.input[source..=source + len], -128);
    (target, source)
}

fn pairs(
    kernels: &Kernels,
    bench: &mut Bench,
    numbers: &mut Numbers,
    len: usize,
    job: u32,
) -> Result<(), Failure> {
    let (lo, hi) = numbers.bounds(1);
    let add = AddFactors {
        ma: numbers.word() as i16,
        mb: numbers.word() as i16,
        c: numbers.word() >> 6,
        shift: numbers.of(&[0, 1, 7, 12, 15, 16, 20, 31]),
        lo,
        hi,
    };
    let mul = MulFactors {
        zero_a: numbers.word() as i8,
        zero_b: numbers.word() as i8,
        multiplier: numbers.multiplier(),
        shift: numbers.shift(),
        zero_point: numbers.word() as i8,
        lo,
        hi,
    };
    for many in [len, 1] {
        let (target, source) = start(bench, numbers, len);
        let second = &bench.input[source..source + many];
        scalar::add(&mut bench.expected[target..target + len], second, &add);
        (kernels.add)(&mut bench.found[target..target + len], second, &add);
        bench.check("add", job, 0..0, [len, target, source, many, 0, 0, 0, 0])?;
        let (target, source) = start(bench, numbers, len);
        let second = &bench.input[source..source + many];
        scalar::mul(&mut bench.expected[target..target + len], second, &mul);
        (kernels.mul)(&mut bench.found[target..target + len], second, &mul);
        bench.check("mul", job, 0..0, [len, target, source, many, 0, 0, 0, 0])?;
    }
    Ok(())
}

fn tables(
    kernels: &Kernels,
    bench: &mut Bench,
    numbers: &mut Numbers,
    len: usize,
    job: u32,
) -> Result<(), Failure> {
    let mut table = [0; 256];
    numbers.fill(&mut table, -128);
    let (target, source) = start(bench, numbers, len);
    let input = &bench.input[source..source + len];
    scalar::lookup(&table, input, &mut bench.expected[target..target + len]);
    (kernels.lookup)(&table, input, &mut bench.found[target..target + len]);
    bench.check("lookup", job, 0..0, [len, target, source, 0, 0, 0, 0, 0])?;
    let (target, _) = start(bench, numbers, len);
    scalar::lookup_in_place(&table, &mut bench.expected[target..target + len]);
    (kernels.lookup_in_place)(&table, &mut bench.found[target..target + len]);
    bench.check(
        "lookup_in_place",
        job,
        0..0,
        [len, target, 0, 0, 0, 0, 0, 0],
    )
}

fn runs(
    kernels: &Kernels,
    bench: &mut Bench,
    numbers: &mut Numbers,
    len: usize,
    job: u32,
) -> Result<(), Failure> {
    let len = len.min(100);
    let runs = Runs {
        count: numbers.below(10),
        len,
        step: numbers.below(len + 20),
        pitch: len + numbers.of(&[0, 0, 1, 5]),
    };
    let Some(gaps) = runs.count.checked_sub(1) else {
        return Ok(());
    };
    let (read, written) = (gaps * runs.step + len, gaps * runs.pitch + len);
    let (target, source) = start(bench, numbers, written);
    numbers.fill(&mut bench.input[source..source + read], -128);
    let from = &bench.input[source..source + read];
    (scalar::KERNELS.copy_runs)(&runs, from, &mut bench.expected[target..target + written]);
    (kernels.copy_runs)(&runs, from, &mut bench.found[target..target + written]);
    let detail = [len, runs.count, runs.step, runs.pitch, target, source, 0, 0];
    bench.check("copy_runs", job, 0..0, detail)
}

fn pools(
    kernels: &Kernels,
    bench: &mut Bench,
    numbers: &mut Numbers,
    len: usize,
    job: u32,
) -> Result<(), Failure> {
    let detail = |target, source| [len, target, source, 0, 0, 0, 0, 0];
    let (target, source) = start(bench, numbers, len);
    let input = &bench.input[source..source + len];
    scalar::max_into::<i8>(&mut bench.expected[target..target + len], input);
    (kernels.max_into)(&mut bench.found[target..target + len], input);
    bench.check("max_into", job, 0..0, detail(target, source))?;
    let (target, source) = start(bench, numbers, len);
    let input = &bench.input[source..source + len];
    (scalar::KERNELS.min_into)(&mut bench.expected[target..target + len], input);
    (kernels.min_into)(&mut bench.found[target..target + len], input);
    bench.check("min_into", job, 0..0, detail(target, source))?;

    let len = len.min(crate::bench::CHANNELS);
    let mut sums = [[0u8; 4]; crate::bench::CHANNELS];
    sums.iter_mut()
        .for_each(|sum| *sum = numbers.bias().to_le_bytes());
    let mut found = sums;
    let (target, source) = start(bench, numbers, len);
    let input = &bench.input[source..source + len];
    scalar::sum_into::<i8>(&mut sums[..len], input);
    (kernels.sum_into)(&mut found[..len], input);
    bench.expected[..4 * len]
        .iter_mut()
        .zip(sums.as_flattened())
        .for_each(|(to, from)| *to = from.cast_signed());
    bench.found[..4 * len]
        .iter_mut()
        .zip(found.as_flattened())
        .for_each(|(to, from)| *to = from.cast_signed());
    bench.check("sum_into", job, 0..0, detail(target, source))?;

    let (lo, hi) = numbers.bounds(1);
    let by = Average {
        offset: numbers.bias(),
        multiplier: numbers.multiplier(),
        shift: numbers.shift(),
        zero_point: numbers.word() as i8,
        lo,
        hi,
    };
    let (target, source) = start(bench, numbers, len);
    scalar::average::<i8>(&sums[..len], &by, &mut bench.expected[target..target + len]);
    (kernels.average)(&sums[..len], &by, &mut bench.found[target..target + len]);
    bench.check("average", job, 0..0, detail(target, source))
}
