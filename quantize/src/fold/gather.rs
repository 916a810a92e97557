//! Picks that follow each other become one: a slice of a shuffle of a concatenation, or the slice
//! and the channels of zeros of a shortcut.

use super::only_reader;
use crate::graph::{Gather, Graph, Node, Op, TensorId};

/// For each output channel a tensor and its channel; `None` for zeros.
type Picks = Vec<Option<(TensorId, usize)>>;

/// Inputs that the runtime's operator has: merging more than these only puts off the copies.
const INPUTS: usize = 2;

/// Merges picks of which the second is the only reader of the first, and drops what picks all.
pub fn merge(graph: &mut Graph) {
    let mut at = 0;
    while at < graph.nodes.len() {
        let Some((picks, gather)) = picks(graph, &graph.nodes[at]) else {
            at += 1;
            continue;
        };
        // Each input once, and none that nothing is picked of.
        pick(graph, at, picks, gather);
        match first_merged(graph, at) {
            Some((inner, picks, gather)) => {
                pick(graph, at, picks, gather);
                graph.nodes.remove(inner);
                at -= 1;
            }
            None => at += 1,
        }
    }
    graph.remove_dead();
    drop_identities(graph);
}

/// What a node picks, if it is one that does.
fn picks(graph: &Graph, node: &Node) -> Option<(Picks, Gather)> {
    let Op::Gather(gather) = &node.op else {
        return None;
    };
    let channels = |&tensor: &TensorId| {
        (0..graph.shape(tensor).channels).map(move |channel| (tensor, channel))
    };
    let all: Vec<(TensorId, usize)> = node.inputs.iter().flat_map(channels).collect();
    let picked = gather.channels.iter();
    let picks = picked.map(|channel| channel.map(|channel| all[channel]));
    Some((picks.collect(), gather.clone()))
}

/// Has a node pick these channels, at the pixels of `gather`.
fn pick(graph: &mut Graph, at: usize, picks: Picks, gather: Gather) {
    let mut inputs: Vec<TensorId> = Vec::new();
    for &(tensor, _) in picks.iter().flatten() {
        if !inputs.contains(&tensor) {
            inputs.push(tensor);
        }
    }
    if inputs.is_empty() {
        inputs.push(graph.nodes[at].inputs[0]);
    }
    let before = |tensor: TensorId| {
        let earlier = inputs.iter().take_while(|&&input| input != tensor);
        earlier
            .map(|&input| graph.shape(input).channels)
            .sum::<usize>()
    };
    let channel = |(tensor, channel): (TensorId, usize)| before(tensor) + channel;
    let channels = picks.into_iter().map(|pick| pick.map(channel)).collect();
    let node = &mut graph.nodes[at];
    node.op = Op::Gather(Gather { channels, ..gather });
    node.inputs = inputs;
}

/// An input of a pick that it can take in: the node that makes it, and what is then picked.
fn first_merged(graph: &Graph, at: usize) -> Option<(usize, Picks, Gather)> {
    let node = &graph.nodes[at];
    let (outer_picks, outer) = picks(graph, node)?;
    node.inputs.iter().find_map(|&input| {
        let inner_at = graph.producer(input)?;
        let inner = &graph.nodes[inner_at];
        let (inner_picks, first) = picks(graph, inner)?;
        only_reader(graph, input)?;
        let from = graph.shape(inner.inputs[0]);
        let made = graph.shape(input);
        let all_pixels = (from.height, from.width) == (made.height, made.width);
        if !all_pixels && node.inputs.len() > 1 {
            return None;
        }
        let through = |pick: &Option<(TensorId, usize)>| match pick {
            Some((tensor, channel)) if *tensor == input => inner_picks[*channel],
            other => *other,
        };
        let merged: Picks = outer_picks.iter().map(through).collect();
        let mut inputs: Vec<TensorId> =
            merged.iter().flatten().map(|(tensor, _)| *tensor).collect();
        inputs.sort_unstable();
        inputs.dedup();
        let pixels = Gather {
            channels: vec![],
            first: [0, 1].map(|axis| outer.first[axis] * first.stride[axis] + first.first[axis]),
            stride: [0, 1].map(|axis| outer.stride[axis] * first.stride[axis]),
        };
        let few = inputs.len() <= INPUTS.max(node.inputs.len());
        few.then_some((inner_at, merged, pixels))
    })
}

