//! The command line as a whole: `tidbit VERB …`.

use clap::{Parser, Subcommand};

use crate::Error;
use crate::verbs::{bench, inspect, quantize, repack, run, sim, verify};

const EXAMPLES: &str = "\
A net from file to board:
  tidbit quantize net.onnx --calibration photos/ -o net.tidbit
  tidbit verify net.tidbit --reference net.onnx --images test/
  tidbit sim net.tidbit cat.png --board mps2-an386

Exit codes: 0 done, 1 something was wrong (one paragraph on stderr says what), 2 wrong usage.
Colours are shown on a terminal alone, and never where NO_COLOR is set.";

/// Turns trained image nets (ONNX) into int8 blobs for small ARM boards, and proves what they do.
#[derive(Debug, Parser)]
#[command(name = "tidbit", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Quantize(quantize::Cmd),
    Verify(verify::Cmd),
    Run(run::Cmd),
    Inspect(inspect::Cmd),
    Sim(sim::Cmd),
    Bench(bench::Cmd),
    Repack(repack::Cmd),
}

impl Cli {
    /// Does what the user asked for.
    ///
    /// # Errors
    /// What went wrong, as one paragraph for the user.
    pub fn run(self) -> Result<(), Error> {
        match self.verb {
            Verb::Quantize(cmd) => cmd.run(),
            Verb::Verify(cmd) => cmd.run(),
            Verb::Run(cmd) => cmd.run(),
            Verb::Inspect(cmd) => cmd.run(),
            Verb::Sim(cmd) => cmd.run(),
            Verb::Bench(cmd) => cmd.run(),
            Verb::Repack(cmd) => cmd.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_command_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_has_examples() {
        for verb in Cli::command().get_subcommands() {
            let help = verb.get_after_help().map(ToString::to_string);
            let call = format!("tidbit {} ", verb.get_name());
            assert!(help.is_some_and(|help| help.contains(&call)), "{call}");
        }
    }

    #[test]
    fn the_lines_of_the_tour_parse() {
        for line in [
            "quantize m.onnx --calibration d -o o.tidbit --mean 1,2,3 --std 4 --bgr --labels l --json",
            "quantize m.onnx --calibration d -o o.tidbit --mean -1.5,2,3 --ranges mse",
            "verify o.tidbit --reference m.onnx --images d --limit 5 --json --max-drop 1.5",
            "verify o.tidbit --reference m.onnx --images d --layers --min-agreement 0.9",
            "run o.tidbit a.png b.png --top 3 --json --trace",
            "run o.tidbit a.png --backend scalar",
            "run o.tidbit a.png --check --trace --json",
            "inspect o.tidbit --json --memory o.svg",
            "sim o.tidbit a.png --board mps2-an386 --json --trace --check",
            "sim o.tidbit a.png --board virt-aarch64 --cpu neoverse-n1",
            "sim o.tidbit a.png --certify --json",
            "bench o.tidbit --board mps2-an386 --layers --json",
            "repack o.tidbit --target cortex-m55 -o p.tidbit --json",
            "quantize m.onnx --calibration d -o o.tidbit --target cortex-m4",
            "bench o.tidbit a.png --backend scalar --rounds 5",
            "quantize m.onnx --calibration d -o o.tidbit --board mps2-an386",
            "quantize int8.onnx -o o.tidbit --std 255",
        ] {
            let words = std::iter::once("tidbit").chain(line.split(' '));
            assert!(Cli::try_parse_from(words).is_ok(), "{line}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "quantize m.onnx --calibration d",
            "quantize m.onnx --calibration d -o o.tidbit --mean 1,,3",
            "run o.tidbit",
            "run o.tidbit a.png --top 0",
            "verify o.tidbit --reference m.onnx --images d --min-agreement 95",
            "verify o.tidbit --reference m.onnx --images d --limit 0",
            "verify o.tidbit --reference m.onnx --images d --max-drop nan",
            "verify o.tidbit --reference m.onnx --images d --max-drop inf",
            "sim o.tidbit a.png --certify --trace",
            "run o.tidbit a.png --check --backend scalar",
        ] {
            let words = std::iter::once("tidbit").chain(line.split(' '));
            let error = Cli::try_parse_from(words).err();
            assert_eq!(error.map(|error| error.exit_code()), Some(2), "{line}");
        }
    }
}
