//! What is seen of a flow on its way into the flow's record.
//!
//! Given what the protocols see, folds it into the record; steps of an attempt to open a WebSocket are told at once, since
//! many connections are looked at together by them.

use super::news::Queue;
use crate::event::http::HttpEvent;
use crate::event::websocket::Frame;
use crate::event::{Event, Listener, Mark, What, When};
use crate::packet::Dir;
use crate::record::{Attempt, Clues, Origin, Record, Recorder, Step, Told, connection_id};
use crate::tcp::Tcp;

/// Folds what is seen of a flow into its record, and tells at once what many connections are looked at together by.
pub(super) struct Story<'a> {
    pub recorder: &'a mut Recorder,
    pub told: &'a mut Told<Record>,
    pub origin: Origin<'a>,
    /// Where it is told; None once the flow is over.
    pub news: Option<(&'a mut Queue, &'a Tcp)>,
}

impl Listener for Story<'_> {
    fn as_dyn(&mut self) -> &mut (dyn Listener + '_) {
        self
    }

    fn hear(&mut self, event: Event) {
        if let (What::Http(http), Some((news, tcp))) = (&event.what, &mut self.news)
            && let Some((client, step)) = step_of(&event, http, tcp)
        {
            news.attempt(attempt(&self.origin, client, event.mark.into(), step));
        }
        self.recorder.apply(event, &self.origin, self.told);
    }

    fn hear_text(&mut self, _: Mark, dir: Dir, text: &[u8]) {
        self.recorder.keep_text(dir, text);
    }

    #[inline]
    fn hear_frame(&mut self, mark: Mark, dir: Dir, frame: Frame) {
        self.recorder.count(frame, mark, dir);
    }
}

/// Who attempts to open a WebSocket, and how far that is.
fn step_of(event: &Event, http: &HttpEvent, tcp: &Tcp) -> Option<(Dir, Step)> {
    match http {
        HttpEvent::Asked(asked) => Some((event.dir, Step::Asked(Clues::of(asked, tcp.syn_seq(event.dir))))),
        HttpEvent::Answered(answer) => Some((event.dir.opposite(), Step::Answered(answer.head.status))),
        _ => None,
    }
}

/// A step of the attempt that the flow is.
pub(super) fn attempt(origin: &Origin<'_>, client: Dir, mark: When, step: Step) -> Attempt {
    Attempt {
        id: connection_id(origin.key, origin.first.at, None),
        at: mark.at,
        connected_at: origin.first.at,
        packet: mark.packet,
        client: origin.key.source(client),
        server: origin.key.source(client.opposite()),
        point: origin.key.point,
        step,
    }
}
