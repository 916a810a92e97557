//! Certificates: what a blob is said to take of a board is what it takes, to the byte.

use std::path::PathBuf;

use tempfile::TempDir;
use tidbit::Model;
use tidbit_cli::board::{
    Board, BoardAnswer, BoardError, Breach, Certified, Fit, certify, firmware,
};
use tidbit_tests::{every_op, handmade, surgery};

fn board() -> Board {
    Board::find("mps2-an386").unwrap()
}

/// Has a board prove the certificate of a blob on one image.
fn proved(
    board: &Board,
    blob: &[u8],
    image: Vec<u8>,
) -> Result<(BoardAnswer, Certified), BoardError> {
    let (path, _folder) = file(blob);
    let model = Model::new(blob).unwrap();
    let mut proved = certify(board, &path, &model, &[image], || {})?;
    Ok(proved.remove(0))
}

/// A file with these bytes, and the folder that holds it.
fn file(bytes: &[u8]) -> (PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.tidbit");
    std::fs::write(&path, bytes).unwrap();
    (path, folder)
}

#[test]
fn the_arena_of_a_certified_blob_is_used_to_the_byte() {
    let [height, width, channels] = every_op::IMAGE.map(usize::from);
    let image = |len: usize| (0..len).map(|at| (at * 37) as u8).collect::<Vec<u8>>();
    let all = image(height * width * channels);
    let a_class = Board::find("virt-aarch64").unwrap();
    let cases = [
        (board(), handmade::tiny(), handmade::image()),
        (board(), every_op::every_op(), all.clone()),
        (a_class, every_op::every_op(), all),
    ];
    for (board, blob, image) in cases {
        let model = Model::new(&blob).unwrap();
        let proved = proved(&board, &blob, image);
        let (answer, found) = proved.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(answer.output.len(), model.output_len());
        assert_eq!(found.arena_bytes, model.arena_bytes() as u64);
        assert_eq!(found.arena_high_water, found.arena_bytes);
        assert!(found.scratch_high_water <= found.scratch_bytes);
        assert!(found.stack_measured <= found.stack_bytes);
    }
}

#[test]
fn a_blob_that_says_too_much_arena_is_not_certified() {
    let mut blob = handmade::tiny();
    surgery::header(&mut blob, |header| header.arena_bytes += 3);
    let error = proved(&board(), &blob, handmade::image()).unwrap_err();
    let text = error.to_string();
    let BoardError::Uncertified { breach, .. } = error else {
        panic!("{text}");
    };
    assert!(matches!(breach, Breach::ArenaUnused(_)), "{breach:?}");
    assert!(text.contains("43") && text.contains("3 too many"), "{text}");
}

#[test]
fn a_board_whose_arena_lacks_one_byte_refuses_the_blob() {
    let blob = handmade::tiny();
    let model = Model::new(&blob).unwrap();
    let need = model.memory_bytes();
    let elf = firmware::build_exact("mps2-an386", need - 1).unwrap();
    let limit = std::time::Duration::from_secs(60);
    let booted = tidbit_cli::board::Emulated::boot_with(&board(), &elf, &blob, limit);
    let Err(BoardError::Refused { fault, .. }) = booted.map(drop) else {
        panic!("it should have refused");
    };
    let (need, have) = (need as u32, need as u32 - 1);
    assert_eq!(fault, tidbit_link::Fault::ArenaTooSmall { need, have });
}

#[test]
fn every_breach_of_a_certificate_is_found() {
    let good = Certified {
        arena_bytes: 40,
        arena_high_water: 40,
        scratch_bytes: 16,
        scratch_high_water: 9,
        stack_bytes: 964,
        stack_measured: 900,
    };
    assert_eq!(good.judge(), Ok(good));
    let unused = Certified {
        arena_high_water: 39,
        ..good
    };
    let scratch = Certified {
        scratch_high_water: 17,
        ..good
    };
    let exceeded = Certified {
        stack_measured: 965,
        ..good
    };
    for breach in [
        Breach::ArenaUnused(unused),
        Breach::ScratchExceeded(scratch),
        Breach::StackExceeded(exceeded),
    ] {
        let found = match breach {
            Breach::ArenaUnused(found)
            | Breach::ScratchExceeded(found)
            | Breach::StackExceeded(found) => found,
            other => panic!("{other}"),
        };
        assert_eq!(found.judge(), Err(breach));
    }
}

#[test]
fn every_budget_is_held_against_the_blob() {
    let blob = handmade::tiny();
    let model = Model::new(&blob).unwrap();
    let (path, _folder) = file(&blob);
    let mut board = board();
    let fit = Fit::of(&board, &model).unwrap();
    assert!(fit.fits && fit.exceeded().is_empty());
    board.blob_bytes = fit.flash.need;
    board.arena_bytes = fit.memory.need;
    board.buffer_bytes = fit.buffer.need;
    board.stack_bytes = fit.stack.need;
    board.check(&path, &model).unwrap();
    board.arena_bytes -= 1;
    board.buffer_bytes -= 2;
    board.stack_bytes -= 3;
    let error = board.check(&path, &model).unwrap_err().to_string();
    for part in ["memory", "1 more", "buffer", "2 more", "stack", "3 more"] {
        assert!(error.contains(part), "{error}");
    }
    board.stack.remove("AveragePool");
    let error = board.check(&path, &model).unwrap_err().to_string();
    assert!(error.contains("AveragePool"), "{error}");
}
