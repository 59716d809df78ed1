//! The allocator that divan's benches declare.

use std::alloc::{GlobalAlloc, Layout, System};

/// Passes every request on to another allocator. In the heap build of the harness, it passes them on to the allocator
/// that counts.
#[derive(Debug, Default)]
pub struct AllocProfiler<A = System> {
    #[cfg_attr(
        feature = "heap-in-profiler",
        expect(dead_code, reason = "replaced by the allocator that counts")
    )]
    inner: A,
}

impl AllocProfiler {
    /// Uses the allocator of the system.
    pub const fn system() -> Self {
        Self::new(System)
    }
}

impl<A> AllocProfiler<A> {
    /// Uses another allocator.
    pub const fn new(inner: A) -> Self {
        Self { inner }
    }

    #[cfg(not(feature = "heap-in-profiler"))]
    fn target(&self) -> &A {
        &self.inner
    }

    #[cfg(feature = "heap-in-profiler")]
    fn target(&self) -> &harness_probe::Allocator {
        &harness_probe::Allocator
    }
}

// SAFETY: every method passes its arguments on, unchanged, to an allocator that keeps the contract. It is the same
// allocator for the whole life of the program.
unsafe impl<A: GlobalAlloc> GlobalAlloc for AllocProfiler<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { self.target().alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { self.target().alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { self.target().realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { self.target().dealloc(block, layout) }
    }
}