/// Has the readers of what picks all read what it picks from.
fn drop_identities(graph: &mut Graph) {
    for at in 0..graph.nodes.len() {
        let node = &graph.nodes[at];
        let (input, output) = (node.inputs[0], node.output);
        let Some((picks, _)) = picks(graph, node) else {
            continue;
        };
        let own = (0..graph.shape(input).channels).map(|channel| Some((input, channel)));
        let same = graph.shape(input) == graph.shape(output);
        if !same || graph.is_output(output) || picks != own.collect::<Picks>() {
            continue;
        }
        for reader in graph.readers(output) {
            let inputs = graph.nodes[reader].inputs.iter_mut();
            inputs
                .filter(|other| **other == output)
                .for_each(|other| *other = input);
        }
    }
    graph.remove_dead();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Clamp;
    use crate::handmade::{graph, pointwise};

    fn channels(channels: &[usize]) -> Op {
        Op::Gather(Gather::of_channels(channels.iter().copied().map(Some)))
    }

    fn picked(graph: &Graph, at: usize) -> (&[TensorId], Vec<Option<usize>>) {
        let node = &graph.nodes[at];
        match &node.op {
            Op::Gather(gather) => (&node.inputs, gather.channels.clone()),
            other => panic!("{other:?}"),
        }
    }

    /// Two convolutions of the image, put together, shuffled, and the first half of them taken.
    #[test]
    fn a_slice_of_a_shuffle_of_a_concatenation_is_one_pick() {
        let mut graph = graph(vec![
            (pointwise(), Clamp::NONE, vec![0]),
            (pointwise(), Clamp::NONE, vec![0]),
            (channels(&[0, 1, 2, 3]), Clamp::NONE, vec![1, 2]),
            (channels(&[0, 2, 1, 3]), Clamp::NONE, vec![3]),
            (channels(&[1, 0]), Clamp::NONE, vec![4]),
        ]);
        for tensor in [3, 4] {
            graph.tensors[tensor].shape.channels = 4;
        }
        merge(&mut graph);
        assert_eq!(graph.nodes.len(), 3);
        assert_eq!(picked(&graph, 2), (&[2, 1][..], vec![Some(0), Some(2)]));
    }

    #[test]
    fn steps_multiply_and_firsts_add() {
        let every_other = |first: usize| {
            Op::Gather(Gather {
                first: [first, 0],
                stride: [2, 1],
                ..Gather::of_channels([Some(0), Some(1)])
            })
        };
        let mut graph = graph(vec![
            (every_other(1), Clamp::NONE, vec![0]),
            (every_other(3), Clamp::NONE, vec![1]),
        ]);
        merge(&mut graph);
        let [node] = graph.nodes.as_slice() else {
            panic!("{:?}", graph.nodes);
        };
        let Op::Gather(gather) = &node.op else {
            panic!("{node:?}");
        };
        assert_eq!((gather.first, gather.stride), ([7, 0], [4, 1]));
    }

    #[test]
    fn what_picks_all_is_gone_and_what_is_not_picked_is_not_read() {
        let mut graph = graph(vec![
            (pointwise(), Clamp::NONE, vec![0]),
            (channels(&[2, 3]), Clamp::NONE, vec![0, 1]),
            (pointwise(), Clamp::NONE, vec![2]),
        ]);
        merge(&mut graph);
        assert_eq!(graph.nodes.len(), 2);
        assert_eq!(graph.nodes[1].inputs, [1]);
    }
}
