//! Loops compiled twice: for any machine, and for the wide registers that most have. Both compute the same to the bit, since
//! nothing is reordered or fused.

/// A loop worth compiling twice; `run` and what it calls must be `#[inline(always)]` to be compiled with it.
pub(crate) trait Loop {
    type Output;
    fn run(self) -> Self::Output;
}

/// Runs the version that this machine can.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn wide<L: Loop>(work: L) -> L::Output {
    use fearless_simd::{Level, Simd};
    match Level::new().as_avx2() {
        Some(avx2) => avx2.vectorize(|| work.run()),
        None => work.run(),
    }
}

/// What every such machine has is compiled in anyway.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(crate) fn wide<L: Loop>(work: L) -> L::Output {
    work.run()
}
