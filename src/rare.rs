//! What most connections never need, or do not need yet: eight bytes until it is written to.
//!
//! Reads as the default until then. With 100 000 connections open, what is not there is not in the cache's way either.

use std::ops::{Deref, DerefMut};

/// A value that is put on the heap when it is first written to.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Rare<T>(Option<Box<T>>);

/// A type with a constant default, which can be read where there is no value.
pub trait Absent: Default + 'static {
    /// The default.
    fn absent() -> &'static Self;
}

impl<T> Rare<T> {
    /// No value.
    pub const NONE: Self = Self(None);

    /// The value, if it was ever written to.
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.0.as_deref_mut()
    }

    /// Drops the value if it is as good as none.
    pub fn drop_if(&mut self, is_needless: impl FnOnce(&T) -> bool) {
        if self.0.as_deref().is_some_and(is_needless) {
            self.0 = None;
        }
    }
}

impl<T: Absent> Rare<T> {
    /// The value, if there is one or it is `wanted`.
    pub fn get_if(&mut self, wanted: bool) -> Option<&mut T> {
        if wanted { Some(self) } else { self.get_mut() }
    }

    /// Takes the value away; the default if there is none.
    pub fn take(&mut self) -> T {
        self.0.take().map(|value| *value).unwrap_or_default()
    }
}

impl<T: Absent> Deref for Rare<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match &self.0 {
            Some(value) => value,
            None => T::absent(),
        }
    }
}

impl<T: Absent> DerefMut for Rare<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}

impl<T> From<Box<T>> for Rare<T> {
    fn from(value: Box<T>) -> Self {
        Self(Some(value))
    }
}

impl<T> From<T> for Rare<T> {
    fn from(value: T) -> Self {
        Self(Some(Box::new(value)))
    }
}
