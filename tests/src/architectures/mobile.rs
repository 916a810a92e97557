//! The nets that tidbit is made for: depthwise convolutions, inverted residuals.

use super::layers::{Conv, Feature, Layers, Padding};

/// Inverted residuals in a row that differ in their first stride alone.
#[derive(Clone, Copy, Debug)]
struct Stage {
    /// How many times as many channels there are inside as come in.
    expand: usize,
    kernel: usize,
    /// Of the first; the others have 1.
    stride: usize,
    channels: usize,
    repeat: usize,
}

const fn stage(
    expand: usize,
    kernel: usize,
    stride: usize,
    channels: usize,
    repeat: usize,
) -> Stage {
    Stage {
        expand,
        kernel,
        stride,
        channels,
        repeat,
    }
}

/// Sandler et al. 2018, table 2.
const MOBILENET_V2: [Stage; 7] = [
    stage(1, 3, 1, 16, 1),
    stage(6, 3, 2, 24, 2),
    stage(6, 3, 2, 32, 3),
    stage(6, 3, 2, 64, 4),
    stage(6, 3, 1, 96, 3),
    stage(6, 3, 2, 160, 3),
    stage(6, 3, 1, 320, 1),
];

/// Tan and Le 2019, table 1, without squeeze and excitation.
const EFFICIENTNET_LITE0: [Stage; 7] = [
    stage(1, 3, 1, 16, 1),
    stage(6, 3, 2, 24, 2),
    stage(6, 5, 2, 40, 2),
    stage(6, 3, 2, 80, 3),
    stage(6, 5, 1, 112, 3),
    stage(6, 5, 2, 192, 4),
    stage(6, 3, 1, 320, 1),
];

/// Howard et al. 2017, table 1: stride and channels of the separable convolutions.
const MOBILENET_V1: [(usize, usize); 13] = [
    (1, 64),
    (2, 128),
    (1, 128),
    (2, 256),
    (1, 256),
    (2, 512),
    (1, 512),
    (1, 512),
    (1, 512),
    (1, 512),
    (1, 512),
    (2, 1024),
    (1, 1024),
];

/// `channels * width` as torchvision rounds it: to a multiple of 8, and not down by over a tenth.
fn scaled(channels: usize, width: f32) -> usize {
    let exact = channels as f32 * width;
    let rounded = ((exact + 4.0) as usize / 8 * 8).max(8);
    if (rounded as f32) < 0.9 * exact {
        rounded + 8
    } else {
        rounded
    }
}

/// MobileNetV2 as torchvision defines it.
pub fn mobilenet_v2(width: f32, resolution: usize, classes: usize) -> Vec<u8> {
    let stages = MOBILENET_V2.map(|stage| Stage {
        channels: scaled(stage.channels, width),
        ..stage
    });
    let head = scaled(1280, width.max(1.0));
    inverted_residuals(scaled(32, width), &stages, head, resolution, classes)
}

/// EfficientNet-Lite0.
pub fn efficientnet_lite0(resolution: usize, classes: usize) -> Vec<u8> {
    inverted_residuals(32, &EFFICIENTNET_LITE0, 1280, resolution, classes)
}

fn inverted_residuals(
    stem: usize,
    stages: &[Stage],
    head: usize,
    resolution: usize,
    classes: usize,
) -> Vec<u8> {
    let (mut net, image) = Layers::new(resolution, Padding::Torch);
    let x = net.conv(&image, Conv::square(stem, 3, 2));
    let mut x = net.relu6(&x);
    for stage in stages {
        x = inverted_residual(&mut net, &x, *stage);
        for _ in 1..stage.repeat {
            x = inverted_residual(
                &mut net,
                &x,
                Stage {
                    stride: 1,
                    ..*stage
                },
            );
        }
    }
    let x = net.conv(&x, Conv::pointwise(head));
    let x = net.relu6(&x);
    net.classify(&x, classes)
}

/// Expand, filter each channel, project; and add where the shape is the same.
fn inverted_residual(net: &mut Layers, input: &Feature, stage: Stage) -> Feature {
    let mut x = input.clone();
    if stage.expand > 1 {
        x = net.conv(&x, Conv::pointwise(stage.expand * input.channels));
        x = net.relu6(&x);
    }
    let x = net.depthwise(&x, stage.kernel, stage.stride);
    let x = net.relu6(&x);
    let residual = stage.stride == 1 && input.channels == stage.channels;
    let project = Conv {
        gain: if residual { 0.5 } else { 1.0 },
        ..Conv::pointwise(stage.channels)
    };
    let x = net.conv(&x, project);
    if residual { net.add(input, &x) } else { x }
}

/// MobileNetV1 as TensorFlow defines it: its padding is not symmetric.
pub fn mobilenet_v1(width: f32, resolution: usize, classes: usize) -> Vec<u8> {
    let (mut net, image) = Layers::new(resolution, Padding::Same);
    let x = net.conv(&image, Conv::square(scaled(32, width), 3, 2));
    let mut x = net.relu6(&x);
    for (stride, channels) in MOBILENET_V1 {
        let filtered = net.depthwise(&x, 3, stride);
        let filtered = net.relu6(&filtered);
        let mixed = net.conv(&filtered, Conv::pointwise(scaled(channels, width)));
        x = net.relu6(&mixed);
    }
    net.classify(&x, classes)
}

#[cfg(test)]
mod tests {
    use super::scaled;

    #[test]
    fn widths_are_torchvisions() {
        let found = [0.35, 0.5, 0.75, 1.0].map(|width| [16, 24, 32, 96].map(|c| scaled(c, width)));
        let expected = [
            [8, 8, 16, 32],
            [8, 16, 16, 48],
            [16, 24, 24, 72],
            [16, 24, 32, 96],
        ];
        assert_eq!(found, expected);
    }
}
