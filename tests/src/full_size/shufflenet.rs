//! ShuffleNetV2 1.0: half of the channels pass by, and are shuffled with the others.

use super::writer::{Conv, Feature, Style, Writer};

/// Channels and number of blocks, the first of which halves the image: Ma et al. 2018, table 5.
const STAGES: [(usize, usize); 3] = [(116, 4), (232, 8), (464, 4)];

/// ShuffleNetV2 with a width of 1.0.
pub fn shufflenet_v2(style: Style) -> Vec<u8> {
    let (mut net, image) = Writer::new(style);
    let x = net.conv(&image, Conv::square(24, 3, 2));
    let x = net.relu(&x);
    let mut x = net.max_pool(&x, 3, 2, 1);
    for (channels, blocks) in STAGES {
        x = halving(&mut net, &x, channels / 2);
        for _ in 1..blocks {
            x = block(&mut net, &x);
        }
    }
    let x = net.conv(&x, Conv::pointwise(1024));
    let x = net.relu(&x);
    let x = net.mean(&x);
    net.classify(&x)
}

/// Two branches of the whole input, each with stride 2.
fn halving(net: &mut Writer, input: &Feature, channels: usize) -> Feature {
    let left = net.depthwise(input, 3, 2);
    let left = net.conv(&left, Conv::pointwise(channels));
    let left = net.relu(&left);
    let right = branch(net, input, channels, 2);
    let joined = net.concat(&[&left, &right]);
    net.shuffle(&joined)
}

/// The first half of the channels as it is, and a branch of the second.
fn block(net: &mut Writer, input: &Feature) -> Feature {
    let [left, right] = net.halves(input);
    let right = branch(net, &right, right.channels, 1);
    let joined = net.concat(&[&left, &right]);
    net.shuffle(&joined)
}

fn branch(net: &mut Writer, input: &Feature, channels: usize, stride: usize) -> Feature {
    let x = net.conv(input, Conv::pointwise(channels));
    let x = net.relu(&x);
    let x = net.depthwise(&x, 3, stride);
    let x = net.conv(&x, Conv::pointwise(channels));
    net.relu(&x)
}
