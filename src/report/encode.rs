//! JSON straight into memory.
//!
//! Given values, appends their compact JSON to one buffer. A finding is 3 kB and 150 fields: names are literals that are
//! copied with the punctuation around them, words of ours are not looked at, nothing is put together elsewhere first and
//! nothing can fail.

use std::fmt::{self, Write};

use serde_json::ser::{CompactFormatter, Formatter};

use super::escape::push_escaped;
use crate::catalogue::Value;
use crate::packet::Endpoint;
use crate::time::Timestamp;

/// JSON in the making.
#[derive(Default)]
pub(super) struct Encoded {
    bytes: Vec<u8>,
}

/// What can stand in JSON.
pub(super) trait Encode {
    /// Appends the value.
    fn encode(self, json: &mut Encoded);
}

/// Appends an object: `object!(json, { name: value, maybe?: option, })`. A field with a question mark is left out where
/// its value is None; the second one has none.
macro_rules! object {
    ($json:expr, { $first:ident: $value:expr, $($rest:tt)* }) => {{
        let json: &mut Encoded = $json;
        json.push(concat!("{\"", stringify!($first), "\":"));
        Encode::encode($value, json);
        object!(@rest json, $($rest)*);
        json.push("}");
    }};
    ($json:expr, { $first:ident?: $maybe:expr, $second:ident: $value:expr, $($rest:tt)* }) => {{
        let json: &mut Encoded = $json;
        json.push("{");
        if let Some(value) = $maybe {
            json.push(concat!("\"", stringify!($first), "\":"));
            Encode::encode(value, json);
            json.push(",");
        }
        json.push(concat!("\"", stringify!($second), "\":"));
        Encode::encode($value, json);
        object!(@rest json, $($rest)*);
        json.push("}");
    }};
    (@rest $json:ident,) => {};
    (@rest $json:ident, $name:ident: $value:expr, $($rest:tt)*) => {
        $json.push(concat!(",\"", stringify!($name), "\":"));
        Encode::encode($value, $json);
        object!(@rest $json, $($rest)*);
    };
    (@rest $json:ident, $name:ident?: $value:expr, $($rest:tt)*) => {
        if let Some(value) = $value {
            $json.push(concat!(",\"", stringify!($name), "\":"));
            Encode::encode(value, $json);
        }
        object!(@rest $json, $($rest)*);
    };
}

pub(super) use object;

impl Encoded {
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Appends what is JSON, or a part of it. Inlined: with a literal it is a few moves.
    #[inline(always)]
    pub fn push(&mut self, json: &str) {
        self.push_bytes(json.as_bytes());
    }

    #[inline(always)]
    pub fn push_bytes(&mut self, json: &[u8]) {
        self.bytes.extend_from_slice(json);
    }

    /// Appends what needs no escaping, as a string.
    #[inline]
    pub fn push_plain(&mut self, text: &[u8]) {
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(text);
        self.bytes.push(b'"');
    }

    /// The JSON of `value`.
    pub fn of(value: impl Encode) -> Self {
        let mut json = Self::default();
        value.encode(&mut json);
        json
    }

    fn push_list<T: Encode>(&mut self, items: impl Iterator<Item = T>) {
        let mut before = "[";
        for item in items {
            self.push(before);
            item.encode(self);
            before = ",";
        }
        self.push(if before == "[" { "[]" } else { "]" });
    }

    fn push_map<N: AsRef<str>, T: Encode>(&mut self, entries: impl Iterator<Item = (N, T)>) {
        let mut before = "{\"";
        for (name, value) in entries {
            self.push(before);
            self.push(name.as_ref());
            self.push("\":");
            value.encode(self);
            before = ",\"";
        }
        self.push(if before == "{\"" { "{}" } else { "}" });
    }
}

/// JSON that was made before, to be copied.
impl Encode for &Encoded {
    fn encode(self, json: &mut Encoded) {
        json.bytes.extend_from_slice(&self.bytes);
    }
}

/// A word of ours: nothing in it needs escaping.
#[derive(Clone, Copy)]
pub(super) struct Word(pub &'static str);

impl Encode for Word {
    #[inline(never)]
    fn encode(self, json: &mut Encoded) {
        json.push_plain(self.0.as_bytes());
    }
}

/// Text that was made here out of letters, digits and points.
pub(super) struct Plain<'a>(pub &'a [u8]);

impl Encode for Plain<'_> {
    #[inline(never)]
    fn encode(self, json: &mut Encoded) {
        json.push_plain(self.0);
    }
}

/// An id, as 16 hexadecimal digits: a JSON number would lose digits in many readers.
#[derive(Clone, Copy)]
pub(super) struct Hex(pub u64);

