//! Every backend on slices of their own, each just as long as its job says: under AddressSanitizer
//! (`tests/sanitize.sh`) a kernel that reads or writes one byte beside one of them is found out, where
//! the suite's buffers would let it read.

use tidbit::kernels::{
    AddFactors, Average, Depthwise, Gemm, Kernels, MulFactors, Packing, Requant, Weights, backends,
    scalar, scratch,
};
use tidbit_kernel_suite::{Bench, run};

/// Numbers by chance, the same on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % end
    }

    /// So many int8 but -128, in a block of memory of their own.
    fn bytes(&mut self, len: usize) -> Box<[i8]> {
        (0..len)
            .map(|_| (self.below(255) as i32 - 127) as i8)
            .collect()
    }

    /// So many biases or multipliers that leave most elements within their bounds.
    fn words(&mut self, len: usize) -> Box<[[u8; 4]]> {
        (0..len)
            .map(|_| ((self.below(1 << 20)) as i32).to_le_bytes())
            .collect()
    }
}

fn requant<'a>(bias: &'a [[u8; 4]], multipliers: &'a [[u8; 4]], shift: u8) -> Requant<'a> {
    Requant {
        bias,
        multipliers,
        shift,
        zero_point: 3,
        lo: -128,
        hi: 127,
    }
}

fn gemm(kernels: &Kernels, numbers: &mut Numbers) {
    let (outputs, k, count) = (
        1 + numbers.below(70),
        1 + numbers.below(70),
        1 + numbers.below(20),
    );
    let packing = [kernels.packing, Packing::Portable][numbers.below(2)];
    // Patches and pixels lie one behind the other, or apart.
    let mut apart = |len| len + [0, 0, 1, 13][numbers.below(4)];
    let (pitch, stride) = (apart(k), apart(outputs));
    let shift = numbers.below(3) as u8;
    let (weights, patches) = (
        numbers.bytes(outputs * k),
        numbers.bytes((count - 1) * pitch + k),
    );
    let (bias, multipliers) = (numbers.words(outputs), numbers.words(outputs));
    let job = Gemm {
        k,
        pitch,
        stride,
        input_bytes: 1,
        output_bytes: 1,
        weights: Weights {
            values: &weights,
            packing,
        },
        requant: requant(&bias, &multipliers, shift),
    };
    let mut expected = numbers.bytes((count - 1) * stride + outputs);
    let mut found = expected.clone();
    scalar::gemm(&job, count, &patches, &mut expected, &mut []);
    (kernels.gemm)(&job, count, &patches, &mut found, &mut []);
    assert_eq!(found, expected, "{} {outputs} {k} {count}", kernels.name);
}

fn depthwise(kernels: &Kernels, numbers: &mut Numbers) {
    // Some rows are longer than what a kernel takes at a time.
    let longest = [12, 12, 12, 150][numbers.below(4)];
    let (channels, columns) = (1 + numbers.below(150), 1 + numbers.below(longest));
    let kernel = [[3, 3], [5, 5], [1 + numbers.below(8), 1 + numbers.below(8)]][numbers.below(3)];
    let (stride, pad_left) = (1 + numbers.below(3), numbers.below(kernel[1]));
    let width = 1 + numbers.below(columns * stride + 2);
    let taps = kernel[0] * kernel[1];
    let (dilation, shift) = (1 + numbers.below(4), numbers.below(3) as u8);
    // Several rows of output, of windows some rows apart.
    let (step, height) = (1 + numbers.below(2), 1 + numbers.below(4));
    let under = kernel[0] + (height - 1) * step;
    let outside = numbers.bytes(channels);
    let outside = (numbers.below(3) == 0).then_some(&*outside);
    let weights = numbers.bytes(taps * channels);
    let (bias, multipliers) = (numbers.words(channels), numbers.words(channels));
    let job = Depthwise {
        channels,
        multiplier: 1,
        kernel,
        stride,
        dilation,
        pad_left,
        width,
        input_bytes: 1,
        output_bytes: 1,
        weights: Weights {
            values: &weights,
            packing: kernels.packing,
        },
        requant: requant(&bias, &multipliers, shift),
        outside,
        zero_point: -5,
    };
    let rows: Vec<Box<[i8]>> = (0..under)
        .map(|_| {
            let inside = numbers.below(6) > 0;
            numbers.bytes(if inside { width * channels } else { 0 })
        })
        .collect();
    let rows: Vec<&[i8]> = rows.iter().map(|row| &**row).collect();
    let len = height * columns * channels;
    let (mut expected, mut found) = (numbers.bytes(len), numbers.bytes(len));
    let mut memory = numbers.bytes(scratch::of_depthwise(kernel[0], channels));
    scalar::KERNELS.depthwise_rows(&job, step, &rows, &mut expected, &mut []);
    kernels.depthwise_rows(&job, step, &rows, &mut found, &mut memory);
    assert_eq!(found, expected, "{} {job:?} {columns}", kernels.name);
}

fn elements(kernels: &Kernels, numbers: &mut Numbers) {
    let len = numbers.below(200);
    let (a, b) = (numbers.bytes(len), numbers.bytes(len));
    let add = AddFactors {
        ma: 300,
        mb: -500,
        c: 77,
        shift: 9,
        lo: -100,
        hi: 120,
    };
    let mul = MulFactors {
        zero_a: 3,
        zero_b: -4,
        multiplier: 1 << 24,
        shift: 2,
        zero_point: 1,
        lo: -128,
        hi: 127,
    };
    let by = Average {
        offset: 5,
        multiplier: 1 << 20,
        shift: 1,
        zero_point: 2,
        lo: -90,
        hi: 90,
    };
    let table: [i8; 256] = core::array::from_fn(|at| (at * 7) as i8);
    let sums = numbers.words(len);
    let outcome = |kernels: &Kernels| {
        let mut all = vec![a.clone(); 6];
        (kernels.add)(&mut all[0], &b, &add);
        (kernels.mul)(&mut all[1], &b, &mul);
        (kernels.max_into)(&mut all[2], &b);
        (kernels.min_into)(&mut all[3], &b);
        (kernels.lookup)(&table, &b, &mut all[4]);
        (kernels.average)(&sums, &by, &mut all[5]);
        let mut kept = sums.clone();
        (kernels.sum_into)(&mut kept, &b);
        (all, kept)
    };
    assert_eq!(
        outcome(kernels),
        outcome(&scalar::KERNELS),
        "{} {len}",
        kernels.name
    );
}

#[test]
fn no_kernel_touches_a_byte_beside_its_slices() {
    let mut numbers = Numbers(7);
    for kernels in backends() {
        for _ in 0..2000 {
            gemm(kernels, &mut numbers);
            depthwise(kernels, &mut numbers);
            elements(kernels, &mut numbers);
        }
    }
}

#[test]
fn the_suite_passes() {
    let mut bench = Box::new(Bench::new());
    for kernels in backends() {
        assert!(run(kernels, &mut bench, 1).is_ok(), "{}", kernels.name);
    }
}
