//! A net of plain residual blocks: shortcuts with a convolution, no depthwise one.

use super::layers::{Conv, Feature, Layers, Padding};

/// Classes of CIFAR-10, for which it was made.
const CLASSES: usize = 10;

/// The ResNet of MLPerf Tiny's image classification (Banbury et al. 2021): three blocks.
pub fn resnet8(resolution: usize) -> Vec<u8> {
    let (mut net, image) = Layers::new(resolution, Padding::Same);
    let x = net.conv(&image, Conv::square(16, 3, 1));
    let mut x = net.relu(&x);
    for (channels, stride) in [(16, 1), (32, 2), (64, 2)] {
        x = block(&mut net, &x, channels, stride);
    }
    net.classify(&x, CLASSES)
}

fn block(net: &mut Layers, input: &Feature, channels: usize, stride: usize) -> Feature {
    let x = net.conv(input, Conv::square(channels, 3, stride));
    let x = net.relu(&x);
    let last = Conv {
        gain: 0.5,
        ..Conv::square(channels, 3, 1)
    };
    let x = net.conv(&x, last);
    let shortcut = if stride == 1 {
        input.clone()
    } else {
        net.conv(input, Conv::square(channels, 1, stride))
    };
    let sum = net.add(&shortcut, &x);
    net.relu(&sum)
}
