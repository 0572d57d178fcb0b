//! What happened, in order: offset from the first packet, packet number, one short sentence.

use super::Report;
use super::page::{Page, Span, span};
use super::words::quoted;
use crate::catalogue::Value;
use crate::diagnosis::Finding;
use crate::event::When;
use crate::packet::PacketRef;
use crate::record::{CloseFrame, Record, Side, SideRecord, State};
use crate::report::facts;
use crate::time::Timestamp;

/// A silence is part of the story from here on, in seconds.
const SILENCE_S: f64 = 1.0;

/// A story shorter than this is told in microseconds.
const SHORT_S: f64 = 1.0;

/// One line of the story.
struct Moment {
    at: Timestamp,
    packet: Option<PacketRef>,
    text: String,
}

impl Report<'_> {
    pub(super) fn story(&self, finding: &Finding, page: &mut Page) {
        let start = finding.record.first.at;
        let moments = self.moments(finding);
        let short = moments.iter().all(|moment| moment.at.seconds_since(start) < SHORT_S);
        let digits = if short { 6 } else { 3 };
        let offset = |moment: &Moment| format!("{:+.digits$} s", moment.at.seconds_since(start));
        let offsets: Vec<String> = moments.iter().map(offset).collect();
        let width = offsets.iter().map(String::len).max().unwrap_or(0);
        let mut label = self.words.report("story");
        for (moment, offset) in moments.into_iter().zip(offsets) {
            page.item(&label, &format!("{offset:>width$}  "), &self.told(moment, finding));
            label.clear();
        }
    }

    fn told(&self, moment: Moment, finding: &Finding) -> Vec<Span> {
        let packet = moment.packet.map(|packet| self.packet(packet, finding));
        [Some(span(moment.text)), packet].into_iter().flatten().collect()
    }

    fn moments(&self, finding: &Finding) -> Vec<Moment> {
        let mut moments = self.opening(&finding.record);
        for side in Side::BOTH {
            moments.extend(self.course(&finding.record, side));
        }
        moments.extend(self.injected(&finding.record));
        moments.extend(self.silence(finding));
        moments.extend(finding.ending.frames.iter().map(|frame| self.close(frame)));
        for side in Side::BOTH {
            moments.extend(self.transport(&finding.record, side));
        }
        moments.extend(self.unreachable(&finding.record));
        // Stable: what came in one packet stays in the order of the layers. A silence has no packet and comes before.
        moments.sort_by_key(|moment| (moment.at, moment.packet));
        moments.extend(self.end(finding));
        moments
    }

    fn opening(&self, record: &Record) -> Vec<Moment> {
        let handshake = &record.handshake;
        let client = record.side(Side::Client);
        let syn = client.tcp.syn.map(|mark| match client.tcp.syns {
            0 | 1 => self.moment(mark, "syn", &[of(Side::Client)]),
            count => self.moment(mark, "syn-again", &[of(Side::Client), ("count", Value::Count(count.into()))]),
        });
        let late = client.tcp.syn.is_none().then(|| self.moment(record.first, "late", &[]));
        let asked = handshake.asked.as_ref().zip(handshake.asked_mark).map(|(asked, mark)| {
            let params = [("method", (&*asked.method).into()), ("target", (&*asked.target).into())];
            self.moment(mark, "asked", &params)
        });
        let answered = handshake
            .answered
            .as_ref()
            .zip(handshake.answered_mark)
            .map(|(answered, mark)| self.moment(mark, "answered", &[("status", answered.status.into())]));
        [syn.or(late), self.refused_before(record), asked, answered].into_iter().flatten().collect()
    }

    fn refused_before(&self, record: &Record) -> Option<Moment> {
        let (handshake, asked) = (&record.handshake, record.handshake.asked_mark?);
        let statuses: Vec<String> = handshake.odd.earlier.iter().map(u16::to_string).collect();
        let params = [("statuses", statuses.join(", ").into())];
        let text = || self.words.sentence("story", "refused-before", &params);
        (!statuses.is_empty()).then(|| Moment { at: asked.at, packet: None, text: text() })
    }

    /// What one side sent last, before whatever ended it.
    fn course(&self, record: &Record, side: Side) -> Vec<Moment> {
        let seen = record.side(side);
        let last =
            seen.last_frame.filter(|frame| !record.closes.iter().any(|close| When::from(close.mark) == frame.mark));
        let last = last.map(|frame| {
            let params =
                [of(side), ("opcode", Value::Label(frame.opcode.name())), ("length", Value::Bytes(frame.payload_len))];
            self.moment(frame.mark, "last-frame", &params)
        });
        let ping = seen.pings.unanswered_since().map(|mark| {
            self.moment(mark, "ping-unanswered", &[of(side), ("count", Value::Count(seen.pings.unanswered().into()))])
        });
        let hidden =
            seen.hidden.map(|(mark, bytes)| self.moment(mark, "hidden", &[of(side), ("length", Value::Bytes(bytes))]));
        [last, ping, hidden, self.cut(seen, side)].into_iter().flatten().collect()
    }

    fn cut(&self, seen: &SideRecord, side: Side) -> Option<Moment> {
        let (frame, mark) = (seen.ended_in_frame?, seen.tcp.last_payload?);
        let params = [of(side), ("missing", Value::Bytes(frame.missing)), ("declared", Value::Bytes(frame.declared))];
        Some(self.moment(mark, "cut-frame", &params))
    }

    fn injected(&self, record: &Record) -> Option<Moment> {
        let injected = record.injected?;
        let params = [of(record.side_of(injected.dir)), ("status", injected.status.into())];
        Some(self.moment(injected.mark, "injected", &params))
    }

    fn close(&self, frame: &CloseFrame) -> Moment {
        let code = frame.code.map(|code| ("code", code.0.into()));
        let params: Vec<_> = [of(frame.from)].into_iter().chain(code).collect();
        let mut moment = self.moment(frame.mark, if frame.code.is_some() { "close" } else { "close-empty" }, &params);
        for reason in frame.reason.iter().filter(|reason| !reason.is_empty()) {
            moment.text.extend([" ", &quoted(reason)]);
        }
        if frame.ignored {
            moment.text.extend([" (", &self.words.report("ignored"), ")"]);
        }
        moment
    }

    /// How long nobody had sent anything when it ended.
    fn silence(&self, finding: &Finding) -> Option<Moment> {
        let closed = finding.ending.closed?;
        let idle = Side::BOTH.into_iter().filter_map(|side| facts::idle_s(&finding.record, side, closed));
        let shortest = idle.reduce(f64::min).filter(|seconds| *seconds >= SILENCE_S)?;
        let text = self.words.sentence("story", "silence", &[("seconds", Value::Seconds(shortest))]);
        Some(Moment { at: closed.at, packet: None, text })
    }

    fn transport(&self, record: &Record, side: Side) -> Vec<Moment> {
        let tcp = &record.side(side).tcp;
        let stuck = tcp.stuck.as_deref().filter(|stuck| stuck.count > 1).map(|stuck| {
            let id = if stuck.probes { "probing" } else { "repeating" };
            self.moment(stuck.first, id, &[of(side), ("count", Value::Count(stuck.count.into()))])
        });
        let fin = tcp.fin.map(|mark| self.moment(mark, "fin", &[of(side)]));
        let rst = tcp.rst.as_deref().map(|reset| self.moment(reset.mark, "rst", &[of(side)]));
        [stuck, fin, rst].into_iter().flatten().collect()
    }

    fn unreachable(&self, record: &Record) -> Option<Moment> {
        let error = record.unreachable.as_deref()?;
        let receiver = record.side_of(error.dir).opposite();
        let params =
            [of(receiver), ("reporter", error.reporter.to_string().into()), ("code", u16::from(error.code).into())];
        let text = self.words.sentence("story", "unreachable", &params);
        Some(Moment { at: error.at, packet: Some(error.packet), text })
    }

    /// Where the capture, not the connection, ends the story.
    fn end(&self, finding: &Finding) -> Option<Moment> {
        let id = match finding.ending.state {
            State::Open | State::Closing | State::Lost => "capture-ends",
            State::Evicted => "evicted",
            State::Closed => return None,
        };
        Some(Moment { at: finding.record.input_at, packet: None, text: self.words.sentence("story", id, &[]) })
    }

    fn moment(&self, mark: impl Into<When>, id: &str, params: &[(&'static str, Value)]) -> Moment {
        let mark = mark.into();
        Moment { at: mark.at, packet: Some(mark.packet), text: self.words.sentence("story", id, params) }
    }
}

/// Which side it is about.
fn of(side: Side) -> (&'static str, Value) {
    ("side", Value::Label(side.id()))
}
