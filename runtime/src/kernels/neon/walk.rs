//! The loop along a row of [`three`](super::three), as text that is the same for every core: what comes
//! between loading a column and multiplying the three under a window.
//!
//! v0 to v3 are accumulators, v28 to v31 hold zero point, bounds and shift.

/// Steps to the next column: goes on with `then` where one is left of the run, else begins the next
/// run first. To be closed by [`next_run`] with the same labels.
macro_rules! next_column {
    ($turn:literal, $then:literal) => {
        concat!(
            "subs {left}, {left}, #1\n",
            "b.lo ",
            $turn,
            "f\n",
            $then,
            ":\n",
        )
    };
}

/// Where the next run of columns begins, out of the loop's way.
macro_rules! next_run {
    ($turn:literal, $then:literal) => {
        concat!(
            $turn,
            ":\n",
            "mov {r0}, {n0}\n",
            "mov {r1}, {n1}\n",
            "mov {r2}, {n2}\n",
            "mov {step}, {next_step}\n",
            "subs {left}, {next_left}, #1\n",
            "mov {n0}, {beyond}\n",
            "mov {n1}, {beyond}\n",
            "mov {n2}, {beyond}\n",
            "mov {next_step}, xzr\n",
            "mov {next_left}, #0x7fff000000000000\n",
            "b.lo ",
            $turn,
            "b\n",
            "b ",
            $then,
            "b\n",
        )
    };
}

/// Requantizes and stores the accumulators v0 to v3, with multipliers from four registers.
macro_rules! finish {
    ($a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "cbz {shift:w}, 7f\n",
            "sshl v0.4s, v0.4s, v31.4s\n",
            "sshl v1.4s, v1.4s, v31.4s\n",
            "sshl v2.4s, v2.4s, v31.4s\n",
            "sshl v3.4s, v3.4s, v31.4s\n",
            "7:\n",
            "sqdmulh v0.4s, v0.4s, v",
            $a,
            ".4s\n",
            "sqdmulh v1.4s, v1.4s, v",
            $b,
            ".4s\n",
            "sqdmulh v2.4s, v2.4s, v",
            $c,
            ".4s\n",
            "sqdmulh v3.4s, v3.4s, v",
            $d,
            ".4s\n",
            "sqrshrn v0.4h, v0.4s, #1\n",
            "sqrshrn v2.4h, v2.4s, #1\n",
            "sqrshrn2 v0.8h, v1.4s, #1\n",
            "sqrshrn2 v2.8h, v3.4s, #1\n",
            "sqadd v0.8h, v0.8h, v28.8h\n",
            "sqadd v2.8h, v2.8h, v28.8h\n",
            "sqxtn v0.8b, v0.8h\n",
            "sqxtn2 v0.16b, v2.8h\n",
            "smax v0.16b, v0.16b, v29.16b\n",
            "smin v0.16b, v0.16b, v30.16b\n",
            "st1 {{v0.16b}}, [{out}], {out_step}\n",
        )
    };
}

/// The loop of a row: its text, the registers from v16 on that hold weights, and what it changes besides
/// v0 to v15.
macro_rules! walk {
    ($row:expr, [$($text:expr),* $(,)?], [$($register:tt = $weight:expr),* $(,)?], [$($more:tt)*]) => {{
        let row: &Row = $row;
        let [first, then] = row.columns;
        let ([r0, r1, r2], [n0, n1, n2]) = (first.rows, then.rows);
        asm!(
            $($text,)*
            r0 = inout(reg) r0 => _,
            r1 = inout(reg) r1 => _,
            r2 = inout(reg) r2 => _,
            step = inout(reg) first.step => _,
            left = inout(reg) first.count => _,
            n0 = inout(reg) n0 => _,
            n1 = inout(reg) n1 => _,
            n2 = inout(reg) n2 => _,
            next_step = inout(reg) then.step => _,
            next_left = inout(reg) then.count => _,
            beyond = in(reg) row.beyond,
            out = inout(reg) row.out => _,
            out_step = in(reg) row.out_step,
            count = inout(reg) row.count => _,
            bias = in(reg) row.bias.as_ptr(),
            multipliers = in(reg) row.multipliers,
            shift = in(reg) row.finish.shift,
            $(in($register) $weight,)*
            $($more)*
            in("v28") row.finish.zero,
            in("v29") row.finish.lo,
            in("v30") row.finish.hi,
            in("v31") vdupq_n_s32(row.finish.shift),
            out("v0") _, out("v1") _, out("v2") _, out("v3") _,
            out("v4") _, out("v5") _, out("v6") _, out("v7") _,
            out("v8") _, out("v9") _, out("v10") _, out("v11") _,
            out("v12") _, out("v13") _, out("v14") _, out("v15") _,
            options(nostack)
        );
    }};
}

/// The text of a loop over pixels: `column` and `pixel` are macros that take the three columns' names,
/// `column` also labels of its own; `head` comes first. A column comes into the place of one that is not needed any more.
macro_rules! strides {
    ($head:literal, $column:ident, $pixel:ident, $row:expr, $weights:tt, $more:tt) => {
        if STRIDE == 1 {
            walk!(
                $row,
                [
                    $head,
                    $column!(a, "31", "41"),
                    $column!(b, "32", "42"),
                    "2:",
                    $column!(c, "33", "43"),
                    $pixel!(a, b, c),
                    "subs {count}, {count}, #1",
                    "b.eq 9f",
                    $column!(a, "34", "44"),
                    $pixel!(b, c, a),
                    "subs {count}, {count}, #1",
                    "b.eq 9f",
                    $column!(b, "35", "45"),
                    $pixel!(c, a, b),
                    "subs {count}, {count}, #1",
                    "b.ne 2b",
                    "b 9f",
                    next_run!("31", "41"),
                    next_run!("32", "42"),
                    next_run!("33", "43"),
                    next_run!("34", "44"),
                    next_run!("35", "45"),
                    "9:",
                ],
                $weights,
                $more
            );
        } else {
            walk!(
                $row,
                [
                    $head,
                    $column!(a, "31", "41"),
                    "2:",
                    $column!(b, "32", "42"),
                    $column!(c, "33", "43"),
                    $pixel!(a, b, c),
                    "subs {count}, {count}, #1",
                    "b.eq 9f",
                    $column!(a, "34", "44"),
                    $column!(b, "35", "45"),
                    $pixel!(c, a, b),
                    "subs {count}, {count}, #1",
                    "b.eq 9f",
                    $column!(c, "36", "46"),
                    $column!(a, "37", "47"),
                    $pixel!(b, c, a),
                    "subs {count}, {count}, #1",
                    "b.ne 2b",
                    "b 9f",
                    next_run!("31", "41"),
                    next_run!("32", "42"),
                    next_run!("33", "43"),
                    next_run!("34", "44"),
                    next_run!("35", "45"),
                    next_run!("36", "46"),
                    next_run!("37", "47"),
                    "9:",
                ],
                $weights,
                $more
            );
        }
    };
}

pub(super) use {finish, next_column, next_run, strides, walk};
