//! What the processor can run, and what the operating system lets it run.
//!
//! `CPUID` names the instructions of the processor, `XCR0` the registers that the operating system
//! saves at a task switch: instructions on registers that it would lose are as good as missing. A
//! virtual machine takes microseconds over a `CPUID`, so the answer is kept.

use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use core::sync::atomic::{AtomicU8, Ordering};

/// Instructions that backends are made of.
#[derive(Clone, Copy)]
pub struct Features {
    /// AVX2.
    pub avx2: bool,
    /// AVX-VNNI.
    pub avxvnni: bool,
    /// AVX-512 F, BW, VL and VNNI.
    pub avx512vnni: bool,
}

/// Nothing is known yet.
const UNKNOWN: u8 = 0x80;

/// Bit 0: AVX2, bit 1: AVX-512 VNNI, bit 2: AVX-VNNI.
static FOUND: AtomicU8 = AtomicU8::new(UNKNOWN);

/// What the machine can run.
pub fn features() -> Features {
    // No other memory hangs on the value, and whoever comes first writes what the second would.
    let mut found = FOUND.load(Ordering::Relaxed);
    if found == UNKNOWN {
        found = ask();
        FOUND.store(found, Ordering::Relaxed);
    }
    Features {
        avx2: found & 1 != 0,
        avx512vnni: found & 2 != 0,
        avxvnni: found & 4 != 0,
    }
}

/// Asks the processor.
fn ask() -> u8 {
    // In SGX enclaves, the one place where an x86-64 does not answer, `scalar` is forced.
    if __cpuid(0).eax < 7 {
        return 0;
    }
    let (basic, extended) = (__cpuid(1), __cpuid_count(7, 0));
    let has = |register: u32, bits: &[u32]| bits.iter().all(|bit| register >> bit & 1 != 0);
    // XSAVE, in use by the operating system, and AVX.
    if !has(basic.ecx, &[26, 27, 28]) {
        return 0;
    }
    // SAFETY: XSAVE is there and in use, which is what XGETBV needs.
    let saved = unsafe { saved_registers() };
    // Bits 1 and 2: xmm and ymm; 5, 6 and 7: masks, zmm and the upper sixteen of them.
    let ymm = saved & 0x06 == 0x06;
    let zmm = saved & 0xe6 == 0xe6;
    let avx2 = ymm && has(extended.ebx, &[5]);
    // F, BW, VL; VNNI.
    let vnni = zmm && has(extended.ebx, &[16, 30, 31]) && has(extended.ecx, &[11]);
    // A processor that has no second leaf says so, and answers 0 where none the less asked.
    let second = if extended.eax >= 1 {
        __cpuid_count(7, 1).eax
    } else {
        0
    };
    let avxvnni = avx2 && has(second, &[4]);
    u8::from(avx2) | u8::from(avx2 && vnni) << 1 | u8::from(avxvnni) << 2
}

/// XCR0.
#[target_feature(enable = "xsave")]
fn saved_registers() -> u64 {
    // SAFETY: XCR0 is there wherever XSAVE is in use, which the caller has made sure of.
    unsafe { _xgetbv(0) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn agrees_with_the_standard_library() {
        let found = super::features();
        assert_eq!(found.avx2, std::is_x86_feature_detected!("avx2"));
        let vnni = std::is_x86_feature_detected!("avx512bw")
            && std::is_x86_feature_detected!("avx512vl")
            && std::is_x86_feature_detected!("avx512vnni");
        assert_eq!(found.avx512vnni, vnni);
        assert_eq!(found.avxvnni, std::is_x86_feature_detected!("avxvnni"));
    }
}
