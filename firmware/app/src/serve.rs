//! The main loop: answers the host, one command after another, for ever.

use embedded_hal::digital::OutputPin;
use embedded_io::{Read, Write};
use tidbit::Model;
use tidbit::blob::header::VERSION;
use tidbit_link::{BlobInfo, Fault, Info, PROTOCOL, ToDevice, ToHost, TraceKind, buffer_bytes};

use crate::board::{Board, Counter, StackGauge};
use crate::inference::{Inference, Stop};
use crate::line::Line;
use crate::memory::Memory;
use crate::trace::Trace;

/// What the board is called, and what it has.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Name of the board.
    pub board: &'static str,
    /// Bytes of its stack.
    pub stack_bytes: u32,
}

/// What the host may ask at any time.
#[derive(Clone, Copy)]
pub(crate) enum Command {
    Hello,
    Start { trace: TraceKind, paint: Option<u8> },
}

/// Answers the host until the line ends.
///
/// A blob that is wrong or does not fit is no reason to stop: the host is told, whenever it asks.
///
/// # Errors
/// Returns only with the line's error, `None` if it was closed.
pub fn serve<L: Read + Write, P: OutputPin, C: Counter, S: StackGauge>(
    board: &mut Board<L, P, C, S>,
    budget: Budget,
    blob: Result<Model<'_>, Fault>,
    mut memory: Memory<'_>,
    line: &mut Line,
    tracer: &mut Trace,
) -> Option<L::Error> {
    let blob = match &blob {
        Ok(model) => fits(model, &memory, &board.stack).map(|()| model),
        Err(fault) => Err(*fault),
    };
    let mut command = None;
    loop {
        let result = match command.take() {
            Some(Command::Hello) => {
                let info = Info {
                    protocol: PROTOCOL,
                    format: VERSION,
                    board: budget.board,
                    arena_budget: number(memory.arena.len()),
                    buffer_budget: number(size_of_val(memory.buffer)),
                    stack_budget: budget.stack_bytes,
                    blob: blob.map(blob_info),
                };
                let sent = line.send(&mut board.link, &ToHost::Info(info));
                sent.map_err(|error| Stop::Line(Some(error)))
            }
            Some(Command::Start { trace, paint }) => match blob {
                Err(fault) => answer(board, line, fault),
                Ok(model) => {
                    tracer.restart(trace, tensors(model));
                    Inference {
                        model,
                        memory: &mut memory,
                        line,
                        tracer: (trace != TraceKind::Off).then_some(&mut *tracer),
                        paint,
                    }
                    .run(board)
                }
            },
            None => match line.receive(&mut board.link) {
                Err(end) => Err(Stop::Line(end)),
                Ok(Ok(ToDevice::Hello)) => Err(Stop::Command(Command::Hello)),
                Ok(Ok(ToDevice::Start { trace, paint })) => {
                    Err(Stop::Command(Command::Start { trace, paint }))
                }
                Ok(Ok(ToDevice::Row { .. })) => answer(board, line, Fault::OutOfTurn),
                Ok(Err(fault)) => answer(board, line, fault),
            },
        };
        match result {
            Ok(()) => {}
            Err(Stop::Command(next)) => command = Some(next),
            Err(Stop::Line(end)) => return end,
            Err(Stop::Runtime) => {
                if let Err(Stop::Line(end)) = answer(board, line, Fault::Inference) {
                    return end;
                }
            }
        }
    }
}

/// Tells the host that something was wrong.
fn answer<L: Read + Write, P: OutputPin, C: Counter, S: StackGauge>(
    board: &mut Board<L, P, C, S>,
    line: &mut Line,
    fault: Fault,
) -> Result<(), Stop<L::Error>> {
    line.send(&mut board.link, &ToHost::Error(fault))
        .map_err(|error| Stop::Line(Some(error)))
}

/// Whether arena, buffer and stack suffice.
fn fits(model: &Model<'_>, memory: &Memory<'_>, stack: &impl StackGauge) -> Result<(), Fault> {
    let (need, have) = (number(model.memory_bytes()), number(memory.arena.len()));
    if need > have {
        return Err(Fault::ArenaTooSmall { need, have });
    }
    let need = number(buffer_bytes(
        model.input_shape().row_bytes(),
        model.classes(),
    ));
    let have = number(size_of_val(memory.buffer));
    if need > have {
        return Err(Fault::BufferTooSmall { need, have });
    }
    let (need, have) = (number(model.stack_bytes()), stack.free());
    if need > have {
        return Err(Fault::StackTooSmall { need, have });
    }
    Ok(())
}

fn tensors(model: &Model<'_>) -> u16 {
    model.tables().header.op_count
}

fn blob_info(model: &Model<'_>) -> BlobInfo {
    let shape = model.input_shape();
    let bytes = model.tables().data.0;
    let checksum = bytes.last_chunk().copied().unwrap_or_default();
    BlobInfo {
        blob_bytes: number(bytes.len()),
        checksum: u32::from_le_bytes(checksum),
        height: shape.height,
        width: shape.width,
        channels: shape.channels,
        tensors: tensors(model),
        output_bytes: number(model.outputs_len()),
        classes: number(model.classes()),
        arena_bytes: number(model.arena_bytes()),
        scratch_bytes: number(model.scratch_bytes()),
    }
}

/// A size as the link carries it.
fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}
