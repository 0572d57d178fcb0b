//! Handshakes of which the capture lacks a part: a cut head, a lost answer, a direction that was not captured.
//!
//! Given what there is, tells what was asked and agreed as far as that shows it; where the answer itself is missing, the
//! frames that follow must show it. What a head lacks is never held against it.

use super::heads::{self, RequestHead, ResponseHead};
use super::{Http1, Pending, STATUS_BYTES, State};
use crate::event::http::{Asked, HttpEvent};
use crate::event::websocket::{Recognition, WebSocketEvent};
use crate::event::{Events, Mark};
use crate::limits::{HTTP_HEAD_BYTES, HTTP_WAITING};
use crate::packet::{ByDir, Dir};
use crate::protocol::detect::Detecting;
use crate::protocol::websocket::{Agreement, WebSocket};
use crate::protocol::{Protocol, Step, Waited};
use crate::tcp::Content;
use crate::wire::http1::{parse_request_line, parse_status_line};

impl Http1 {
    /// Keeps what the client sends before it is known what it speaks.
    pub(super) fn wait(&mut self, dir: Dir, content: Content<'static>, events: &Events<'_>) {
        let mark = events.mark();
        if let Content::Data(bytes) = &content {
            self.waiting_bytes += bytes.len();
        }
        if self.waiting_bytes <= HTTP_HEAD_BYTES && self.waiting.len() < HTTP_WAITING {
            self.waiting.push(Waited { dir, mark, content });
        }
    }

    /// The place is lost in `dir`.
    pub(super) fn lose(&mut self, dir: Dir) -> Step {
        self.halves[dir].buffer = Vec::new();
        self.halves[dir].state = State::Lost;
        // The upgrade may have been agreed in what is missing: frames may follow in either direction.
        if self.asked() && self.client != Some(dir) {
            return self.look_for_frames();
        }
        let both = Dir::BOTH.into_iter().all(|dir| self.halves[dir].state == State::Lost);
        if both { Step::Become(Detecting::after_loss(), Vec::new()) } else { Step::Stay }
    }

    /// A WebSocket was asked for, and not answered.
    pub(super) fn asked(&self) -> bool {
        self.pending.iter().any(|pending| matches!(pending, Pending::Upgrade { .. }))
    }

    pub(super) fn look_for_frames(&mut self) -> Step {
        let agreement = Agreement { client: self.client, deflate: None };
        let websocket = WebSocket::in_mid_stream(agreement);
        Step::BecomeLate(Protocol::WebSocket(websocket), std::mem::take(&mut self.waiting))
    }

    /// A head of which the snaplen, or a gap, left only the beginning: what it says counts, what it lacks does not.
    #[cold]
    pub(super) fn apply_cut_head(&mut self, dir: Dir, events: &mut Events<'_>) -> Step {
        let head = std::mem::take(&mut self.halves[dir].buffer);
        self.halves[dir].searched = 0;
        if head.len() <= STATUS_BYTES {
            return self.lose(dir); // of a status, some digits may be missing
        }
        let head = heads::mended(&head);
        if let Ok((fields, line)) = parse_status_line(&head) {
            return self.apply_cut_response(dir, line.status, ResponseHead::read(&line, fields, None), events);
        }
        let Ok((fields, line)) = parse_request_line(&head) else { return self.lose(dir) };
        self.client = Some(dir);
        let request = RequestHead::read(&line, fields, None);
        let asks_for_websocket = request.asks_for_websocket();
        let asked = request.asked_in_part(events);
        self.halves[dir].state = State::Lost;
        let pending = if asks_for_websocket {
            events.http(dir, HttpEvent::Asked(asked));
            self.halves[dir].state = State::Paused;
            Pending::Upgrade { deflate_offered: true, cut: true }
        } else {
            Pending::Cut(Box::new(asked), events.mark())
        };
        self.pending.push(pending);
        Step::Stay
    }

    fn apply_cut_response(
        &mut self,
        dir: Dir,
        status: u16,
        response: ResponseHead<'_>,
        events: &mut Events<'_>,
    ) -> Step {
        if self.client == Some(dir) {
            return self.lose(dir);
        }
        self.client = Some(dir.opposite());
        let pending = self.pending.pop();
        let upgrade = matches!(pending, Some(Pending::Upgrade { .. }));
        if let (Some(Pending::Cut(asked, mark)), 101) = (pending, status) {
            self.say_cut_request(*asked, mark, events);
        }
        if upgrade || status == 101 {
            let answer = response.answer_in_part(events);
            events.http(dir, HttpEvent::Answered(answer));
        }
        if status == 101 {
            if let Some(client) = self.client {
                events.websocket(client, WebSocketEvent::Begins { by: Recognition::Handshake });
            }
            return self.look_for_frames();
        }
        if upgrade {
            self.resume_client(dir.opposite());
        }
        self.halves[dir].state = State::Lost;
        Step::Stay
    }

    /// The answer shows what a request of which little was captured had asked for.
    pub(super) fn say_cut_request(&self, asked: Asked, mark: Mark, events: &mut Events<'_>) {
        let Some(client) = self.client else { return };
        let now = events.mark();
        events.stamp(mark);
        events.http(client, HttpEvent::Asked(asked));
        events.stamp(now);
    }

    /// The stream is over, and the server's direction was not captured: what the client went on sending shows the answer.
    pub(in crate::protocol) fn unanswered(&mut self, unseen: ByDir<bool>) -> Option<(Protocol, Vec<Waited>)> {
        let server = self.client?.opposite();
        let goes_on = self.waiting.iter().any(|waited| !waited.bytes().is_empty());
        if !(unseen[server] && goes_on && self.asked()) {
            return None;
        }
        match self.look_for_frames() {
            Step::BecomeLate(protocol, waiting) => Some((protocol, waiting)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Common, Event, What};
    use crate::packet::PacketRef;
    use crate::protocol::Context;
    use crate::protocol::tls::{Keys, Workspace};
    use crate::time::Timestamp;

    /// Whether the request of a stream is told as cut.
    fn is_told_as_cut(stream: &[Content<'_>], common: &mut Common) -> bool {
        let mark = Mark { at: Timestamp(0), packet: PacketRef::new(0, 1), seq: 0, acked: None };
        let (keys, workspace) = (Keys::default(), Workspace::default());
        let context = Context { late: ByDir::default(), keys: &keys, workspace: &workspace };
        let (mut http1, mut said) = (Http1::default(), Vec::<Event>::new());
        for content in stream {
            http1.push(Dir::Forward, content, &context, &mut Events::new(&mut said, common, mark));
        }
        let asked = said.iter().find_map(|event| match &event.what {
            What::Http(HttpEvent::Asked(asked)) => Some(asked),
            _ => None,
        });
        asked.unwrap().cut
    }

    #[test]
    fn a_cut_head_and_a_whole_one_of_the_same_lines_are_told_apart() {
        let lines =
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let whole = [Content::Data([&lines[..], b"\r\n"].concat().into())];
        let cut = [Content::Data(lines.into()), Content::Gap(100)];
        for order in [[&whole[..], &cut[..], &whole[..]], [&cut[..], &whole[..], &cut[..]]] {
            let mut common = Common::default();
            let told = order.map(|stream| is_told_as_cut(stream, &mut common));
            assert_eq!(told, order.map(|stream| stream.len() > 1));
        }
    }
}
