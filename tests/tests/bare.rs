//! The least program that runs a net, on every board that has it: it says what the host says, and the M4's is
//! small.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;
use std::{fs, thread};

use object::{Object, ObjectSection};
use tidbit::{Model, Session};
use tidbit_cli::board::{Board, firmware};
use tidbit_tests::streamed::streamed;

/// How long a board may be silent.
const SILENCE: Duration = Duration::from_secs(60);
/// Most bytes of code and constants on a Cortex-M4: all that the runtime can do, and a program around it.
const MOST: u64 = 40 * 1024;

/// An emulator, which ends with the value.
struct Emulator(Child);

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill, and only to reap.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The boards for which there is such a program.
fn boards() -> Vec<Board> {
    let boards = Board::all().expect("the boards can be read");
    let boards = boards
        .into_iter()
        .filter(|board| board.name.starts_with("mps"));
    boards.collect()
}

/// The first `count` bytes that a board says with these in its flash.
fn said(board: &Board, elf: &Path, flash: &[u8], count: usize) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("flash"), flash).expect("room for the blob");
    let address = board.blob_address;
    let child = Command::new(&board.qemu)
        .current_dir(folder.path())
        .args(["-M", &board.qemu_machine, "-cpu", board.cpu()])
        .args(["-icount", "shift=0", "-nodefaults"])
        .args(["-display", "none", "-monitor", "none"])
        .args(["-chardev", "stdio,id=link", "-serial", "chardev:link"])
        .args(["-chardev", "null,id=log"])
        .args(&board.qemu_arguments)
        .arg("-device")
        .arg(format!("loader,file=flash,addr={address:#x},force-raw=on"))
        .arg("-kernel")
        .arg(elf)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut emulator = Emulator(child.expect("the emulator starts"));
    let mut out = emulator.0.stdout.take().expect("its output is a pipe");
    let (sender, bytes) = channel();
    thread::spawn(move || {
        let mut said = vec![0; count];
        // Nobody listens any more after a while.
        let _ = sender.send(out.read_exact(&mut said).map(|()| said));
    });
    let said = bytes.recv_timeout(SILENCE);
    let said = said.unwrap_or_else(|_| panic!("{} is silent", board.name));
    said.unwrap_or_else(|_| panic!("{} stopped", board.name))
}

#[test]
fn the_least_program_says_what_the_host_says() {
    let blob = streamed();
    let model = Model::new(&blob).expect("it validates");
    let bytes = model.input_shape().bytes();
    let image: Vec<u8> = (0..bytes).map(|at| (at * 7) as u8).collect();
    let mut memory = vec![0; model.memory_bytes()];
    let mut session = Session::new(&model, &mut memory).expect("the memory suffices");
    let answer = session.run(&image).expect("the host runs");
    let expected = answer.output_bytes();
    assert!(expected.iter().any(|byte| *byte != expected[0]));
    for board in boards() {
        let elf = firmware::build_bare(&board.name);
        let elf = elf.unwrap_or_else(|error| panic!("{error}"));
        let flash = [&*blob, &image].concat();
        let found = said(&board, &elf, &flash, expected.len());
        assert_eq!(found, expected, "{}", board.name);
    }
}

#[test]
fn all_that_the_runtime_can_do_takes_40_kib_on_a_cortex_m4() {
    let elf = firmware::build_bare("mps2-an386").unwrap_or_else(|error| panic!("{error}"));
    let elf = fs::read(elf).expect("it was built");
    let file = object::File::parse(&*elf).expect("it is an ELF file");
    let size = |name| file.section_by_name(name).expect("it is there").size();
    let taken = size(".text") + size(".rodata") + size(".data");
    println!("mps2-an386: {taken} bytes of code and constants");
    assert!(taken <= MOST, "{taken} bytes are more than {MOST}");
}
