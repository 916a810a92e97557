//! What a user should know about a quantization, one sentence each: not errors, but reasons to look
//! again.

use crate::calibrate::Calibration;
use crate::fold;
use crate::graph::{Graph, Node, Op, TensorId};
use crate::ptq::options::Ptq;

/// Why no tensor is int16 although that would help.
pub const MEMORY: &str = "int16 for some tensors would make the answers better, but would take more memory than the budget, or a quarter more";

/// So many of something.
fn counted(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    }
}

/// What a user should know about a net's calibration.
pub fn of_calibration(
    graph: &Graph,
    calibration: &Calibration,
    calibrated: &[TensorId],
    images: usize,
) -> Vec<String> {
    let mut notices = Vec::new();
    if images < 32 && !calibrated.is_empty() {
        notices.push(format!(
            "only {}: some 100 give reliable ranges",
            counted(images, "calibration image")
        ));
    }
    for node in &graph.nodes {
        if graph.given.contains_key(&node.output) || calibrated.is_empty() {
            continue;
        }
        let (lo, hi) = calibration.histograms[node.output].extremes();
        if lo == hi && !matches!(node.op, Op::Softmax) {
            notices.push(format!(
                "the output of '{}' is {lo} on every calibration image",
                node.name
            ));
        }
    }
    notices
}

/// What a user should know about a file that is quantized already.
pub fn of_given_scales(graph: &Graph, calibrated: &[TensorId], ptq: Ptq) -> Vec<String> {
    if !graph.has_given_scales() {
        return vec![];
    }
    let given = graph.given.len();
    let keep = match given {
        0 => "its weights are kept".into(),
        1 => "1 tensor keeps the scale that it gives".into(),
        given => format!("{given} tensors keep the scales that it gives"),
    };
    let mut notices = vec![match calibrated {
        [] => format!("the file is quantized already: {keep}; no images are needed"),
        some => format!(
            "the file is quantized already: {keep}, {} calibrated ('{}' first)",
            match some.len() {
                1 => "1 is".into(),
                count => format!("{count} are"),
            },
            graph.tensors[some[0]].name
        ),
    }];
    if [ptq.equalize, ptq.adaptive_rounding, ptq.int16].contains(&Some(true)) {
        notices.push(
            "neither equalization nor adaptive rounding runs, and no tensor is int16: that would change the file's own numbers"
                .into(),
        );
    }
    let rounded_anew = |node: &&Node| match &node.op {
        Op::Conv(conv) => conv.steps.is_none() && node.name != fold::NORMALIZATION,
        Op::ConvTranspose(transposed) => transposed.conv.steps.is_none(),
        _ => false,
    };
    let count = graph.nodes.iter().filter(rounded_anew).count();
    if let Some(first) = graph.nodes.iter().find(rounded_anew) {
        notices.push(format!(
            "the file gives no symmetric int8 weights for {} ('{}' first): tidbit rounds them",
            counted(count, "layer"),
            first.name
        ));
    }
    notices
}
