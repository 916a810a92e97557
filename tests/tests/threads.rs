//! On threads, every net answers what it answers on one, whatever the pool does with the pieces.

use proptest::prelude::*;
use tidbit::kernels::{backends, kernels};
use tidbit::threads::MAX_THREADS;
use tidbit::{Error, Model, Piece, Pool, Session};
use tidbit_cli::threads::Threads;
use tidbit_quantize::plan::{layerwise, plan};
use tidbit_quantize::repack::repack;
use tidbit_quantize::{Network, Ptq, Ram};
use tidbit_tests::bundled::{fixtures, quantized};
use tidbit_tests::measure::images;
use tidbit_tests::pools::{TestPool, Way};
use tidbit_tests::random_net::{emit, recipes};
use tidbit_tests::trace::{trace_by, trace_of};

/// By every backend, and pools of every way: all tensors are those of one thread. Yields the pieces that were made.
fn try_all(blob: &[u8], least_macs: u32) -> usize {
    let mut pieces = 0;
    for kernels in backends() {
        let blob = repack(blob, kernels.packing).expect("a valid blob");
        let model = Model::new(&blob).expect("a valid blob");
        let images = images(model.input_shape(), 2, 5);
        let expected: Vec<_> = images
            .iter()
            .map(|image| trace_by(kernels, &model, image, 0))
            .collect();
        for (way, threads) in Way::ALL.into_iter().zip([2, 3, 5, 3, 2, 16]) {
            let pool = TestPool::new(way, threads, least_macs);
            let mut memory = vec![0xa5; model.memory_bytes_for(threads)];
            let session = Session::with_pool(&model, &mut memory, kernels, &pool);
            let mut session = session.expect("the memory suffices");
            for (image, expected) in images.iter().zip(&expected) {
                let found = trace_of(&mut session, &model, image);
                assert_eq!(&found, expected, "{} {way:?}", kernels.name);
            }
            pieces += pool.pieces();
        }
    }
    pieces
}

/// A bundled net, planned so.
fn bundled(file: &str, ram: Ram) -> Vec<u8> {
    let path = fixtures().join(file);
    let shape = Network::load(&path)
        .expect("it is understood")
        .input_shape();
    quantized(&path, &images(shape, 8, 1), (None, ram, Ptq::FAST))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_nets_answer_the_same(recipe in recipes()) {
        let net = recipe.net();
        let whole = layerwise(&net);
        try_all(&emit(&net, &whole).expect("the net is emitted"), 1);
        let least = plan(&net, Ram::Auto, 0, &()).expect("there is a plan");
        let middle = Ram::Budget(usize::midpoint(least.arena_bytes, whole.arena_bytes));
        for ram in [Ram::Auto, middle] {
            let plan = plan(&net, ram, 0, &()).expect("there is a plan");
            try_all(&emit(&net, &plan).expect("the net is emitted"), 1);
        }
    }
}

#[test]
fn bundled_nets_answer_the_same() {
    for file in [
        "fashion_mobilenet_v2.onnx",
        "fashion_mobilenet_v3.onnx",
        "fashion_efficientnet_b0.onnx",
        "fashion_resnet18.onnx",
        "fashion_vgg.onnx",
    ] {
        let layerwise = try_all(&bundled(file, Ram::Layerwise), 1);
        assert!(layerwise > 0, "{file}: nothing was cut");
        try_all(&bundled(file, Ram::Auto), 1);
    }
}

#[test]
fn less_is_cut_where_the_pool_asks_for_more() {
    let blob = bundled("fashion_mobilenet_v2.onnx", Ram::Layerwise);
    let many = try_all(&blob, 1);
    let few = try_all(&blob, 20_000);
    assert!(0 < few && few < many, "{few} of {many}");
    assert_eq!(try_all(&blob, u32::MAX), 0);
}

#[test]
fn pools_of_any_number_of_threads_are_taken() {
    let blob = bundled("fashion_resnet18.onnx", Ram::Layerwise);
    let model = Model::new(&blob).expect("a valid blob");
    let image = &images(model.input_shape(), 1, 5)[0];
    let expected = trace_by(kernels(), &model, image, 0);
    for threads in [0, 1, 2, MAX_THREADS, MAX_THREADS + 1, usize::MAX] {
        let pool = TestPool::new(Way::AtOnce, threads, 1);
        let bytes = model.memory_bytes_for(threads);
        let used = threads.clamp(1, MAX_THREADS);
        assert_eq!(bytes, model.arena_bytes() + used * model.scratch_bytes());
        let mut memory = vec![0xa5; bytes];
        let (have, need) = (bytes - 1, bytes);
        let short = Session::with_pool(&model, &mut memory[1..], kernels(), &pool);
        assert_eq!(short.err(), Some(Error::MemoryTooSmall { have, need }));
        let session = Session::with_pool(&model, &mut memory, kernels(), &pool);
        let found = trace_of(&mut session.expect("it suffices"), &model, image);
        assert_eq!(found, expected, "{threads} threads");
        assert_eq!(pool.pieces() > 0, threads > 1);
    }
}

/// Threads of rayon that take the smallest pieces.
struct Eager(Threads);

impl Pool for Eager {
    fn threads(&self) -> usize {
        self.0.threads()
    }

    fn run(&self, pieces: &mut [Piece<'_>]) {
        self.0.run(pieces);
    }

    fn least_macs(&self) -> u32 {
        1
    }
}

#[test]
fn threads_of_rayon_answer_the_same_within_and_without() {
    let blob = bundled("fashion_mobilenet_v2.onnx", Ram::Layerwise);
    let model = Model::new(&blob).expect("a valid blob");
    let image = &images(model.input_shape(), 1, 5)[0];
    let expected = trace_by(kernels(), &model, image, 0);
    for threads in [2, 3] {
        let pool = Eager(Threads::new(threads).expect("threads"));
        let run = || {
            let mut memory = vec![0xa5; model.memory_bytes_for(threads)];
            let session = Session::with_pool(&model, &mut memory, kernels(), &pool);
            trace_of(&mut session.expect("it suffices"), &model, image)
        };
        assert_eq!(run(), expected);
        assert_eq!(pool.0.install(run), expected);
    }
}
