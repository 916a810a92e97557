//! The stack that the runtime takes on each board, measured for every kind of operator: the table
//! `[stack]` in `board.toml`, by which a blob's stack is certified, says just that.
//!
//! With `TIDBIT_BLESS=1` the table is written anew. Do that whenever the runtime's code changed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::{env, fs};

use tidbit::blob::OpKind;
use tidbit_cli::board::{Board, Emulated, firmware};
use tidbit_tests::single::{IMAGE, variants};

/// The most by which variants of one kind may differ: the certificate of a net has to be close.
const ALIKE: u32 = 64;

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

/// The stack of each kind, and the kinds whose variants are not alike.
fn measure(board: &Board) -> (BTreeMap<String, u64>, Vec<String>) {
    let elf = firmware::build(&board.name).unwrap_or_else(|error| panic!("{error}"));
    let mut unlike = Vec::new();
    let mut table = BTreeMap::new();
    for kind in OpKind::ALL {
        let blobs = variants(kind);
        let stacks = blobs.iter().map(|blob| stack_of(board, &elf, blob));
        let stacks: Vec<u32> = stacks.collect();
        let (least, most) = (stacks.iter().min().unwrap(), stacks.iter().max().unwrap());
        if most - least > ALIKE {
            unlike.push(format!("{} {stacks:?}", kind.name()));
        }
        table.insert(kind.name().to_owned(), u64::from(*most));
    }
    (table, unlike)
}

/// The text of a `board.toml` with another table at its end.
fn blessed(text: &str, table: &BTreeMap<String, u64>) -> String {
    let heading = "\n[stack]\n";
    let (before, _) = text
        .split_once(heading)
        .expect("board.toml ends with a table [stack]");
    let lines = OpKind::ALL.map(|kind| {
        let name = kind.name();
        format!("{name} = {}\n", table[name])
    });
    format!("{before}{heading}{}", lines.concat())
}

#[test]
fn the_table_of_every_board_is_what_is_measured() {
    for board in Board::all().unwrap() {
        let (measured, unlike) = measure(&board);
        println!("{}: {measured:#?}", board.name);
        assert!(
            unlike.is_empty(),
            "the variants of a kind differ by more than {ALIKE} bytes: {unlike:?}"
        );
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
             TIDBIT_BLESS=1 cargo test --release --package tidbit-tests --test board_stack",
            board.name
        );
    }
}
