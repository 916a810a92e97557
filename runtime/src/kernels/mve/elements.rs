//! Kernels that take elements one after another, by loops whose last turn is predicated.
//!
//! Predication is by bytes: a loop of elements narrower than what is computed within it would leave
//! parts of the last results as they were. Where that is so only loads and stores are predicated.

use core::arch::asm;

use crate::kernels::{AddFactors, Average, MulFactors};

/// Elements of q2 from those of q0 and q1, by what [`add`] has in q4 to q7.
macro_rules! weighted_sum {
    () => {
        "vmullb.s16 q2, q0, q4
        vmullt.s16 q3, q0, q4
        vmullb.s16 q0, q1, q5
        vmullt.s16 q1, q1, q5
        vadd.i32 q2, q2, q0
        vadd.i32 q3, q3, q1
        vadd.i32 q2, q2, {c}
        vadd.i32 q3, q3, {c}
        vshl.s32 q2, {right}
        vshl.s32 q3, {right}
        vqmovnb.s32 q2, q2
        vqmovnt.s32 q2, q3
        vmax.s16 q2, q2, q6
        vmin.s16 q2, q2, q7"
    };
}

/// `(a * ma + b * mb + c) >> shift`, clamped, in the place of `a`; a `b` of one element stands for all.
/// Eight elements in 19 instructions: products of even and odd ones come in vectors of their own.
// Its block changes VPR: see the module above.
#[inline(never)]
pub fn add(a: &mut [i8], b: &[i8], by: &AddFactors) {
    let all = b.len() == 1;
    let count = if all { a.len() } else { a.len().min(b.len()) };
    if count == 0 {
        return;
    }
    // A `b` that stands for all is read again and again.
    let element = [b.first().copied().unwrap_or(0); 8];
    let (from, step) = if all {
        (element.as_ptr(), 0)
    } else {
        (b.as_ptr(), 8usize)
    };
    // SAFETY: reads and writes the first `count` bytes of `a`, and reads as many of `b`, or the eight of
    // `element` again and again; eight at a time, the last time only those that are left.
    unsafe {
        asm!(
            "vdup.16 q4, {ma}",
            "vdup.16 q5, {mb}",
            "vdup.16 q6, {lo}",
            "vdup.16 q7, {hi}",
            "wls lr, {turns}, 3f",
            "2:",
            "vldrb.s16 q0, [r0]",
            "vldrb.s16 q1, [r1]",
            "add r1, r1, {step}",
            weighted_sum!(),
            "vstrb.16 q2, [r0], #8",
            "le lr, 2b",
            "3:",
            "vctp.16 {rest}",
            "vpstt",
            "vldrbt.s16 q0, [r0]",
            "vldrbt.s16 q1, [r1]",
            weighted_sum!(),
            "vpst",
            "vstrbt.16 q2, [r0]",
            ma = in(reg) i32::from(by.ma),
            mb = in(reg) i32::from(by.mb),
            lo = in(reg) i32::from(by.lo),
            hi = in(reg) i32::from(by.hi),
            turns = in(reg) count / 8,
            rest = in(reg) count % 8,
            step = in(reg) step,
            c = in(reg) by.c,
            right = in(reg) i32::from(by.shift).wrapping_neg(),
            inout("r0") a.as_mut_ptr() => _,
            inout("r1") from => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _,
            out("d6") _, out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _,
            out("d12") _, out("d13") _, out("d14") _, out("d15") _,
            out("lr") _,
            options(nostack),
        );
    }
}

/// The product of both less their zero points, requantized, in the place of `a`; a `b` of one element
/// stands for all. Four elements in 12 instructions.
pub fn mul(a: &mut [i8], b: &[i8], by: &MulFactors) {
    let all = b.len() == 1;
    let count = if all { a.len() } else { a.len().min(b.len()) };
    if count == 0 {
        return;
    }
    // A `b` that stands for all is read again and again.
    let element = [b.first().copied().unwrap_or(0); 4];
    let (from, step) = if all {
        (element.as_ptr(), 0)
    } else {
        (b.as_ptr(), 4usize)
    };
    // SAFETY: reads and writes the first `count` bytes of `a`, and reads as many of `b`, or the four of
    // `element` again and again; four at a time, the last turn predicated.
    unsafe {
        asm!(
            "vdup.32 q2, {multiplier}",
            "vdup.32 q3, {lo}",
            "vdup.32 q4, {hi}",
            "dlstp.32 lr, {count}",
            "2:",
            "vldrb.s32 q0, [r0]",
            "vldrb.s32 q1, [r1]",
            "add r1, r1, {step}",
            "vadd.i32 q0, q0, {zero_a}",
            "vadd.i32 q1, q1, {zero_b}",
            "vmul.i32 q0, q0, q1",
            "vshl.s32 q0, {shift}",
            "vrmulh.s32 q0, q0, q2",
            "vadd.i32 q0, q0, {zero_point}",
            "vmax.s32 q0, q0, q3",
            "vmin.s32 q0, q0, q4",
            "vstrb.32 q0, [r0], #4",
            "letp lr, 2b",
            multiplier = in(reg) by.multiplier,
            lo = in(reg) i32::from(by.lo),
            hi = in(reg) i32::from(by.hi),
            count = in(reg) count,
            inout("r0") a.as_mut_ptr() => _,
            inout("r1") from => _,
            step = in(reg) step,
            zero_a = in(reg) i32::from(by.zero_a).wrapping_neg(),
            zero_b = in(reg) i32::from(by.zero_b).wrapping_neg(),
            shift = in(reg) u32::from(by.shift),
            zero_point = in(reg) i32::from(by.zero_point),
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _,
            out("d5") _, out("d6") _, out("d7") _, out("d8") _, out("d9") _,
            out("lr") _,
            options(nostack),
        );
    }
}

