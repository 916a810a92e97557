//! Convolutions: weights symmetric for each output channel, zero point of the input in the bias.

use super::multiplier::multipliers;
use super::{IntConv, given};
use crate::graph::Conv;
use crate::scale::Scale;

/// Quantizes a convolution from one activation scale to another.
///
/// `means` are those of the input's channels on the calibration images (none: no correction).
/// Rounding a weight by `d` shifts the output by `d * mean` on average; the bias takes that shift
/// back (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction",
/// 2019, with measured means).
pub fn lower(
    conv: &Conv,
    depthwise: bool,
    (input, output): (Scale, Scale),
    means: &[f64],
) -> Result<IntConv, String> {
    let outputs = conv.bias.len();
    let k = conv.weights.len() / outputs;
    let step = f64::from(input.scale);
    let mut weights = Vec::with_capacity(conv.weights.len());
    let mut bias = Vec::with_capacity(outputs);
    let mut factors = Vec::with_capacity(outputs);
    let mut reach = 0i64;
    let per_group = outputs / conv.groups;
    let taps = conv.window.kernel[0] * conv.window.kernel[1];
    let inputs = k / taps;
    for (channel, (row, &own_bias)) in conv.weights.chunks_exact(k).zip(&conv.bias).enumerate() {
        let own_step = conv.steps.as_ref().and_then(|steps| steps.get(channel));
        let (scale, bias_step, least) = match own_step {
            Some(&given) => {
                let steps = (step, f64::from(output.scale));
                let channel = given::channel(given, row, own_bias, steps);
                (channel.step, channel.bias_step, -128.0)
            }
            None => {
                let scale = weight_scale(row, own_bias, step);
                (scale, step * scale, -127.0)
            }
        };
        let quantized: Vec<i8> = row
            .iter()
            .map(|&weight| round(weight, scale, least))
            .collect();
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
        let real_bias = f64::from(own_bias) - shift;
        let sum: i64 = quantized.iter().map(|&weight| i64::from(weight)).sum();
        let magnitude: i64 = quantized
            .iter()
            .map(|&weight| i64::from(weight).abs())
            .sum();
        let offset = (real_bias / bias_step).round() as i64;
        let folded = offset - i64::from(input.zero_point) * sum;
        reach = reach.max(folded.abs() + 128 * magnitude);
        bias.push(
            i32::try_from(folded).map_err(|_| format!("a bias of {real_bias} does not fit"))?,
        );
        factors.push(step * scale / f64::from(output.scale));
        weights.extend(quantized);
    }
    let (multipliers, shift) = multipliers(&factors, reach)?;
    let pixel = |pixel: &Vec<f32>| pixel.iter().map(|&value| input.quantize(value)).collect();
    Ok(IntConv {
        weights: if depthwise {
            taps_first(&weights, k)
        } else {
            weights
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
fn weight_scale(weights: &[f32], bias: f32, step: f64) -> f64 {
    let greatest = weights
        .iter()
        .fold(0.0f32, |most, weight| most.max(weight.abs()));
    let for_bias = f64::from(bias.abs()) / (step * f64::from(1 << 29));
    (f64::from(greatest) / 127.0).max(for_bias).max(1e-30)
}

fn round(weight: f32, scale: f64, least: f64) -> i8 {
    (f64::from(weight) / scale).round().clamp(least, 127.0) as i8
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
    use crate::graph::{Padding, Window};

    #[test]
    fn a_worked_channel() {
        let conv = Conv {
            weights: vec![0.5, -1.27],
            bias: vec![0.1],
            window: Window {
                kernel: [1, 1],
                stride: [1, 1],
                dilation: [1, 1],
                padding: Padding::default(),
            },
            groups: 1,
            pad_pixel: None,
            steps: None,
        };
        let input = Scale {
            scale: 0.1,
            zero_point: -5,
        };
        let output = Scale {
            scale: 0.05,
            zero_point: 3,
        };
        let int = lower(&conv, false, (input, output), &[]).unwrap();
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
