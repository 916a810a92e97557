//! Every plan of a net computes the bytes of the plan layer by layer, in the memory that it states.

use proptest::prelude::*;
use tidbit::Model;
use tidbit_quantize::lower::IntNet;
use tidbit_quantize::plan::{Plan, layerwise, plan};
use tidbit_quantize::{Error, Ram};
use tidbit_tests::exercise::{Outcome, exercise};
use tidbit_tests::measure::images;
use tidbit_tests::random_net::{Recipe, emit, recipes};
use tidbit_tests::trace::trace;

/// Checks one plan against the checksums of another.
fn compare(net: &IntNet, plan: &Plan, expected: &[Vec<u32>]) {
    let blob = emit(net, plan).unwrap_or_else(|error| panic!("{error}\n{plan:#?}"));
    let model = Model::new(&blob).expect("the emitter validates");
    assert_eq!(model.arena_bytes(), plan.arena_bytes);
    for (image, expected) in images(model.input_shape(), 2, 5).iter().zip(expected) {
        assert_eq!(&trace(&model, image, 0xa5), expected, "{plan:#?}");
    }
    assert_eq!(exercise(&blob, u64::MAX), Outcome::Ran);
}

/// All goals for one net: the least memory, and budgets up to that of the plan layer by layer.
fn try_all(net: &IntNet) {
    let whole = layerwise(net);
    let blob = emit(net, &whole).expect("the net is emitted");
    let model = Model::new(&blob).expect("the emitter validates");
    let images = images(model.input_shape(), 2, 5);
    let expected: Vec<_> = images.iter().map(|image| trace(&model, image, 0)).collect();
    let scratch = model.scratch_bytes();

    let auto = plan(net, Ram::Auto, scratch, &()).expect("there is a plan");
    compare(net, &auto, &expected);
    assert!(auto.arena_bytes <= whole.arena_bytes + 64);
    assert!(auto.bound.is_some_and(|bound| bound <= auto.arena_bytes));
    for part in 0..4 {
        let (least, most) = (auto.arena_bytes, whole.arena_bytes);
        let budget = scratch + least + most.saturating_sub(least) * part / 3;
        let within = plan(net, Ram::Budget(budget), scratch, &()).expect("the least fits");
        assert!(within.arena_bytes + scratch <= budget);
        compare(net, &within, &expected);
    }
    let refused = plan(net, Ram::Budget(auto.arena_bytes / 2), scratch, &());
    assert!(matches!(refused, Err(Error::RamBudget { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_plan_of_a_random_net_computes_the_same(recipe in recipes()) {
        try_all(&Recipe::net(&recipe));
    }
}
