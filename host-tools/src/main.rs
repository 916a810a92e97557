//! The binary `tidbit`: parses the command line, runs the verb, and says what went wrong.

use std::process::ExitCode;

use clap::Parser;
use tidbit_cli::Cli;
use tidbit_cli::stdout::failure;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            failure(&error);
            ExitCode::FAILURE
        }
    }
}
