//! Places for pieces of memory, such that every pair keeps its distance and the end comes early.
//!
//! Dynamic storage allocation is NP-hard. Pieces are put, one after another, at the lowest place
//! that their distances to those before them allow; what decides is the order. It starts from
//! several good ones (size, size × time) and is improved by moving pieces within it at random, from a
//! fixed seed, keeping whatever is not worse: the plateaus are wide.

use super::spacing::Spacing;

/// Alignment of every piece, in bytes.
pub const ALIGN: usize = 8;
/// Orders that are tried at most.
const TRIES: usize = 8000;

/// A piece of memory to place.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// Its length; 0 is not placed.
    pub bytes: usize,
    /// How long it is needed, in any unit.
    pub steps: u64,
}

/// Where the pieces are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// First byte of each.
    pub offsets: Vec<usize>,
    /// One past the last byte of all.
    pub bytes: usize,
}

/// Places pieces; stops early once `enough` bytes are reached.
pub fn pack(pieces: &[Piece], spacing: &Spacing, enough: usize) -> Packed {
    let placed: Vec<usize> = (0..pieces.len())
        .filter(|&at| pieces[at].bytes > 0)
        .collect();
    let area = |at: &usize| pieces[*at].bytes as u64 * pieces[*at].steps;
    let mut by_size = placed.clone();
    by_size.sort_by_key(|at| (usize::MAX - pieces[*at].bytes, *at));
    let mut by_area = placed.clone();
    by_area.sort_by_key(|at| (u64::MAX - area(at), *at));
    let mut backwards = placed.clone();
    backwards.reverse();
    let mut best = (Packed::default(), Vec::new());
    best.0.bytes = usize::MAX;
    for order in [by_size, by_area, placed, backwards] {
        let packed = first_fit(pieces, spacing, &order);
        if packed.bytes < best.0.bytes {
            best = (packed, order);
        }
    }
    let (mut best, mut order) = best;
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..TRIES {
        if best.bytes <= enough || order.len() < 2 {
            break;
        }
        let mut other = order.clone();
        // The piece that ends last is the one to place earlier.
        let worst = (0..other.len())
            .max_by_key(|&at| best.offsets[other[at]] + pieces[other[at]].bytes)
            .unwrap_or(0);
        let from = if random.below(2) == 0 {
            worst
        } else {
            random.below(other.len())
        };
        let piece = other.remove(from);
        other.insert(random.below(other.len() + 1), piece);
        let packed = first_fit(pieces, spacing, &other);
        if packed.bytes <= best.bytes {
            (best, order) = (packed, other);
        }
    }
    best
}

/// xorshift64: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// Places pieces in an order, each as low as those before it allow.
fn first_fit(pieces: &[Piece], spacing: &Spacing, order: &[usize]) -> Packed {
    let mut packed = Packed {
        offsets: vec![0; pieces.len()],
        bytes: 0,
    };
    let mut forbidden: Vec<(i64, i64, Option<i64>)> = Vec::new();
    let mut places: Vec<i64> = Vec::new();
    for (at, &piece) in order.iter().enumerate() {
        forbidden.clear();
        places.clear();
        places.push(0);
        for &other in &order[..at] {
            let Some(gap) = spacing.gap(piece, other) else {
                continue;
            };
            let base = packed.offsets[other] as i64;
            forbidden.push((base + gap.lo, base + gap.hi, gap.zero.then_some(base)));
            places.push(((base + gap.hi).max(0) as usize).next_multiple_of(ALIGN) as i64);
            if gap.zero {
                places.push(base);
            }
        }
        places.sort_unstable();
        let fits = |place: &&i64| {
            forbidden
                .iter()
                .all(|&(lo, hi, exact)| **place <= lo || **place >= hi || exact == Some(**place))
        };
        let offset = places.iter().find(fits).copied().unwrap_or(0) as usize;
        packed.offsets[piece] = offset;
        packed.bytes = packed.bytes.max(offset + pieces[piece].bytes);
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_needs_its_two_greatest_neighbours() {
        let sizes = [64, 128, 32, 256, 8];
        let pieces = sizes.map(|bytes| Piece { bytes, steps: 2 });
        let mut spacing = Spacing::new(sizes.len());
        for at in 1..sizes.len() {
            spacing.forbid_overlap(at, at - 1, (sizes[at], sizes[at - 1]));
        }
        let packed = pack(&pieces, &spacing, 0);
        assert_eq!(packed.bytes, 288);
        for at in 1..sizes.len() {
            let (a, b) = (packed.offsets[at - 1], packed.offsets[at]);
            assert!(a + sizes[at - 1] <= b || b + sizes[at] <= a);
        }
    }

    #[test]
    fn a_tensor_grows_into_the_one_it_is_made_of() {
        // b may begin 16 bytes below a, or behind it.
        let pieces = [100, 100].map(|bytes| Piece { bytes, steps: 1 });
        let mut spacing = Spacing::new(2);
        spacing.forbid((1, 0), -16, 100, false);
        let packed = pack(&pieces, &spacing, 0);
        assert_eq!(
            packed,
            Packed {
                offsets: vec![16, 0],
                bytes: 116
            }
        );
    }

    #[test]
    fn in_place_takes_no_memory() {
        let pieces = [96, 96].map(|bytes| Piece { bytes, steps: 1 });
        let mut spacing = Spacing::new(2);
        spacing.forbid((1, 0), -96, 96, true);
        assert_eq!(pack(&pieces, &spacing, 0).bytes, 96);
    }
}
