//! Assembly that turns sums into elements, for all functions that have vectors of sums: `VRMULH` is the
//! requantization, what follows saturates to int16, adds the zero point and saturates to int8.

/// Rust macro for four sums, to the low bytes of their lanes: the vectors of the sums and of their multipliers,
/// the register of the zero point.
macro_rules! four {
    ($sums:literal, $multipliers:literal, $zero_point:literal) => {
        concat!(
            "vrmulh.s32 ",
            $sums,
            ", ",
            $sums,
            ", ",
            $multipliers,
            "\nvqmovnb.s32 ",
            $sums,
            ", ",
            $sums,
            "\nvqadd.s16 ",
            $sums,
            ", ",
            $sums,
            ", ",
            $zero_point,
            "\nvqmovnb.s16 ",
            $sums,
            ", ",
            $sums,
        )
    };
}

/// Rust macro for eight sums, to places all over: the vectors of the sums and of their multipliers, the
/// register of the zero point, where the offsets of the places lie, in turn of the first vector's lanes and the
/// second's, and the register from which they count. The second vector is lost.
macro_rules! eight {
    (
        ($first:literal, $second:literal), $multipliers:literal, $zero_point:literal,
        $offsets:literal => $to:literal
    ) => {
        concat!(
            "vrmulh.s32 ",
            $first,
            ", ",
            $first,
            ", ",
            $multipliers,
            "\nvrmulh.s32 ",
            $second,
            ", ",
            $second,
            ", ",
            $multipliers,
            // Side by side in halves of words.
            "\nvqmovnb.s32 ",
            $first,
            ", ",
            $first,
            "\nvqmovnt.s32 ",
            $first,
            ", ",
            $second,
            "\nvldrw.u32 ",
            $second,
            ", ",
            $offsets,
            "\nvqadd.s16 ",
            $first,
            ", ",
            $first,
            ", ",
            $zero_point,
            "\nvqmovnb.s16 ",
            $first,
            ", ",
            $first,
            "\nvstrb.16 ",
            $first,
            ", [",
            $to,
            ", ",
            $second,
            "]",
        )
    };
}

pub(super) use {eight, four};
