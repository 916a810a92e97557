//! Operators on several activations that the runtime does not have: quotients, maxima, comparisons,
//! choices. Where all are made of one tensor, one element at a time, they are functions of it.

use tract_onnx::pb::NodeProto;

use super::{Importer, Map, Taken, products};
use crate::function::Function;
use crate::graph::{Clamp, Op};

impl Importer<'_> {
    /// Whether input `index` of a node is an activation.
    pub(super) fn is_activation(&self, node: &NodeProto, index: usize) -> bool {
        let name = node.input.get(index);
        name.is_some_and(|name| self.maps.contains_key(name))
    }

    /// Any of them.
    pub(super) fn together(&mut self, node: &NodeProto) -> Taken<()> {
        let (map, mut operands) = self.operands(node)?;
        let count = operands.len();
        let mut next = || operands.remove(0);
        let above = |difference: Function, or_equal| difference.then(Function::Above { or_equal });
        let function = match (node.op_type.as_str(), count) {
            ("Div", 2) => next().over(next()),
            ("Max", _) => (1..count).fold(next(), |most, _| most.or_greater(next())),
            ("Min", _) => (1..count).fold(next(), |least, _| least.or_less(next())),
            ("Greater", 2) => above(next().minus(next()), false),
            ("GreaterOrEqual", 2) => above(next().minus(next()), true),
            ("Less", 2) => above(next().negative().plus(next()), false),
            ("LessOrEqual", 2) => above(next().negative().plus(next()), true),
            ("Where", 3) => next().chooses(next(), next()),
            _ => return Err(format!("it has {count} inputs")),
        };
        self.push_like(node, Op::Function(function), Clamp::NONE, map)
    }

    /// The tensor that all inputs are made of, and the function of each; one that is a number is a
    /// function too.
    fn operands(&self, node: &NodeProto) -> Taken<(Map, Vec<Function>)> {
        let mut maps: Vec<Map> = Vec::new();
        for index in (0..node.input.len()).filter(|&index| self.is_activation(node, index)) {
            maps.push(self.map(node, index)?);
        }
        let first = maps.first().ok_or("it reads no activation")?;
        let shape = self.graph.shape(first.tensor);
        let tensors: Vec<_> = maps.iter().map(|map| map.tensor).collect();
        let alike = maps.iter().all(|map| {
            let own = self.graph.shape(map.tensor);
            own == shape && map.layout.order(&own) == first.layout.order(&shape)
        });
        let found = products::of_one(&self.graph, &tensors).filter(|_| alike);
        let (root, functions) = found.ok_or(
            "of activations it is supported only where all are made of one tensor, one element at a time",
        )?;
        let mut functions = functions.into_iter();
        let mut operands = Vec::with_capacity(node.input.len());
        for index in 0..node.input.len() {
            operands.push(match self.is_activation(node, index) {
                true => functions.next().ok_or("an input is missing")?,
                false => Function::number(self.number(node, index)?),
            });
        }
        let map = Map {
            tensor: root,
            layout: first.layout.clone(),
        };
        Ok((map, operands))
    }

    /// The one number that input `index` of a node is.
    pub(super) fn number(&self, node: &NodeProto, index: usize) -> Taken<f64> {
        let constant = self.constant(node, index)?.ok_or("an input is missing")?;
        match constant.values.as_slice() {
            [number] if !number.is_nan() => Ok(f64::from(*number)),
            [_] => Err("its constant is not a number".into()),
            _ => Err(format!(
                "its constant has the shape {:?}; one number is expected",
                constant.dims
            )),
        }
    }
}
