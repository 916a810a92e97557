//! Int16 for the few tensors whose int8 steps cost the answer most.
//!
//! 256 steps are too few for some tensors: a residual stream into which every block adds its
//! rounding error, a squeeze-excite gate that scales whole channels, the input of a swish whose range
//! an outlier stretches. Their elements can be int16 instead, at the price of twice their memory and of
//! slower multiplication by their readers. Which tensors are worth it is measured, not guessed: each
//! [`Candidate`] is tried by itself, and those that help most for their cost are taken one after
//! another as long as the answers get better and the cost stays within a limit. The
//! method is that of Pandey et al., "A Practical Mixed Precision Algorithm for Post-Training
//! Quantization" (2023, arXiv:2302.05397), with the output SQNR as the measure.

use crate::Error;
use crate::graph::{Graph, Op, PoolKind, TensorId};
use crate::ptq::ladder::Numbers;
use crate::scale::{Element, Scale};

/// Most of the net's multiply-accumulates that may read int16.
const MAC_SHARE: f64 = 0.25;
/// Improvement in dB for which a candidate is taken.
const WORTH: f64 = 0.1;

/// Tensors that become int16 together.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The tensors, in order.
    pub tensors: Vec<TensorId>,
    /// Part of the net's multiply-accumulates that read them.
    pub share: f64,
}

/// The candidates of a folded graph: residual streams as a whole, gates of one pixel as a whole, and
/// every other tensor by itself.
pub fn candidates(graph: &Graph) -> Vec<Candidate> {
    let mut groups: Vec<TensorId> = (0..graph.tensors.len()).collect();
    for node in &graph.nodes {
        let pixel = |tensor: TensorId| {
            let shape = graph.shape(tensor);
            (shape.height, shape.width) == (1, 1)
        };
        let gate = pixel(node.output) && node.inputs.iter().all(|&input| pixel(input));
        if matches!(node.op, Op::Add | Op::Sub) || gate {
            let to = groups[node.output];
            for &input in &node.inputs {
                let from = groups[input];
                groups
                    .iter_mut()
                    .filter(|group| **group == from)
                    .for_each(|group| *group = to);
            }
        }
    }
    let total: f64 = graph
        .nodes
        .iter()
        .map(|node| macs(graph, node.output))
        .sum();
    let mut found: Vec<Candidate> = Vec::new();
    for group in 0..groups.len() {
        let members = (0..groups.len()).filter(|&tensor| groups[tensor] == group);
        let tensors = takeable(graph, members.collect());
        if !tensors.is_empty() {
            let readers = graph
                .nodes
                .iter()
                .filter(|node| node.inputs.iter().any(|input| tensors.contains(input)));
            let read: f64 = readers.map(|node| macs(graph, node.output)).sum();
            found.push(Candidate {
                tensors,
                share: read / total.max(1.0),
            });
        }
    }
    found
}

/// Multiply-accumulates of the convolution that makes a tensor; 0 if none does.
fn macs(graph: &Graph, tensor: TensorId) -> f64 {
    let node = graph.producer(tensor).map(|at| &graph.nodes[at].op);
    let Some(Op::Conv(conv)) = node else {
        return 0.0;
    };
    let k = conv.weights.len() / conv.bias.len();
    (graph.shape(tensor).elements() * k) as f64
}

/// Those that can be int16 together: made by an operator that makes int16, read by such as take it.
fn takeable(graph: &Graph, tensors: Vec<TensorId>) -> Vec<TensorId> {
    let kinds = |op: &Op| {
        matches!(
            op,
            Op::Conv(_) | Op::Add | Op::Sub | Op::Mul | Op::Pool(PoolKind::Average { .. }, _)
        )
    };
    // Whose first operator is a border of int8.
    let padded = |op: &Op| matches!(op, Op::Conv(conv) if conv.window.leaves_image());
    let function = |op: &Op| matches!(op, Op::Function(_) | Op::Clamp);
    let mut taken = tensors;
    taken.retain(|&tensor| {
        let readers = graph.readers(tensor);
        let mut readers = readers.iter().map(|&reader| &graph.nodes[reader].op);
        let made = graph.producer(tensor).map(|at| &graph.nodes[at].op);
        !graph.is_output(tensor)
            && made.is_some_and(|op| kinds(op) || function(op))
            && readers.all(|op| (kinds(op) && !padded(op)) || function(op))
    });
    // A function makes int16 of int16 alone.
    while let Some(at) = taken.iter().position(|&tensor| {
        let made = graph.producer(tensor).map(|at| &graph.nodes[at]);
        made.is_some_and(|node| function(&node.op) && !taken.contains(&node.inputs[0]))
    }) {
        taken.remove(at);
    }
    taken
}

