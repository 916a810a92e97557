//! A played board: its line is a script of bytes, its other parts stand still.

use std::collections::VecDeque;
use std::convert::Infallible;

use embedded_hal::digital::{ErrorType as PinErrorType, OutputPin};
use embedded_io::{ErrorType, Read, Write};
use tidbit_app::{
    Board, Budget, Counter, Fence, Line, Memory, StackGauge, Trace, find_blob, serve,
};
use tidbit_link::Decoder;

/// A line on which the host's bytes stand already, and the device's are kept.
#[derive(Default)]
struct Script {
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
}

impl ErrorType for Script {
    type Error = Infallible;
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let Some(byte) = self.incoming.pop_front() else {
            return Ok(0);
        };
        buffer[0] = byte;
        Ok(1)
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.outgoing.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The rest of a played board: a pin, a counter and a stack that are always the same.
#[derive(Default)]
struct Still;

impl PinErrorType for Still {
    type Error = Infallible;
}

impl OutputPin for Still {
    fn set_low(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Counter for Still {
    fn begin(&mut self) {}

    fn end(&mut self) -> u64 {
        10
    }

    fn elapsed(&self) -> u64 {
        0
    }
}

impl StackGauge for Still {
    fn paint(&mut self) {}

    fn used(&self) -> u32 {
        20
    }

    fn free(&self) -> u32 {
        4096
    }
}

/// A fence that falls when it is looked at for the second time.
#[derive(Default)]
struct Falling(std::cell::Cell<u32>);

impl Fence for Falling {
    fn raise(&mut self) {}

    fn intact(&self) -> bool {
        self.0.replace(self.0.get() + 1) != 1
    }
}

/// Bytes of the buffer of a played board: enough for a row and the scores.
const BUFFER: usize = 8;

/// What a device with this flash and arena says to these bytes, frame by frame.
pub fn said(flash: &[u8], arena_bytes: usize, incoming: &[u8]) -> Vec<Vec<u8>> {
    said_with(flash, (arena_bytes, BUFFER), incoming)
}

/// As [`said`], with a buffer of any length.
pub fn said_with(
    flash: &[u8],
    (arena_bytes, buffer_bytes): (usize, usize),
    incoming: &[u8],
) -> Vec<Vec<u8>> {
    let mut board = Board {
        link: Script {
            incoming: incoming.iter().copied().collect(),
            outgoing: Vec::new(),
        },
        busy: Still,
        counter: Still,
        stack: Still,
    };
    let budget = Budget {
        board: "played",
        stack_bytes: 4096,
    };
    let (mut arena, mut buffer) = (vec![0; arena_bytes], vec![0; buffer_bytes / 2]);
    let memory = Memory {
        arena: &mut arena,
        fence: &mut Falling::default(),
        buffer: &mut buffer,
    };
    let (mut line, mut trace) = (Line::new(), Trace::new());
    let blob = find_blob(flash);
    let end = serve(&mut board, budget, blob, memory, &mut line, &mut trace);
    assert_eq!(end, None, "the script ends, and with it the service");
    let mut decoder = Decoder::new();
    let mut frames = Vec::new();
    for byte in board.link.outgoing {
        if decoder.push(byte) {
            frames.push(decoder.frame().unwrap().to_vec());
        }
    }
    frames
}
