//! Writes the handmade blobs into a folder: the inputs from which the fuzzer sets out.

use std::path::PathBuf;

use tidbit_fuzz::every_op::every_op;
use tidbit_fuzz::handmade::tiny;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "seeds".into()));
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("tiny"), tiny())?;
    std::fs::write(folder.join("every_op"), every_op())
}
