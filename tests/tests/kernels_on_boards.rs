//! Every backend of the micro-kernels against the scalar definition, on every core of every board: the
//! firmware `kernel-check` runs the suite there and reports on its link.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use tidbit_cli::board::{Board, firmware};

/// How long a board may be silent.
const SILENCE: Duration = Duration::from_secs(300);
/// Instructions of the loop by which the board tries its counter, and those around it at most.
const LOOP: u64 = 2_000_000;
const AROUND: u64 = 16;

/// An emulator, which ends with the value.
struct Emulator(Child);

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill, and only to reap.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Boots the firmware; the lines of its report come out of the channel.
fn boot(board: &Board, elf: &Path) -> (Emulator, Receiver<String>) {
    let child = Command::new(&board.qemu)
        .args(["-M", &board.qemu_machine, "-cpu", board.cpu()])
        .args(["-icount", "shift=0", "-nodefaults"])
        .args(["-display", "none", "-monitor", "none"])
        .args(["-chardev", "stdio,id=link", "-serial", "chardev:link"])
        .args(["-chardev", "null,id=log"])
        .args(&board.qemu_arguments)
        .arg("-kernel")
        .arg(elf)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut emulator = Emulator(child.expect("the emulator starts"));
    let report = emulator.0.stdout.take().expect("its output is a pipe");
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(report).lines().map_while(Result::ok) {
            // Nobody listens any more once the report has ended.
            let _ = sender.send(line);
        }
    });
    (emulator, lines)
}

/// The report, up to its end.
fn report(board: &Board, elf: &Path) -> Vec<String> {
    let (_emulator, lines) = boot(board, elf);
    let mut report = vec![];
    loop {
        match lines.recv_timeout(SILENCE) {
            Ok(line) if line == "end" => return report,
            Ok(line) => report.push(line),
            Err(RecvTimeoutError::Timeout) => panic!("{} is silent after {report:?}", board.name),
            Err(_) => panic!("{} ended after {report:?}", board.name),
        }
    }
}

/// Holds a report to what it has to say: an exact count, and a pass of every backend.
fn judge(board: &Board, report: &[String]) {
    let name = format!("{} with {}", board.name, board.cpu());
    println!("{name}: {report:?}");
    let (count, backends) = report.split_first().expect("the count comes first");
    let count = count.strip_prefix("counted ").expect("it is a count");
    let count: u64 = count.parse().expect("it is a number");
    assert!((LOOP..=LOOP + AROUND).contains(&count), "{name}: {count}");
    let first = backends.first().expect("there is a backend");
    assert!(first.starts_with("scalar: "), "{name}: {first}");
    for backend in backends {
        let jobs = backend.strip_suffix(" jobs").and_then(|backend| {
            let (_, jobs) = backend.split_once(": ")?;
            jobs.parse::<u32>().ok()
        });
        assert!(jobs.is_some_and(|jobs| jobs > 2000), "{name}: {backend}");
    }
}

#[test]
fn every_backend_computes_the_scalar_bytes_on_every_core() {
    for board in Board::all().expect("the boards can be read") {
        let elf = firmware::build_kernel_check(&board.name);
        let elf = elf.unwrap_or_else(|error| panic!("{error}"));
        for cpu in board.cpus.clone() {
            let board = board.clone().with_cpu(&cpu).expect("it may have it");
            judge(&board, &report(&board, &elf));
        }
    }
}
