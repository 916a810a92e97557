//! Given int8 weights under a multiplier of 32 bits.
//!
//! A quantizer that wants the bias in 32 bits may give a channel whose weights are nearly zero a
//! step so small that its multiplier is a handful of units, or none at all. Two things keep such a
//! channel true: its bias is counted in what an accumulator's unit really becomes under the rounded
//! multiplier, and its weights take coarser steps where that errs less than the multiplier does.

/// Doublings of the step that are tried.
const DOUBLINGS: i32 = 20;
/// Greatest magnitude of an accumulator.
const REACH: f64 = 2_147_483_647.0;

/// How a channel of given weights is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Channel {
    /// Real value of one step of its weights.
    pub step: f64,
    /// Real value of one step of its bias.
    pub bias_step: f64,
}

/// The steps for weights that are given in steps of `given`: these, unless coarser ones err less.
/// `input` and `output` are the real values of a step of the activations.
pub fn channel(given: f32, weights: &[f32], bias: f32, (input, output): (f64, f64)) -> Channel {
    let candidate = |doublings: i32| {
        let step = f64::from(given) * f64::from(doublings).exp2();
        let count = |&weight: &f32| f64::from(weight) / step;
        // What a step of the accumulator is in steps of the output, and what it becomes.
        let one = step * input / output;
        let becomes = (one * 32f64.exp2()).round() * (-32f64).exp2();
        let kept = |weight: &f32| count(weight).round().clamp(-127.0, 127.0);
        let dropped = |weight: &f32| (count(weight) - kept(weight)).abs();
        let dropped: f64 = weights.iter().map(dropped).sum();
        let magnitude: f64 = weights.iter().map(|weight| count(weight).abs()).sum();
        let error = 128.0 * (dropped * one + magnitude * (one - becomes).abs());
        let bias_step = becomes * output;
        // A zero point adds as much again as the inputs do.
        let fits = f64::from(bias.abs()) / bias_step + 256.0 * magnitude < REACH;
        (
            Channel { step, bias_step },
            if fits { error } else { f64::INFINITY },
        )
    };
    let better = |best: (Channel, f64), next: (Channel, f64)| match next.1 < best.1 {
        true => next,
        false => best,
    };
    (1..=DOUBLINGS).map(candidate).fold(candidate(0), better).0
}

#[cfg(test)]
mod tests {
    use super::channel;

    #[test]
    fn usual_weights_keep_their_step() {
        let weights = [0.01 * 3.0, -0.01 * 128.0, 0.01 * 7.0];
        let found = channel(0.01, &weights, 0.7, (0.02, 0.03));
        assert_eq!(found.step, f64::from(0.01f32));
        assert!((found.bias_step / (found.step * 0.02) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_multiplier_below_one_takes_coarser_steps() {
        // A bias of one step of the output is 2^33 steps of the accumulator.
        let (input, output) = (0.02, 0.03);
        let given = (output / input / 33f64.exp2()) as f32;
        let weights = [3.0 * given, -127.0 * given];
        let found = channel(given, &weights, output as f32, (input, output));
        let multiplier = found.bias_step / output * 32f64.exp2();
        assert_eq!(multiplier, multiplier.round());
        assert!(multiplier >= 1.0, "{multiplier}");
        let bias = (output / found.bias_step).round();
        assert!(bias < 2f64.powi(31), "{bias}");
    }

    #[test]
    fn a_bias_counts_in_what_the_multiplier_makes_of_a_unit() {
        // A factor of 1.4 / 2^32 becomes 1 / 2^32: the bias makes up for it.
        let (input, output) = (1.0, 1.0);
        let given = (1.4 / 32f64.exp2()) as f32;
        let found = channel(given, &[0.0], 0.25, (input, output));
        assert_eq!((found.bias_step * 32f64.exp2()).fract(), 0.0);
        let bias = (0.25 / found.bias_step).round();
        assert!((bias * found.bias_step - 0.25).abs() < 1e-6, "{bias}");
    }
}
