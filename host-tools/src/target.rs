//! The target that a blob's weights are ordered for.

use clap::ValueEnum;
use clap::builder::PossibleValue;
use tidbit::kernels::Packing;

use crate::board::Board;

/// What `--target` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target(pub Packing);

const TARGETS: [Target; 5] = [
    Target(Packing::Portable),
    Target(Packing::CortexM4),
    Target(Packing::CortexM55),
    Target(Packing::CortexA),
    Target(Packing::Host),
];

impl ValueEnum for Target {
    fn value_variants<'a>() -> &'a [Self] {
        &TARGETS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self.0 {
            Packing::Portable => "any core, at its second best: also Cortex-M0+ and M3",
            Packing::CortexM4 => "cores with the DSP extension: Cortex-M4, M7, M33",
            Packing::CortexM55 => "cores with Helium: Cortex-M55, M85",
            Packing::CortexA => "Cortex-A with NEON: AArch64, and 32-bit ones",
            Packing::Host => "x86-64",
        };
        Some(PossibleValue::new(self.0.name()).help(help))
    }
}

/// What was asked for; else what the board's core runs fast; else any core.
pub fn packing(target: Option<Target>, board: Option<&Board>) -> Packing {
    let of_board = |board: &Board| {
        let mut all = Packing::ALL.into_iter();
        all.find(|packing| packing.name() == board.packing)
    };
    target
        .map(|target| target.0)
        .or_else(|| board.and_then(of_board))
        .unwrap_or(Packing::Portable)
}

#[cfg(test)]
mod tests {
    use super::{Target, packing};
    use crate::board::Board;
    use tidbit::kernels::Packing;

    #[test]
    fn every_board_names_an_order() {
        for board in Board::all().unwrap() {
            let order = Packing::ALL
                .into_iter()
                .find(|order| order.name() == board.packing);
            assert_eq!(order, Some(packing(None, Some(&board))), "{}", board.name);
        }
    }

    #[test]
    fn what_is_asked_for_goes_before_what_the_board_wants() {
        let board = Board::find("mps2-an386").unwrap();
        let asked = Some(Target(Packing::Host));
        assert_eq!(packing(asked, Some(&board)), Packing::Host);
        assert_eq!(packing(None, Some(&board)), Packing::CortexM4);
        assert_eq!(packing(None, None), Packing::Portable);
    }
}
