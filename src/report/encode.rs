//! Views as compact JSON, straight into memory.
//!
//! Given anything with a derived `Serialize`, appends its JSON. serde_json's own serializer looks at every byte of every
//! field name and takes 3 µs for a finding; names are ours, so here they are copied, and texts are looked at many bytes
//! at a time. What the views do not use (enums with names, tuples) is an error, which the first test to meet it shows.

use std::fmt::{self, Display, Error, Write};
use std::io;

use serde::ser::{Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};
use serde_json::ser::{CompactFormatter, Formatter};

use super::escape::push_escaped;

/// Appends `value` as compact JSON.
pub(super) fn write_json(out: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    value.serialize(Json { out }).map_err(io::Error::other)
}

/// JSON that was made before, to be copied: `serialize_bytes` means just that here.
pub struct Ready(Vec<u8>);

impl Ready {
    pub(super) fn new(value: &impl Serialize) -> Option<Self> {
        let mut out = Vec::new();
        write_json(&mut out, value).ok()?;
        Some(Self(out))
    }
}

impl Serialize for Ready {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

/// The place where a value is to be written.
struct Json<'o> {
    out: &'o mut Vec<u8>,
}

impl Json<'_> {
    fn number(self, write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Result<(), Error> {
        write(self.out).map_err(|_| Error)
    }
}

/// An object or array that is being written.
struct Inside<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
    end: u8,
}

impl<'o> Inside<'o> {
    fn begin(json: Json<'o>, begin: u8, end: u8) -> Self {
        json.out.push(begin);
        Self { out: json.out, first: true, end }
    }

    #[inline]
    fn next(&mut self) -> Json<'_> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        Json { out: self.out }
    }

    /// Names of fields are ours: nothing in them needs escaping.
    #[inline(never)]
    fn name(&mut self, name: &str) {
        self.out.extend_from_slice(if std::mem::take(&mut self.first) { b"\"" } else { b",\"" });
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn end(self) -> Result<(), Error> {
        self.out.push(self.end);
        Ok(())
    }
}

/// Text that prints itself, into a JSON string.
struct Escaping<'o>(&'o mut Vec<u8>);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        push_escaped(self.0, text);
        Ok(())
    }
}

macro_rules! integers {
    ($($name:ident($kind:ty) = $write:ident($wide:ty);)*) => {
        $(#[inline(never)]
        fn $name(self, value: $kind) -> Result<(), Error> {
            self.number(|out| CompactFormatter.$write(out, <$wide>::from(value)))
        })*
    };
}

impl<'o> Serializer for Json<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Inside<'o>;
    type SerializeMap = Inside<'o>;
    type SerializeStruct = Inside<'o>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    integers! {
        serialize_i8(i8) = write_i64(i64);
        serialize_i16(i16) = write_i64(i64);
        serialize_i32(i32) = write_i64(i64);
        serialize_i64(i64) = write_i64(i64);
        serialize_u8(u8) = write_u64(u64);
        serialize_u16(u16) = write_u64(u64);
        serialize_u32(u32) = write_u64(u64);
        serialize_u64(u64) = write_u64(u64);
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(value.into())
    }

    /// JSON has no infinity.
    #[inline(never)]
    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        if value.is_finite() {
            self.number(|out| CompactFormatter.write_f64(out, value))
        } else {
            self.serialize_unit()
        }
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    // Not inlined, like all that every field needs: a finding runs through the code of 150 fields once, and what is not
    // in the processor's cache of code costs more than a call.
    #[inline(never)]
    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.out.push(b'"');
        push_escaped(self.out, text);
        self.out.push(b'"');
        Ok(())
    }

    fn collect_str<T: ?Sized + Display>(self, value: &T) -> Result<(), Error> {
        self.out.push(b'"');
        write!(Escaping(self.out), "{value}")?;
        self.out.push(b'"');
        Ok(())
    }

    fn serialize_bytes(self, json: &[u8]) -> Result<(), Error> {
        self.out.extend_from_slice(json);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.extend_from_slice(b"null");
        Ok(())
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
        Err(Error)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Inside<'o>, Error> {
        Ok(Inside::begin(self, b'[', b']'))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Inside<'o>, Error> {
        Ok(Inside::begin(self, b'{', b'}'))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Inside<'o>, Error> {
        Ok(Inside::begin(self, b'{', b'}'))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        Err(Error)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Error> {
        Err(Error)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(Error)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(Error)
    }
}

impl SerializeSeq for Inside<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(self.next())
    }

    fn end(self) -> Result<(), Error> {
        Inside::end(self)
    }
}

impl SerializeMap for Inside<'_> {
    type Ok = ();
    type Error = Error;

    /// Keys are strings: all that the views have.
    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(self.next())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.out.push(b':');
        value.serialize(Json { out: self.out })
    }

    fn end(self) -> Result<(), Error> {
        Inside::end(self)
    }
}

impl SerializeStruct for Inside<'_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.name(name);
        value.serialize(Json { out: self.out })
    }

    fn end(self) -> Result<(), Error> {
        Inside::end(self)
    }
}
