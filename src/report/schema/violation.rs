//! Rules of the protocol that were broken.

use super::Context;
use super::values::params;
use crate::catalogue::Value;
use crate::diagnosis::Params;
use crate::record::{BreachSeen, Record};
use crate::report::encode::{Encode, Encoded, Word, object};

/// A rule of the protocol that was broken.
pub(super) struct ViolationView<'a> {
    pub seen: &'a BreachSeen,
    pub record: &'a Record,
    pub context: Context<'a>,
}

impl Encode for ViolationView<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { seen, record, context } = self;
        let (id, given) = (seen.breach.id(), violation_params(seen, record));
        object!(json, {
            // `violation.<id>` of the catalogue.
            id: Word(id),
            // The number that goes with it.
            params: params(&given),
            // `client` or `server`: who broke it.
            from: Word(record.side_of(seen.dir).id()),
            // The packet.
            packet: seen.mark.packet.number(),
            // The input that holds it, where it is not the connection's `file`.
            file?: context.places.other_file_json(seen.mark.packet, record.first.packet),
            // Section of the RFC that rules it.
            rfc?: context.texts.rfc("violation", id).as_deref(),
            // The sentence.
            text: context.texts.message("violation", id, "text", &given).as_str(),
        });
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
