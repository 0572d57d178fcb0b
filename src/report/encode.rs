//! JSON straight into memory.
//!
//! Given values, appends their compact JSON to one buffer. A finding is 3 kB and 150 fields: names are literals that
//! are copied with the punctuation around them, words of ours are not looked at, nothing is put together elsewhere first
//! and nothing can fail.

use std::fmt::{self, Write};

use serde_json::ser::{CompactFormatter, Formatter};

use super::escape::push_escaped;
use crate::catalogue::Value;
use crate::digits::{decimal, eight, hexadecimal, small, with_fraction, zeros_behind};
use crate::packet::Endpoint;
use crate::time::{TimeTexts, Timestamp};

/// JSON in the making.
#[derive(Default)]
pub(super) struct Encoded {
    bytes: Vec<u8>,
    times: TimeTexts,
}

/// What can stand in JSON.
pub(super) trait Encode: Sized {
    /// It is a string: `encode` gives the inside, the quotes stand in the literals around it.
    const QUOTED: bool = false;

    /// Appends the value.
    fn encode(self, json: &mut Encoded);
}

/// Appends an object: `object!(json, { name: value, maybe?: option, ..fields, })`. A field with a question mark is left
/// out where its value is None; the second one has none. `..fields` are some that were made before.
///
/// Literals go out in one piece: the quote behind a value waits for what comes next.
macro_rules! object {
    ($json:expr, { $first:ident: $value:expr, $($rest:tt)* }) => {{
        let json: &mut Encoded = $json;
        let quoted = object!(@field json, "{", $first, $value);
        object!(@rest json, quoted, $($rest)*);
    }};
    ($json:expr, { $first:ident?: $maybe:expr, $second:ident: $value:expr, $($rest:tt)* }) => {{
        let json: &mut Encoded = $json;
        json.push("{");
        if let Some(value) = $maybe {
            let quoted = object!(@field json, "", $first, value);
            json.push(if quoted { "\"," } else { "," });
        }
        let quoted = object!(@field json, "", $second, $value);
        object!(@rest json, quoted, $($rest)*);
    }};
    ($json:expr, { ..$made:expr, $($rest:tt)* }) => {{
        let json: &mut Encoded = $json;
        json.push("{");
        $made.push_to(json);
        let quoted = false;
        object!(@rest json, quoted, $($rest)*);
    }};
    (@rest $json:ident, $quoted:ident,) => {
        $json.push(if $quoted { "\"}" } else { "}" });
    };
    (@rest $json:ident, $quoted:ident, $name:ident: $value:expr, $($rest:tt)*) => {
        let quoted = if $quoted {
            object!(@field $json, "\",", $name, $value)
        } else {
            object!(@field $json, ",", $name, $value)
        };
        object!(@rest $json, quoted, $($rest)*);
    };
    (@rest $json:ident, $quoted:ident, $name:ident?: $value:expr, $($rest:tt)*) => {
        $json.push(if $quoted { "\"" } else { "" });
        if let Some(value) = $value {
            let quoted = object!(@field $json, ",", $name, value);
            $json.push(if quoted { "\"" } else { "" });
        }
        let quoted = false;
        object!(@rest $json, quoted, $($rest)*);
    };
    (@rest $json:ident, $quoted:ident, ..$made:expr, $($rest:tt)*) => {
        $json.push(if $quoted { "\"," } else { "," });
        $made.push_to($json);
        let quoted = false;
        object!(@rest $json, quoted, $($rest)*);
    };
    (@field $json:ident, $before:literal, $name:ident, $value:expr) => {
        $json.push_field(
            concat!($before, "\"", stringify!($name), "\":"),
            concat!($before, "\"", stringify!($name), "\":\""),
            $value,
        )
    };
}

pub(super) use object;

impl Encoded {
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// The JSON of `value`.
    pub fn of(value: impl Encode) -> Self {
        let mut json = Self::default();
        json.push_value(value);
        json
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

    /// Appends the first of some bytes. All are copied, which is one move, and what is too much is taken back.
    #[inline(always)]
    pub fn push_start<const N: usize>(&mut self, bytes: [u8; N], len: usize) {
        // Apart, so that where there is room nothing is called.
        if self.bytes.capacity() - self.bytes.len() < N {
            return self.push_start_growing(&bytes, len);
        }
        let end = self.bytes.len() + len;
        self.bytes.extend_from_slice(&bytes);
        self.bytes.truncate(end);
    }

    #[cold]
    fn push_start_growing(&mut self, bytes: &[u8], len: usize) {
        self.push_bytes(bytes.get(..len).unwrap_or_default());
    }

    /// Appends a value, with its quotes if it has any.
    #[inline(always)]
    pub fn push_value<T: Encode>(&mut self, value: T) {
        if self.push_field("", "\"", value) {
            self.push("\"");
        }
    }

    /// The same behind its name: one literal for what has no quotes, one for what has. True if a quote is still to come.
    #[inline(always)]
    pub fn push_field<T: Encode>(&mut self, bare: &'static str, quoted: &'static str, value: T) -> bool {
        self.push(if T::QUOTED { quoted } else { bare });
        value.encode(self);
        T::QUOTED
    }

    fn push_list<T: Encode>(&mut self, items: impl Iterator<Item = T>) {
        let mut before = "[";
        for item in items {
            self.push(before);
            self.push_value(item);
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
            self.push_value(value);
            before = ",\"";
        }
        self.push(if before == "{\"" { "{}" } else { "}" });
    }
}

/// JSON that was made before, to be copied.
impl Encode for &Encoded {
    fn encode(self, json: &mut Encoded) {
        json.push_bytes(&self.bytes);
    }
}

/// Fields of an object that were made before.
pub(super) struct Fields(Box<[u8]>);

impl Fields {
    /// Those of an object that has some.
    pub fn of(object: impl Encode) -> Self {
        let made = Encoded::of(object).bytes;
        let inside = made.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
        Self(inside.unwrap_or_default().into())
    }

