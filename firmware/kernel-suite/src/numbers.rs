//! Numbers for the jobs: by chance, but the same on every run and every target.

/// A generator after Marsaglia's xorshift* (Vigna, arXiv:1402.6246).
pub struct Numbers(pub u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// One below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        ((self.next() >> 33) as usize) % end.max(1)
    }

    /// One of a few.
    pub fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Any i32.
    pub fn word(&mut self) -> i32 {
        (self.next() >> 32) as i32
    }

    /// Fills with int8 not below `least`: edges, spaced or random.
    pub fn fill(&mut self, values: &mut [i8], least: i8) {
        let edge = [least, 127, 0, -1];
        let (kind, start) = (self.below(8), self.word());
        let step = self.of(&[1, 3, 37, 64, 85]);
        for (at, value) in values.iter_mut().enumerate() {
            *value = match kind {
                0..=2 => edge[kind],
                3 => edge[at % 2],
                4 => (start as i8).wrapping_add((at as i8).wrapping_mul(step)),
                5 => self.of(&edge),
                _ => self.word() as i8,
            }
            .max(least);
        }
    }

    /// A multiplier, often extreme.
    pub fn multiplier(&mut self) -> i32 {
        match self.below(8) {
            0 => self.of(&[0, 1, -1, i32::MAX, i32::MIN]),
            1 => self.word(),
            _ => self.word() >> 8,
        }
    }

    /// A bias, often extreme.
    pub fn bias(&mut self) -> i32 {
        match self.below(6) {
            0 => self.of(&[0, i32::MAX, i32::MIN]),
            1 => self.word(),
            _ => self.word() >> 14,
        }
    }

    /// A left shift, mostly none.
    pub fn shift(&mut self) -> u8 {
        self.of(&[0, 0, 0, 0, 1, 3, 30])
    }

    /// Bounds of elements of so many bytes, mostly all there are.
    pub fn bounds(&mut self, bytes: u8) -> (i16, i16) {
        let (least, most) = match bytes {
            1 => (i16::from(i8::MIN), i16::from(i8::MAX)),
            _ => (-16383, 16383),
        };
        if self.below(3) > 0 {
            return (least, most);
        }
        let a = least + (self.below(256) as i16);
        let b = most - (self.below(256) as i16);
        (a.min(b), a.max(b))
    }
}
