//! Scratch that micro-kernels may take: part of the format, so that a blob's scratch is the same for
//! every backend.

/// Patches that a convolution gathers at a time, as int16; twice as many as int8.
///
/// Fewer where patches are long, so that wide layers do not take more scratch than they gain.
pub const fn patches_at_once(k: usize) -> usize {
    match k {
        0..=1024 => 4,
        1025..=2048 => 2,
        _ => 1,
    }
}

/// Bytes from one int16 patch of `k` elements to the next: whole words.
pub const fn wide_pitch(k: usize) -> usize {
    k.saturating_add(k & 1).saturating_mul(2)
}

/// Bytes lost to where scratch begins.
pub const ALIGNMENT: usize = 4;

/// Bytes of scratch of a convolution of patches of `k` elements, of which a step makes `pixels`.
pub const fn of_patches(k: usize, pixels: usize) -> usize {
    let most = patches_at_once(k);
    let patches = if pixels < most { pixels } else { most };
    wide_pitch(k)
        .saturating_mul(patches)
        .saturating_add(ALIGNMENT)
}

/// Columns of a strip of a depthwise convolution, padding counted.
pub const STRIP: usize = 64;

/// Bytes of scratch of a depthwise convolution: a strip of as many rows as the kernel has, of four
/// channels one after another; or a pixel.
pub const fn of_depthwise(kernel_rows: usize, pixel_bytes: usize) -> usize {
    let strips = kernel_rows
        .saturating_mul(4)
        .saturating_mul(STRIP)
        .saturating_add(ALIGNMENT);
    if strips > pixel_bytes {
        strips
    } else {
        pixel_bytes
    }
}

/// The part of scratch that begins at a whole word; all of it if there is none.
#[inline(never)]
pub fn aligned(scratch: &mut [i8]) -> &mut [i8] {
    let skip = scratch.as_ptr().align_offset(ALIGNMENT);
    let skip = if skip < scratch.len() { skip } else { 0 };
    scratch.get_mut(skip..).unwrap_or_default()
}
