//! Windows that fit: a choice on an image, and a window from one shape to another.

use tidbit_quantize::graph::{Padding, Shape, Window};

use super::{Border, Choice};
use crate::random::SplitMix;

/// Rows and columns that padding may make a tensor grow to.
pub(super) const MOST_SIDE: usize = 32;
/// Taps, strides and padding that shortcuts are searched among.
const SHORTCUT_TAPS: usize = 7;
const SHORTCUT_STRIDES: usize = 3;

/// A window along one axis.
#[derive(Clone, Copy, Debug)]
struct Axis {
    kernel: usize,
    stride: usize,
    dilation: usize,
    before: usize,
    after: usize,
}

impl Axis {
    fn extent(&self) -> usize {
        (self.kernel - 1) * self.dilation + 1
    }

    /// Places where the window fits on `input`; 0 if it does not.
    fn output(&self, input: usize) -> usize {
        (self.before + input + self.after)
            .checked_sub(self.extent())
            .map_or(0, |room| room / self.stride + 1)
    }

    /// This one, or the nearest that fits on `input` and does not make it too large.
    fn fitted(mut self, input: usize) -> Self {
        if self.output(input) > MOST_SIDE {
            (self.before, self.after) = (0, 0);
        }
        if self.output(input) == 0 {
            self.kernel = self.kernel.min(input);
            self.dilation = 1;
            self.before = self.before.min(self.kernel - 1);
            self.after = self.after.min(self.kernel - 1);
        }
        self
    }
}

/// The window of rows and columns.
fn window([rows, columns]: [Axis; 2]) -> Window {
    Window {
        kernel: [rows.kernel, columns.kernel],
        stride: [rows.stride, columns.stride],
        dilation: [rows.dilation, columns.dilation],
        padding: Padding {
            top: rows.before,
            left: columns.before,
            bottom: rows.after,
            right: columns.after,
        },
    }
}

/// Fits a choice to an image: the window, and the rows and columns of its output.
pub(super) fn fit(choice: &Choice, input: &Shape) -> (Window, [usize; 2]) {
    let sides = [input.height, input.width];
    let axes = [0, 1].map(|at| {
        let mut axis = Axis {
            kernel: usize::from(choice.kernel[at].max(1)),
            stride: usize::from(choice.stride[at].max(1)),
            dilation: usize::from(choice.dilation[at].max(1)),
            before: 0,
            after: 0,
        };
        let extent = axis.extent();
        (axis.before, axis.after) = match choice.padding {
            Border::Valid => (0, 0),
            Border::Same => ((extent - 1) / 2, extent / 2),
            Border::Each(sides) => (
                usize::from(sides[at]) % extent,
                usize::from(sides[at + 2]) % extent,
            ),
        };
        axis.fitted(sides[at])
    });
    (
        window(axes),
        [axes[0].output(sides[0]), axes[1].output(sides[1])],
    )
}

/// A border along one axis: what stands before, and the output's side.
pub(super) fn bordered(side: usize, [before, after]: [u8; 2]) -> (usize, usize) {
    let (before, after) = (usize::from(before), usize::from(after));
    match side + before + after {
        output @ ..=MOST_SIDE => (before, output),
        _ => (0, side),
    }
}

/// The window over a whole image.
pub(super) fn whole(input: &Shape) -> Window {
    Window {
        kernel: [input.height, input.width],
        stride: [1, 1],
        dilation: [1, 1],
        padding: Padding::default(),
    }
}

/// The window of one pixel.
pub(super) fn pointwise() -> Window {
    let pixel = Shape {
        height: 1,
        width: 1,
        channels: 1,
    };
    whole(&pixel)
}

/// A window that makes the rows and columns of `to` out of those of `from`, if there is one.
pub(super) fn between(random: &mut SplitMix, from: &Shape, to: &Shape) -> Option<Window> {
    let rows = *random.pick(&ways(from.height, to.height))?;
    let columns = *random.pick(&ways(from.width, to.width))?;
    Some(window([rows, columns]))
}

/// All windows that make `output` places out of `input`.
fn ways(input: usize, output: usize) -> Vec<Axis> {
    let mut ways = Vec::new();
    for stride in 1..=SHORTCUT_STRIDES {
        for kernel in 1..=SHORTCUT_TAPS {
            for before in 0..kernel {
                let axis = |after| Axis {
                    kernel,
                    stride,
                    dilation: 1,
                    before,
                    after,
                };
                ways.extend(
                    (0..kernel)
                        .map(axis)
                        .filter(|axis| axis.output(input) == output),
                );
            }
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_fits_every_image() {
        for kernel in 1..=7 {
            for (stride, dilation, pad) in [(1, 1, 0), (3, 2, 5), (2, 1, 12), (1, 2, 12)] {
                let choice = Choice {
                    kernel: [kernel; 2],
                    stride: [stride; 2],
                    dilation: [dilation; 2],
                    padding: Border::Each([pad, 0, 0, pad]),
                };
                for side in 1..=32 {
                    let input = Shape {
                        height: side,
                        width: 33 - side,
                        channels: 1,
                    };
                    let (window, output) = fit(&choice, &input);
                    assert!(
                        output.iter().all(|side| (1..=MOST_SIDE).contains(side)),
                        "{choice:?} on {input}: {window:?}"
                    );
                }
            }
        }
    }
}
