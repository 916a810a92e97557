//! A board's answer to an image, put together of the messages in which it comes.

use tidbit_link::{BlobInfo, Fault, HighWater, ToHost, TraceKind};

use super::BoardError;

/// What a board answers to an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardAnswer {
    /// The raw int8 of all answers, one after another.
    pub output: Vec<i8>,
    /// Scores in Q0.15.
    pub scores: Vec<u16>,
    /// Instructions of the runtime, in steps of the board's counter. With a trace, the hashing is
    /// counted in.
    pub instructions: u64,
    /// Most stack that the runtime took below its caller.
    pub stack_bytes: u32,
    /// Bytes of the arena that the inference ran in.
    pub arena_bytes: u32,
    /// How far the memory was used, if it was painted.
    pub high_water: Option<HighWater>,
    /// CRC-32 of each tensor by its index; empty without a trace.
    pub tensor_hashes: Vec<u32>,
    /// Instructions of each tensor by its index, to a step of the board's counter; empty if they were not
    /// asked for.
    pub tensor_instructions: Vec<u32>,
    /// Lines of the board's log since the last answer.
    pub log: Vec<String>,
}

/// What the host does next.
pub(super) enum Next {
    Listen,
    Send(u16, u32),
    Fault(Fault),
    Done,
}

/// What has come of an answer.
#[derive(Default)]
pub(super) struct Collected {
    answer: BoardAnswer,
    scores: Vec<u8>,
    fence_intact: bool,
}

impl Collected {
    /// Takes in a message; what the host does next.
    pub(super) fn take(&mut self, message: &ToHost<'_>) -> Result<Next, BoardError> {
        let answer = &mut self.answer;
        let in_order = match *message {
            ToHost::NeedRow { y, offset } => return Ok(Next::Send(y, offset)),
            ToHost::Error(fault) => return Ok(Next::Fault(fault)),
            ToHost::TensorHash { tensor, crc32 } => {
                let in_order = usize::from(tensor) == answer.tensor_hashes.len();
                answer.tensor_hashes.push(crc32);
                in_order
            }
            ToHost::Instructions { tensor, count } => {
                let in_order = usize::from(tensor) == answer.tensor_instructions.len();
                answer.tensor_instructions.push(count);
                in_order
            }
            ToHost::Output { offset, bytes } => {
                let in_order = offset as usize == answer.output.len();
                let bytes = bytes.iter().map(|byte| byte.cast_signed());
                answer.output.extend(bytes);
                in_order
            }
            ToHost::Scores { offset, bytes } => {
                let in_order = offset as usize == self.scores.len();
                self.scores.extend(bytes);
                in_order
            }
            ToHost::Done {
                instructions,
                stack_bytes,
                arena_bytes,
                fence_intact,
                high_water,
            } => {
                self.fence_intact = fence_intact;
                answer.instructions = instructions;
                answer.stack_bytes = stack_bytes;
                answer.arena_bytes = arena_bytes;
                answer.high_water = high_water;
                return Ok(Next::Done);
            }
            ToHost::Info(_) => false,
        };
        if in_order {
            return Ok(Next::Listen);
        }
        Err(BoardError::Protocol {
            reason: format!("this came out of order: {message:?}"),
        })
    }

    /// The answer, if it is whole and nothing outside of the arena was written.
    pub(super) fn answer(
        mut self,
        blob: &BlobInfo,
        trace: TraceKind,
    ) -> Result<BoardAnswer, BoardError> {
        if !self.fence_intact {
            return Err(BoardError::Fence);
        }
        let scores = self.scores.as_chunks().0.iter();
        self.answer.scores = scores.map(|score| u16::from_le_bytes(*score)).collect();
        let tensors = usize::from(blob.tensors);
        let of = |kind| if trace == kind { tensors } else { 0 };
        let parts = [
            (
                "outputs",
                self.answer.output.len(),
                blob.output_bytes as usize,
            ),
            ("scores", self.answer.scores.len(), blob.classes as usize),
            (
                "tensor hashes",
                self.answer.tensor_hashes.len(),
                of(TraceKind::Hashes),
            ),
            (
                "instruction counts",
                self.answer.tensor_instructions.len(),
                of(TraceKind::Instructions),
            ),
        ];
        for (what, have, expected) in parts {
            if have != expected {
                return Err(BoardError::Protocol {
                    reason: format!("{have} {what} came where there are {expected}"),
                });
            }
        }
        Ok(self.answer)
    }
}

#[cfg(test)]
mod tests {
    use super::{BoardError, Collected};
    use tidbit_link::{BlobInfo, ToHost, TraceKind};

    #[test]
    fn an_answer_over_a_fallen_fence_is_none() {
        let blob = BlobInfo {
            blob_bytes: 0,
            checksum: 0,
            height: 1,
            width: 1,
            channels: 1,
            tensors: 1,
            output_bytes: 0,
            classes: 0,
            arena_bytes: 1,
            scratch_bytes: 0,
        };
        for fence_intact in [true, false] {
            let mut collected = Collected::default();
            let done = ToHost::Done {
                instructions: 1,
                stack_bytes: 1,
                arena_bytes: 1,
                fence_intact,
                high_water: None,
            };
            assert!(collected.take(&done).is_ok());
            let answer = collected.answer(&blob, TraceKind::Off);
            match answer {
                Ok(_) => assert!(fence_intact),
                Err(error) => assert!(!fence_intact && matches!(error, BoardError::Fence)),
            }
        }
    }
}
