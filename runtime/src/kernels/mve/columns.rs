//! Bringing rows to columns: four rows of 16 channels become, for each channel, a word of four bytes that
//! lie below each other.
//!
//! `VST4` interleaves four vectors as it stores them. So a window of three or four rows is one word
//! for each of its columns, wherever the channel; the weights of a depthwise convolution are brought
//! into the same order, and words of the window times words of weights is one `VMLADAV`.

use core::arch::naked_asm;

/// Bytes of what one load of each row becomes.
pub(super) const COLUMN: usize = 64;

/// Rows to bring to columns; afterwards those of the next channels.
#[repr(C)]
pub(super) struct Columns {
    /// The rows; one that there is not is `beyond`, with a step of 0.
    pub(super) rows: [*const i8; 4],
    /// Bytes from one load to the next.
    pub(super) steps: [usize; 4],
    /// What stands beyond the rows: as many bytes as a load has.
    pub(super) beyond: *const i8,
    /// Bytes of a load.
    pub(super) lanes: usize,
    /// Columns beyond the rows, on the left.
    pub(super) left: usize,
    /// Whole loads of each row.
    pub(super) body: usize,
    /// Bytes of one more load, or 0.
    pub(super) rest: usize,
    /// Columns beyond the rows, on the right.
    pub(super) right: usize,
    /// Where the columns go: those on the left, those of the rows, those on the right.
    pub(super) targets: [*mut i8; 3],
    /// Bytes by which the rows move on afterwards.
    pub(super) onward: [usize; 4],
}

/// Fills columns: `load` has the loads of a step, `step` moves the rows on.
macro_rules! fill {
    ([$($load:literal,)*], [$($step:literal,)*]) => {
        naked_asm!(
            ".cpu cortex-m55",
            "push {{r4-r11, lr}}",
            "ldr r10, [r0, #32]", // beyond
            "ldrd r12, r9, [r0, #36]", // lanes, left
            "vctp.8 r12",
            "vpst",
            "vldrbt.u8 q3, [r10]",
            "wls lr, r9, 3f",
            "ldr r12, [r0, #56]",
            "vmov q0, q3",
            "vmov q1, q3",
            "vmov q2, q3",
            "2:",
            "vst40.8 {{q0, q1, q2, q3}}, [r12]",
            "vst41.8 {{q0, q1, q2, q3}}, [r12]",
            "vst42.8 {{q0, q1, q2, q3}}, [r12]",
            "vst43.8 {{q0, q1, q2, q3}}, [r12]!",
            "le lr, 2b",
            "3:",
            "ldr r9, [r0, #60]",
            "ldrd r10, r11, [r0, #44]", // body, rest
            "ldm r0, {{r1-r8}}",
            "wls lr, r10, 6f",
            "5:",
            $($load,)*
            $($step,)*
            "vst40.8 {{q0, q1, q2, q3}}, [r9]",
            "vst41.8 {{q0, q1, q2, q3}}, [r9]",
            "vst42.8 {{q0, q1, q2, q3}}, [r9]",
            "vst43.8 {{q0, q1, q2, q3}}, [r9]!",
            "le lr, 5b",
            "6:",
            "cmp r11, #0",
            "beq 7f",
            "vctp.8 r11",
            $($load,)*
            "vst40.8 {{q0, q1, q2, q3}}, [r9]",
            "vst41.8 {{q0, q1, q2, q3}}, [r9]",
            "vst42.8 {{q0, q1, q2, q3}}, [r9]",
            "vst43.8 {{q0, q1, q2, q3}}, [r9]",
            "7:",
            "ldr r9, [r0, #52]", // right
            "wls lr, r9, 9f",
            "ldrd r10, r11, [r0, #32]", // beyond, lanes
            "ldr r12, [r0, #64]",
            "vctp.8 r11",
            "vpst",
            "vldrbt.u8 q3, [r10]",
            "vmov q0, q3",
            "vmov q1, q3",
            "vmov q2, q3",
            "8:",
            "vst40.8 {{q0, q1, q2, q3}}, [r12]",
            "vst41.8 {{q0, q1, q2, q3}}, [r12]",
            "vst42.8 {{q0, q1, q2, q3}}, [r12]",
            "vst43.8 {{q0, q1, q2, q3}}, [r12]!",
            "le lr, 8b",
            "9:",
            "vldrw.u32 q0, [r0]",
            "vldrw.u32 q1, [r0, #68]",
            "vadd.i32 q0, q0, q1",
            "vstrw.32 q0, [r0]",
            "pop {{r4-r11, pc}}",
        )
    };
}

/// Of up to three rows; in the fourth stands what is beyond.
///
/// # Safety
/// All that `columns` names has to be there; every load becomes [`COLUMN`] bytes.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn of_three(columns: &mut Columns) {
    fill!(
        [
            "vpsttt",
            "vldrbt.u8 q0, [r1]",
            "vldrbt.u8 q1, [r2]",
            "vldrbt.u8 q2, [r3]",
        ],
        ["add r1, r1, r5", "add r2, r2, r6", "add r3, r3, r7",]
    )
}

/// Of four rows.
///
/// # Safety
/// As for [`of_three`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn of_four(columns: &mut Columns) {
    fill!(
        [
            "vpstttt",
            "vldrbt.u8 q0, [r1]",
            "vldrbt.u8 q1, [r2]",
            "vldrbt.u8 q2, [r3]",
            "vldrbt.u8 q3, [r4]",
        ],
        [
            "add r1, r1, r5",
            "add r2, r2, r6",
            "add r3, r3, r7",
            "add r4, r4, r8",
        ]
    )
}
