//! The link over a bad line: whatever happens to the bytes, frames that are whole come through,
//! frames that are not are reported, and nothing hangs or panics.

use proptest::collection::vec;
use proptest::prelude::*;
use tidbit_link::{
    BlobInfo, CHUNK, Decoder, Fault, Frame, FrameError, HighWater, Info, MAX_FRAME, PROTOCOL,
    ToDevice, ToHost, TraceKind, message,
};

/// The frame of a message.
fn frame<M: serde::Serialize>(message: &M) -> Vec<u8> {
    let mut frame = Frame::new();
    frame.encode(message).unwrap();
    frame.bytes().to_vec()
}

/// Everything that a decoder makes of some bytes.
fn decode(decoder: &mut Decoder, bytes: &[u8]) -> Vec<Result<Vec<u8>, FrameError>> {
    let mut found = Vec::new();
    for byte in bytes {
        if decoder.push(*byte) {
            found.push(decoder.frame().map(<[u8]>::to_vec));
        }
    }
    found
}

/// One frame's worth of pixels.
fn pixels() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..=CHUNK),
        vec(Just(0), 0..=CHUNK),
        vec(1..=255u8, 0..=CHUNK),
    ]
}

proptest! {
    #[test]
    fn rows_come_through(y: u16, offset: u32, pixels in pixels()) {
        let row = ToDevice::Row { y, offset, pixels: &pixels };
        let bytes = frame(&row);
        prop_assert!(bytes.len() <= MAX_FRAME);
        let found = decode(&mut Decoder::new(), &bytes);
        prop_assert_eq!(found.len(), 1);
        let payload = found[0].as_ref().unwrap();
        prop_assert_eq!(message::<ToDevice>(payload), Ok(row));
    }

    #[test]
    fn frames_back_to_back_come_through(rows in vec(pixels(), 1..6)) {
        let rows: Vec<_> = rows.iter().map(|pixels| ToDevice::Row { y: 1, offset: 2, pixels }).collect();
        let bytes: Vec<u8> = rows.iter().flat_map(frame).collect();
        let found = decode(&mut Decoder::new(), &bytes);
        prop_assert_eq!(found.len(), rows.len());
        for (payload, row) in found.iter().zip(&rows) {
            prop_assert_eq!(message::<ToDevice>(payload.as_ref().unwrap()), Ok(*row));
        }
    }

    #[test]
    fn a_damaged_byte_is_found_and_the_next_frame_comes_through(
        pixels in pixels(), at: prop::sample::Index, flip in 1..=255u8,
    ) {
        let mut bytes = frame(&ToDevice::Row { y: 3, offset: 0, pixels: &pixels });
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        // The next frame may be swallowed if the damage took the zero between them: send two.
        let hello = frame(&ToDevice::Hello);
        bytes.extend(hello.repeat(2));
        let found = decode(&mut Decoder::new(), &bytes);
        let whole: Vec<_> = found.iter().flatten().collect();
        prop_assert!(found.iter().any(Result::is_err) || at + 1 == bytes.len());
        prop_assert!(!whole.is_empty());
        for payload in whole {
            prop_assert_eq!(message::<ToDevice>(payload), Ok(ToDevice::Hello));
        }
    }

    #[test]
    fn a_cut_frame_is_found(pixels in pixels(), at: prop::sample::Index) {
        let mut bytes = frame(&ToDevice::Row { y: 3, offset: 0, pixels: &pixels });
        // At least the last byte before the zero is gone.
        bytes.truncate(at.index(bytes.len() - 1));
        bytes.push(0);
        bytes.extend(frame(&ToDevice::Hello));
        let found = decode(&mut Decoder::new(), &bytes);
        let payload = found.last().unwrap().as_ref().unwrap();
        prop_assert_eq!(message::<ToDevice>(payload), Ok(ToDevice::Hello));
        let (_, before) = found.split_last().unwrap();
        prop_assert!(before.iter().all(Result::is_err) && before.len() <= 1);
    }

    #[test]
    fn noise_never_spoils_what_follows_a_zero(noise in vec(any::<u8>(), 0..4000)) {
        let mut decoder = Decoder::new();
        for payload in decode(&mut decoder, &noise).iter().flatten() {
            let _ = message::<ToDevice>(payload);
        }
        let mut bytes = vec![0];
        bytes.extend(frame(&ToDevice::Start { trace: TraceKind::Hashes, paint: Some(0xa5) }));
        let found = decode(&mut decoder, &bytes);
        let payload = found.last().unwrap().as_ref().unwrap();
        prop_assert_eq!(message::<ToDevice>(payload), Ok(ToDevice::Start { trace: TraceKind::Hashes, paint: Some(0xa5) }));
    }

    #[test]
    fn any_payload_is_a_message_or_an_error(payload in vec(any::<u8>(), 0..64)) {
        let _ = message::<ToDevice>(&payload);
        let _ = message::<ToHost>(&payload);
    }
}

#[test]
fn an_endless_frame_is_one_error() {
    let mut decoder = Decoder::new();
    let mut bytes = vec![1; 100_000];
    bytes.push(0);
    assert_eq!(decode(&mut decoder, &bytes), [Err(FrameError::TooLong)]);
    assert_eq!(decode(&mut decoder, &frame(&ToDevice::Hello)).len(), 1);
}

#[test]
fn zeros_between_frames_are_nothing() {
    assert_eq!(decode(&mut Decoder::new(), &[0; 10]), []);
}

#[test]
fn every_answer_of_a_device_comes_through() {
    let info = |blob| {
        ToHost::Info(Info {
            protocol: PROTOCOL,
            format: 1,
            board: "mps2-an386",
            arena_budget: 3 << 20,
            buffer_budget: 1 << 14,
            stack_budget: 1 << 15,
            blob,
        })
    };
    let answers = [
        info(Err(Fault::ArenaTooSmall { need: 9, have: 8 })),
        info(Err(Fault::BufferTooSmall { need: 9, have: 8 })),
        info(Ok(BlobInfo {
            blob_bytes: 1,
            checksum: 2,
            height: 3,
            width: 4,
            channels: 5,
            tensors: 6,
            output_bytes: 7,
            classes: 8,
            arena_bytes: 9,
            scratch_bytes: 10,
        })),
        ToHost::NeedRow { y: 7, offset: 1000 },
        ToHost::TensorHash {
            tensor: 2,
            crc32: 0xcbf4_3926,
        },
        ToHost::Output {
            offset: 0,
            bytes: &[1, 2],
        },
        ToHost::Scores {
            offset: 0,
            bytes: &[0, 0x80],
        },
        ToHost::Done {
            instructions: u64::MAX,
            stack_bytes: 1,
            arena_bytes: 2,
            fence_intact: true,
            high_water: Some(HighWater {
                arena: 2,
                scratch: u32::MAX,
            }),
        },
        ToHost::Error(Fault::BadFrame),
    ];
    for answer in answers {
        let found = decode(&mut Decoder::new(), &frame(&answer));
        let payload = found[0].as_ref().unwrap();
        assert_eq!(message::<ToHost>(payload), Ok(answer));
    }
}
