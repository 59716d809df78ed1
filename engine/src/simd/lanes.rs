//! The trait of the instruction sets: a register of f32 lanes and its operations.

/// An instruction set. A value of the type exists only where the CPU has the instructions.
///
/// All operations are lane by lane unless stated otherwise. On every instruction set, `max` and `min` return their
/// second argument if either is NaN, as the x86 instructions do.
pub trait Simd: Copy + Send + Sync + 'static {
    /// A register of [`Simd::LANES`] f32 lanes.
    type F: Copy;

    /// Number of f32 lanes of a register.
    const LANES: usize;

    /// Number of rows of accumulators, two registers each, that fit in the registers with the operands of a matrix
    /// product.
    const TILE_ROWS: usize;

    /// `[x, x, ...]`.
    fn splat(self, x: f32) -> Self::F;

    /// Loads [`Simd::LANES`] values from `source`.
    ///
    /// # Safety
    /// `source` must be readable for that many f32 (no alignment needed).
    unsafe fn load_ptr(self, source: *const f32) -> Self::F;

    /// Stores [`Simd::LANES`] values to `target`.
    ///
    /// # Safety
    /// `target` must be writable for that many f32 (no alignment needed).
    unsafe fn store_ptr(self, target: *mut f32, value: Self::F);

    /// Loads the first `count` lanes from `source`; the others become `fill`.
    ///
    /// # Safety
    /// `source` must be readable for `count` f32, and `count <= LANES`.
    unsafe fn load_part_ptr(self, source: *const f32, count: usize, fill: f32) -> Self::F;

    /// Stores the first `count` lanes to `target` and writes nothing after them.
    ///
    /// # Safety
    /// `target` must be writable for `count` f32, and `count <= LANES`.
    unsafe fn store_part_ptr(self, target: *mut f32, count: usize, value: Self::F);

    /// `a + b`.
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a - b`.
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a * b`.
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a / b`.
    fn div(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a * b + c`, rounded once where the instruction set has a fused multiply-add.
    fn mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// The larger one.
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    /// The smaller one.
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    /// Rounds to the nearest integer, ties to even.
    fn round(self, a: Self::F) -> Self::F;
    /// `2^n` for integral lanes `-126 <= n <= 127`.
    fn exp2_integral(self, n: Self::F) -> Self::F;
    /// `a < b ? yes : no` (a NaN in `a` or `b` selects `no`).
    fn select_less(self, a: Self::F, b: Self::F, yes: Self::F, no: Self::F) -> Self::F;

    /// The sum of all lanes.
    fn reduce_add(self, a: Self::F) -> f32;
    /// The largest lane (no lane may be NaN).
    fn reduce_max(self, a: Self::F) -> f32;

    /// Loads `LANES` pairs of bf16 and widens them: `(first of each pair, second of each pair)`.
    ///
    /// # Safety
    /// `source` must be readable for `2 * LANES` values.
    unsafe fn load_bf16_pairs(self, source: *const u16) -> (Self::F, Self::F);

    /// Prefetches the cache line at `address`. Any address is allowed, because a prefetch never faults.
    fn prefetch(self, address: *const u8);

    /// Prefetches a line that is used later, into the L2 cache.
    fn prefetch_far(self, address: *const u8);

    /// Loads the first [`Simd::LANES`] values of `source`.
    ///
    /// # Panics
    /// Panics if `source` is shorter.
    #[inline(always)]
    fn load(self, source: &[f32]) -> Self::F {
        assert!(source.len() >= Self::LANES);
        // SAFETY: the length was just checked.
        unsafe { self.load_ptr(source.as_ptr()) }
    }

    /// Stores to the first [`Simd::LANES`] values of `target`.
    ///
    /// # Panics
    /// Panics if `target` is shorter.
    #[inline(always)]
    fn store(self, target: &mut [f32], value: Self::F) {
        assert!(target.len() >= Self::LANES);
        // SAFETY: the length was just checked.
        unsafe { self.store_ptr(target.as_mut_ptr(), value) }
    }

    /// Loads up to [`Simd::LANES`] values of `source`; the other lanes become `fill`.
    #[inline(always)]
    fn load_part(self, source: &[f32], fill: f32) -> Self::F {
        let count = source.len().min(Self::LANES);
        // SAFETY: `count` is bounded by the slice and by the lanes.
        unsafe { self.load_part_ptr(source.as_ptr(), count, fill) }
    }

    /// Stores up to [`Simd::LANES`] values, as many as `target` has room for.
    #[inline(always)]
    fn store_part(self, target: &mut [f32], value: Self::F) {
        let count = target.len().min(Self::LANES);
        // SAFETY: `count` is bounded by the slice and by the lanes.
        unsafe { self.store_part_ptr(target.as_mut_ptr(), count, value) }
    }
}
