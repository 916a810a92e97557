//! SqueezeNet 1.1: fire modules, whose two branches are concatenated; no dense layer.

use super::CLASSES;
use super::writer::{Conv, Feature, Style, Writer};

/// Squeezed channels and channels of each branch; `None` is a max pool. Iandola et al. 2016, with
/// the pools of the authors' version 1.1.
const LAYERS: [Option<(usize, usize)>; 10] = [
    Some((16, 64)),
    Some((16, 64)),
    None,
    Some((32, 128)),
    Some((32, 128)),
    None,
    Some((48, 192)),
    Some((48, 192)),
    Some((64, 256)),
    Some((64, 256)),
];

/// SqueezeNet 1.1.
pub fn squeezenet(style: Style) -> Vec<u8> {
    let (mut net, image) = Writer::new(style);
    let stem = Conv {
        padded: false,
        ..Conv::square(64, 3, 2)
    };
    let x = net.biased(&image, stem);
    let x = net.relu(&x);
    let mut x = net.max_pool(&x, 3, 2, 0);
    for layer in LAYERS {
        x = match layer {
            Some((squeezed, branch)) => fire(&mut net, &x, squeezed, branch),
            None => net.max_pool(&x, 3, 2, 0),
        };
    }
    let x = net.biased(&x, Conv::pointwise(CLASSES));
    let x = net.relu(&x);
    let x = net.pool_flat(&x);
    net.net.finish(&x.name)
}

fn fire(net: &mut Writer, input: &Feature, squeezed: usize, branch: usize) -> Feature {
    let x = net.biased(input, Conv::pointwise(squeezed));
    let x = net.relu(&x);
    let branches = [1, 3].map(|kernel| {
        let y = net.biased(&x, Conv::square(branch, kernel, 1));
        net.relu(&y)
    });
    net.concat(&[&branches[0], &branches[1]])
}
