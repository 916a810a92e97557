//! Nodes that become several operators, because the runtime has none for them.

use tidbit::blob::OpKind;

use super::{IntOp, Params, Rounded, add, conv, lower_node, quantized_clamp, table};
use crate::Error;
use crate::function::Function;
use crate::graph::{Clamp, Conv, Graph, Node, Op, Padding, Shape, Transposed, Window};
use crate::scale::Scale;

/// How many operators a node becomes. The last makes its tensor; the others make what the ONNX file
/// has no tensor for.
pub fn operators(node: &Node) -> usize {
    match &node.op {
        Op::ConvTranspose(_) => 2,
        Op::Conv(conv) if conv.window.leaves_image() => 2,
        Op::PRelu(slopes) => 3 + usize::from(falls(slopes)),
        // A Gather has two inputs.
        Op::Gather(_) => node.inputs.len().max(2) - 1,
        _ => 1,
    }
}

/// Whether a slope is negative. One that is not keeps the sign, so the clamp of the products is then
/// all that keeps what lies above 0 out of them.
fn falls(slopes: &[f32]) -> bool {
    slopes.iter().any(|&slope| slope < 0.0)
}

/// A transposed convolution: a convolution that makes all pixels of a block as channels of one, and
/// the blocks out of them. No zero is multiplied that only a stride would have put there.
pub fn transposed(
    graph: &Graph,
    (node, transposed): (&Node, &Transposed),
    inputs: Vec<usize>,
    ops: &mut Vec<IntOp>,
    (scale, means): (Scale, &[Vec<f64>]),
) -> Result<(), Error> {
    let places = Node {
        name: format!("{} (places)", node.name),
        op: Op::Conv(transposed.conv.clone()),
        ..node.clone()
    };
    let shape = graph.shape(node.output);
    let [height, width] = transposed.sides;
    let places = IntOp {
        shape: Shape {
            height,
            width,
            channels: transposed.conv.bias.len(),
        },
        ..lower_node(graph, &places, inputs, ops, (scale, means, None))?
    };
    let blocks = IntOp {
        name: node.name.clone(),
        kind: OpKind::DepthToSpace,
        inputs: vec![ops.len()],
        shape,
        params: Params::DepthToSpace(transposed.blocks),
        ..places.clone()
    };
    ops.extend([places, blocks]);
    Ok(())
}

/// A convolution whose padding is as large as its window: the runtime's windows begin on the image, so
/// a border of zeros comes first.
pub fn padded(
    graph: &Graph,
    (node, conv): (&Node, &Conv),
    input: usize,
    ops: &mut Vec<IntOp>,
    numbers: (Scale, &[Vec<f64>], Option<&Rounded>),
) -> Result<(), Error> {
    let Padding {
        top,
        left,
        bottom,
        right,
    } = conv.window.padding;
    let from = &ops[input];
    let border = IntOp {
        name: format!("{} (padding)", node.name),
        kind: OpKind::Pad,
        inputs: vec![input],
        shape: Shape {
            height: from.shape.height + top + bottom,
            width: from.shape.width + left + right,
            ..from.shape
        },
        clamp: (-128, 127),
        params: Params::Pad(top, left),
        ..from.clone()
    };
    let window = Window {
        padding: Padding::default(),
        ..conv.window
    };
    let inner = Conv {
        window,
        ..conv.clone()
    };
    let inner = Node {
        op: Op::Conv(inner),
        ..node.clone()
    };
    ops.push(border);
    let op = lower_node(graph, &inner, vec![ops.len() - 1], ops, numbers)?;
    ops.push(op);
    Ok(())
}

