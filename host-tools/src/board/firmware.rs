//! The firmware's sources, and its build: one script in there knows how.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::BoardError;

/// Names the firmware's folder, where the tool was installed apart from its sources.
const DIRECTORY: &str = "TIDBIT_FIRMWARE_DIR";
/// Lines of a failed build that an error shows.
const LINES: usize = 40;

/// The firmware's folder: the one that `TIDBIT_FIRMWARE_DIR` names, or that of the sources that
/// this tool was built from, or `firmware` in the current folder.
///
/// # Errors
/// [`BoardError::NoFirmware`].
pub fn directory() -> Result<PathBuf, BoardError> {
    let named = env::var_os(DIRECTORY).map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware");
    let candidates = match named {
        Some(named) => vec![named],
        None => vec![beside, PathBuf::from("firmware")],
    };
    candidates
        .into_iter()
        .filter(|folder| folder.join("build.sh").is_file())
        .find_map(|folder| folder.canonicalize().ok())
        .ok_or(BoardError::NoFirmware)
}

/// Builds the firmware of a board (quick, if nothing changed) and gives its ELF file.
///
/// # Errors
/// [`BoardError::Build`] with the end of what the build printed.
pub fn build(board: &str) -> Result<PathBuf, BoardError> {
    run(&[board])
}

/// As [`build`], with an arena of exactly so many bytes: a firmware that has no byte to spare.
///
/// # Errors
/// As [`build`].
pub fn build_exact(board: &str, arena_bytes: usize) -> Result<PathBuf, BoardError> {
    run(&[board, &arena_bytes.to_string()])
}

/// Builds the least program of a board that runs a net, without a link.
///
/// # Errors
/// As [`build`].
pub fn build_bare(board: &str) -> Result<PathBuf, BoardError> {
    run(&[board, "bare"])
}

/// Builds the firmware of a board that tries the micro-kernels instead of running nets.
///
/// # Errors
/// As [`build`].
pub fn build_kernel_check(board: &str) -> Result<PathBuf, BoardError> {
    run(&[board, "kernel-check"])
}

/// Runs the build script, whose last line of output names the ELF file.
fn run(arguments: &[&str]) -> Result<PathBuf, BoardError> {
    let script = directory()?.join("build.sh");
    let output = Command::new("sh")
        .arg(&script)
        .args(arguments)
        .output()
        .map_err(|source| BoardError::Host {
            what: "run the firmware's build script",
            source,
        })?;
    let failed = |output: String| BoardError::Build {
        command: format!("{} {}", script.display(), arguments.join(" ")),
        output,
    };
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.lines().collect();
        let end = lines.len().saturating_sub(LINES);
        return Err(failed(lines.get(end..).unwrap_or(&[]).join("\n")));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let elf = text.lines().last().map(PathBuf::from);
    elf.ok_or_else(|| failed("it did not say where the ELF file is".to_owned()))
}
