//! `tidbit repack`: the same blob for another core.
//!
//! Only the order of the weights changes: every runtime reads every order and gives the same answers, but
//! each core is fast with its own.

use std::path::PathBuf;

use clap::Args;
use tidbit_quantize::repack::repack;

use crate::Error;
use crate::blob::BlobFile;
use crate::facts::packing;
use crate::save::Output;
use crate::stdout::{print, print_json};
use crate::target::Target;

const EXAMPLES: &str = "\
Examples:
  tidbit repack net.tidbit --target cortex-m55 -o net-m55.tidbit

With --json: blob, from and target (the orders before and after), blob_bytes.";

/// Order a blob's weights for another core; the answers stay the same.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Cmd {
    /// The blob
    #[arg(value_name = "BLOB.tidbit")]
    blob: PathBuf,
    /// The core that the weights are ordered for
    #[arg(long, value_enum, value_name = "TARGET")]
    target: Target,
    /// Where the blob goes
    #[arg(short, long, value_name = "OUT.tidbit")]
    output: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Cmd {
    /// Reorders.
    ///
    /// # Errors
    /// What is wrong with the blob or the output.
    pub fn run(self) -> Result<(), Error> {
        let output = Output::reserve(&self.output, &[&self.blob])?;
        let file = BlobFile::read(&self.blob)?;
        let from = packing(&file.model()?).name();
        let blob = repack(file.bytes(), self.target.0)?;
        output.commit(&blob)?;
        let target = self.target.0.name();
        if self.json {
            return print_json(&serde_json::json!({
                "blob": self.output.display().to_string(),
                "from": from,
                "target": target,
                "blob_bytes": blob.len(),
            }));
        }
        print(format!(
            "{}: weights ordered for {target} instead of {from}",
            self.output.display()
        ))
    }
}
