//! ResNet-50: bottleneck blocks with shortcuts.

use super::writer::{Conv, Feature, Style, Writer};

/// Inner channels, stride of the first block, number of blocks: He et al. 2016, table 1.
const STAGES: [(usize, usize, usize); 4] = [(64, 1, 3), (128, 2, 4), (256, 2, 6), (512, 2, 3)];

/// How many times as many channels come out of a block as there are inside.
const EXPANSION: usize = 4;

/// ResNet-50 as torchvision defines it: the stride is in the 3x3 convolution.
pub fn resnet50(style: Style) -> Vec<u8> {
    let (mut net, image) = Writer::new(style);
    let x = net.conv(&image, Conv::square(64, 7, 2));
    let x = net.relu(&x);
    let mut x = net.max_pool(&x, 3, 2, 1);
    for (channels, stride, blocks) in STAGES {
        x = bottleneck(&mut net, &x, channels, stride);
        for _ in 1..blocks {
            x = bottleneck(&mut net, &x, channels, 1);
        }
    }
    let x = net.pool_flat(&x);
    net.classify(&x)
}

fn bottleneck(net: &mut Writer, input: &Feature, channels: usize, stride: usize) -> Feature {
    let outputs = EXPANSION * channels;
    let x = net.conv(input, Conv::pointwise(channels));
    let x = net.relu(&x);
    let x = net.conv(&x, Conv::square(channels, 3, stride));
    let x = net.relu(&x);
    let x = net.branch_end(&x, Conv::pointwise(outputs));
    let shortcut = if stride == 1 && input.channels == outputs {
        input.clone()
    } else {
        net.conv(input, Conv::square(outputs, 1, stride))
    };
    let sum = net.add(&x, &shortcut);
    net.relu(&sum)
}
