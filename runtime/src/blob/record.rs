//! Fixed-length little-endian records, and tables of them.
//!
//! A record type is declared once, field after field, by [`record!`]; parsing, emitting and the
//! field list that the tests hold against FORMAT.md all come from that one declaration. Nothing
//! here can panic: reading past the end is `None`.

/// A field of a record: an integer, or four raw bytes.
pub trait Field: Sized {
    /// Bytes that the field takes.
    const LEN: usize;
    /// Takes the field from the front of `bytes`.
    fn take(bytes: &mut &[u8]) -> Option<Self>;
    /// Writes the field to the front of `out` and steps past it.
    fn put(self, out: &mut &mut [u8]) -> Option<()>;
}

macro_rules! integer_field {
    ($($ty:ty),*) => {$(
        impl Field for $ty {
            const LEN: usize = size_of::<$ty>();
            #[inline(always)]
            fn take(bytes: &mut &[u8]) -> Option<Self> {
                let (head, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Some(<$ty>::from_le_bytes(*head))
            }
            fn put(self, out: &mut &mut [u8]) -> Option<()> {
                let (head, rest) = core::mem::take(out).split_first_chunk_mut()?;
                *head = self.to_le_bytes();
                *out = rest;
                Some(())
            }
        }
    )*};
}
integer_field!(u8, i8, u16, i16, u32, i32);

impl Field for [u8; 4] {
    const LEN: usize = 4;
    fn take(bytes: &mut &[u8]) -> Option<Self> {
        u32::take(bytes).map(u32::to_le_bytes)
    }
    fn put(self, out: &mut &mut [u8]) -> Option<()> {
        u32::from_le_bytes(self).put(out)
    }
}

/// A record of the blob: its meaning (the type) and its bytes (`parse`, `emit`).
pub trait Record: Sized {
    /// Bytes of one record.
    const LEN: usize;
    /// As many bytes.
    type Bytes: 'static;
    /// Name, type and length of every field, in order: what FORMAT.md must say.
    const FIELDS: &'static [(&'static str, &'static str, usize)];
    /// The bytes of records that lie one behind the other; too few for one more are left out.
    fn split(bytes: &[u8]) -> &[Self::Bytes];
    /// Reads a record of its bytes, and never is `None`.
    fn read(bytes: &Self::Bytes) -> Option<Self>;
    /// Reads a record from the front of `bytes`; `None` if they are too few.
    fn parse(bytes: &[u8]) -> Option<Self>;
    /// Writes the record to the front of `out`; `None` if it is too short.
    fn emit(&self, out: &mut [u8]) -> Option<()>;
}

/// Declares a record: a struct with public fields, and its [`Record`].
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $( $(#[$fdoc:meta])* $field:ident : $ty:ty, )* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name { $( $(#[$fdoc])* pub $field: $ty, )* }

        #[allow(clippy::arithmetic_side_effects, reason = "constants, checked by the compiler")]
        impl $crate::blob::record::Record for $name {
            const LEN: usize = 0 $( + <$ty as $crate::blob::record::Field>::LEN )*;
            type Bytes = [u8; <Self as $crate::blob::record::Record>::LEN];
            const FIELDS: &'static [(&'static str, &'static str, usize)] = &[
                $( (stringify!($field), stringify!($ty), <$ty as $crate::blob::record::Field>::LEN), )*
            ];
            #[inline(always)]
            fn split(bytes: &[u8]) -> &[Self::Bytes] {
                bytes.as_chunks().0
            }
            #[inline(always)]
            fn parse(bytes: &[u8]) -> Option<Self> {
                Self::read(bytes.first_chunk()?)
            }
            #[inline(always)]
            fn read(bytes: &Self::Bytes) -> Option<Self> {
                let mut bytes = bytes.as_slice();
                Some(Self { $( $field: <$ty as $crate::blob::record::Field>::take(&mut bytes)?, )* })
            }
            fn emit(&self, out: &mut [u8]) -> Option<()> {
                let mut out = out;
                $( $crate::blob::record::Field::put(self.$field, &mut out)?; )*
                Some(())
            }
        }
    };
}
pub(crate) use record;

/// A view of `count` records one behind the other, in place in the blob.
pub struct Table<'a, R: Record>(&'a [R::Bytes]);

impl<R: Record> Clone for Table<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R: Record> Copy for Table<'_, R> {}

impl<R: Record> core::fmt::Debug for Table<'_, R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Table")
            .field("records", &self.0.len())
            .finish()
    }
}

impl<'a, R: Record> Table<'a, R> {
    /// A table of `count` records from `offset` of `blob`; `None` if it does not lie within.
    pub fn new(blob: &'a [u8], offset: u32, count: u16) -> Option<Self> {
        let start = usize::try_from(offset).ok()?;
        let len = R::LEN.checked_mul(usize::from(count))?;
        Some(Self(R::split(blob.get(start..start.checked_add(len)?)?)))
    }

    /// Record `index`, or `None` past the end.
    ///
    /// Always inlined, so that fields that the caller does not look at are not read.
    #[inline(always)]
    pub fn get(&self, index: u16) -> Option<R> {
        R::read(self.0.get(usize::from(index))?)
    }

    /// As [`get`](Self::get), for whoever looks at most fields: a function of its own where code is to be small.
    #[cfg_attr(not(target_arch = "x86_64"), inline(never))]
    pub fn whole(&self, index: u16) -> Option<R> {
        self.get(index)
    }

    /// All records in order.
    pub fn iter(&self) -> impl Iterator<Item = R> + use<'a, R> {
        self.0.iter().map_while(R::read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    record! {
        /// A record for the tests.
        Sample {
            /// a
            a: u8,
            /// b
            b: i16,
            /// c
            c: u32,
            /// d
            d: [u8; 4],
        }
    }

    const SAMPLE: Sample = Sample {
        a: 7,
        b: -2,
        c: 0x0102_0304,
        d: *b"tidb",
    };
    const BYTES: [u8; 11] = [7, 0xfe, 0xff, 4, 3, 2, 1, b't', b'i', b'd', b'b'];

    #[test]
    fn parse_and_emit_mirror_each_other() {
        assert_eq!(Sample::LEN, 11);
        assert_eq!(Sample::parse(&BYTES), Some(SAMPLE));
        let mut out = [0; 11];
        SAMPLE.emit(&mut out).unwrap();
        assert_eq!(out, BYTES);
    }

    #[test]
    fn too_few_bytes_are_none() {
        for len in 0..11 {
            assert_eq!(Sample::parse(&BYTES[..len]), None);
            assert!(SAMPLE.emit(&mut [0; 11][..len]).is_none());
        }
    }

    #[test]
    fn a_table_stays_inside_the_blob() {
        let blob = [BYTES, BYTES].concat();
        let table = Table::<Sample>::new(&blob, 0, 2).unwrap();
        assert_eq!(table.get(1), Some(SAMPLE));
        assert_eq!(table.get(2), None);
        assert_eq!(table.iter().count(), 2);
        assert!(Table::<Sample>::new(&blob, 1, 2).is_none());
        assert!(Table::<Sample>::new(&blob, u32::MAX, 2).is_none());
    }
}
