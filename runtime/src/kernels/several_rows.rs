//! Several rows of a depthwise convolution at a time: by the backend where it gains by that, else row by row.

use super::{Depthwise, Kernels};

impl Kernels {
    /// Rows of a [`Depthwise`], one behind the other in the output, of windows `stride` rows apart; `rows`
    /// are those under the first window, then those that further windows see as well, each once.
    pub fn depthwise_rows(
        &self,
        job: &Depthwise<'_>,
        stride: usize,
        rows: &[&[i8]],
        out: &mut [i8],
        scratch: &mut [i8],
    ) {
        let [taps, _] = job.kernel;
        let count = job.windows(stride, rows.len()).unwrap_or(1);
        if let (Some(several), 2..) = (self.several_rows, count)
            && several(job, stride, rows, out, scratch).is_some()
        {
            return;
        }
        let bytes = out.len().checked_div(count).unwrap_or(0).max(1);
        for (y, row) in out.chunks_exact_mut(bytes).take(count).enumerate() {
            let under = rows.get(y.wrapping_mul(stride)..).unwrap_or_default();
            let under = under.get(..taps).unwrap_or_default();
            (self.depthwise)(job, under, row, scratch);
        }
    }
}
