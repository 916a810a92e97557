//! Every backend of the micro-kernels that runs on this machine, against the scalar definition.

use tidbit::kernels::{backends, kernels};
use tidbit_kernel_suite::{Bench, run};

#[test]
fn every_backend_computes_the_scalar_bytes() {
    let mut bench = Box::new(Bench::new());
    for backend in backends() {
        let jobs = run(backend, &mut bench, 4);
        assert!(
            jobs.is_ok_and(|jobs| jobs > 2000),
            "{}: {jobs:?}",
            backend.name
        );
    }
}

#[test]
fn the_fastest_backend_is_one_of_them() {
    assert!(backends().any(|backend| backend.name == kernels().name));
}
