//! Convolutions: weights symmetric for each output channel, zero point of the input in the bias.

use super::multiplier::multipliers;
use super::{IntConv, given};
use crate::graph::Conv;
use crate::scale::Scale;

/// The weights of a convolution after rounding, output channel after output channel, in the order of
/// [`Conv::weights`]; and the bias that goes with them.
#[derive(Clone, Debug, PartialEq)]
pub struct Rounded {
    /// In steps of the channel's scale.
    pub weights: Vec<i8>,
    /// For each output channel the real value of one step of its weights.
    pub scales: Vec<f64>,
    /// For each output channel, a real number.
    pub bias: Vec<f64>,
    /// For each output channel the real value of one step of its bias: that of an input's step times
    /// a weight's, or what the rounded multiplier makes of it.
    pub bias_steps: Vec<f64>,
}

/// Rounds each weight to the nearest step, of those that the file gives if it does.
///
/// `means` are those of the input's channels on the calibration images (none: no correction).
/// Rounding a weight by `d` shifts the output by `d * mean` on average; the bias takes that shift
/// back (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction",
/// 2019, with measured means).
pub fn nearest(conv: &Conv, (input, output): (Scale, Scale), means: &[f64]) -> Rounded {
    let outputs = conv.bias.len();
    let k = conv.weights.len() / outputs;
    let per_group = outputs / conv.groups;
    let inputs = k / (conv.window.kernel[0] * conv.window.kernel[1]);
    let step = f64::from(input.scale);
    let mut rounded = Rounded {
        weights: Vec::with_capacity(conv.weights.len()),
        scales: Vec::with_capacity(outputs),
        bias: Vec::with_capacity(outputs),
        bias_steps: Vec::with_capacity(outputs),
    };
    for (channel, (row, &bias)) in conv.weights.chunks_exact(k).zip(&conv.bias).enumerate() {
        let own_step = conv.steps.as_ref().and_then(|steps| steps.get(channel));
        let (scale, bias_step) = match own_step {
            Some(&given) => {
                let channel = given::channel(given, row, bias, (step, f64::from(output.scale)));
                (channel.step, channel.bias_step)
            }
            None => {
                let scale = weight_scale(row, bias, input);
                (scale, step * scale)
            }
        };
        let quantized: Vec<i8> = row.iter().map(|&weight| round(weight, scale)).collect();
        let first = channel / per_group * inputs;
        let shift = row
            .iter()
            .zip(&quantized)
            .enumerate()
            .map(|(at, (&weight, &rounded))| {
                let mean = means.get(first + at % inputs).copied().unwrap_or(0.0);
                (f64::from(rounded) * scale - f64::from(weight)) * mean
            });
        // Given weights are what the net was trained with: there is nothing to correct.
        let shift = own_step.map_or_else(|| shift.sum::<f64>(), |_| 0.0);
        rounded.bias.push(f64::from(bias) - shift);
        rounded.bias_steps.push(bias_step);
        rounded.scales.push(scale);
        rounded.weights.extend(quantized);
    }
    rounded
}

/// A convolution with rounded weights from one activation scale to another, in integers.
pub fn lower(
    conv: &Conv,
    depthwise: bool,
    (input, output): (Scale, Scale),
    rounded: &Rounded,
) -> Result<IntConv, String> {
    let outputs = conv.bias.len();
    let k = conv.weights.len() / outputs;
    let step = f64::from(input.scale);
    let mut bias = Vec::with_capacity(outputs);
    let mut factors = Vec::with_capacity(outputs);
    let mut reach = 0i64;
    let rows = rounded.weights.chunks_exact(k).zip(&rounded.scales);
    let biases = rounded.bias.iter().zip(&rounded.bias_steps);
    for ((row, scale), (real_bias, bias_step)) in rows.zip(biases) {
        let sum: i64 = row.iter().map(|&weight| i64::from(weight)).sum();
        let magnitude: i64 = row.iter().map(|&weight| i64::from(weight).abs()).sum();
        let offset = (real_bias / bias_step).round() as i64;
        let folded = offset - i64::from(input.zero_point) * sum;
        reach = reach.max(folded.abs() + input.reach() * magnitude);
        bias.push(
            i32::try_from(folded).map_err(|_| format!("a bias of {real_bias} does not fit"))?,
        );
        factors.push(step * scale / f64::from(output.scale));
    }
    let (multipliers, shift) = multipliers(&factors, reach)?;
    let pixel = |pixel: &Vec<f32>| {
        pixel
            .iter()
            .map(|&value| input.quantize(value) as i8)
            .collect()
    };
    Ok(IntConv {
        weights: if depthwise {
            taps_first(&rounded.weights, k)
        } else {
            rounded.weights.clone()
        },
        bias,
        multipliers,
        shift,
        window: conv.window,
        groups: conv.groups,
        pad_pixel: conv
            .pad_pixel
            .as_ref()
            .filter(|_| !conv.window.padding.is_none())
            .map(pixel),
    })
}

/// Real value of one step of a channel's weights: its greatest weight is 127 steps, and its bias
/// stays well within 32 bits even if all weights are nearly zero.
pub fn weight_scale(weights: &[f32], bias: f32, input: Scale) -> f64 {
    let greatest = weights
        .iter()
        .fold(0.0f32, |most, weight| most.max(weight.abs()));
    let for_bias = f64::from(bias.abs()) / (f64::from(input.scale) * f64::from(1 << 29));
    (f64::from(greatest) / 127.0).max(for_bias).max(1e-30)
}

/// A given -128 too becomes -127: kernels rely on sums of two products that stay within 16 bits.
fn round(weight: f32, scale: f64) -> i8 {
    (f64::from(weight) / scale).round().clamp(-127.0, 127.0) as i8
}

/// From channel after channel to tap after tap: the order of a depthwise kernel.
fn taps_first(weights: &[i8], taps: usize) -> Vec<i8> {
    let channels = weights.len() / taps;
    let at = |index: usize| weights[index % channels * taps + index / channels];
    (0..weights.len()).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Window;
    use crate::scale::Element;

    #[test]
    fn a_worked_channel() {
        let conv = Conv {
            weights: vec![0.5, -1.27],
            bias: vec![0.1],
            window: Window::plain([1, 1]),
            groups: 1,
            pad_pixel: None,
            steps: None,
        };
        let input = Scale {
            scale: 0.1,
            zero_point: -5,
            element: Element::Int8,
        };
        let output = Scale {
            scale: 0.05,
            zero_point: 3,
            element: Element::Int8,
        };
        let rounded = nearest(&conv, (input, output), &[]);
        let int = lower(&conv, false, (input, output), &rounded).unwrap();
        assert_eq!(int.weights, [50, -127]);
        // 0.1 / (0.1 * 0.01) = 100, and 5 * (50 - 127) on top.
        assert_eq!(int.bias, [100 - 385]);
        // 0.1 * 0.01 / 0.05 = 0.02, but for the last bits of the f32 scales.
        assert!((int.multipliers[0] - 85_899_346).abs() <= 2);
    }

    #[test]
    fn depthwise_weights_go_tap_by_tap() {
        assert_eq!(taps_first(&[1, 2, 3, 4, 5, 6], 3), [1, 4, 2, 5, 3, 6]);
    }
}