    pub fn push_to(&self, json: &mut Encoded) {
        json.push_bytes(&self.0);
    }
}

/// A word of ours: nothing in it needs escaping.
#[derive(Clone, Copy)]
pub(super) struct Word(pub &'static str);

impl Encode for Word {
    const QUOTED: bool = true;

    #[inline]
    fn encode(self, json: &mut Encoded) {
        json.push(self.0);
    }
}

/// Text that was made here out of letters, digits and points.
pub(super) struct Plain<'a>(pub &'a [u8]);

impl Encode for Plain<'_> {
    const QUOTED: bool = true;

    #[inline]
    fn encode(self, json: &mut Encoded) {
        json.push_bytes(self.0);
    }
}

/// A number that was written before.
pub(super) struct Digits<'a>(pub &'a [u8]);

impl Encode for Digits<'_> {
    #[inline]
    fn encode(self, json: &mut Encoded) {
        json.push_bytes(self.0);
    }
}

/// An id, as 16 hexadecimal digits: a JSON number would lose digits in many readers.
#[derive(Clone, Copy)]
pub(super) struct Hex(pub u64);

impl Encode for Hex {
    const QUOTED: bool = true;

    #[inline(never)]
    fn encode(self, json: &mut Encoded) {
        json.push_bytes(&hexadecimal(self.0));
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
    const QUOTED: bool = true;

    #[inline]
    fn encode(self, json: &mut Encoded) {
        push_escaped(&mut json.bytes, self);
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
            Some(value) => json.push_value(value),
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
    decimal(number, &mut |digits, len| json.push_start(digits, len));
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
    // Signed, which processors convert with one instruction.
    #[expect(clippy::cast_possible_truncation, reason = "the range was looked at")]
    let nanoseconds = (seconds * 1e9 + 0.5) as i64;
    (nanoseconds as f64 / 1e9 == seconds).then_some(nanoseconds.cast_unsigned())
}

fn push_seconds(json: &mut Encoded, nanoseconds: u64) {
    const SECOND: u64 = 1_000_000_000;
    let (seconds, fraction) = (small(nanoseconds / SECOND), small(nanoseconds % SECOND));
    let (first, following) = (fraction / 100_000_000, eight(fraction % 100_000_000));
    // The first digit stands there in any case.
    let digits = u128::from(u64::from_le_bytes(following)) << 8 | u128::from(first + u32::from(b'0'));
    let (text, len) = with_fraction(seconds, digits, 9 - zeros_behind(following));
    json.push_start(text, len);
}

impl Encode for Timestamp {
    const QUOTED: bool = true;

    #[inline(never)]
    fn encode(self, json: &mut Encoded) {
        json.bytes.extend_from_slice(json.times.text(self));
    }
}

impl Encode for Endpoint {
    const QUOTED: bool = true;

    fn encode(self, json: &mut Encoded) {
        json.push_bytes(self.text().whole());
    }
}

impl Encode for &Value {
    fn encode(self, json: &mut Encoded) {
        match self {
            Value::Text(text) => json.push_value(&**text),
            Value::Label(id) | Value::Rule(_, id) => json.push_value(Word(id)),
            Value::Code(code) => {
                json.push("\"");
                code.encode(json);
                json.push("\"");
            }
            Value::Endpoint(endpoint) => json.push_value(*endpoint),
            Value::At(at) => json.push_value(*at),
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(value: impl Encode) -> String {
        String::from_utf8(Encoded::of(value).as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn what_is_left_out_leaves_no_comma() {
        let object = |first: Option<u8>, last: Option<u8>| {
            let mut json = Encoded::default();
            object!(&mut json, { first?: first, name: Word("x"), last?: last, });
            String::from_utf8(json.bytes).unwrap()
        };
        assert_eq!(object(None, None), r#"{"name":"x"}"#);
        assert_eq!(object(Some(1), Some(2)), r#"{"first":1,"name":"x","last":2}"#);
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_serde_json_writes_them(
            any: f64,
            bits: u64,
            nanoseconds in 0_u64..2_000_000_000_000_000,
            by in 0_u32..10,
            whole: u64,
        ) {
            let time = (nanoseconds / 10_u64.pow(by)) as f64 / 1e9;
            for number in [any, f64::from_bits(bits), time, time * 1e3, time.trunc(), time + f64::EPSILON] {
                prop_assert_eq!(json(number), serde_json::to_string(&number).unwrap());
            }
            prop_assert_eq!(json(whole), whole.to_string());
            prop_assert_eq!(json(Hex(whole)), format!("\"{whole:016x}\""));
        }
    }
}
