//! A small net with three answers.

use crate::onnx::Net;

/// The file: classes, a map of two channels under an alias (or the other way round), and the tensor
/// that both are made of.
pub fn three_heads(map_first: bool) -> Vec<u8> {
    let mut net = Net::new([1, 3, 8, 8]);
    let x = net.conv("image", [6, 3, 3, 3], &[]);
    let x = net.node("Relu", &[&x], &[]);
    let map = net.conv(&x, [2, 6, 1, 1], &[]);
    let alias = net.node("Identity", &[&map], &[]);
    let pooled = net.node("GlobalAveragePool", &[&x], &[]);
    let flat = net.node("Flatten", &[&pooled], &[]);
    let weights = net.weights(&[6, 5], 0.7, 0.0);
    let logits = net.node("MatMul", &[&flat, &weights], &[]);
    match map_first {
        true => net.finish_with(&[&alias, &logits, &x]),
        false => net.finish_with(&[&logits, &alias, &x]),
    }
}
