//! What a convolution reads at some places of its output: patches, one row each.

use crate::graph::{Conv, Shape};

/// Places of the output that are looked at, pixels of the image counted row by row: `count` of
/// them, or all there are. One lies somewhere in each of `count` equal stretches, so that they
/// spread over the image and are others for every seed.
pub fn places(shape: &Shape, count: usize, seed: u64) -> Vec<usize> {
    let pixels = shape.height * shape.width;
    if pixels <= count {
        return (0..pixels).collect();
    }
    let place = |at: usize| {
        let (first, end) = (at * pixels / count, (at + 1) * pixels / count);
        first + (mixed(seed ^ (at as u64) << 32) % (end - first) as u64) as usize
    };
    (0..count).map(place).collect()
}

/// A number that looks random: the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
fn mixed(seed: u64) -> u64 {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// The patches under the window at some places: kernel rows, kernel columns, then all channels.
///
/// `values` are those of the input, rows, columns, channels; `outside` stands where the window
/// reaches over the edge.
pub fn patches(
    conv: &Conv,
    (input, output): (&Shape, &Shape),
    places: &[usize],
    values: &[f32],
    outside: &[f32],
) -> Vec<f32> {
    let window = &conv.window;
    let [rows, columns] = window.kernel;
    let channels = input.channels;
    let mut patches = Vec::with_capacity(places.len() * rows * columns * channels);
    for place in places {
        let (y, x) = (place / output.width, place % output.width);
        for row in 0..rows {
            let y = y * window.stride[0] + row * window.dilation[0];
            let y = y.checked_sub(window.padding.top);
            let y = y.filter(|&y| y < input.height);
            for column in 0..columns {
                let x = x * window.stride[1] + column * window.dilation[1];
                let x = x.checked_sub(window.padding.left);
                let pixel = y.zip(x.filter(|&x| x < input.width));
                let pixel = pixel.and_then(|(y, x)| {
                    let first = (y * input.width + x) * channels;
                    values.get(first..first + channels)
                });
                patches.extend_from_slice(pixel.unwrap_or(outside));
            }
        }
    }
    patches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Padding, Window};

    #[test]
    fn places_spread_and_differ() {
        let shape = Shape {
            height: 10,
            width: 10,
            channels: 1,
        };
        let (one, other) = (places(&shape, 20, 1), places(&shape, 20, 2));
        assert_ne!(one, other);
        for (stretch, place) in one.iter().enumerate() {
            assert_eq!(place / 5, stretch);
        }
        assert_eq!(places(&shape, 200, 1).len(), 100);
    }

    #[test]
    fn a_patch_at_the_corner() {
        let conv = Conv {
            weights: vec![0.0; 4],
            bias: vec![0.0],
            window: Window {
                kernel: [2, 2],
                stride: [1, 1],
                dilation: [1, 1],
                padding: Padding {
                    top: 1,
                    left: 1,
                    bottom: 0,
                    right: 0,
                },
            },
            groups: 1,
            pad_pixel: None,
            steps: None,
        };
        let shape = Shape {
            height: 2,
            width: 2,
            channels: 1,
        };
        let found = patches(
            &conv,
            (&shape, &shape),
            &[0, 3],
            &[1.0, 2.0, 3.0, 4.0],
            &[9.0],
        );
        assert_eq!(found, [9.0, 9.0, 9.0, 1.0, 1.0, 2.0, 3.0, 4.0]);
    }
}
