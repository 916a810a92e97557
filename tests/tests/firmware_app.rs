//! The firmware's board-free part, on the host: a board is played whose line is a script of bytes.
//!
//! The device asks before it hears, but it does not matter to it when the bytes were sent: so a
//! whole conversation can be written down beforehand, and then be damaged.

#[path = "firmware_app/played.rs"]
mod played;

use played::{said, said_with};
use proptest::collection::vec;
use proptest::prelude::*;
use tidbit::{Model, Session};
use tidbit_cli::answers::apart;
use tidbit_cli::inference::Inference;
use tidbit_link::{Fault, Frame, HighWater, ToDevice, ToHost, TraceKind, message};
use tidbit_tests::handmade;
use tidbit_tests::heads::three_heads;
use tidbit_tests::measure::{images, measure, normalization, on_disk};

fn frame(message: &ToDevice<'_>) -> Vec<u8> {
    let mut frame = Frame::new();
    frame.encode(message).unwrap();
    frame.bytes().to_vec()
}

/// A `Start` and the rows of an image, one byte at a time.
fn inference(image: &[u8], trace: bool) -> Vec<u8> {
    let mut bytes = start(trace, None);
    bytes.extend(rows(image));
    bytes
}

fn start(trace: bool, paint: Option<u8>) -> Vec<u8> {
    let trace = if trace {
        TraceKind::Hashes
    } else {
        TraceKind::Off
    };
    frame(&ToDevice::Start { trace, paint })
}

/// The rows of an image, one byte at a time.
fn rows(image: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (y, row) in (0..).zip(image.chunks_exact(usize::from(handmade::SIDE))) {
        for (offset, pixel) in (0..).zip(row) {
            let pixels = core::slice::from_ref(pixel);
            bytes.extend(frame(&ToDevice::Row { y, offset, pixels }));
        }
    }
    bytes
}

/// The output in what a device said last.
fn answer(frames: &[Vec<u8>]) -> Option<Vec<u8>> {
    let at = frames
        .iter()
        .rposition(|frame| matches!(message(frame), Ok(ToHost::Done { .. })))?;
    frames
        .get(..at)?
        .iter()
        .rev()
        .find_map(|frame| match message(frame) {
            Ok(ToHost::Output { bytes, .. }) => Some(bytes.to_vec()),
            _ => None,
        })
}

/// The same by the runtime itself.
fn expected(image: &[u8]) -> Vec<u8> {
    let blob = handmade::tiny();
    let model = Model::new(&blob).unwrap();
    let mut memory = vec![0; model.memory_bytes()];
    let mut session = Session::new(&model, &mut memory).unwrap();
    session.run(image).unwrap().output_bytes().to_vec()
}

/// Faults in what a device said.
fn faults(frames: &[Vec<u8>]) -> Vec<Fault> {
    let faults = frames.iter().filter_map(|frame| match message(frame) {
        Ok(ToHost::Error(fault)) => Some(fault),
        _ => None,
    });
    faults.collect()
}

#[test]
fn answers_images_one_after_another() {
    let image = handmade::image();
    let script = inference(&image, false).repeat(3);
    let frames = said(&handmade::tiny(), 1024, &script);
    let done = |frame: &&Vec<u8>| matches!(message(frame), Ok(ToHost::Done { .. }));
    assert_eq!(frames.iter().filter(done).count(), 3);
    assert_eq!(answer(&frames), Some(expected(&image)));
    assert_eq!(faults(&frames), []);
}

#[test]
fn a_new_start_abandons_the_inference_under_way() {
    let image = handmade::image();
    let mut script = inference(&[9; 16], true);
    script.truncate(script.len() / 2);
    let cut = script.iter().rposition(|byte| *byte == 0).unwrap();
    script.truncate(cut + 1);
    script.extend(frame(&ToDevice::Hello));
    script.extend(inference(&image, false));
    let frames = said(&handmade::tiny(), 1024, &script);
    assert_eq!(answer(&frames), Some(expected(&image)));
    assert_eq!(faults(&frames), []);
}

#[test]
fn what_comes_at_the_wrong_moment_is_refused() {
    let pixels: &[u8] = &[1; 4];
    let row = |y, offset, pixels| frame(&ToDevice::Row { y, offset, pixels });
    let frames = said(&handmade::tiny(), 1024, &row(0, 0, pixels));
    assert_eq!(faults(&frames), [Fault::OutOfTurn]);
    let wrong = [
        row(1, 0, pixels),
        row(0, 1, pixels),
        row(0, 0, &[]),
        row(0, 0, &[1; 5]),
    ];
    for wrong in wrong {
        let script = [start(false, None), wrong].concat();
        let frames = said(&handmade::tiny(), 1024, &script);
        assert_eq!(faults(&frames), [Fault::WrongPiece { y: 0, offset: 0 }]);
    }
}

