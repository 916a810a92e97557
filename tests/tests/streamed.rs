//! The streamed blob, and the fuzzer's seed that was made of it, have all that a plan can have.

use std::path::Path;

use tidbit::Model;
use tidbit::blob::{InPlace, in_place};
use tidbit::schedule::Schedule;
use tidbit_tests::exercise::{Outcome, exercise};
use tidbit_tests::streamed::streamed;

/// Has landings, a pool that accumulates, rings that share bytes, an operator that works in place;
/// and runs without harm.
fn has_everything(blob: &[u8]) {
    let model = Model::new(blob).expect("it validates; if the format changed, see below");
    let tables = model.tables();
    let flow = &tables.flow;
    let count = tables.header.op_count;
    let landings = flow.tensors.iter().filter(|tensor| tensor.landing_rows > 0);
    assert!(landings.count() >= 2);
    assert!(flow.ops.iter().any(|op| op.accumulates != 0));
    let pairs = || (0..count).flat_map(|a| (0..a).map(move |b| (a, b)));
    let shared: Vec<_> = pairs().filter(|&(a, b)| flow.shares_memory(a, b)).collect();
    assert!(shared.len() >= 3, "{shared:?}");
    let works_in_place =
        |&(op, input): &(u16, u16)| in_place(flow, &tables.data, op, input) != InPlace::Never;
    assert!(shared.iter().any(works_in_place), "{shared:?}");
    assert_eq!(exercise(blob, u64::MAX), Outcome::Ran);
}

#[test]
fn it_has_all_that_a_plan_can_have() {
    has_everything(&streamed());
}

/// The seed was such a blob when it was written; `TIDBIT_BLESS=1` writes it anew.
#[test]
fn so_has_the_seed_of_the_fuzzer() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/streamed");
    if std::env::var_os("TIDBIT_BLESS").is_some() {
        std::fs::write(&path, streamed()).expect("the seed can be written");
    }
    has_everything(&std::fs::read(&path).expect("the seed is there"));
}
