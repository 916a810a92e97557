//! Loops that leave no loop: for arrays of registers.

/// Repeats a block with a name for 0, 1, 2 … below a count that the compiler knows: what is kept in arrays
/// of registers stays in registers only if no loop is left around them.
macro_rules! unrolled {
    ($n:ident below $count:expr => $body:block) => {
        $crate::kernels::x86::unrolled::unrolled!(@ $n $count, $body, 0 1 2 3 4 5 6 7)
    };
    (@ $n:ident $count:expr, $body:block, $($number:literal)*) => {
        $(if $number < $count {
            let $n: usize = $number;
            $body
        })*
    };
}
pub(crate) use unrolled;
