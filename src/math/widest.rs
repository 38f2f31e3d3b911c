//! Loops on the widest vectors that this processor has.

/// Runs `work` as compiled for AVX2 where the processor has it, and as compiled for every processor
/// elsewhere.
///
/// The bits are the same: the compiler only takes more elements at once, and never joins a
/// multiplication and an addition into one rounding by itself. `work` and what it calls take part
/// where they are inlined, so both are marked `#[inline(always)]`. Worth it around a whole loop, not
/// inside of one.
#[inline]
pub(crate) fn widest<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = fearless_simd::Level::new().as_avx2() {
        return fearless_simd::Simd::vectorize(avx2, work);
    }
    work()
}
