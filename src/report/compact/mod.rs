//! Compact JSON into memory, for views that derive `Serialize`.
//!
//! A verdict has 150 fields: serde_json takes 5 writes for each name and looks at every character of it. Here a name is
//! copied, for it is known to be plain. Texts are escaped so that they are safe to look at ([`text`]). What was
//! rendered before is given as bytes and copied as it is.

mod text;

use std::fmt::Display;
use std::io;

use serde::de::value::Error;
use serde::ser::{Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

pub(super) use text::push_text;

/// Writes `value` as compact JSON. Fails only on what no view holds, such as map keys that are no texts.
pub(super) fn write_json(out: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    value.serialize(Compact { out }).map_err(io::Error::other)
}

struct Compact<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Compact<'a> {
    fn verbatim(self, json: &[u8]) -> Result<(), Error> {
        self.out.extend_from_slice(json);
        Ok(())
    }

    fn number(self, number: u64) -> Result<(), Error> {
        push_number(self.out, number);
        Ok(())
    }

    fn group(self, open: u8, close: u8) -> Group<'a> {
        self.out.push(open);
        Group { out: self.out, first: true, close }
    }
}

/// Decimal digits.
pub(super) fn push_number(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0; 20];
    let mut rest = number;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        // A remainder of ten is below ten.
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

impl<'a> Serializer for Compact<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Group<'a>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Group<'a>;
    type SerializeStruct = Group<'a>;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.verbatim(if value { b"true" } else { b"false" })
    }
    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.number(value.into())
    }
    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.number(value.into())
    }
    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.number(value.into())
    }
    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.number(value)
    }
    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }
    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }
    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }
    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        if value < 0 {
            self.out.push(b'-');
        }
        self.number(value.unsigned_abs())
    }
    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(value.into())
    }
    /// The shortest digits that mean this number; null for what JSON cannot say.
    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        if !value.is_finite() {
            return self.serialize_unit();
        }
        io::Write::write_fmt(self.out, format_args!("{value:?}")).map_err(serde::ser::Error::custom)
    }
    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, value: &str) -> Result<(), Error> {
        push_text(self.out, value);
        Ok(())
    }
    /// Bytes are JSON already.
    fn serialize_bytes(self, json: &[u8]) -> Result<(), Error> {
        self.verbatim(json)
    }
    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), Error> {
        self.verbatim(b"null")
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(unsupported())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Group<'a>, Error> {
        Ok(self.group(b'[', b']'))
    }
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        Err(unsupported())
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Error> {
        Err(unsupported())
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(unsupported())
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Group<'a>, Error> {
        Ok(self.group(b'{', b'}'))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Group<'a>, Error> {
        Ok(self.group(b'{', b'}'))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(unsupported())
    }
    fn collect_str<T: ?Sized + Display>(self, value: &T) -> Result<(), Error> {
        self.serialize_str(&value.to_string())
    }
}

#[cold]
fn unsupported() -> Error {
    serde::ser::Error::custom("no view holds this")
}

/// An array or object being written.
struct Group<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
    close: u8,
}

impl Group<'_> {
    #[inline]
    fn separate(&mut self) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
    }

    fn close(self) -> Result<(), Error> {
        self.out.push(self.close);
        Ok(())
    }
}

impl SerializeSeq for Group<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.separate();
        value.serialize(Compact { out: self.out })
    }
    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeMap for Group<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Error> {
        self.separate();
        key.serialize(Compact { out: self.out })
    }
    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.out.push(b':');
        value.serialize(Compact { out: self.out })
    }
    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeStruct for Group<'_> {
    type Ok = ();
    type Error = Error;

    // Inlined, the name's length is known and copying it is a store or two: most of the time was spent here.
    #[inline(always)]
    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.out.extend_from_slice(if self.first { b"\"" } else { b",\"" });
        self.first = false;
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        value.serialize(Compact { out: self.out })
    }
    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(serde::Serialize)]
    struct Everything {
        numbers: (Vec<u64>, Vec<i64>),
    }

    fn json(value: &impl Serialize) -> String {
        let mut out = Vec::new();
        write_json(&mut out, value).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[derive(serde::Serialize)]
    struct Sample {
        text: String,
        none: Option<u8>,
        list: Vec<f64>,
        map: std::collections::BTreeMap<String, bool>,
        signed: i32,
    }

    proptest! {
        #[test]
        fn it_is_what_serde_json_writes(
            text in "[ -~]*", list in prop::collection::vec(-1e9f64..1e9, 0..4),
            map in prop::collection::btree_map("[a-z]*", any::<bool>(), 0..3), signed: i32, number: u64,
        ) {
            let sample = Sample { text, none: None, list, map, signed };
            prop_assert_eq!(json(&sample), serde_json::to_string(&sample).unwrap());
            prop_assert_eq!(json(&number), number.to_string());
        }
    }

    #[test]
    fn what_no_view_holds_is_refused() {
        assert!(write_json(&mut Vec::new(), &Everything { numbers: Default::default() }).is_err());
        assert_eq!(json(&[f64::NAN].as_slice()), "[null]");
        assert_eq!(json(&60.0), "60.0");
    }
}
