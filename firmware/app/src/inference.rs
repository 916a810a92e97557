//! One inference: asks the host for the image piece by piece, runs the net, sends the answer.

use embedded_hal::digital::OutputPin;
use embedded_io::{Read, Write};
use tidbit::{Error, Model, Observer, Progress, Session};
use tidbit_link::{Fault, ToDevice, ToHost};

use crate::board::{Board, Counter, StackGauge};
use crate::line::Line;
use crate::log::{error, info};
use crate::memory::{Memory, high_water};
use crate::meter::Meter;
use crate::serve::Command;
use crate::trace::Trace;

/// What the documents say that a session takes on a 32-bit core.
#[cfg(target_pointer_width = "32")]
const _: () = assert!(size_of::<Session<'_, '_>>() == 664);

/// Why an inference ended without an answer.
pub(crate) enum Stop<E> {
    /// The line was closed (`None`) or broke.
    Line(Option<E>),
    /// The host wants something else.
    Command(Command),
    /// The runtime refused.
    Runtime,
}

impl<E> From<Error> for Stop<E> {
    fn from(error: Error) -> Self {
        error!("inference: {}", error);
        Self::Runtime
    }
}

/// What an inference works with.
pub(crate) struct Inference<'a, 'b, 'c> {
    pub(crate) model: &'a Model<'b>,
    pub(crate) memory: &'a mut Memory<'c>,
    pub(crate) line: &'a mut Line,
    pub(crate) tracer: Option<&'a mut Trace>,
    /// What the arena is painted with first, if it is to be found out how much of it is used.
    pub(crate) paint: Option<u8>,
}

impl Inference<'_, '_, '_> {
    /// Runs it from the first row to the last piece of the answer.
    pub(crate) fn run<L: Read + Write, P: OutputPin, C: Counter, S: StackGauge>(
        mut self,
        board: &mut Board<L, P, C, S>,
    ) -> Result<(), Stop<L::Error>> {
        let line_broke = |error| Stop::Line(Some(error));
        let Memory {
            arena,
            fence,
            buffer,
        } = self.memory;
        fence.raise();
        if let Some(paint) = self.paint {
            arena.fill(paint);
        }
        let mut session = Session::new(self.model, arena)?;
        let mut meter = Meter::default();
        let row_bytes = self.model.input_shape().row_bytes();
        loop {
            // A pin that cannot be set is no reason to give up an inference.
            let _ = board.busy.set_high();
            let progress = meter.run(
                &mut board.counter,
                &mut board.stack,
                |counter| match &mut self.tracer {
                    Some(tracer) => session.advance(&mut tracer.over(counter)),
                    None => session.advance(&mut ()),
                },
            );
            let _ = board.busy.set_low();
            let Progress::NeedRow(y) = progress? else {
                break;
            };
            let buffer = bytemuck::cast_slice_mut::<u16, u8>(buffer);
            let row = buffer.get_mut(..row_bytes).ok_or(Error::OutOfTurn)?;
            fetch_row(&mut board.link, self.line, y, row)?;
            let observer: &mut dyn Observer = match &mut self.tracer {
                Some(tracer) => *tracer,
                None => &mut (),
            };
            session.push_row(row, observer)?;
        }
        for message in self.tracer.iter().flat_map(|tracer| tracer.messages()) {
            self.line
                .send(&mut board.link, &message)
                .map_err(line_broke)?;
        }
        let mut start = 0u32;
        for index in 0..self.model.outputs() {
            let answer = session.answer_of(index)?;
            let output = |offset, bytes| ToHost::Output { offset, bytes };
            let bytes = answer.output_bytes();
            self.line
                .send_pieces(&mut board.link, (start, bytes), output)
                .map_err(line_broke)?;
            start = start.wrapping_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        }
        let answer = session.answer()?;
        let scores = buffer.get_mut(..self.model.classes());
        let scores = scores.ok_or(Error::OutOfTurn)?;
        answer.scores(scores)?;
        for score in scores.iter_mut() {
            *score = score.to_le();
        }
        let piece = |offset, bytes| ToHost::Scores { offset, bytes };
        self.line
            .send_pieces(&mut board.link, (0, bytemuck::cast_slice(scores)), piece)
            .map_err(line_broke)?;
        info!(
            "{=u64} instructions, {=u32} bytes of stack",
            meter.instructions, meter.stack_bytes
        );
        let done = ToHost::Done {
            instructions: meter.instructions,
            stack_bytes: meter.stack_bytes,
            arena_bytes: u32::try_from(self.model.arena_bytes()).unwrap_or(u32::MAX),
            fence_intact: fence.intact(),
            high_water: self.paint.map(|paint| high_water(self.model, arena, paint)),
        };
        self.line.send(&mut board.link, &done).map_err(line_broke)
    }
}

/// Asks for the pieces of a row until it is whole.
///
/// A frame that was damaged on the way is asked for again; a piece that was not asked for is
/// refused, and the wait goes on.
fn fetch_row<L: Read + Write>(
    link: &mut L,
    line: &mut Line,
    y: u16,
    row: &mut [u8],
) -> Result<(), Stop<L::Error>> {
    let mut have = 0usize;
    let mut ask = true;
    while have < row.len() {
        let offset = u32::try_from(have).unwrap_or(u32::MAX);
        if ask {
            let need = ToHost::NeedRow { y, offset };
            line.send(link, &need).map_err(|e| Stop::Line(Some(e)))?;
        }
        let fault = match line.receive(link).map_err(Stop::Line)? {
            Ok(ToDevice::Hello) => return Err(Stop::Command(Command::Hello)),
            Ok(ToDevice::Start { trace, paint }) => {
                return Err(Stop::Command(Command::Start { trace, paint }));
            }
            Ok(ToDevice::Row {
                y: row_of_piece,
                offset: at,
                pixels,
            }) => {
                let end = have.saturating_add(pixels.len());
                let place = row.get_mut(have..end);
                let right = (row_of_piece, at) == (y, offset) && !pixels.is_empty();
                if let (Some(place), true) = (place, right) {
                    for (to, from) in place.iter_mut().zip(pixels) {
                        *to = *from;
                    }
                    have = end;
                    ask = true;
                    continue;
                }
                ask = false;
                Fault::WrongPiece { y, offset }
            }
            Err(fault) => {
                ask = true;
                fault
            }
        };
        line.send(link, &ToHost::Error(fault))
            .map_err(|e| Stop::Line(Some(e)))?;
    }
    Ok(())
}
