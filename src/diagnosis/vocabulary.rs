//! A private code named by the protocol that is spoken, where something shows which that is.

use super::NamedCode;
use super::case::Case;
use crate::catalogue::{Hints, Vocabularies};
use crate::record::Side;
use crate::wire::websocket::CloseCode;

/// What the decisive Close means in the vocabulary that the record's facts speak for.
pub(super) fn named(case: &Case<'_>, vocabularies: &Vocabularies) -> Option<NamedCode> {
    let frame = case.decisive().filter(|frame| frame.code.is_some_and(CloseCode::is_private))?;
    let code = frame.code?;
    let handshake = &case.record.handshake;
    let asked = handshake.asked.as_ref();
    let answered = handshake.answered.as_ref();
    let offered = asked.map(|asked| asked.subprotocols.join(", ")).filter(|offered| !offered.is_empty());
    let text = |side| case.record.side(side).text.as_deref();
    let hints = Hints {
        subprotocol: answered.and_then(|answered| answered.subprotocol.as_deref()),
        offered_subprotocols: offered.as_deref(),
        host: asked.and_then(|asked| asked.host.as_deref()),
        path: asked.map(|asked| &*asked.target),
        first_client_message: text(Side::Client),
        first_server_message: text(Side::Server),
        user_agent: asked.and_then(|asked| asked.user_agent.as_deref()),
        server_header: answered.and_then(|answered| answered.server.as_deref()),
        reason: frame.reason.as_deref(),
    };
    let recognised = vocabularies.recognise(&hints)?;
    let meaning = recognised.meaning(code.0, frame.reason.as_deref());
    Some(NamedCode {
        vocabulary: recognised.vocabulary.name.clone(),
        clues: recognised.clues.clone(),
        code_name: meaning.map(|meaning| meaning.name.clone()),
        meaning: meaning.map(|meaning| meaning.meaning.clone()),
        fix: meaning.map(|meaning| meaning.fix.clone()).filter(|fix| !fix.is_empty()),
        advice: meaning.map(|meaning| meaning.reconnect.0),
    })
}
