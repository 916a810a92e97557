//! Pieces of nets that are quantized already, as other tools write them: QuantizeLinear and
//! DequantizeLinear on activations, DequantizeLinear on weights and biases.

use crate::onnx::{Attr, DataType, Net};

/// The steps of an activation.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    /// Real value of one step.
    pub scale: f32,
    /// The integer that stands for 0.
    pub zero_point: i32,
    /// `Int8` or `Uint8`.
    pub kind: DataType,
}

/// How weights are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// i8, a scale for each output channel.
    Channels,
    /// i8, one scale.
    Tensor,
    /// u8 with a zero point of 128, one scale.
    Unsigned,
}

impl Net {
    /// A tensor rounded to these steps.
    pub fn rounded(&mut self, input: &str, steps: Steps) -> String {
        let scale = self.constant(&[], &[steps.scale]);
        let zero_point = self.integers(&[], steps.kind, &[steps.zero_point]);
        let integers = self.node("QuantizeLinear", &[input, &scale, &zero_point], &[]);
        self.node("DequantizeLinear", &[&integers, &scale, &zero_point], &[])
    }

    /// Random weights in integers, whose real values are some `size` at most, and their scales;
    /// `channels` is the dimension of output channels.
    pub fn given_weights(
        &mut self,
        dims: &[i64],
        channels: usize,
        size: f32,
        form: Weights,
    ) -> (String, Vec<f32>) {
        let outputs = dims[channels] as usize;
        let one = size / 127.0;
        let scales: Vec<f32> = match form {
            Weights::Channels => (0..outputs)
                .map(|_| one * (0.6 + 0.4 * self.random()))
                .collect(),
            Weights::Tensor | Weights::Unsigned => vec![one],
        };
        let count = dims.iter().product::<i64>();
        let values: Vec<i32> = (0..count)
            .map(|_| (self.random() * 127.9).round() as i32)
            .collect();
        let (kind, zero) = match form {
            Weights::Unsigned => (DataType::Uint8, 128),
            _ => (DataType::Int8, 0),
        };
        let values: Vec<i32> = values.into_iter().map(|value| value + zero).collect();
        let integers = self.integers(dims, kind, &values);
        let own: &[i64] = if scales.len() > 1 {
            &[outputs as i64]
        } else {
            &[]
        };
        let scale = self.constant(own, &scales);
        let zero_point = self.integers(own, kind, &vec![zero; scales.len()]);
        let axis = ("axis", Attr::Int(channels as i64));
        let name = self.node(
            "DequantizeLinear",
            &[&integers, &scale, &zero_point],
            &[axis],
        );
        let spread = match scales.as_slice() {
            &[scale] => vec![scale; outputs],
            _ => scales,
        };
        (name, spread)
    }

    /// Random biases in i32 steps of `input` times the weights' scales, within some `size`.
    pub fn given_bias(&mut self, input: f32, scales: &[f32], size: f32) -> String {
        let own = [scales.len() as i64];
        let scales: Vec<f32> = scales.iter().map(|scale| scale * input).collect();
        let values: Vec<i32> = scales
            .iter()
            .map(|scale| (self.random() * size / scale).round() as i32)
            .collect();
        let integers = self.integers(&own, DataType::Int32, &values);
        let scale = self.constant(&own, &scales);
        let zero_point = self.integers(&own, DataType::Int32, &vec![0; scales.len()]);
        let axis = ("axis", Attr::Int(0));
        self.node(
            "DequantizeLinear",
            &[&integers, &scale, &zero_point],
            &[axis],
        )
    }

    /// A convolution with given weights and bias of an input in steps of `input`.
    pub fn given_conv(
        &mut self,
        (x, input): (&str, f32),
        dims: [i64; 4],
        form: Weights,
        attributes: &[(&str, Attr)],
    ) -> String {
        let taps = (dims[1] * dims[2] * dims[3]) as f32;
        let (weights, scales) = self.given_weights(&dims, 0, 1.7 / taps.sqrt(), form);
        let bias = self.given_bias(input, &scales, 0.3);
        self.node("Conv", &[x, &weights, &bias], attributes)
    }
}
