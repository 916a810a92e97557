//! Dense layers: a Gemm, or a MatMul and a sum.

use super::CLASSES;
use super::writer::{Feature, Style, Writer};
use crate::onnx::Attr;

impl Writer {
    /// A dense layer over a vector.
    pub fn dense(&mut self, input: &Feature, outputs: usize) -> Feature {
        let inputs = input.channels * input.side * input.side;
        let (rows, columns) = (outputs as i64, inputs as i64);
        let bias = self.net.weights(&[rows], 0.1, 0.0);
        let name = match self.style {
            Style::Torch => {
                let weights = self.weights(&[rows, columns], inputs, 1.0 / input.power);
                let transposed = ("transB", Attr::Int(1));
                let operands = [input.name.as_str(), &weights, &bias];
                self.net.node("Gemm", &operands, &[transposed])
            }
            Style::Tf => {
                let weights = self.weights(&[columns, rows], inputs, 1.0 / input.power);
                let product = self.net.node("MatMul", &[&input.name, &weights], &[]);
                self.net.node("Add", &[&product, &bias], &[])
            }
        };
        Feature {
            name,
            channels: outputs,
            side: 1,
            power: 1.0,
            positive: false,
        }
    }

    /// The last dense layer. Returns the file.
    pub fn classify(mut self, input: &Feature) -> Vec<u8> {
        let logits = self.dense(input, CLASSES);
        self.net.finish(&logits.name)
    }
}