/// The same numbers with some tensors as int16, whose range is all that was seen.
pub fn widened(numbers: &Numbers, tensors: &[TensorId]) -> Numbers {
    let mut numbers = numbers.clone();
    for &tensor in tensors {
        let (lo, hi) = numbers.calibration.histograms[tensor].extremes();
        let made = numbers.graph.producer(tensor);
        let clamp = made.map(|at| numbers.graph.nodes[at].clamp);
        let (least, most) = clamp.map_or((lo, hi), |clamp| (lo.max(clamp.lo), hi.min(clamp.hi)));
        numbers.scales[tensor] = Scale::wide((least, most));
    }
    numbers
}

/// Takes the candidates that improve the answers, within the limit of cost; `measure` gives the output
/// SQNR of numbers in dB, `sqnr` is that of `numbers`. At most `tries` candidates are measured: those
/// whose steps are coarsest for what they carry.
///
/// # Errors
/// Those of `measure`, but a candidate whose sums would not fit 32 bits is passed over.
pub fn widen(
    numbers: &Numbers,
    sqnr: f64,
    tries: usize,
    mut measure: impl FnMut(&Numbers) -> Result<f64, Error>,
) -> Result<(Numbers, f64), Error> {
    let mut measured = |numbers: &Numbers| match measure(numbers) {
        Err(Error::Unrepresentable { .. }) => Ok(f64::NEG_INFINITY),
        found => found,
    };
    let mut shortlist = candidates(&numbers.graph);
    shortlist.retain(|candidate| candidate.share <= MAC_SHARE);
    shortlist.sort_by(|a, b| noise(numbers, b).total_cmp(&noise(numbers, a)));
    shortlist.truncate(tries);
    let mut gains = Vec::with_capacity(shortlist.len());
    for candidate in shortlist {
        let gain = measured(&widened(numbers, &candidate.tensors))? - sqnr;
        if gain >= WORTH {
            gains.push((gain, candidate));
        }
    }
    // A candidate without a convolution behind it costs memory alone.
    let value = |(gain, candidate): &(f64, Candidate)| gain / (candidate.share + 0.01);
    gains.sort_by(|a, b| value(b).total_cmp(&value(a)));
    let (mut best, mut reached, mut spent) = (numbers.clone(), sqnr, 0.0);
    for (_, candidate) in gains {
        if spent + candidate.share > MAC_SHARE {
            continue;
        }
        let next = widened(&best, &candidate.tensors);
        let found = measured(&next)?;
        if found >= reached + WORTH {
            (best, reached) = (next, found);
            spent += candidate.share;
        }
    }
    Ok((best, reached))
}

/// Error of rounding beside the signal, of the coarsest of a candidate's tensors.
fn noise(numbers: &Numbers, candidate: &Candidate) -> f64 {
    let of = |&tensor: &TensorId| {
        let histogram = &numbers.calibration.histograms[tensor];
        let squares = histogram
            .bins()
            .map(|(value, count)| f64::from(value) * f64::from(value) * count as f64);
        let power = squares.sum::<f64>() / (histogram.total() as f64).max(1.0);
        let step = f64::from(numbers.scales[tensor].scale);
        step * step / 12.0 / power.max(f64::MIN_POSITIVE)
    };
    candidate.tensors.iter().map(of).fold(0.0, f64::max)
}

