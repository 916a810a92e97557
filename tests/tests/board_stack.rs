//! The stack that the runtime takes on each board, measured operator by operator: the table
//! `[stack]` in `board.toml`, by which a blob's stack is certified, says just that.
//!
//! With `TIDBIT_BLESS=1` the table is written anew. Do that whenever the runtime's code changed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::{env, fs};

use tidbit::Model;
use tidbit::blob::OpKind;
use tidbit::kernels::Packing;
use tidbit_cli::board::{Board, Emulated, firmware, stack_key};
use tidbit_cli::target::packing;
use tidbit_quantize::repack::repack;
use tidbit_tests::single::{IMAGE, variants, wide_convolutions};

/// Bytes of stack of one blob.
fn stack_of(board: &Board, elf: &Path, blob: &[u8]) -> u32 {
    let limit = std::time::Duration::from_secs(60);
    let device = Emulated::boot_with(board, elf, blob, limit);
    let mut device = device.unwrap_or_else(|error| panic!("{error}"));
    let image: Vec<u8> = (0..IMAGE.iter().product())
        .map(|at: u16| at as u8)
        .collect();
    let answer = device.infer(&image, false);
    answer.unwrap_or_else(|error| panic!("{error}")).stack_bytes
}

/// The key of the operator that a blob has behind the input, or of the input.
fn key(blob: &[u8]) -> String {
    let model = Model::new(blob).unwrap();
    stack_key(&model, model.tables().header.op_count - 1).to_owned()
}

/// The stack of all variants of each key; backends take different ways, so it differs.
fn measure(board: &Board) -> BTreeMap<String, Vec<u32>> {
    let elf = firmware::build(&board.name).unwrap_or_else(|error| panic!("{error}"));
    let mut stacks = BTreeMap::<String, Vec<u32>>::new();
    let blobs = OpKind::ALL.into_iter().flat_map(variants);
    for blob in blobs.chain(wide_convolutions()) {
        // Backends go ways of their own where weights lie in their order.
        for packing in [Packing::Portable, packing(None, Some(board))] {
            let blob = repack(&blob, packing).expect("a valid blob");
            let stack = stack_of(board, &elf, &blob);
            stacks.entry(key(&blob)).or_default().push(stack);
        }
    }
    stacks
}

/// The text of a `board.toml` with another table at its end.
fn blessed(text: &str, table: &BTreeMap<String, u64>) -> String {
    let heading = "\n[stack]\n";
    let (before, _) = text
        .split_once(heading)
        .expect("board.toml ends with a table [stack]");
    let lines = table
        .iter()
        .map(|(key, bytes)| format!("{key} = {bytes}\n"));
    format!("{before}{heading}{}", lines.collect::<String>())
}

#[test]
fn the_table_of_every_board_is_what_is_measured() {
    for board in Board::all().unwrap() {
        let stacks = measure(&board);
        println!("{}: {stacks:?}", board.name);
        let most = |stacks: Vec<u32>| u64::from(stacks.into_iter().max().unwrap());
        let measured = stacks.into_iter().map(|(key, stacks)| (key, most(stacks)));
        let measured: BTreeMap<String, u64> = measured.collect();
        if env::var_os("TIDBIT_BLESS").is_some() {
            let boards = firmware::directory().unwrap().join("boards");
            let path = boards.join(&board.name).join("board.toml");
            let text = blessed(&fs::read_to_string(&path).unwrap(), &measured);
            let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file.persist(path).unwrap();
            continue;
        }
        assert_eq!(
            board.stack, measured,
            "left: the table of {}, right: measured. If the runtime's code changed, measure anew: \
             TIDBIT_BLESS=1 cargo test --release --workspace --test board_stack",
            board.name
        );
    }
}
