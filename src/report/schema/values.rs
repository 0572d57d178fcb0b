//! Small things that every view is made of.

use std::fmt;

use serde::ser::{Serialize, Serializer};

use super::Texts;
use crate::catalogue::Value;
use crate::diagnosis::Said;

/// An id, as 16 hexadecimal digits: a JSON number would lose digits in many readers.
#[derive(Clone, Copy)]
pub struct Hex(pub u64);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0))
    }
}

/// Anything that prints itself, as a JSON string.
#[derive(Clone, Copy)]
pub struct Text<T>(pub T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Parameters as an object, in the order in which they were given.
#[derive(Clone, Copy)]
pub struct ParamMap<'a>(pub &'a [(&'static str, Value)]);

impl Serialize for ParamMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (*name, value)))
    }
}

/// A sentence of the catalogue, rendered as it is written.
#[derive(Clone, Copy)]
pub struct MessageText<'a> {
    texts: &'a Texts<'a>,
    section: &'static str,
    id: &'a str,
    params: &'a [(&'static str, Value)],
}

impl<'a> MessageText<'a> {
    pub(super) fn new(texts: &'a Texts<'a>, section: &'static str, said: &'a Said) -> Self {
        Self { texts, section, id: said.id, params: &said.params }
    }
}

impl Serialize for MessageText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.texts.catalogue().sentence(self.section, self.id, self.params))
    }
}

/// What a text was made from, so that others can render it.
#[derive(Clone, Copy, serde::Serialize)]
pub struct SaidView<'a> {
    /// Id of the message, within its section.
    pub id: &'static str,
    /// Its parameters.
    pub params: ParamMap<'a>,
}

impl<'a> SaidView<'a> {
    pub(super) fn new(said: &'a Said) -> Self {
        Self { id: said.id, params: ParamMap(&said.params) }
    }
}

/// The sentences of a list.
pub(super) fn rendered<'a>(texts: &'a Texts<'a>, section: &'static str, said: &'a [Said]) -> Vec<MessageText<'a>> {
    said.iter().map(|said| MessageText::new(texts, section, said)).collect()
}

/// What they were made from.
pub(super) fn ids(said: &[Said]) -> Vec<SaidView<'_>> {
    said.iter().map(SaidView::new).collect()
}