/// Number of tensors that are int16.
pub fn count(numbers: &Numbers) -> usize {
    let wide = |scale: &&Scale| scale.element == Element::Int16;
    numbers.scales.iter().filter(wide).count()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::RangeMethod;
    use crate::calibrate::Calibration;
    use crate::function::Function;
    use crate::graph::Clamp;
    use crate::handmade::{graph, pointwise};
    use crate::histogram::Histogram;
    use crate::lower::Rounding;

    #[test]
    fn a_residual_stream_is_one_candidate_without_what_cannot_be_int16() {
        let graph = graph(vec![
            (pointwise(), Clamp::NONE, vec![0]),
            (pointwise(), Clamp::NONE, vec![1]),
            (Op::Add, Clamp::NONE, vec![1, 2]),
            (pointwise(), Clamp::NONE, vec![3]),
            (Op::Add, Clamp::NONE, vec![3, 4]),
            (Op::Softmax, Clamp::NONE, vec![5]),
            (pointwise(), Clamp::NONE, vec![6]),
        ]);
        let found: Vec<_> = candidates(&graph).into_iter().map(|c| c.tensors).collect();
        // Tensor 5 is read by a softmax, 6 made by it, 7 is the answer.
        assert_eq!(found, [vec![1, 2, 3, 4]]);
    }

    #[test]
    fn a_function_makes_int16_of_int16_alone() {
        let graph = graph(vec![
            (pointwise(), Clamp::NONE, vec![0]),
            (Op::Function(Function::Sigmoid), Clamp::NONE, vec![1]),
            (pointwise(), Clamp::NONE, vec![2]),
            (pointwise(), Clamp::NONE, vec![3]),
        ]);
        let found: Vec<_> = candidates(&graph).into_iter().map(|c| c.tensors).collect();
        assert!(
            found.contains(&vec![1]) && !found.contains(&vec![2]),
            "{found:?}"
        );
    }

    /// Four convolutions in a row, all of the same work.
    fn numbers() -> Numbers {
        let nodes = (0..4).map(|input| (pointwise(), Clamp::NONE, vec![input]));
        let graph = graph(nodes.collect());
        let mut histogram = Histogram::default();
        histogram.record(&[-1.0, 2.0]);
        let count = graph.tensors.len();
        let calibration = Calibration {
            histograms: vec![histogram; count],
            channels: vec![vec![]; count],
            means: vec![vec![]; count],
            image_means: vec![],
        };
        Numbers {
            scales: vec![Scale::covering((-1.0, 2.0)); count],
            calibration: Arc::new(calibration),
            rounding: Rounding::new(),
            method: RangeMethod::MinMax,
            graph,
        }
    }

    #[test]
    fn what_helps_is_taken_within_the_limit_and_nothing_else() {
        let wide = |numbers: &Numbers, tensor: TensorId| {
            f64::from(u8::from(numbers.scales[tensor].element == Element::Int16))
        };
        // Tensor 1 costs, 2 and 3 help, but both together are half of the work.
        let measure = |numbers: &Numbers| {
            Ok(20.0 - wide(numbers, 1) + 2.0 * wide(numbers, 2) + 3.0 * wide(numbers, 3))
        };
        let (taken, sqnr) = widen(&numbers(), 20.0, 8, measure).unwrap();
        let elements: Vec<bool> = (1..4).map(|at| wide(&taken, at) > 0.0).collect();
        assert_eq!((elements, sqnr), (vec![false, false, true], 23.0));
        assert_eq!(count(&taken), 1);
        assert_eq!(taken.scales[3], Scale::wide((-1.0, 2.0)));
    }

    #[test]
    fn sums_that_would_not_fit_are_passed_over() {
        let fails = |_: &Numbers| {
            Err(Error::Unrepresentable {
                node: String::new(),
                reason: String::new(),
            })
        };
        let (taken, sqnr) = widen(&numbers(), 20.0, 8, fails).unwrap();
        assert_eq!((count(&taken), sqnr), (0, 20.0));
    }
}
