//! Threads, atomics, locks and the clock of the pool, under loom.
//!
//! Loom treats a sequentially consistent access as acquire and release only. Here it has a fence beside it: after a store,
//! and before a load. That is slightly more than the language promises, because such a fence also orders other accesses.
//!
//! A store is a swap here. Loom lets a thread that stored a value read an older one again if another thread subtracted
//! from that meanwhile; the language forbids this, because nothing comes between the two halves of a subtraction.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use loom::sync::atomic::fence;
pub(super) use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
pub(super) use loom::thread::{Builder, JoinHandle, yield_now};

macro_rules! atomic {
    ($name:ident, $value:ty) => {
        pub(super) struct $name(loom::sync::atomic::$name);

        #[allow(dead_code, reason = "each type uses some of these")]
        impl $name {
            pub(super) fn new(value: $value) -> Self {
                Self(loom::sync::atomic::$name::new(value))
            }

            pub(super) fn load(&self, order: Ordering) -> $value {
                if order == Ordering::SeqCst {
                    fence(Ordering::SeqCst);
                    return self.0.load(Ordering::Acquire);
                }
                self.0.load(order)
            }

            pub(super) fn store(&self, value: $value, order: Ordering) {
                if order == Ordering::SeqCst {
                    self.0.swap(value, Ordering::Release);
                    return fence(Ordering::SeqCst);
                }
                self.0.swap(value, order);
            }

            pub(super) fn swap(&self, value: $value, order: Ordering) -> $value {
                self.0.swap(value, order)
            }
        }
    };
}

atomic!(AtomicBool, bool);
atomic!(AtomicI32, i32);
atomic!(AtomicU32, u32);

impl AtomicI32 {
    pub(super) fn fetch_sub(&self, value: i32, order: Ordering) -> i32 {
        self.0.fetch_sub(value, order)
    }
}

impl AtomicU32 {
    pub(super) fn fetch_add(&self, value: u32, order: Ordering) -> u32 {
        self.0.fetch_add(value, order)
    }
}

/// A cell whose accesses loom checks: a write that does not happen before or after each other access is an error.
pub(super) struct UnsafeCell<T>(loom::cell::UnsafeCell<T>);

/// A pointer to the content of a cell.
pub(super) struct Pointer<'a, T>(&'a loom::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(super) fn new(content: T) -> Self {
        Self(loom::cell::UnsafeCell::new(content))
    }

    pub(super) fn get(&self) -> Pointer<'_, T> {
        Pointer(&self.0)
    }
}

impl<T> Deref for Pointer<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the pool copies the content at once, and loom ends the model if another thread writes meanwhile.
        self.0.with(|content| unsafe { &*content })
    }
}

impl<T> DerefMut for Pointer<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        self.0.with_mut(|content| unsafe { &mut *content })
    }
}

/// A clock that advances by a second at each look, so that every pause of the caller is over at the next region. All runs
/// of a model must do the same, so it is not the clock of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instant(Duration);

static SECONDS: AtomicU64 = AtomicU64::new(0);

impl Instant {
    pub(super) fn now() -> Self {
        Self(Duration::from_secs(SECONDS.fetch_add(1, Ordering::Relaxed)))
    }

    pub(super) fn elapsed(&self) -> Duration {
        Self::now().duration_since(*self)
    }

    pub(super) fn duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// Looks once. Loom lets the other threads run for any time before the look, as if this thread had spun meanwhile.
pub(super) fn spin_until(done: impl Fn() -> bool) -> bool {
    done()
}
