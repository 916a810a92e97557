//! MobileNetV3-Large: inverted residuals, some with squeeze-excite, and hard-swish.

use super::activations::Gate;
use super::writer::{Conv, Feature, Style, Writer};

/// An inverted residual.
struct Block {
    kernel: usize,
    /// Channels inside.
    hidden: usize,
    channels: usize,
    squeeze: bool,
    hard_swish: bool,
    stride: usize,
}

/// A row of the paper's table.
const fn row(
    kernel: usize,
    hidden: usize,
    channels: usize,
    [squeeze, hard_swish]: [bool; 2],
    stride: usize,
) -> Block {
    Block {
        kernel,
        hidden,
        channels,
        squeeze,
        hard_swish,
        stride,
    }
}

const PLAIN: [bool; 2] = [false, false];
const SQUEEZE: [bool; 2] = [true, false];
const SWISH: [bool; 2] = [false, true];
const BOTH: [bool; 2] = [true, true];

/// Howard et al. 2019, table 1.
const BLOCKS: [Block; 15] = [
    row(3, 16, 16, PLAIN, 1),
    row(3, 64, 24, PLAIN, 2),
    row(3, 72, 24, PLAIN, 1),
    row(5, 72, 40, SQUEEZE, 2),
    row(5, 120, 40, SQUEEZE, 1),
    row(5, 120, 40, SQUEEZE, 1),
    row(3, 240, 80, SWISH, 2),
    row(3, 200, 80, SWISH, 1),
    row(3, 184, 80, SWISH, 1),
    row(3, 184, 80, SWISH, 1),
    row(3, 480, 112, BOTH, 1),
    row(3, 672, 112, BOTH, 1),
    row(5, 672, 160, BOTH, 2),
    row(5, 960, 160, BOTH, 1),
    row(5, 960, 160, BOTH, 1),
];

/// MobileNetV3-Large as torchvision defines it.
pub fn mobilenet_v3_large(style: Style) -> Vec<u8> {
    let (mut net, image) = Writer::new(style);
    let x = net.conv(&image, Conv::square(16, 3, 2));
    let mut x = net.hard_swish(&x);
    for block in &BLOCKS {
        x = inverted_residual(&mut net, &x, block);
    }
    let x = net.conv(&x, Conv::pointwise(960));
    let x = net.hard_swish(&x);
    let x = net.pool_flat(&x);
    let x = net.dense(&x, 1280);
    let x = net.hard_swish(&x);
    net.classify(&x)
}

fn inverted_residual(net: &mut Writer, input: &Feature, block: &Block) -> Feature {
    let activation = |net: &mut Writer, x: &Feature| match block.hard_swish {
        true => net.hard_swish(x),
        false => net.relu(x),
    };
    let mut x = input.clone();
    if block.hidden != input.channels {
        x = net.conv(&x, Conv::pointwise(block.hidden));
        x = activation(net, &x);
    }
    x = net.depthwise(&x, block.kernel, block.stride);
    x = activation(net, &x);
    if block.squeeze {
        x = net.squeeze_excite(&x, squeezed(block.hidden), Gate::Hard);
    }
    let project = Conv::pointwise(block.channels);
    if block.stride == 1 && input.channels == block.channels {
        let x = net.branch_end(&x, project);
        net.add(&x, input)
    } else {
        net.conv(&x, project)
    }
}

/// A quarter of the channels, rounded to a multiple of 8 and not down by over a tenth.
fn squeezed(hidden: usize) -> usize {
    let rounded = (hidden / 4 + 4) / 8 * 8;
    if 10 * rounded < 9 * hidden / 4 {
        rounded + 8
    } else {
        rounded
    }
}
