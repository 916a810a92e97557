//! What a net said: raw outputs, scores, ranking.

use crate::error::Error;
use crate::kernels::bytes::as_u8;
use crate::kernels::softmax_q15;

/// What the net said.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub(crate) output: &'a [i8],
    pub(crate) logits: &'a [i8],
    pub(crate) exp_table: &'a [[u8; 2]; 256],
}

impl<'a> Answer<'a> {
    /// The raw int8 of the output tensor: row by row, pixel by pixel, channels innermost.
    pub fn output(&self) -> &'a [i8] {
        self.output
    }

    /// The same, as bytes.
    pub fn output_bytes(&self) -> &'a [u8] {
        as_u8(self.output)
    }

    /// Softmax of the logits in Q0.15 (32768 is 1), into a buffer of one entry for each of them: for
    /// the first answer [`Model::classes`]. A map has none.
    ///
    /// # Errors
    /// [`Error::Length`] if the buffer is of another length.
    pub fn scores(&self, scores: &mut [u16]) -> Result<(), Error> {
        let (have, expected) = (scores.len(), self.logits.len());
        if have != expected {
            return Err(Error::Length { have, expected });
        }
        softmax_q15(self.exp_table, self.logits, scores);
        Ok(())
    }

    /// The `N` classes with the greatest logits, best first; of equals the first comes first.
    ///
    /// Where there are fewer than `N` classes, the rest is `None`.
    pub fn top<const N: usize>(&self) -> [Option<u16>; N] {
        let mut top = [None; N];
        let mut before: Option<(i8, u16)> = None;
        for place in &mut top {
            let candidates = (0..=u16::MAX).zip(self.logits.iter().copied());
            let behind = candidates.filter(|&(class, logit)| match before {
                Some((best, at)) => logit < best || (logit == best && class > at),
                None => true,
            });
            let best = behind.reduce(|best, next| if next.1 > best.1 { next } else { best });
            *place = best.map(|(class, _)| class);
            before = best.map(|(class, logit)| (logit, class));
            if before.is_none() {
                break;
            }
        }
        top
    }
}
