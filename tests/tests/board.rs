//! The emulated board against the host: the same bytes in every tensor, and an error, never a
//! hang, for whatever is wrong.

use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use tidbit::{Model, Observer, RunningChecksum, Session};
use tidbit_cli::board::{Board, BoardError, Emulated, firmware};
use tidbit_link::Fault;
use tidbit_tests::handmade;

/// Silence of a board that is taken for its end, in these tests.
const LIMIT: Duration = Duration::from_secs(60);

fn board() -> (Board, PathBuf) {
    let board = Board::find("mps2-an386").unwrap();
    let elf = firmware::build(&board.name).unwrap_or_else(|error| panic!("{error}"));
    (board, elf)
}

/// A file with these bytes, and the folder that holds it.
fn file(bytes: &[u8]) -> (PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net, with a comma.tidbit");
    std::fs::write(&path, bytes).unwrap();
    (path, folder)
}

/// Hashes every tensor.
struct Hashes(Vec<RunningChecksum>);

impl Observer for Hashes {
    fn row(&mut self, tensor: u16, _row: u16, bytes: &[u8]) {
        self.0[usize::from(tensor)].update(bytes);
    }
}

#[test]
fn every_board_computes_the_bytes_of_the_host() {
    for board in Board::all().unwrap() {
        computes_the_bytes_of_the_host(&board);
    }
}

fn computes_the_bytes_of_the_host(board: &Board) {
    let elf = firmware::build(&board.name).unwrap_or_else(|error| panic!("{error}"));
    let blob = handmade::tiny();
    let (path, _folder) = file(&blob);
    let mut device = Emulated::boot(board, &elf, &path).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(device.info().board, board.name);
    let model = Model::new(&blob).unwrap();
    let mut memory = vec![0; model.memory_bytes()];
    let mut session = Session::new(&model, &mut memory).unwrap();
    let image = handmade::image();
    let mut instructions = None;
    for trace in [false, true, false] {
        let mut hashes = Hashes(vec![RunningChecksum::new(); 4]);
        let expected = session.run_observed(&image, &mut hashes).unwrap();
        let mut scores = vec![0; model.classes()];
        expected.scores(&mut scores).unwrap();
        let answer = device
            .infer(&image, trace)
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(answer.output, expected.output());
        assert_eq!(answer.scores, scores);
        assert_eq!(answer.arena_bytes as usize, model.arena_bytes());
        assert!((1..=board.stack_bytes).contains(&u64::from(answer.stack_bytes)));
        assert!(
            answer.log.iter().any(|line| line.contains("instructions")),
            "{:?}",
            answer.log
        );
        if trace {
            let hashes: Vec<u32> = hashes.0.iter().map(RunningChecksum::finish).collect();
            assert_eq!(answer.tensor_hashes, hashes);
        } else {
            assert!(answer.tensor_hashes.is_empty());
            // Not a matter of luck: the count is exact, and the same on every machine.
            assert_eq!(
                *instructions.get_or_insert(answer.instructions),
                answer.instructions
            );
        }
    }
}

#[test]
fn another_image_gets_another_answer() {
    let (board, elf) = board();
    let (path, _folder) = file(&handmade::tiny());
    let mut device = Emulated::boot(&board, &elf, &path).unwrap();
    let image = handmade::image();
    let first = device.infer(&image, true).unwrap();
    let other = device.infer(&vec![0; image.len()], true).unwrap();
    assert_ne!(first.tensor_hashes, other.tensor_hashes);
    let again = device.infer(&image, true).unwrap();
    assert_eq!(first.tensor_hashes, again.tensor_hashes);
}

#[test]
fn an_image_of_the_wrong_size_is_refused() {
    let (board, elf) = board();
    let (path, _folder) = file(&handmade::tiny());
    let mut device = Emulated::boot(&board, &elf, &path).unwrap();
    let error = device.infer(&[0; 15], false).unwrap_err();
    assert!(
        matches!(
            error,
            BoardError::Image {
                have: 15,
                expected: 16
            }
        ),
        "{error}"
    );
}

#[test]
fn a_blob_that_the_host_would_refuse_is_refused_by_the_board_too() {
    let (board, elf) = board();
    let mut damaged = handmade::tiny();
    damaged[100] ^= 1;
    let mut long = handmade::tiny();
    long[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    let refused = [
        (vec![0xff; 64], "NotABlob", Fault::BlobRefused),
        (damaged, "Checksum", Fault::BlobRefused),
        (
            long,
            "",
            Fault::BlobTooLong {
                bytes: u32::MAX,
                room: u32::try_from(board.blob_bytes).unwrap(),
            },
        ),
    ];
    for (flash, logged, expected) in refused {
        match Emulated::boot_with(&board, &elf, &flash, LIMIT) {
            Err(BoardError::Refused { fault, details }) => {
                assert_eq!(fault, expected);
                assert!(details.contains(logged), "{details}");
            }
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("the board took the blob"),
        }
    }
}

#[test]
fn a_blob_beyond_a_budget_is_refused_with_the_difference() {
    let (mut board, elf) = board();
    let blob = handmade::tiny();
    let (path, _folder) = file(&blob);
    board.blob_bytes = blob.len() as u64 - 3;
    let Err(error) = Emulated::boot(&board, &elf, &path) else {
        panic!("the blob was taken");
    };
    let text = error.to_string();
    assert!(
        text.contains("flash") && text.contains("3 more than"),
        "{text}"
    );
}

#[test]
fn a_missing_blob_and_one_that_is_none_are_told_before_boot() {
    let (board, elf) = board();
    let missing = Emulated::boot(&board, &elf, "no-such-file".as_ref())
        .err()
        .unwrap();
    assert!(matches!(missing, BoardError::Read { .. }), "{missing}");
    let (path, _folder) = file(b"not a blob at all");
    let foreign = Emulated::boot(&board, &elf, &path).err().unwrap();
    assert!(matches!(foreign, BoardError::Blob { .. }), "{foreign}");
}

#[test]
fn a_machine_that_the_emulator_does_not_know_is_an_error_with_its_words() {
    let (mut board, elf) = board();
    board.qemu_machine = "no-such-machine".to_owned();
    let (path, _folder) = file(&handmade::tiny());
    let Err(BoardError::Ended { details, .. }) = Emulated::boot(&board, &elf, &path) else {
        panic!("the emulator should have ended");
    };
    assert!(details.contains("unsupported machine"), "{details}");
}
