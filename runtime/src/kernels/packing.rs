//! The order of weights in the blob: what a micro-kernel reads one after another lies one after another.
//!
//! The host orders weights for a target. Every backend runs every order with the same results; that
//! of its own target is the one it runs fast. No order takes more bytes than another.

/// An order of weights; the number is the one in the blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Packing {
    /// For any target: each output channel by itself.
    Portable = 0,
    /// For cores with the DSP extension: two output channels, element by element.
    CortexM4 = 1,
    /// For Helium: four output channels, 16 elements of each in turn.
    CortexM55 = 2,
    /// For NEON, of 64 bits and of 32: eight output channels, 8 elements of each in turn.
    CortexA = 3,
    /// For x86-64: 16 output channels, 4 elements of each in turn.
    Host = 4,
}

impl Packing {
    /// All orders, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::Portable,
        Self::CortexM4,
        Self::CortexM55,
        Self::CortexA,
        Self::Host,
    ];

    /// The order with this number.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).copied()
    }

    /// The number of this order.
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// The target that it is for, as `quantize --target` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::CortexM4 => "cortex-m4",
            Self::CortexM55 => "cortex-m55",
            Self::CortexA => "cortex-a",
            Self::Host => "host",
        }
    }

    /// Output channels of a block, and elements that each gives in turn.
    ///
    /// The weights of a convolution are blocks of so many output channels, the last of fewer; a
    /// block is runs of so many elements of each of its channels, the last of fewer.
    pub const fn block(self) -> (usize, usize) {
        match self {
            Self::Portable => (1, usize::MAX),
            Self::CortexM4 => (2, 1),
            Self::CortexM55 => (4, 16),
            Self::CortexA => (8, 8),
            Self::Host => (16, 4),
        }
    }

    /// Whether a depthwise convolution's weights lie channel by channel, the taps of each one after
    /// another; else tap by tap.
    pub const fn depthwise_by_channel(self) -> bool {
        matches!(self, Self::CortexM4)
    }

    /// Where the weight of output channel `n` and element `k` lies, among those of `outputs` channels
    /// with `elements` each.
    pub fn place(self, (outputs, elements): (usize, usize), n: usize, k: usize) -> usize {
        let (rows, run) = self.block();
        let first = n.wrapping_sub(n.checked_rem(rows).unwrap_or(0));
        let rows = rows.min(outputs.wrapping_sub(first));
        let start = k.wrapping_sub(k.checked_rem(run).unwrap_or(0));
        let run = run.min(elements.wrapping_sub(start));
        let block = first
            .wrapping_mul(elements)
            .wrapping_add(start.wrapping_mul(rows));
        block
            .wrapping_add(n.wrapping_sub(first).wrapping_mul(run))
            .wrapping_add(k.wrapping_sub(start))
    }
}

#[cfg(test)]
mod tests {
    use super::Packing;

    #[test]
    fn every_weight_has_a_place_of_its_own() {
        for packing in Packing::ALL {
            assert_eq!(Packing::from_byte(packing.byte()), Some(packing));
            for outputs in 1..37 {
                for elements in [1, 2, 3, 4, 7, 8, 15, 16, 17, 27, 33, 48] {
                    let mut taken = vec![false; outputs * elements];
                    for n in 0..outputs {
                        for k in 0..elements {
                            let place = packing.place((outputs, elements), n, k);
                            assert!(!core::mem::replace(&mut taken[place], true));
                        }
                    }
                }
            }
        }
        assert_eq!(Packing::from_byte(5), None);
    }

    #[test]
    fn the_order_for_the_m4_is_pairs() {
        let place = |n, k| Packing::CortexM4.place((3, 4), n, k);
        assert_eq!(
            [place(0, 0), place(1, 0), place(0, 1), place(1, 3)],
            [0, 1, 2, 7]
        );
        assert_eq!([place(2, 0), place(2, 3)], [8, 11]);
    }
}