impl Encode for Hex {
    fn encode(self, json: &mut Encoded) {
        let nibbles = self.0.to_be_bytes().map(|byte| [byte >> 4, byte & 0xF]);
        let mut digits = [0; 16];
        for (digit, nibble) in digits.iter_mut().zip(nibbles.as_flattened()) {
            *digit = if *nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
        }
        json.push_plain(&digits);
    }
}

/// An array.
pub(super) struct List<I>(pub I);

impl<I: IntoIterator<Item: Encode>> Encode for List<I> {
    fn encode(self, json: &mut Encoded) {
        json.push_list(self.0.into_iter());
    }
}

/// An object whose names, plain ones, are not known beforehand.
pub(super) struct Map<I>(pub I);

impl<N: AsRef<str>, T: Encode, I: IntoIterator<Item = (N, T)>> Encode for Map<I> {
    fn encode(self, json: &mut Encoded) {
        json.push_map(self.0.into_iter());
    }
}

impl Encode for &str {
    #[inline(never)]
    fn encode(self, json: &mut Encoded) {
        json.bytes.push(b'"');
        push_escaped(&mut json.bytes, self);
        json.bytes.push(b'"');
    }
}

impl Encode for bool {
    #[inline]
    fn encode(self, json: &mut Encoded) {
        json.push(if self { "true" } else { "false" });
    }
}

impl<T: Encode> Encode for Option<T> {
    #[inline]
    fn encode(self, json: &mut Encoded) {
        match self {
            Some(value) => value.encode(json),
            None => json.push("null"),
        }
    }
}

impl Encode for u64 {
    #[inline]
    fn encode(self, json: &mut Encoded) {
        match u8::try_from(self) {
            // Most counts of a finding.
            Ok(digit @ 0..10) => json.bytes.push(b'0' + digit),
            _ => push_number(json, self),
        }
    }
}

#[inline(never)]
fn push_number(json: &mut Encoded, number: u64) {
    json.push(itoa::Buffer::new().format(number));
}

impl Encode for u32 {
    #[inline]
    fn encode(self, json: &mut Encoded) {
        u64::from(self).encode(json);
    }
}

impl Encode for u16 {
    #[inline]
    fn encode(self, json: &mut Encoded) {
        u64::from(self).encode(json);
    }
}

impl Encode for u8 {
    #[inline]
    fn encode(self, json: &mut Encoded) {
        u64::from(self).encode(json);
    }
}

/// JSON has no infinity.
impl Encode for f64 {
    #[inline(never)]
    fn encode(self, json: &mut Encoded) {
        if let Some(nanoseconds) = whole_nanoseconds(self) {
            push_seconds(json, nanoseconds);
        } else if self.is_finite() {
            // Writing to memory does not fail.
            let _ = CompactFormatter.write_f64(&mut json.bytes, self);
        } else {
            json.push("null");
        }
    }
}

/// Nearly all numbers with a fraction are times that were nanoseconds. Where dividing them again gives the very same
/// number, and they have at most 15 digits, they are its shortest digits; below ten microseconds it has an exponent.
fn whole_nanoseconds(seconds: f64) -> Option<u64> {
    if !(1e-5..1e6).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was looked at")]
    let nanoseconds = (seconds * 1e9 + 0.5) as u64;
    (nanoseconds as f64 / 1e9 == seconds).then_some(nanoseconds)
}

fn push_seconds(json: &mut Encoded, nanoseconds: u64) {
    const SECOND: u64 = 1_000_000_000;
    // The digit in front keeps the zeros that follow it.
    let (whole, mut fraction) = (nanoseconds / SECOND, SECOND + nanoseconds % SECOND);
    if fraction % 1000 == 0 {
        fraction /= 1000;
    }
    while fraction % 10 == 0 {
        fraction /= 10;
    }
    whole.encode(json);
    json.push(".");
    match fraction {
        1 => json.push("0"),
        _ => json.push(itoa::Buffer::new().format(fraction).get(1..).unwrap_or_default()),
    }
}

impl Encode for Timestamp {
    #[inline(never)]
    fn encode(self, json: &mut Encoded) {
        json.push_plain(&self.digits());
    }
}

impl Encode for Endpoint {
    fn encode(self, json: &mut Encoded) {
        json.push_plain(self.text().whole());
    }
}

impl Encode for &Value {
    fn encode(self, json: &mut Encoded) {
        match self {
            Value::Text(text) => text.as_str().encode(json),
            Value::Label(id) | Value::Rule(_, id) => Word(id).encode(json),
            Value::Count(number) | Value::Bytes(number) => number.encode(json),
            Value::Seconds(seconds) => seconds.encode(json),
        }
    }
}

/// JSON as it is.
impl Write for Encoded {
    fn write_str(&mut self, json: &str) -> fmt::Result {
        self.push(json);
        Ok(())
    }
}

/// Text into a JSON string.
pub(super) struct Escaping<'o>(pub &'o mut Encoded);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        push_escaped(&mut self.0.bytes, text);
        Ok(())
    }
}
