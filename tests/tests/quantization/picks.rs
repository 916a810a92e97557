//! What a gather picks: through the quantizer, the emitter and the runtime.

use tidbit::blob::OpKind;
use tidbit::{Model, Session};
use tidbit_quantize::graph::{Clamp, Gather, Op};
use tidbit_quantize::lower::{IntGather, IntNet, IntOp, Params, lower};
use tidbit_quantize::plan::layerwise;
use tidbit_tests::random_net::emit;

use crate::block::Block;
use crate::one_op::{graph, scale_of, shape};

/// One row of two inputs, which stand side by side in an image.
pub fn gather(block: &Block) {
    let channels: Vec<u16> = block.ints("channels");
    let (first, second) = (usize::from(channels[0]), usize::from(channels[1]));
    let (a, b): (Vec<i8>, Vec<i8>) = (block.ints("a"), block.ints("b"));
    let columns = a.len() / first;
    let map: Vec<u16> = block.ints("map");
    let picked = Gather {
        channels: map
            .iter()
            .map(|&at| (at != u16::MAX).then_some(at.into()))
            .collect(),
        first: [0, block.int::<u16>("first_column").into()],
        stride: [1, block.int::<u16>("stride").into()],
    };
    let out: Vec<i8> = block.ints("out");
    let shapes = [
        shape(1, columns, first),
        shape(1, columns, second),
        shape(1, out.len() / map.len(), map.len()),
    ];
    let ops = vec![
        (Op::Clamp, Clamp::NONE, vec![0]),
        (Op::Gather(picked), Clamp::NONE, vec![0, 1]),
    ];
    let scales = ["scale_a", "scale_b", "scale"].map(|name| scale_of(block, name));
    let lowered = lower(&graph(&shapes, ops), &scales, &[vec![], vec![], vec![]]);
    let mut net = lowered.expect("it can be quantized");
    let last = net.ops.pop().expect("it has operators");
    let image = IntOp {
        shape: shape(1, columns, first + second),
        ..net.ops[0].clone()
    };
    let part = |channels: std::ops::Range<usize>, like: &IntOp| IntOp {
        kind: OpKind::Gather,
        inputs: vec![0],
        params: Params::Gather(IntGather {
            map: channels.map(|channel| channel as u16).collect(),
            tables: [None, None],
            first: [0, 0],
            stride: [1, 1],
        }),
        ..like.clone()
    };
    let parts = [
        part(0..first, &net.ops[0]),
        part(first..first + second, &net.ops[1]),
    ];
    let [one, other] = parts;
    let last = IntOp {
        inputs: vec![1, 2],
        ..last
    };
    let mut outputs = net.outputs;
    (outputs[0].tensor, outputs[0].logits) = (3, 3);
    let ops = vec![image, one, other, last];
    let net = IntNet { ops, outputs };
    let blob = emit(&net, &layerwise(&net)).expect("it is a net");
    let model = Model::new(&blob).expect("it is a blob");
    let pixels = a.chunks(first).zip(b.chunks(second));
    let pixels = pixels.flat_map(|(a, b)| [a, b].concat());
    let image: Vec<u8> = pixels.map(|q| q.cast_unsigned() ^ 0x80).collect();
    let mut memory = vec![0; model.memory_bytes()];
    let mut session = Session::new(&model, &mut memory).expect("memory enough");
    let answer = session.run(&image).expect("it runs");
    block.expect_ints("out", answer.output());
}
