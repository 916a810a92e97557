//! EfficientNet-B0: inverted residuals with swish, all with squeeze-excite.

use super::activations::Gate;
use super::writer::{Conv, Feature, Style, Writer};

/// Inverted residuals in a row that differ in their first stride alone.
struct Stage {
    expand: usize,
    kernel: usize,
    stride: usize,
    channels: usize,
    repeat: usize,
}

const fn stage([expand, kernel, stride, channels, repeat]: [usize; 5]) -> Stage {
    Stage {
        expand,
        kernel,
        stride,
        channels,
        repeat,
    }
}

/// Tan and Le 2019, table 1.
const STAGES: [Stage; 7] = [
    stage([1, 3, 1, 16, 1]),
    stage([6, 3, 2, 24, 2]),
    stage([6, 5, 2, 40, 2]),
    stage([6, 3, 2, 80, 3]),
    stage([6, 5, 1, 112, 3]),
    stage([6, 5, 2, 192, 4]),
    stage([6, 3, 1, 320, 1]),
];

/// EfficientNet-B0.
pub fn efficientnet_b0(style: Style) -> Vec<u8> {
    let (mut net, image) = Writer::new(style);
    let x = net.conv(&image, Conv::square(32, 3, 2));
    let mut x = net.swish(&x);
    for stage in &STAGES {
        x = inverted_residual(&mut net, &x, stage, stage.stride);
        for _ in 1..stage.repeat {
            x = inverted_residual(&mut net, &x, stage, 1);
        }
    }
    let x = net.conv(&x, Conv::pointwise(1280));
    let x = net.swish(&x);
    let x = net.pool_flat(&x);
    net.classify(&x)
}

fn inverted_residual(net: &mut Writer, input: &Feature, stage: &Stage, stride: usize) -> Feature {
    let mut x = input.clone();
    if stage.expand > 1 {
        x = net.conv(&x, Conv::pointwise(stage.expand * input.channels));
        x = net.swish(&x);
    }
    x = net.depthwise(&x, stage.kernel, stride);
    x = net.swish(&x);
    x = net.squeeze_excite(&x, input.channels / 4, Gate::Smooth);
    let project = Conv::pointwise(stage.channels);
    if stride == 1 && input.channels == stage.channels {
        let x = net.branch_end(&x, project);
        net.add(&x, input)
    } else {
        net.conv(&x, project)
    }
}
