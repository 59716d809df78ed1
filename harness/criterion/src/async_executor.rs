//! Executors of futures.

use std::future::Future;

/// Runs a future to its end.
pub trait AsyncExecutor {
    /// Returns the output of the future.
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T;
}

/// The executor of the crate futures.
#[cfg(feature = "async_futures")]
#[derive(Debug, Clone, Copy)]
pub struct FuturesExecutor;

#[cfg(feature = "async_futures")]
impl AsyncExecutor for FuturesExecutor {
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        futures_executor::block_on(future)
    }
}

/// Implements the trait for a type that has the method already.
#[cfg(feature = "async_tokio")]
macro_rules! tokio {
    ($($executor:ty),+) => {
        $(
            impl AsyncExecutor for $executor {
                fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
                    (*self).block_on(future)
                }
            }
        )+
    };
}

#[cfg(feature = "async_tokio")]
tokio!(
    tokio::runtime::Runtime,
    &tokio::runtime::Runtime,
    tokio::runtime::Handle,
    &tokio::runtime::Handle
);
