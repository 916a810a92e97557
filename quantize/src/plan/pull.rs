//! How many rows each ring of a segment has to hold, if rows are made only when they are asked for.
//!
//! The segment's last rows are asked for one step after the other; an operator that lacks input
//! rows asks for them first, and so on upwards. What the fullest ring held on the way is what it
//! has to hold. The runtime's rule is eager where this one is lazy, but it completes with the same
//! rings: making a row never takes from another operator the chance to run, so if any order of steps
//! completes within the rings, every order does (Lee and Messerschmitt, "Static Scheduling of
//! Synchronous Data Flow Programs for Digital Signal Processing", 1987; bounded queues).

use std::ops::Range;

use super::draft::Draft;

/// How a segment's rows are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Style {
    /// Rows that the last operator makes in one step; those before it make what it takes.
    pub rows: usize,
    /// Whether new rows land outside their ring where that leaves the ring smaller.
    pub landings: bool,
    /// Whether an operator of two operands asks for the second of them first.
    pub second_first: bool,
}

/// Sets ring, landing and step rows of the operators of a segment in `draft`.
///
/// `pools` tells which operators can accumulate.
pub fn size(draft: &mut Draft, segment: &Range<usize>, style: Style) {
    for op in segment.clone() {
        let accumulates = draft.pools[op] && saves_memory(draft, op);
        let record = &mut draft.ops[op];
        record.accumulates = u8::from(accumulates);
        if accumulates {
            (record.window_rows, record.stride_rows, record.pad_top) = (1, 1, 0);
        }
    }
    steps(draft, segment, style.rows);
    let mut pull = Pull::new(draft, segment.clone(), style.second_first);
    pull.run();
    let most = pull.most;
    for op in segment.clone() {
        let outlives = draft.outlives(op, segment.end);
        let step = draft.ops[op].step_rows;
        let record = &mut draft.tensors[op];
        let rows = most[op - segment.start].max(1);
        record.ring_rows = if outlives { record.height } else { rows };
        record.landing_rows = 0;
        // A ring that is as high as a step is free between steps all the same.
        if style.landings && !outlives && rows > step {
            record.ring_rows = rows - step;
            record.landing_rows = step;
        }
    }
}

/// Whether a pool's sums take less than the rows that it then need not see together.
fn saves_memory(draft: &Draft, op: usize) -> bool {
    let record = &draft.tensors[op];
    let sums = 4 * record.row_bytes() / usize::from(record.element_bytes);
    let input = &draft.tensors[usize::from(draft.ops[op].input_a)];
    sums <= input.row_bytes() * usize::from(input.height - 1)
}

/// Rows of each step: as many as one step of the reader takes.
fn steps(draft: &mut Draft, segment: &Range<usize>, rows: usize) {
    let mut steps = vec![1usize; segment.len()];
    for op in segment.clone().rev() {
        let at = op - segment.start;
        let record = &draft.ops[op];
        let height = usize::from(height(draft, op));
        let reads = segment
            .clone()
            .any(|reader| draft.inputs(reader).any(|input| input == op));
        if !reads {
            steps[at] = if record.accumulates != 0 { 1 } else { rows };
        }
        steps[at] = steps[at].clamp(1, height);
        let takes = steps[at] * usize::from(record.stride_rows.min(record.window_rows)).max(1);
        for input in draft.inputs(op).filter(|input| segment.contains(input)) {
            let wanted = &mut steps[input - segment.start];
            if rows > 1 {
                *wanted = (*wanted).max(takes);
            }
        }
    }
    for op in segment.clone() {
        let step = if op == 0 {
            1
        } else {
            steps[op - segment.start]
        };
        draft.ops[op].step_rows = step as u16;
    }
}

/// Rows that an operator counts its steps in.
pub fn height(draft: &Draft, op: usize) -> u16 {
    let record = &draft.ops[op];
    let counted = if record.accumulates == 0 {
        op
    } else {
        usize::from(record.input_a)
    };
    draft.tensors[counted].height
}

/// A lazy run of a segment.
struct Pull<'a> {
    draft: &'a Draft,
    segment: Range<usize>,
    second_first: bool,
    readers: Vec<Vec<usize>>,
    made: Vec<u16>,
    /// Most rows that a ring held at once.
    most: Vec<u16>,
}

impl<'a> Pull<'a> {
    fn new(draft: &'a Draft, segment: Range<usize>, second_first: bool) -> Self {
        let mut readers = vec![Vec::new(); segment.len()];
        for op in segment.clone() {
            for input in draft.inputs(op).filter(|input| segment.contains(input)) {
                readers[input - segment.start].push(op);
            }
        }
        let none = vec![0; segment.len()];
        Self {
            draft,
            segment,
            second_first,
            readers,
            made: none.clone(),
            most: none,
        }
    }

    fn run(&mut self) {
        for op in self.segment.clone().rev() {
            while self.made[op - self.segment.start] < height(self.draft, op) {
                self.pull(op);
            }
        }
    }

    /// Makes the next step of an operator, and whatever it takes.
    fn pull(&mut self, op: usize) {
        let at = op - self.segment.start;
        let record = self.draft.ops[op];
        let end = self.made[at]
            .saturating_add(record.step_rows)
            .min(height(self.draft, op));
        let segment = self.segment.clone();
        let mut inputs: Vec<usize> = self
            .draft
            .inputs(op)
            .filter(|input| segment.contains(input))
            .collect();
        if self.second_first {
            inputs.reverse();
        }
        for &input in &inputs {
            let needed = record.end_row(end, self.draft.tensors[input].height);
            while self.rows(input) < needed {
                self.pull(input);
            }
        }
        let kept = self.kept(op);
        self.made[at] = end;
        if record.accumulates == 0 {
            self.most[at] = self.most[at].max(end - kept.min(end));
        } else {
            self.most[at] = 1;
        }
    }

    /// Rows of a tensor that are there.
    fn rows(&self, tensor: usize) -> u16 {
        let made = self.made[tensor - self.segment.start];
        if self.draft.ops[tensor].accumulates == 0 {
            return made;
        }
        u16::from(made >= height(self.draft, tensor))
    }

    fn kept(&self, tensor: usize) -> u16 {
        if self.draft.outlives(tensor, self.segment.end) {
            return 0;
        }
        let rows = self.draft.tensors[tensor].height;
        let readers = self.readers[tensor - self.segment.start].iter();
        let next = readers.filter_map(|&reader| {
            let next = self.made[reader - self.segment.start];
            (next < height(self.draft, reader))
                .then(|| self.draft.ops[reader].first_row(next, rows))
        });
        next.min().unwrap_or(rows)
    }
}
