//! Numbers that look random and are the same on every run.

/// A splitmix64 generator.
#[derive(Clone, Debug)]
pub struct SplitMix(u64);

impl SplitMix {
    /// The generator of a seed; any seed is as good as another.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from -1 up to 1.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// An integer from `lo` to `hi`, both included.
    pub fn within(&mut self, lo: i32, hi: i32) -> i32 {
        let span = (i64::from(hi) - i64::from(lo) + 1) as u64;
        lo + (self.bits() % span) as i32
    }

    /// One of some things, or `None` if there are none.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        let index = self.bits().checked_rem(things.len() as u64)?;
        things.get(index as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::SplitMix;

    #[test]
    fn stays_within_its_limits_and_reaches_them() {
        let mut random = SplitMix::new(1);
        let found: std::collections::BTreeSet<i32> =
            (0..1000).map(|_| random.within(-2, 3)).collect();
        assert_eq!(found, (-2..=3).collect());
        assert!((0..1000).all(|_| (-1.0..1.0).contains(&random.unit())));
        assert_eq!(random.pick::<u8>(&[]), None);
    }
}