#[test]
fn a_blob_that_cannot_run_is_told_whenever_the_host_asks() {
    let blob = handmade::tiny();
    let hello = frame(&ToDevice::Hello);
    let script = [hello.clone(), start(false, None), hello].concat();
    // 40 bytes of arena, 44 of scratch.
    let small = Fault::ArenaTooSmall { need: 84, have: 83 };
    let cases: [(&[u8], usize, Fault); 4] = [
        (&blob, 83, small),
        (&[], 1024, Fault::BlobRefused),
        (&[0xff; 100], 1024, Fault::BlobRefused),
        (
            &blob[..blob.len() - 1],
            1024,
            Fault::BlobTooLong {
                bytes: blob.len() as u32,
                room: blob.len() as u32 - 1,
            },
        ),
    ];
    for (flash, memory, expected) in cases {
        let frames = said(flash, memory, &script);
        assert_eq!(faults(&frames), [expected]);
        let infos = frames.iter().filter_map(|frame| match message(frame) {
            Ok(ToHost::Info(info)) => Some(info.blob),
            _ => None,
        });
        assert_eq!(infos.collect::<Vec<_>>(), [Err(expected); 2]);
    }
    assert_eq!(faults(&said(&blob, 84, &script)), []);
    let frames = said_with(&blob, (84, 6), &script);
    let expected = Fault::BufferTooSmall { need: 8, have: 6 };
    assert_eq!(faults(&frames), [expected]);
}

#[test]
fn the_end_of_an_inference_tells_of_the_fence_and_of_painted_memory() {
    let image = handmade::image();
    let painted = |paint| [start(false, Some(paint)), rows(&image)].concat();
    let script = [painted(0xa5), painted(0x5a), inference(&image, false)].concat();
    // 100 bytes of memory are more than the blob needs.
    let frames = said(&handmade::tiny(), 100, &script);
    let ends = frames.iter().filter_map(|frame| match message(frame) {
        Ok(ToHost::Done {
            fence_intact,
            high_water,
            ..
        }) => Some((fence_intact, high_water)),
        _ => None,
    });
    let ends: Vec<_> = ends.collect();
    let fences: Vec<bool> = ends.iter().map(|(fence, _)| *fence).collect();
    assert_eq!(fences, [true, false, true], "the fence fell once");
    let [Some(first), Some(second), None] = [ends[0].1, ends[1].1, ends[2].1] else {
        panic!("only painted memory has a mark: {ends:?}");
    };
    let most = HighWater {
        arena: first.arena.max(second.arena),
        scratch: first.scratch.max(second.scratch),
    };
    assert_eq!(most.arena, 40);
    assert!((1..=44).contains(&most.scratch), "{most:?}");
}

#[test]
fn the_firmware_sends_all_answers_one_after_another() {
    let file = on_disk(&three_heads(false));
    let blob = measure(file.path(), &normalization()).unwrap().blob;
    let model = Model::new(&blob).unwrap();
    let image = images(model.input_shape(), 1, 5).remove(0);
    let mut memory = vec![0; model.memory_bytes()];
    let expected = Inference::run(&model, &mut memory, &image, false).unwrap();
    let mut script = start(false, None);
    for (y, pixels) in (0..).zip(image.chunks_exact(model.input_shape().row_bytes())) {
        let offset = 0;
        script.extend(frame(&ToDevice::Row { y, offset, pixels }));
    }
    let mut sent: Vec<i8> = Vec::new();
    for frame in said_with(&blob, (model.memory_bytes(), 64), &script) {
        if let Ok(ToHost::Output { offset, bytes }) = message(&frame) {
            assert_eq!(offset as usize, sent.len());
            sent.extend(bytes.iter().map(|byte| byte.cast_signed()));
        }
    }
    assert_eq!(sent, expected.outputs.concat());
    assert_eq!(apart(&model, &sent), expected.outputs);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn noise_is_survived_and_the_next_inference_is_right(
        noise in vec(any::<u8>(), 0..600), image in vec(any::<u8>(), 16),
    ) {
        let script = [noise, vec![0], inference(&image, true)].concat();
        let frames = said(&handmade::tiny(), 1024, &script);
        prop_assert_eq!(answer(&frames), Some(expected(&image)));
    }

    #[test]
    fn a_damaged_piece_is_asked_for_again(
        image in vec(any::<u8>(), 16), at: prop::sample::Index, flip in 1..=255u8,
    ) {
        let good = inference(&image, false);
        let start = start(false, None).len();
        let piece = start + at.index(good.len() - start);
        let mut script = good.clone();
        script[piece] ^= flip;
        // Whatever was damaged, the device is still there for a fresh start.
        script.extend([0]);
        script.extend(&good);
        let frames = said(&handmade::tiny(), 1024, &script);
        prop_assert!(!faults(&frames).is_empty());
        prop_assert_eq!(answer(&frames), Some(expected(&image)));
    }
}
