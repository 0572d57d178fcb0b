//! Rules of the protocol that were broken.

use serde::Serialize;

use super::Context;
use super::values::ParamMap;
use crate::catalogue::Value;
use crate::diagnosis::Params;
use crate::record::{BreachSeen, Record};

/// A rule of the protocol that was broken.
#[derive(Serialize)]
pub struct ViolationView<'a> {
    /// `violation.<id>` of the catalogue.
    pub id: &'static str,
    /// The number that goes with it.
    pub params: Detail,
    /// `client` or `server`: who broke it.
    pub from: &'static str,
    /// The packet.
    pub packet: u64,
    /// The input that holds it, where it is not the connection's `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'a str>,
    /// Section of the RFC that rules it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rfc: Option<String>,
    /// The sentence.
    pub text: String,
}

/// Parameters that the view owns.
pub struct Detail(pub Params);

impl<'a> ViolationView<'a> {
    pub(super) fn new(seen: &BreachSeen, record: &Record, context: Context<'a>) -> Self {
        let (id, params) = (seen.breach.id(), violation_params(seen, record));
        Self {
            id,
            from: record.side_of(seen.dir).id(),
            packet: seen.mark.packet.number(),
            file: context.places.other_file(seen.mark.packet, record.first.packet),
            rfc: context.texts.rfc("violation", id),
            text: context.texts.message("violation", id, "text", &params),
            params: Detail(params),
        }
    }
}

/// The parameters of a violation's sentence: who, and the number that goes with it.
pub(in crate::report) fn violation_params(seen: &BreachSeen, record: &Record) -> Params {
    let side = ("side", Value::Label(record.side_of(seen.dir).id()));
    let number = |(name, number)| match name {
        "bytes" => (name, Value::Bytes(number)),
        _ => (name, Value::Count(number)),
    };
    [side].into_iter().chain(seen.breach.detail().map(number)).collect()
}

impl Serialize for Detail {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ParamMap(&self.0).serialize(serializer)
    }
}
