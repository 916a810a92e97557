//! Every backend of the micro-kernels that runs on this machine, against the scalar definition: job by
//! job, and in whole nets with weights in every order.

use tidbit::Model;
use tidbit::kernels::{Kernels, Packing, backends, kernels, scalar};
use tidbit_cli::backends::all_agree;
use tidbit_cli::blob::BlobFile;
use tidbit_kernel_suite::{Bench, run};
use tidbit_quantize::repack::repack;
use tidbit_tests::every_op::every_op;
use tidbit_tests::handmade::tiny;
use tidbit_tests::streamed::streamed;
use tidbit_tests::trace::trace_by;

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

/// A backend that is wrong in one byte of one kernel is found out.
#[test]
fn the_suite_notices_a_wrong_byte() {
    let wrong = Kernels {
        max_into: |best, pixel| {
            (scalar::KERNELS.max_into)(best, pixel);
            if let [.., last] = best {
                *last ^= 1;
            }
        },
        ..scalar::KERNELS
    };
    let failure = run(&wrong, &mut Box::new(Bench::new()), 1).unwrap_err();
    assert_eq!((failure.kernel, failure.place), ("max_into", "output"));
}

/// So is one that is wrong in the widest jobs alone, as a vector's last group of channels may be.
#[test]
fn the_suite_notices_a_wrong_wide_job() {
    let gemm = Kernels {
        gemm: |job, count, patches, out, scratch| {
            (scalar::KERNELS.gemm)(job, count, patches, out, scratch);
            if let ([_, ..], 129..) = (&*out, job.requant.bias.len()) {
                out[0] ^= 1;
            }
        },
        ..scalar::KERNELS
    };
    let depthwise = Kernels {
        depthwise: |job, rows, out, scratch| {
            (scalar::KERNELS.depthwise)(job, rows, out, scratch);
            if let ([_, ..], 129..) = (&*out, job.channels) {
                out[0] ^= 1;
            }
        },
        ..scalar::KERNELS
    };
    for (wrong, kernel) in [(gemm, "gemm"), (depthwise, "depthwise")] {
        let failure = run(&wrong, &mut Box::new(Bench::new()), 1).unwrap_err();
        assert_eq!((failure.kernel, failure.place), (kernel, "output"));
    }
}

#[test]
fn a_backend_that_answers_otherwise_is_named_with_the_image_and_the_tensor() {
    static WRONG: Kernels = Kernels {
        name: "wrong",
        average: |sums, average, out| {
            (scalar::KERNELS.average)(sums, average, out);
            out.iter_mut().for_each(|element| *element ^= 1);
        },
        ..scalar::KERNELS
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.tidbit");
    std::fs::write(&path, every_op()).unwrap();
    let file = BlobFile::read(&path).unwrap();
    let bytes = file.model().unwrap().input_shape().bytes();
    let images = [vec![7; bytes]];
    let agree = |backends: &[&'static Kernels], trace| {
        all_agree(backends, &file, (&["cat.png".into()], &images), trace, &())
    };
    let answers = agree(&[&scalar::KERNELS, &scalar::KERNELS], true).unwrap();
    assert_eq!(answers.len(), 1);
    let error = agree(&[&scalar::KERNELS, &WRONG], true)
        .unwrap_err()
        .to_string();
    let expected = "on cat.png the backends scalar and wrong differ: first in tensor";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_net_answers_the_same_in_every_order_and_by_every_backend() {
    for blob in [tiny(), every_op(), streamed()] {
        let model = Model::new(&blob).expect("a valid blob");
        let bytes = model.input_shape().bytes();
        let image: Vec<u8> = (0..bytes).map(|at| (at * 83 + 5) as u8).collect();
        let expected = trace_by(&scalar::KERNELS, &model, &image, 0x5a);
        for packing in Packing::ALL {
            let packed = repack(&blob, packing).expect("a valid blob");
            let model = Model::new(&packed).expect("it stays valid");
            for backend in backends() {
                let found = trace_by(backend, &model, &image, 0xa5);
                assert_eq!(found, expected, "{} by {}", packing.name(), backend.name);
            }
            let back = repack(&packed, Packing::Portable).expect("a valid blob");
            assert_eq!(back, blob, "{} and back", packing.name());
        }
    }
}
