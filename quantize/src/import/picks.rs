//! Operators that pick: Concat, Split, Slice, Gather, and Pad along the channels.

use tract_onnx::pb::NodeProto;

use super::attributes::Attributes;
use super::layout::{Axis, Layout, extent};
use super::windows::wrap;
use super::{Importer, Map, Taken};
use crate::graph::{Clamp, Gather, Op, Shape};

/// Rows, columns and channels that are picked from one tensor.
struct Picked {
    shape: Shape,
    gather: Gather,
}

impl Picked {
    fn all(shape: Shape) -> Self {
        let gather = Gather::of_channels((0..shape.channels).map(Some));
        Self { shape, gather }
    }

    /// Picks `count` of what an ONNX dimension has, from `first` on, in steps.
    fn take(
        &mut self,
        layout: &Layout,
        dim: usize,
        (first, step, count): (usize, usize, usize),
    ) -> Taken<()> {
        let axes = layout.0.get(dim).ok_or("an axis is out of range")?;
        let mut real = axes.iter().filter(|axis| extent(&self.shape, **axis) > 1);
        let axis = match (real.next(), real.next()) {
            (None, _) if (first, count) == (0, 1) => return Ok(()),
            (Some(axis), None) => axis,
            _ => return Err("it picks from rows, columns and channels merged in one".into()),
        };
        if count == 0 {
            return Err("it picks nothing".into());
        }
        let spatial = match axis {
            Axis::C => {
                let channels = (0..count).map(|at| self.gather.channels[first + at * step]);
                self.gather.channels = channels.collect();
                self.shape.channels = count;
                return Ok(());
            }
            Axis::H => 0,
            Axis::W => 1,
        };
        self.gather.first[spatial] += first * self.gather.stride[spatial];
        self.gather.stride[spatial] *= step;
        match axis {
            Axis::H => self.shape.height = count,
            _ => self.shape.width = count,
        }
        Ok(())
    }
}

