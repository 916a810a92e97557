//! VGG16: nothing but 3x3 convolutions, max pools and huge dense layers.

use super::writer::{Conv, Style, Writer};
use crate::onnx::Attr;

/// Channels and number of the convolutions before each max pool: Simonyan and Zisserman 2015,
/// table 1, column D.
const STAGES: [(usize, usize); 5] = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)];

/// Outputs of the first two dense layers.
const HIDDEN: usize = 4096;

/// VGG16, 138 million weights.
pub fn vgg16(style: Style) -> Vec<u8> {
    let (mut net, mut x) = Writer::new(style);
    for (channels, convolutions) in STAGES {
        for _ in 0..convolutions {
            x = net.biased(&x, Conv::square(channels, 3, 1));
            x = net.relu(&x);
        }
        x = net.max_pool(&x, 2, 2, 0);
    }
    if style == Style::Torch {
        // torchvision's adaptive pool to 7x7 has nothing to do, but it is in the file.
        let ones = |name| (name, Attr::Ints(vec![1, 1]));
        let attributes = [ones("kernel_shape"), ones("strides")];
        x.name = net.net.node("AveragePool", &[&x.name], &attributes);
    }
    x = net.flatten(&x);
    for _ in 0..2 {
        x = net.dense(&x, HIDDEN);
        x = net.relu(&x);
    }
    net.classify(&x)
}
