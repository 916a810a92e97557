//! Operators that look at one element at a time: clamps, constants, normalization, sums, softmax.

use tract_onnx::pb::NodeProto;

use super::attributes::Attributes;
use super::layout::{Axis, Layout};
use super::windows::wrap;
use super::{Importer, Map, Taken, products, source::Constant};
use crate::graph::{Clamp, Op};

impl Importer<'_> {
    /// An operator that does nothing here.
    pub(super) fn alias(&mut self, node: &NodeProto) -> Taken<()> {
        let map = self.map(node, 0)?;
        // 1 is f32 and 11 f64; f16 was widened when the file was read. 6 and 7 are i32 and i64, in
        // which a class number is the same.
        let to = Attributes(node).int("to", 1);
        let producer = self.graph.producer(map.tensor);
        let number = producer.is_some_and(|at| matches!(self.graph.nodes[at].op, Op::ArgMax));
        let same = matches!(to, 1 | 11) || (number && matches!(to, 6 | 7));
        if node.op_type == "Cast" && !same {
            return Err("only casts between floating-point types are supported".into());
        }
        let name = node.output.first().ok_or("it has no output")?;
        self.maps.insert(name.clone(), map);
        Ok(())
    }

    pub(super) fn relu(&mut self, node: &NodeProto) -> Taken<()> {
        let map = self.map(node, 0)?;
        let clamp = Clamp {
            lo: 0.0,
            hi: f32::INFINITY,
        };
        self.push_like(node, Op::Clamp, clamp, map)
    }

    /// Bounds are inputs since opset 11 and attributes before.
    pub(super) fn clip(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let map = self.map(node, 0)?;
        let bound = |constant: Option<Constant>, name: &str| {
            let value = constant.and_then(|constant| constant.values.first().copied());
            value.or_else(|| attributes.optional_float(name))
        };
        let clamp = Clamp {
            lo: bound(self.constant(node, 1)?, "min").unwrap_or(f32::NEG_INFINITY),
            hi: bound(self.constant(node, 2)?, "max").unwrap_or(f32::INFINITY),
        };
        if clamp.lo.is_nan() || clamp.hi.is_nan() || clamp.lo > clamp.hi {
            return Err(format!(
                "its bounds {} and {} are in the wrong order",
                clamp.lo, clamp.hi
            ));
        }
        self.push_like(node, Op::Clamp, clamp, map)
    }

    pub(super) fn batch_norm(
        &mut self,
        node: &NodeProto,
        attributes: &Attributes<'_>,
    ) -> Taken<()> {
        if attributes.int("training_mode", 0) != 0 {
            return Err("it is in training mode: export the net for inference".into());
        }
        let map = self.map(node, 0)?;
        let shape = self.graph.shape(map.tensor);
        if !map.layout.holds(1, Axis::C, &shape) {
            return Err("its second dimension is not the channels".into());
        }
        let mut lists = Vec::new();
        for (index, name) in ["X", "scale", "B", "mean", "variance"]
            .into_iter()
            .enumerate()
            .skip(1)
        {
            let list = self
                .constant(node, index)?
                .ok_or_else(|| format!("it has no {name}"))?;
            if list.values.len() != shape.channels {
                return Err(format!(
                    "its {name} has the shape {:?} for {} channels",
                    list.dims, shape.channels
                ));
            }
            lists.push(list.values);
        }
        let epsilon = f64::from(attributes.float("epsilon", 1e-5));
        let factor = |c: usize| f64::from(lists[0][c]) / (f64::from(lists[3][c]) + epsilon).sqrt();
        let shift = |c: usize| f64::from(lists[1][c]) - f64::from(lists[2][c]) * factor(c);
        let op = Op::Affine {
            scale: (0..shape.channels).map(|c| factor(c) as f32).collect(),
            shift: (0..shape.channels).map(|c| shift(c) as f32).collect(),
        };
        self.push_like(node, op, Clamp::NONE, map)
    }

    /// A sum, difference or product of two activations, or any arithmetic with a constant for each channel.
    pub(super) fn arithmetic(&mut self, node: &NodeProto) -> Taken<()> {
        match [0, 1].map(|index| self.is_activation(node, index)).into() {
            (true, true) if node.op_type == "Div" => self.together(node),
            (true, true) => self.combine(node),
            (false, true) if node.op_type == "Div" => self.together(node),
            (true, false) => {
                let constant = self.constant(node, 1)?.ok_or("it has one input")?;
                self.with_constant(node, self.map(node, 0)?, &constant, false)
            }
            _ => {
                let constant = self.constant(node, 0)?.ok_or("it has one input")?;
                self.with_constant(node, self.map(node, 1)?, &constant, true)
            }
        }
    }

    /// Two activations, of which one may be 1 along some dimensions; the other then comes first.
    fn combine(&mut self, node: &NodeProto) -> Taken<()> {
        let op = match node.op_type.as_str() {
            "Add" => Op::Add,
            "Sub" => Op::Sub,
            "Mul" => Op::Mul,
            _ => return Err("tidbit has no such operator".into()),
        };
        let (a, b) = (self.map(node, 0)?, self.map(node, 1)?);
        let rank = a.layout.0.len().max(b.layout.0.len());
        let part = |map: Map| {
            let shape = self.graph.shape(map.tensor);
            (map.tensor, shape, map.layout.of_rank(rank))
        };
        let (mut whole, mut other) = (part(a), part(b));
        if !other.2.broadcasts_to(&other.1, &whole.2, &whole.1) {
            std::mem::swap(&mut whole, &mut other);
            if !other.2.broadcasts_to(&other.1, &whole.2, &whole.1) {
                return Err(format!(
                    "its operands, {} and {}, must have the same shape, or one of them 1 where it has not",
                    other.1, whole.1
                ));
            }
            if matches!(op, Op::Sub) {
                return Err("of a difference, the first operand must be the larger one".into());
            }
        }
        let inputs = vec![whole.0, other.0];
        self.push(node, op, Clamp::NONE, inputs, whole.1, whole.2)?;
        let last = self.graph.nodes.len() - 1;
        products::into_function(&mut self.graph, last);
        Ok(())
    }

    /// `map op constant`, or `constant op map` where it stands first.
    fn with_constant(
        &mut self,
        node: &NodeProto,
        map: Map,
        constant: &Constant,
        constant_first: bool,
    ) -> Taken<()> {
        let values = self.by_channel(&map, constant)?;
        let each = |of: fn(f32) -> f32| values.iter().map(|&value| of(value)).collect::<Vec<_>>();
        let same = |value: f32| vec![value; values.len()];
        let (scale, shift) = match (node.op_type.as_str(), constant_first) {
            ("Add", _) => (same(1.0), values),
            ("Sub", false) => (same(1.0), each(|value| -value)),
            ("Sub", true) => (same(-1.0), values),
            ("Mul", _) => (values.clone(), same(0.0)),
            _ => (each(|value| 1.0 / value), same(0.0)),
        };
        if scale.iter().chain(&shift).any(|value| !value.is_finite()) {
            return Err("its constant is not finite, or zero where it divides".into());
        }
        self.push_like(node, Op::Affine { scale, shift }, Clamp::NONE, map)
    }

    /// Spreads a constant that broadcasts along the channels to one number for each.
    pub(super) fn by_channel(&self, map: &Map, constant: &Constant) -> Taken<Vec<f32>> {
        let shape = self.graph.shape(map.tensor);
        if let [value] = constant.values.as_slice() {
            return Ok(vec![*value; shape.channels]);
        }
        let rank = map.layout.0.len();
        let wide = constant.dims.iter().rposition(|&dim| dim > 1).unwrap_or(0);
        let dim = (wide + rank).checked_sub(constant.dims.len());
        let along_channels = dim.is_some_and(|dim| map.layout.holds(dim, Axis::C, &shape));
        if constant.values.len() != shape.channels || !along_channels {
            return Err(format!(
                "a constant of the shape {:?} is not one number for each channel",
                constant.dims
            ));
        }
        Ok(constant.values.clone())
    }

    pub(super) fn softmax(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let map = self.over_channels(node, attributes)?;
        self.push_like(node, Op::Softmax, Clamp::NONE, map)
    }

    /// The logits rank the classes as their LogSoftmax does, and their softmax gives the same scores: as
    /// an answer they stand for it.
    pub(super) fn log_softmax(
        &mut self,
        node: &NodeProto,
        attributes: &Attributes<'_>,
    ) -> Taken<()> {
        let map = self.over_channels(node, attributes)?;
        let [input, output] = [&node.input, &node.output].map(|names| names[0].clone());
        let mut nodes = self.source.nodes().iter();
        if nodes.any(|other| other.input.contains(&output)) {
            return Err(
                "it is supported at the end of a net only, where the logits do as well".into(),
            );
        }
        self.notices.push(format!(
            "the LogSoftmax '{output}' is left off: the answer is its logits, which rank the classes alike"
        ));
        self.logits.insert(output.clone(), input);
        self.maps.insert(output, map);
        Ok(())
    }

    /// The first input, if the node goes over its channels.
    fn over_channels(&self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<Map> {
        let map = self.map(node, 0)?;
        let shape = self.graph.shape(map.tensor);
        let rank = map.layout.0.len();
        let default = if self.source.opset() < 13 { 1 } else { -1 };
        let axis = wrap(attributes.int("axis", default), rank);
        if self.source.opset() < 13 {
            // All dimensions from the axis on are one.
            let mut over = map.layout.clone();
            over.0.drain(..axis.min(rank));
            if over.order(&shape) != Layout(vec![vec![Axis::C]]).order(&shape) {
                return Err(format!(
                    "before operator set 13 a softmax goes over all dimensions from its axis on, here {:?}, and only \
                     one over the channels is supported: export the net with operator set 13 or later, or \
                     transpose the channels to the end",
                    self.output_dims(node)?.get(axis..).unwrap_or_default()
                ));
            }
        } else if !map.layout.holds(axis, Axis::C, &shape) {
            return Err("softmax is supported over the channels only".into());
        }
        Ok(map)
    }
}
