//! 3×3, the kernel of most nets: its three columns stay in registers.

use core::arch::x86_64::*;

use super::channels::Channels;
use super::{Part, Site};

impl Site<'_> {
    /// 3×3 with stride `S`: the columns under the next window that lay under this one stay in registers.
    ///
    /// # Safety
    /// As for `part`.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub unsafe fn sliding<const P: usize, const S: usize>(&self, part: &Part) {
        let starts = self.starts::<P>(part);
        // SAFETY: the caller's; windows of pixels below `length` begin below `starts` and `length`.
        unsafe {
            let [w0, w1, w2] = [
                self.weights::<P>(part, 0, 0),
                self.weights::<P>(part, 0, 1),
                self.weights::<P>(part, 0, 2),
            ];
            let mut finish = Channels::new::<P>(self.job, part);
            for w in [&w0, &w1, &w2] {
                finish.unflip(w);
            }
            for (y, top) in self.windows() {
                // Columns that the window of pixel 0 shares with the one before it.
                let mut shared = [self.column::<P, 3>(part, &starts, top, (0, 0)); 2];
                if S == 1 {
                    shared[1] = self.column::<P, 3>(part, &starts, top, (0, 1));
                }
                for x in 0..part.length {
                    let a = shared[0];
                    let b = if S == 1 {
                        shared[1]
                    } else {
                        self.column::<P, 3>(part, &starts, top, (x, 1))
                    };
                    let c = self.column::<P, 3>(part, &starts, top, (x, 2));
                    shared = if S == 1 { [b, c] } else { [c, c] };
                    let mut acc = finish.bias;
                    for i in 0..4 {
                        acc[i] = _mm512_dpbusd_epi32(acc[i], a[i], w0[i]);
                        acc[i] = _mm512_dpbusd_epi32(acc[i], b[i], w1[i]);
                        acc[i] = _mm512_dpbusd_epi32(acc[i], c[i], w2[i]);
                    }
                    self.store::<P>(part, &starts, (y, x), finish.finish(acc));
                }
            }
        }
    }
}