/// Sums to elements, four in ten instructions.
pub fn average(sums: &[[u8; 4]], by: &Average, out: &mut [i8]) {
    let count = sums.len().min(out.len());
    if count == 0 {
        return;
    }
    // SAFETY: reads the first `count` words of `sums`, which may begin anywhere, and writes as many bytes
    // of `out`. A turn takes 16 bytes and makes four, and the last one is predicated.
    unsafe {
        asm!(
            "vdup.32 q1, {multiplier}",
            "vdup.32 q2, {lo}",
            "vdup.32 q3, {hi}",
            "lsl {count}, {count}, #2",
            "dlstp.8 lr, {count}",
            "2:",
            "vldrb.u8 q0, [{sums}], #16",
            "vadd.i32 q0, q0, {offset}",
            "vshl.s32 q0, {shift}",
            "vrmulh.s32 q0, q0, q1",
            "vadd.i32 q0, q0, {zero_point}",
            "vmax.s32 q0, q0, q2",
            "vmin.s32 q0, q0, q3",
            "vstrb.32 q0, [r0], #4",
            "letp lr, 2b",
            multiplier = in(reg) by.multiplier,
            lo = in(reg) i32::from(by.lo),
            hi = in(reg) i32::from(by.hi),
            count = inout(reg) count => _,
            sums = inout(reg) sums.as_ptr() => _,
            offset = in(reg) by.offset.wrapping_neg(),
            shift = in(reg) u32::from(by.shift),
            zero_point = in(reg) i32::from(by.zero_point),
            inout("r0") out.as_mut_ptr() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _,
            out("d5") _, out("d6") _, out("d7") _,
            out("lr") _,
            options(nostack),
        );
    }
}

/// Adds a pixel to sums, four elements in five instructions.
pub fn sum_into(sums: &mut [[u8; 4]], pixel: &[i8]) {
    let count = sums.len().min(pixel.len());
    if count == 0 {
        return;
    }
    // SAFETY: reads the first `count` bytes of `pixel`, and reads and writes as many words of `sums`, which
    // may begin anywhere. A turn takes four and 16 bytes, and the last one is predicated.
    unsafe {
        asm!(
            "lsl {count}, {count}, #2",
            "dlstp.8 lr, {count}",
            "2:",
            "vldrb.s32 q0, [r0], #4",
            "vldrb.u8 q1, [{sums}]",
            "vadd.i32 q0, q0, q1",
            "vstrb.8 q0, [{sums}], #16",
            "letp lr, 2b",
            count = inout(reg) count => _,
            inout("r0") pixel.as_ptr() => _,
            sums = inout(reg) sums.as_mut_ptr() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _,
            out("lr") _,
            options(nostack),
        );
    }
}

/// A loop over 16 elements of both slices a turn, the result in the place of the first.
macro_rules! keep {
    ($(#[$doc:meta])* $name:ident, $instruction:literal) => {
        $(#[$doc])*
        pub fn $name(best: &mut [i8], pixel: &[i8]) {
            let count = best.len().min(pixel.len());
            if count == 0 {
                return;
            }
            // SAFETY: reads and writes the first `count` bytes of `best` and reads as many of
            // `pixel`, 16 at a time, the last turn predicated.
            unsafe {
                asm!(
                    "dlstp.8 lr, {count}",
                    "2:",
                    "vldrb.u8 q0, [{best}]",
                    "vldrb.u8 q1, [{pixel}], #16",
                    $instruction,
                    "vstrb.8 q0, [{best}], #16",
                    "letp lr, 2b",
                    count = in(reg) count,
                    best = inout(reg) best.as_mut_ptr() => _,
                    pixel = inout(reg) pixel.as_ptr() => _,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _,
                    out("lr") _,
                    options(nostack),
                );
            }
        }
    };
}

keep! {
    /// Keeps the greater of each element.
    max_into, "vmax.s8 q0, q0, q1"
}

keep! {
    /// Keeps the lesser of each element.
    min_into, "vmin.s8 q0, q0, q1"
}

/// `table[x + 128]`, element by element.
pub fn lookup(table: &[i8; 256], input: &[i8], out: &mut [i8]) {
    let count = input.len().min(out.len());
    // SAFETY: `count` bytes of `input` are read and as many of `out` written.
    unsafe { look_up(table, input.as_ptr(), out.as_mut_ptr(), count) }
}

/// As [`lookup`], in place.
pub fn lookup_in_place(table: &[i8; 256], values: &mut [i8]) {
    let at = values.as_mut_ptr();
    // SAFETY: all of `values`, each element read before it is written.
    unsafe { look_up(table, at, at, values.len()) }
}

/// 16 elements in five instructions.
///
/// # Safety
/// `count` bytes have to be there to be read, and to be written in the same place or elsewhere.
unsafe fn look_up(table: &[i8; 256], from: *const i8, to: *mut i8, count: usize) {
    if count == 0 {
        return;
    }
    // SAFETY: the caller's, for `from` and `to`, of which `count` bytes are touched, the last turn
    // predicated; a place in the table is a byte, and there are 256.
    unsafe {
        asm!(
            "vmov.i8 q1, #0x80",
            "dlstp.8 lr, {count}",
            "2:",
            "vldrb.u8 q0, [{from}], #16",
            "veor q0, q0, q1",
            "vldrb.u8 q2, [{table}, q0]",
            "vstrb.8 q2, [{to}], #16",
            "letp lr, 2b",
            count = in(reg) count,
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            table = in(reg) table.as_ptr(),
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _,
            out("lr") _,
            options(nostack),
        );
    }
}
