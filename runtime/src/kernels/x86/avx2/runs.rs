//! The elements of a GEMM, four at a time, as the host's order has the weights: a run of them goes to all
//! lanes of a register at once.

/// Rust macro for all runs of a job's elements: the function's own `step!` for each, with the channels' weights
/// of the run and what reads its elements, given where a patch begins.
///
/// # Safety
/// The channels' weights and the patches that `step!` reads are all there.
macro_rules! each_run {
    ($job:expr, $channels:expr, $step:ident) => {
        let whole = $job.k & !3;
        let mut done = 0;
        while done < whole {
            $step!($channels.run(done), |patch: *const i8| patch
                .add(done)
                .cast::<i32>()
                .read_unaligned());
            done = done.wrapping_add(4);
        }
        if whole < $job.k {
            $step!($channels.last_run(), |patch: *const i8| last_elements(
                patch.add(whole),
                $job.k & 3
            ));
        }
    };
}

pub(crate) use each_run;

/// One to three elements of a patch, low byte first, with zeros above them.
///
/// # Safety
/// They can be read.
#[inline]
pub unsafe fn last_elements(at: *const i8, elements: usize) -> i32 {
    let mut word = 0;
    for n in 0..elements {
        // SAFETY: the caller's.
        let byte = unsafe { at.add(n).cast::<u8>().read() };
        word |= i32::from(byte).wrapping_shl(8u32.wrapping_mul(n as u32));
    }
    word
}