impl Importer<'_> {
    /// Channels of several activations side by side.
    pub(super) fn concat(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let names: Vec<usize> = (0..node.input.len()).collect();
        let maps = names.iter().map(|&at| self.map(node, at));
        let maps: Vec<Map> = maps.collect::<Taken<_>>()?;
        let first = maps.first().ok_or("it has no input")?;
        let mut shape = self.graph.shape(first.tensor);
        let axis = wrap(attributes.int("axis", 1), first.layout.0.len());
        let pixels = Shape {
            channels: 1,
            ..shape
        };
        shape.channels = 0;
        for map in &maps {
            let own = self.graph.shape(map.tensor);
            let alike =
                map.layout.order(&Shape { channels: 1, ..own }) == first.layout.order(&pixels);
            let alike = alike && (own.height, own.width) == (shape.height, shape.width);
            if !alike || !map.layout.holds(axis, Axis::C, &own) {
                return Err(
                    "it puts together rows, columns or flattened images: only channels are supported"
                        .into(),
                );
            }
            shape.channels += own.channels;
        }
        let mut layout = first.layout.clone();
        layout
            .0
            .iter_mut()
            .for_each(|axes| axes.retain(|&axis| axis != Axis::C));
        layout.0[axis].push(Axis::C);
        let inputs = maps.iter().map(|map| map.tensor).collect();
        let all = Gather::of_channels((0..shape.channels).map(Some));
        self.push(node, Op::Gather(all), Clamp::NONE, inputs, shape, layout)
    }

    /// Parts of one dimension, each an output.
    pub(super) fn split(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let map = self.map(node, 0)?;
        let axis = wrap(attributes.int("axis", 0), map.layout.0.len());
        let size = self.dim(&map, axis)?;
        let sizes = match (self.constant(node, 1)?, attributes.ints("split")) {
            (Some(sizes), _) => sizes.ints(),
            (None, Some(sizes)) => sizes.to_vec(),
            (None, None) => {
                let each = size.div_ceil(node.output.len());
                let left = |at: usize| size.saturating_sub(at * each).min(each) as i64;
                (0..node.output.len()).map(left).collect()
            }
        };
        let sizes: Vec<usize> = sizes.iter().map(|&size| size.max(0) as usize).collect();
        if sizes.len() != node.output.len() || sizes.iter().sum::<usize>() != size {
            return Err(format!("parts of {sizes:?} do not make {size}"));
        }
        let mut first = 0;
        for (at, &count) in sizes.iter().enumerate() {
            let mut picked = Picked::all(self.graph.shape(map.tensor));
            picked.take(&map.layout, axis, (first, 1, count))?;
            self.pick(node, at, &map, picked)?;
            first += count;
        }
        Ok(())
    }

    /// Bounds are inputs since opset 10 and attributes before.
    pub(super) fn slice(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let map = self.map(node, 0)?;
        let list = |index: usize, name: &str| -> Taken<Option<Vec<i64>>> {
            let constant = self.constant(node, index)?.map(|list| list.ints());
            Ok(constant.or_else(|| attributes.ints(name).map(<[i64]>::to_vec)))
        };
        let starts = list(1, "starts")?.ok_or("it has no starts")?;
        let ends = list(2, "ends")?.ok_or("it has no ends")?;
        let axes = list(3, "axes")?.unwrap_or_else(|| (0..starts.len() as i64).collect());
        let steps = list(4, "steps")?.unwrap_or_else(|| vec![1; starts.len()]);
        if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
            return Err("its starts, ends, axes and steps are not as many".into());
        }
        let mut picked = Picked::all(self.graph.shape(map.tensor));
        for (at, &axis) in axes.iter().enumerate() {
            let axis = wrap(axis, map.layout.0.len());
            let size = self.dim(&map, axis)? as i64;
            let step = usize::try_from(steps[at]).ok().filter(|step| *step > 0);
            let step = step.ok_or("steps backwards are not supported")?;
            let bound = |at: i64| if at < 0 { at.saturating_add(size) } else { at };
            let bound = |at: i64| bound(at).clamp(0, size) as usize;
            let (first, end) = (bound(starts[at]), bound(ends[at]));
            let count = end.saturating_sub(first).div_ceil(step);
            if (first, step, count) != (0, 1, size as usize) {
                picked.take(&map.layout, axis, (first, step, count))?;
            }
        }
        self.pick(node, 0, &map, picked)
    }

    /// Channels by a list of their numbers; a single number takes the dimension away.
    pub(super) fn gather(&mut self, node: &NodeProto, attributes: &Attributes<'_>) -> Taken<()> {
        let mut map = self.map(node, 0)?;
        let axis = wrap(attributes.int("axis", 0), map.layout.0.len());
        let indices = self.constant(node, 1)?.ok_or("it has no indices")?;
        let shape = self.graph.shape(map.tensor);
        if !map.layout.holds(axis, Axis::C, &shape) || indices.dims.len() > 1 {
            return Err("it is supported for a list of channels only".into());
        }
        let channel = |index: i64| wrap(index, shape.channels);
        let channels: Vec<usize> = indices.ints().into_iter().map(channel).collect();
        if channels.iter().any(|&channel| channel >= shape.channels) {
            return Err("an index is out of range".into());
        }
        let picked = Picked {
            shape: Shape {
                channels: channels.len(),
                ..shape
            },
            gather: Gather::of_channels(channels.into_iter().map(Some)),
        };
        if indices.dims.is_empty() {
            map.layout.0.remove(axis);
        }
        self.pick(node, 0, &map, picked)
    }

    /// Channels of zeros before and behind an activation's own.
    pub(super) fn pad_channels(
        &mut self,
        node: &NodeProto,
        map: &Map,
        (before, behind): (usize, usize),
    ) -> Taken<()> {
        let shape = self.graph.shape(map.tensor);
        let zeros = |count| std::iter::repeat_n(None, count);
        let own = (0..shape.channels).map(Some);
        let channels: Vec<_> = zeros(before).chain(own).chain(zeros(behind)).collect();
        let picked = Picked {
            shape: Shape {
                channels: channels.len(),
                ..shape
            },
            gather: Gather::of_channels(channels),
        };
        self.pick(node, 0, map, picked)
    }

    /// Adds a pick as output `at` of a node; what picks all is no operator.
    fn pick(&mut self, node: &NodeProto, at: usize, map: &Map, picked: Picked) -> Taken<()> {
        let shape = self.graph.shape(map.tensor);
        let inputs = vec![map.tensor];
        let Picked { shape: to, gather } = picked;
        if to == shape && gather == Picked::all(shape).gather {
            let name = node.output.get(at).ok_or("it has no output")?;
            self.maps.insert(name.clone(), map.clone());
            return Ok(());
        }
        let op = Op::Gather(gather);
        self.push_output(node, at, op, Clamp::NONE, inputs, (to, map.layout.clone()))
    }

    /// Size of an ONNX dimension of an activation.
    fn dim(&self, map: &Map, dim: usize) -> Taken<usize> {
        let shape = self.graph.shape(map.tensor);
        let axes = map.layout.0.get(dim).ok_or("an axis is out of range")?;
        Ok(axes.iter().map(|&axis| extent(&shape, axis)).product())
    }
}