/// A Relu with a slope for each channel: what is above 0 by a table, what is below by a depthwise
/// convolution, and their sum. All three have the node's scale, and of the two parts one is always
/// 0: so each element is rounded once, as by a table.
pub fn prelu(
    graph: &Graph,
    (node, slopes): (&Node, &[f32]),
    inputs: Vec<usize>,
    ops: &mut Vec<IntOp>,
    (scale, _): (Scale, &[Vec<f64>]),
) -> Result<(), Error> {
    let input = ops[inputs[0]].scale;
    let shape = graph.shape(node.output);
    let part = |what: &str, from: usize, scale: Scale, (kind, params)| IntOp {
        name: format!("{} ({what})", node.name),
        kind,
        inputs: vec![from],
        shape,
        scale,
        equalization: vec![],
        clamp: (-128, 127),
        params,
    };
    let side = |lo, hi, to| {
        let function = Function::Clamp(Clamp { lo, hi });
        (
            OpKind::Table,
            Params::Table(table::of(&function, input, to)),
        )
    };
    let above = side(0.0, f32::INFINITY, scale);
    ops.push(part("above 0", inputs[0], scale, above));
    let above = ops.len() - 1;
    let mut from = inputs[0];
    let falls = falls(slopes);
    if falls {
        let below = side(f32::NEG_INFINITY, 0.0, input);
        ops.push(part("below 0", from, input, below));
        from = ops.len() - 1;
    }
    let conv = Conv {
        weights: slopes.to_vec(),
        bias: vec![0.0; slopes.len()],
        window: Window::plain([1, 1]),
        groups: slopes.len(),
        pad_pixel: None,
        steps: None,
    };
    let rounded = conv::nearest(&conv, (input, scale), &[]);
    let conv = conv::lower(&conv, true, (input, scale), &rounded);
    let conv = conv.map_err(|reason| Error::Unrepresentable {
        node: node.name.clone(),
        reason,
    })?;
    let slopes = part(
        "slopes",
        from,
        scale,
        (OpKind::Depthwise, Params::Conv(conv)),
    );
    let hi = if falls { 127 } else { scale.zero_point.into() };
    ops.push(IntOp {
        clamp: (-128, hi),
        ..slopes
    });
    ops.push(IntOp {
        name: node.name.clone(),
        kind: OpKind::Add,
        inputs: vec![above, ops.len() - 1],
        shape,
        scale,
        equalization: vec![],
        clamp: quantized_clamp(node.clamp, scale),
        params: Params::Add(add::lower(scale, (scale, 1), scale)),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::lower;
    use super::*;
    use crate::handmade::graph;
    use crate::scale::Element;

    const IN: Scale = Scale {
        scale: 0.5,
        zero_point: 4,
        element: Element::Int8,
    };
    const OUT: Scale = Scale {
        scale: 0.25,
        zero_point: -8,
        element: Element::Int8,
    };

    fn kinds(slopes: [f32; 2]) -> Vec<OpKind> {
        let graph = graph(vec![(Op::PRelu(slopes.to_vec()), Clamp::NONE, vec![0])]);
        let net = lower(&graph, &[IN, OUT], &[vec![], vec![]]).unwrap();
        assert!(
            net.ops[1..]
                .iter()
                .all(|op| op.scale == OUT || op.scale == IN)
        );
        assert_eq!(net.outputs[0].tensor, net.ops.len() - 1);
        assert_eq!(operators(&graph.nodes[0]), net.ops.len() - 1);
        net.ops[1..].iter().map(|op| op.kind).collect()
    }

    #[test]
    fn slopes_that_fall_take_a_table_more() {
        use OpKind::{Add, Depthwise, Table};
        assert_eq!(kinds([0.5, 0.0]), [Table, Depthwise, Add]);
        assert_eq!(kinds([0.5, -0.1]), [Table, Table, Depthwise, Add]);
    }

    #[test]
    fn the_sum_of_the_parts_rounds_nothing() {
        let sum = add::lower(OUT, (OUT, 1), OUT);
        for q in -128..=127 {
            let zero = i32::from(OUT.zero_point);
            let acc = q * i32::from(sum.ma) + zero * i32::from(sum.mb) + sum.c;
            assert_eq!(acc >> sum.shift, q);
        }
    }
}
