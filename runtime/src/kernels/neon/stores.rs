//! How tiles leave their registers: text that clamps eight int16 a pixel and stores them, to
//! where `out` points; bounds are in v26 and v27.

/// Clamps and stores the pixels of two registers of int16, as int8.
macro_rules! two {
    ($a:ident, $b:ident) => {
        concat!(
            "sqxtn {",
            stringify!($a),
            ":v}.8b, {",
            stringify!($a),
            ":v}.8h\n",
            "sqxtn2 {",
            stringify!($a),
            ":v}.16b, {",
            stringify!($b),
            ":v}.8h\n",
            "smax {",
            stringify!($a),
            ":v}.16b, {",
            stringify!($a),
            ":v}.16b, v26.16b\n",
            "smin {",
            stringify!($a),
            ":v}.16b, {",
            stringify!($a),
            ":v}.16b, v27.16b\n",
            "st1 {{{",
            stringify!($a),
            ":v}.d}}[0], [{out}], {stride}\n",
            "st1 {{{",
            stringify!($a),
            ":v}.d}}[1], [{out}], {stride}\n",
        )
    };
}

/// As `two`, of one register.
macro_rules! one {
    ($a:ident) => {
        concat!(
            "sqxtn {",
            stringify!($a),
            ":v}.8b, {",
            stringify!($a),
            ":v}.8h\n",
            "smax {",
            stringify!($a),
            ":v}.8b, {",
            stringify!($a),
            ":v}.8b, v26.8b\n",
            "smin {",
            stringify!($a),
            ":v}.8b, {",
            stringify!($a),
            ":v}.8b, v27.8b\n",
            "st1 {{{",
            stringify!($a),
            ":v}.8b}}, [{out}], {stride}\n",
        )
    };
}

/// Clamps and stores a pixel of int16.
macro_rules! wide {
    ($a:ident) => {
        concat!(
            "smax {",
            stringify!($a),
            ":v}.8h, {",
            stringify!($a),
            ":v}.8h, v26.8h\n",
            "smin {",
            stringify!($a),
            ":v}.8h, {",
            stringify!($a),
            ":v}.8h, v27.8h\n",
            "st1 {{{",
            stringify!($a),
            ":v}.8h}}, [{out}], {stride}\n",
        )
    };
}

pub(super) use {one, two, wide};
