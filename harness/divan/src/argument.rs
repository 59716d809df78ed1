//! Arguments of benchmarks: how a function gets them, and their names.

use std::fmt::{Debug, Display};

/// Gives a function its argument, by value or by reference, as its signature requires.
pub trait Arg<T> {
    /// Returns the argument.
    fn get(this: Self) -> T;
}

impl<'a, T: ?Sized> Arg<&'a T> for &'a T {
    fn get(this: Self) -> &'a T {
        this
    }
}

impl<'a> Arg<&'a str> for &'a String {
    fn get(this: Self) -> &'a str {
        this
    }
}

impl<'a, T> Arg<&'a [T]> for &'a Vec<T> {
    fn get(this: Self) -> &'a [T] {
        this
    }
}

impl<'a, T, const N: usize> Arg<&'a [T]> for &'a [T; N] {
    fn get(this: Self) -> &'a [T] {
        this
    }
}

impl<T: Copy> Arg<T> for &T {
    fn get(this: Self) -> T {
        *this
    }
}

impl<T: Copy> Arg<T> for &&T {
    fn get(this: Self) -> T {
        **this
    }
}

impl<T: Copy> Arg<T> for &&&T {
    fn get(this: Self) -> T {
        ***this
    }
}

/// An argument to be named. A value that can be displayed is named so, any other one by its debug format: the compiler
/// prefers the first of the traits below that applies.
pub struct Named<'a, T>(pub &'a T);

/// Names what can be displayed.
pub trait NamedByDisplay {
    /// The name.
    fn name(&self) -> String;
}

impl<T: Display> NamedByDisplay for &Named<'_, T> {
    fn name(&self) -> String {
        self.0.to_string()
    }
}

/// Names everything else.
pub trait NamedByDebug {
    /// The name.
    fn name(&self) -> String;
}

impl<T: Debug> NamedByDebug for Named<'_, T> {
    fn name(&self) -> String {
        format!("{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::needless_borrow, reason = "as the attribute generates it")]
    fn what_can_be_displayed_is_named_so() {
        assert_eq!((&&Named(&"a b")).name(), "a b");
        assert_eq!((&&Named(&1.5)).name(), "1.5");
        assert_eq!((&&Named(&Some(1))).name(), "Some(1)");
    }

    #[test]
    #[expect(
        clippy::needless_borrows_for_generic_args,
        reason = "an item of a slice is a reference"
    )]
    fn an_argument_is_passed_as_the_function_takes_it() {
        let text = String::from("a");
        let by_reference: &str = Arg::get(&text);
        let by_value: u8 = Arg::get(&7);
        let of_a_slice: u8 = Arg::get(&&7);
        let list = vec![1, 2];
        let numbers: &[u8] = Arg::get(&list);
        assert_eq!((by_reference, by_value, of_a_slice), ("a", 7, 7));
        assert_eq!(numbers, [1, 2]);
    }
}
