//! Counters: the throughput of a benchmark.

/// The largest count.
pub type MaxCountUInt = u64;

/// The throughput of one run.
pub trait Counter: Sized {
    /// The unit, singular.
    #[doc(hidden)]
    const UNIT: &'static str;
    /// The number of units.
    #[doc(hidden)]
    fn count(&self) -> MaxCountUInt;
}

/// A value that can become a counter.
pub trait IntoCounter {
    /// The counter.
    type Counter: Counter;
    /// Makes the counter.
    fn into_counter(self) -> Self::Counter;
}

impl<C: Counter> IntoCounter for C {
    type Counter = C;

    fn into_counter(self) -> C {
        self
    }
}

/// An unsigned number.
pub trait CountUInt: Copy {
    #[doc(hidden)]
    fn into_max_uint(self) -> MaxCountUInt;
}

/// An unsigned number or a reference to one.
pub trait AsCountUInt {
    #[doc(hidden)]
    fn as_max_uint(&self) -> MaxCountUInt;
}

impl<T: AsCountUInt> AsCountUInt for &T {
    fn as_max_uint(&self) -> MaxCountUInt {
        T::as_max_uint(self)
    }
}

/// Prefix of the multiples of bytes in divan's table. It has no effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BytesFormat {
    /// KB, MB.
    #[default]
    Decimal,
    /// KiB, MiB.
    Binary,
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl CountUInt for $number {
            fn into_max_uint(self) -> MaxCountUInt {
                self as MaxCountUInt
            }
        }
        impl AsCountUInt for $number {
            fn as_max_uint(&self) -> MaxCountUInt {
                *self as MaxCountUInt
            }
        }
        impl IntoCounter for $number {
            type Counter = ItemsCount;

            fn into_counter(self) -> ItemsCount {
                ItemsCount::new(self)
            }
        }
    )+};
}

numbers!(u8, u16, u32, u64, usize);

macro_rules! counters {
    ($($(#[$about:meta])* $name:ident, $unit:literal;)+) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(MaxCountUInt);

        impl $name {
            /// Counts this many.
            pub fn new(count: impl CountUInt) -> Self {
                Self(count.into_max_uint())
            }
        }

        impl Counter for $name {
            const UNIT: &'static str = $unit;

            fn count(&self) -> MaxCountUInt {
                self.0
            }
        }

        impl<C: AsCountUInt> From<C> for $name {
            fn from(count: C) -> Self {
                Self(count.as_max_uint())
            }
        }
    )+};
}

counters! {
    /// Bytes that one run processes.
    BytesCount, "byte";
    /// Characters that one run processes.
    CharsCount, "char";
    /// Cycles that one run takes.
    CyclesCount, "cycle";
    /// Items that one run processes.
    ItemsCount, "item";
}

impl BytesCount {
    /// The size of a type.
    pub const fn of<T>() -> Self {
        Self(size_of::<T>() as MaxCountUInt)
    }

    /// The size of several values of a type.
    pub const fn of_many<T>(count: usize) -> Self {
        Self((size_of::<T>() * count) as MaxCountUInt)
    }

    /// The size of a value.
    pub fn of_val<T: ?Sized>(value: &T) -> Self {
        Self(size_of_val(value) as MaxCountUInt)
    }

    /// The sizes of all items.
    pub fn of_iter<T>(items: impl IntoIterator<Item = T>) -> Self {
        Self::of_many::<T>(items.into_iter().count())
    }

    /// The bytes of a text.
    pub fn of_str<S: ?Sized + AsRef<str>>(text: &S) -> Self {
        Self::of_val(text.as_ref())
    }

    /// The bytes of a slice.
    pub fn of_slice<T, S: ?Sized + AsRef<[T]>>(slice: &S) -> Self {
        Self::of_val(slice.as_ref())
    }
}

macro_rules! bytes_of {
    ($($number:ident)+) => {
        impl BytesCount {$(
            #[doc = concat!("The bytes of several `", stringify!($number), "`.")]
            pub const fn $number(count: usize) -> Self {
                Self::of_many::<$number>(count)
            }
        )+}
    };
}

bytes_of!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool char);

impl CharsCount {
    /// The characters of a text.
    pub fn of_str<S: ?Sized + AsRef<str>>(text: &S) -> Self {
        Self(text.as_ref().chars().count() as MaxCountUInt)
    }
}

impl ItemsCount {
    /// The number of items.
    pub fn of_iter<T>(items: impl IntoIterator<Item = T>) -> Self {
        Self(items.into_iter().count() as MaxCountUInt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_counts_what_its_name_promises() {
        assert_eq!(BytesCount::of_slice(&vec![1u32, 2]).count(), 8);
        assert_eq!(BytesCount::u16(3).count(), 6);
        assert_eq!(BytesCount::of_str("añ").count(), 3);
        assert_eq!(CharsCount::of_str("añ").count(), 2);
        assert_eq!(ItemsCount::from(&5usize).count(), 5);
        assert_eq!(7u8.into_counter(), ItemsCount::new(7u8));
    }
}
