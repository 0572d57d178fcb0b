//! What not every connection has, or not from its beginning: on the heap from its first occurrence on.

use arrayvec::ArrayVec;

use super::facts::{Handshake, Oddities};
use super::pings::Pings;
use super::{Record, TlsFacts};
use crate::event::http::{AnsweredRare, AskedRare};
use crate::event::{Via, When};
use crate::limits::TEXT_KEPT_BYTES;
use crate::packet::{ByDir, Dir, Unreachable};
use crate::rare::{Absent, Rare};
use crate::wire::websocket::CloseCode;

/// What stands beside what is kept of every connection.
#[derive(Default, Debug)]
pub(super) struct Beside {
    pub via: Vec<Via>,
    pub tls: Option<Box<TlsFacts>>,
    pub unreachable: Option<Box<Unreachable>>,
    /// What is unusual about the handshake.
    pub odd: Rare<Oddities>,
    pub asked: Option<Box<AskedRare>>,
    pub answered: Option<Box<AnsweredRare>>,
    /// Where the connection was asked for and answered long after it had begun.
    pub asked_late: Option<When>,
    pub answered_late: Option<When>,
    /// The first text message of each direction, cut short.
    // Here and not in blocks of their own: nearly every connection has them, and nearly none needs them.
    pub texts: ByDir<Option<ArrayVec<u8, TEXT_KEPT_BYTES>>>,
    /// Pings of the side that was the second to send one.
    pub pings: Option<Box<Pings>>,
}

impl Absent for Beside {
    fn absent() -> &'static Self {
        static NONE: Beside = Beside {
            via: Vec::new(),
            tls: None,
            unreachable: None,
            odd: Rare::NONE,
            asked: None,
            answered: None,
            asked_late: None,
            answered_late: None,
            texts: ByDir([None, None]),
            pings: None,
        };
        &NONE
    }
}

impl Beside {
    pub(super) fn keep_text(&mut self, dir: Dir, text: &[u8]) {
        let start = text.get(..TEXT_KEPT_BYTES).unwrap_or(text);
        // It fits.
        let _ = self.texts[dir].insert(ArrayVec::new()).try_extend_from_slice(start);
    }

    /// Notes of a request what not every one has, and forgets the answer to the one before.
    pub(super) fn ask(this: &mut Rare<Self>, rare: Option<Box<AskedRare>>, late: Option<When>) {
        if let Some(beside) = this.get_if(rare.is_some() || late.is_some()) {
            (beside.asked, beside.asked_late) = (rare, late);
            (beside.answered, beside.answered_late) = (None, None);
        }
    }

    /// The same of an answer.
    pub(super) fn answer(this: &mut Rare<Self>, rare: Option<Box<AnsweredRare>>, late: Option<When>) {
        if let Some(beside) = this.get_if(rare.is_some() || late.is_some()) {
            (beside.answered, beside.answered_late) = (rare, late);
        }
    }

    /// Adds itself to what all connections have. `pinger`: who was the first to send a Ping.
    pub(super) fn complete(&mut self, record: &mut Record, pinger: Dir) {
        let Handshake { asked, asked_mark, answered, answered_mark, odd, .. } = &mut record.handshake;
        *odd = std::mem::take(&mut self.odd);
        *asked_mark = asked_mark.or(self.asked_late);
        *answered_mark = answered_mark.or(self.answered_late);
        asked.iter_mut().zip(self.asked.take()).for_each(|(asked, rare)| asked.rare = Some(rare));
        answered.iter_mut().zip(self.answered.take()).for_each(|(answered, rare)| answered.rare = Some(rare));
        if record.closes.iter().any(|seen| seen.close.code.is_some_and(CloseCode::is_private)) {
            for (side, text) in record.sides.0.iter_mut().zip(&self.texts.0) {
                side.text = text.as_ref().map(|text| String::from_utf8_lossy(text).into());
            }
        }
        if let Some(pings) = self.pings.take() {
            record.sides[pinger.opposite()].pings = *pings;
        }
        record.via = std::mem::take(&mut self.via);
        record.tls = self.tls.take();
        record.unreachable = self.unreachable.take();
    }
}
