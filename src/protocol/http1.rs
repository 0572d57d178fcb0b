//! HTTP/1 on a stream, as far as a WebSocket may come of it.
//!
//! Given both directions, follows requests and responses from head to head; bodies are skipped by their length. Says
//! which upgrades were asked for and how they were answered, and becomes the WebSocket, the CONNECT tunnel, or nothing.
//!
//! ```text
//! each direction: Head ──head──▶ Fixed(n) | Chunked | UntilEnd ──body over──▶ Head
//! the client's:   Head ──upgrade or CONNECT asked──▶ Paused ──answered──▶ another protocol, or Head again
//! ```

use std::collections::VecDeque;

use super::websocket::{Agreement, WebSocket};
use super::{Context, Protocol, Step, Waited, detect};
use crate::event::http::{Asked, HttpEvent};
use crate::event::tls::TlsEvent;
use crate::event::{Events, Mark, Via, What};
use crate::limits::{HTTP_BODY_KEPT_BYTES, HTTP_HEAD_BYTES, HTTP_PIPELINE};
use crate::packet::{ByDir, Dir};
use crate::tcp::Content;
use crate::wire::http1::{RequestLine, head_len, parse_chunk_size, parse_request_line, parse_status_line};
use crate::wire::tls::Alert;

mod heads;
mod incomplete;

use heads::{Framing, RequestHead, ResponseHead};

/// HTTP/1 in both directions.
#[derive(Default, Debug)]
pub struct Http1 {
    halves: ByDir<Half>,
    pending: Awaited,
    /// The direction of requests, once one was seen.
    client: Option<Dir>,
    /// Bytes of a refusal's body that are still worth a look.
    body_wanted: usize,
    /// Joined after its start: the first head may be missing.
    late: ByDir<bool>,
    /// What the client sent while it is `Paused`.
    waiting: Vec<Waited>,
    waiting_bytes: usize,
    wrappers: u8,
}

/// Requests that wait for their response: nearly always one, which needs no list.
#[derive(Default, Debug)]
struct Awaited {
    first: Option<Pending>,
    more: VecDeque<Pending>,
}

impl Awaited {
    fn push(&mut self, pending: Pending) {
        if self.first.is_none() {
            self.first = Some(pending);
        } else if self.more.len() + 1 < HTTP_PIPELINE {
            self.more.push_back(pending);
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Pending> {
        self.first.iter().chain(&self.more)
    }

    fn pop(&mut self) -> Option<Pending> {
        std::mem::replace(&mut self.first, self.more.pop_front())
    }
}

#[derive(Default, Debug)]
struct Half {
    state: State,
    /// A head that the last segment cut.
    buffer: Vec<u8>,
    searched: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum State {
    #[default]
    Head,
    Fixed(u64),
    Chunked(u64),
    /// Between chunks: the next line is a size, or the CRLF before one.
    ChunkLine,
    /// After the last chunk, up to the empty line.
    Trailer,
    UntilEnd,
    /// Waits for the answer to an upgrade or CONNECT.
    Paused,
    /// The capture lost a head, or it was too long.
    Lost,
}

/// A request whose response has not come.
#[derive(Clone, PartialEq, Debug)]
enum Pending {
    Ordinary,
    /// HEAD: its response has no body.
    Head,
    Upgrade {
        deflate_offered: bool,
        cut: bool,
    },
    /// Only the beginning of the head was captured, and it does not tell what was asked for.
    Cut(Box<Asked>, Mark),
    Connect {
        target: String,
    },
}

const METHODS: &[&[u8]] =
    &[b"GET ", b"POST ", b"PUT ", b"HEAD ", b"OPTIONS ", b"DELETE ", b"PATCH ", b"CONNECT ", b"TRACE ", b"PROPFIND "];
const RESPONSE: &[u8] = b"HTTP/1.";
/// `HTTP/1.1 101`
const STATUS_BYTES: usize = 12;

impl Http1 {
    /// These bytes begin a request or response.
    pub(super) fn may_start(bytes: &[u8]) -> bool {
        bytes.starts_with(RESPONSE) || METHODS.iter().any(|method| bytes.starts_with(method))
    }

    /// These bytes are too few to tell, but a request or response may begin so.
    pub(super) fn may_become_start(bytes: &[u8]) -> bool {
        RESPONSE.starts_with(bytes) || METHODS.iter().any(|method| method.starts_with(bytes))
    }

    pub(super) fn push(
        &mut self,
        dir: Dir,
        content: &Content<'_>,
        context: &Context<'_>,
        events: &mut Events<'_>,
    ) -> Step {
        self.late = context.late;
        let mut bytes: &[u8] = match content {
            Content::Gap(len) => return self.skip_gap(dir, *len, events),
            Content::Data(bytes) => bytes,
        };
        if self.client == Some(dir.opposite()) && self.halves[dir].state != State::Head {
            self.keep_body(dir, bytes, events);
        }
        while !bytes.is_empty() {
            let half = &mut self.halves[dir];
            match half.state {
                State::Head => match self.read_head(dir, bytes, events) {
                    Ok(rest) => bytes = rest,
                    Err(step) => return step,
                },
                State::Fixed(left) | State::Chunked(left) => {
                    let len = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    bytes = bytes.get(len..).unwrap_or_default();
                    let left = left - len as u64;
                    half.state = match half.state {
                        State::Fixed(_) if left == 0 => State::Head,
                        State::Fixed(_) => State::Fixed(left),
                        _ if left == 0 => State::ChunkLine,
                        _ => State::Chunked(left),
                    };
                }
                State::ChunkLine | State::Trailer => bytes = half.read_line(bytes),
                State::Paused => {
                    self.wait(dir, Content::Data(bytes.to_vec().into()), events);
                    events.http(dir, HttpEvent::EarlyData { bytes: bytes.len() as u64 });
                    return Step::Stay;
                }
                State::UntilEnd => return Step::Stay,
                State::Lost if Self::may_start(bytes) => half.state = State::Head,
                State::Lost => return Step::Stay,
            }
        }
        Step::Stay
    }

    /// A gap inside a body of known length is counted through; over a head it loses the place.
    fn skip_gap(&mut self, dir: Dir, len: u64, events: &mut Events<'_>) -> Step {
        let half = &mut self.halves[dir];
        match half.state {
            State::Fixed(left) if left > len => half.state = State::Fixed(left - len),
            State::Fixed(left) if left == len => half.state = State::Head,
            State::Chunked(left) if left > len => half.state = State::Chunked(left - len),
            State::UntilEnd => {}
            State::Paused => self.wait(dir, Content::Gap(len), events),
            State::Head if !half.buffer.is_empty() => return self.apply_cut_head(dir, events),
            _ => {
                events.emit(dir, What::Missing { bytes: len });
                return self.lose(dir);
            }
        }
        Step::Stay
    }

    /// Reads a head if it is whole, else keeps what there is of it. Gives the bytes behind it.
    fn read_head<'a>(&mut self, dir: Dir, bytes: &'a [u8], events: &mut Events<'_>) -> Result<&'a [u8], Step> {
        let half = &mut self.halves[dir];
        if half.buffer.is_empty()
            && let Some(len) = head_len(bytes, 0)
        {
            let (head, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
            return self.apply_head(dir, head, rest, events).map(|()| rest);
        }
        let kept = half.buffer.len();
        let room = HTTP_HEAD_BYTES.saturating_sub(kept).min(bytes.len());
        half.buffer.extend_from_slice(bytes.get(..room).unwrap_or_default());
        let Some(len) = head_len(&half.buffer, half.searched) else {
            return self.keep_head(dir, room < bytes.len(), events).map(|()| &[][..]);
        };
        let head = std::mem::take(&mut half.buffer);
        half.searched = 0;
        let rest = bytes.get(len.saturating_sub(kept)..).unwrap_or_default();
        self.apply_head(dir, head.get(..len).unwrap_or(&head), rest, events).map(|()| rest)
    }

    /// The head goes on in the next segment, unless it is none or too long.
    fn keep_head(&mut self, dir: Dir, too_long: bool, events: &mut Events<'_>) -> Result<(), Step> {
        let half = &mut self.halves[dir];
        half.searched = half.buffer.len();
        let start = half.buffer.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(0);
        let bytes = half.buffer.get(start..).unwrap_or_default();
        if too_long || !(Self::may_start(bytes) || Self::may_become_start(bytes)) {
            return self.not_http(dir, events);
        }
        Ok(())
    }

    fn not_http(&mut self, dir: Dir, events: &mut Events<'_>) -> Result<(), Step> {
        let half = &mut self.halves[dir];
        let awaited = matches!(&self.pending.first, Some(Pending::Upgrade { .. })) && self.client != Some(dir);
        if awaited {
            if !self.late[dir] {
                let len = half.buffer.len().min(HTTP_BODY_KEPT_BYTES);
                let text = String::from_utf8_lossy(half.buffer.get(..len).unwrap_or_default()).into();
                events.http(dir, HttpEvent::NotHttp(text));
            }
            // A TLS server answers plain HTTP with an alert in the clear.
            if let Some(alert) = Alert::parse_record(&half.buffer) {
                events.tls(dir, TlsEvent::Alert { alert, protected: false });
            }
            // Should frames follow all the same, then the true answer is missing.
            let content = Content::Data(std::mem::take(&mut half.buffer).into());
            self.waiting.push(Waited { dir, mark: events.mark(), content });
            return Err(self.look_for_frames());
        }
        half.buffer = Vec::new();
        half.state = State::Lost;
        if self.pending.first.is_none() {
            return Err(Step::Become(Protocol::Opaque, Vec::new()));
        }
        Ok(())
    }

    fn apply_head(&mut self, dir: Dir, head: &[u8], rest: &[u8], events: &mut Events<'_>) -> Result<(), Step> {
        let start = head.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(head.len());
        let head = head.get(start..).unwrap_or_default();
        if head.is_empty() {
            return Ok(()); // empty lines before a head are legal (RFC 9112 §2.2)
        }
        if head.starts_with(RESPONSE) {
            let spot = events.spot_answer(head);
            if let Some(known) = spot.and_then(|spot| ResponseHead::known(&spot, events)) {
                return self.apply_response(dir, known, rest, events);
            }
            if let Ok((fields, line)) = parse_status_line(head) {
                return self.apply_response(dir, ResponseHead::read(&line, fields, spot), rest, events);
            }
        }
        if let Ok((fields, line)) = parse_request_line(head) {
            let usual = line.method == b"GET" && line.minor == 1;
            let spot = usual.then(|| events.spot_request(fields)).flatten();
            let known = spot.and_then(|spot| RequestHead::known(&line, &spot, events));
            let head = known.unwrap_or_else(|| RequestHead::read(&line, fields, spot));
            self.apply_request(dir, &line, head, events);
            return Ok(());
        }
        self.halves[dir].buffer = head.to_vec();
        self.not_http(dir, events)
    }

    fn apply_request(&mut self, dir: Dir, line: &RequestLine<'_>, head: RequestHead<'_>, events: &mut Events<'_>) {
        self.client = Some(dir);
        let framing = head.framing;
        let pending = if line.method == b"CONNECT" {
            Pending::Connect { target: String::from_utf8_lossy(line.target).into_owned() }
        } else if head.asks_for_websocket() {
            let deflate_offered = head.offers_deflate;
            let asked = head.asked(events);
            events.http(dir, HttpEvent::Asked(asked));
            Pending::Upgrade { deflate_offered, cut: false }
        } else if line.method == b"HEAD" {
            Pending::Head
        } else {
            Pending::Ordinary
        };
        let paused = matches!(pending, Pending::Upgrade { .. } | Pending::Connect { .. });
        self.halves[dir].state = if paused { State::Paused } else { body_state(framing, true) };
        self.pending.push(pending);
    }

    fn apply_response(
        &mut self,
        dir: Dir,
        head: ResponseHead<'_>,
        rest: &[u8],
        events: &mut Events<'_>,
    ) -> Result<(), Step> {
        self.client = Some(dir.opposite());
        let status = head.status();
        if matches!(status, 100..=199) && status != 101 {
            return Ok(());
        }
        let pending = self.pending.pop();
        let (upgraded, accepts_deflate, framing) = (head.is_upgrade(), head.accepts_deflate, head.framing);
        match &pending {
            Some(Pending::Cut(asked, mark)) if upgraded => {
                self.say_cut_request(Asked::clone(asked), *mark, events);
                say_answer(dir, head, events);
            }
            Some(Pending::Upgrade { .. }) => say_answer(dir, head, events),
            None if upgraded => say_answer(dir, head, events),
            _ if status == 101 => return Err(Step::Become(Protocol::Opaque, Vec::new())),
            _ => {}
        }
        if status == 101 {
            return Err(self.become_websocket(dir, accepts_deflate, pending, rest, events));
        }
        match pending {
            Some(Pending::Connect { target }) if (200..300).contains(&status) => {
                return Err(self.become_tunnel(dir, target, rest, events));
            }
            Some(Pending::Upgrade { .. } | Pending::Connect { .. }) => {
                self.body_wanted = HTTP_BODY_KEPT_BYTES;
                self.resume_client(dir.opposite());
            }
            _ => {}
        }
        let bodyless = pending == Some(Pending::Head) || matches!(status, 204 | 304);
        self.halves[dir].state = if bodyless { State::Head } else { body_state(framing, false) };
        if self.halves[dir].state != State::Head {
            self.keep_body(dir, rest, events);
        }
        Ok(())
    }

    /// What the client sent while it waited for the refusal is its next request, or the body of the refused one.
    fn resume_client(&mut self, client: Dir) {
        let waiting = std::mem::take(&mut self.waiting);
        let half = &mut self.halves[client];
        if half.state == State::Paused {
            let whole = waiting.iter().all(|waited| matches!(waited.content, Content::Data(_)));
            half.buffer = waiting.iter().flat_map(|waited| waited.bytes()).copied().collect();
            half.state = if whole && (half.buffer.is_empty() || Self::may_start(&half.buffer)) {
                State::Head
            } else {
                State::Lost
            };
            half.searched = 0;
        }
    }

    fn become_websocket(
        &mut self,
        dir: Dir,
        accepted: bool,
        pending: Option<Pending>,
        rest: &[u8],
        events: &mut Events<'_>,
    ) -> Step {
        let offered = !matches!(pending, Some(Pending::Upgrade { deflate_offered: false, .. }));
        let agreement = Agreement { client: Some(dir.opposite()), deflate: Some(accepted && offered) };
        let mut websocket = WebSocket::after_handshake(agreement, events);
        if matches!(pending, Some(Pending::Upgrade { cut: true, .. } | Pending::Cut(..)) | None) {
            websocket.lose_boundary(dir.opposite(), events);
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        if !rest.is_empty() {
            let content = Content::Data(rest.to_vec().into());
            waiting.push(Waited { dir, mark: events.mark(), content });
        }
        Step::BecomeLate(Protocol::WebSocket(websocket), waiting)
    }

    fn become_tunnel(&mut self, dir: Dir, target: String, rest: &[u8], events: &mut Events<'_>) -> Step {
        events.emit(dir.opposite(), What::Via(Box::new(Via { kind: "connect", client: None, target: Some(target) })));
        let early = self.waiting.iter().flat_map(|waited| waited.bytes()).copied().collect();
        Step::Become(detect::inside(self.wrappers + 1), vec![(dir.opposite(), early), (dir, rest.to_vec())])
    }

    /// The first bytes of a refusal's body often name the product that refused. They may come in pieces.
    fn keep_body(&mut self, dir: Dir, bytes: &[u8], events: &mut Events<'_>) {
        let len = bytes.len().min(self.body_wanted);
        self.body_wanted -= len;
        if len > 0 {
            let text = String::from_utf8_lossy(bytes.get(..len).unwrap_or_default()).into();
            events.http(dir, HttpEvent::RefusalBody(text));
        }
    }

    pub(super) fn finish(&mut self, events: &mut Events<'_>) {
        let Some(server) = self.client.map(Dir::opposite) else { return };
        let half = &self.halves[server];
        // The answer began and never became whole: what there is of it says what it was.
        if matches!(&self.pending.first, Some(Pending::Upgrade { .. })) && !half.buffer.is_empty() {
            let len = half.buffer.len().min(HTTP_BODY_KEPT_BYTES);
            let text = String::from_utf8_lossy(half.buffer.get(..len).unwrap_or_default()).into();
            events.http(server, HttpEvent::RefusalBody(text));
        }
    }
}

fn say_answer(dir: Dir, head: ResponseHead<'_>, events: &mut Events<'_>) {
    let answer = head.answer(events);
    events.http(dir, HttpEvent::Answered(answer));
}

impl Half {
    /// Reads chunk framing line by line (RFC 9112 §7.1).
    fn read_line<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let line = bytes.get(..end.map_or(bytes.len(), |end| end + 1)).unwrap_or_default();
        if self.buffer.len() + line.len() > HTTP_HEAD_BYTES {
            self.buffer = Vec::new();
            self.state = State::Lost;
            return &[];
        }
        self.buffer.extend_from_slice(line);
        let Some(end) = end else { return &[] };
        let line = std::mem::take(&mut self.buffer);
        let line = line.trim_ascii();
        self.state = match (self.state, line.is_empty()) {
            (State::Trailer, true) => State::Head,
            (State::Trailer, false) => State::Trailer,
            (_, true) => State::ChunkLine,
            (_, false) => match parse_chunk_size(line) {
                Ok((_, 0)) => State::Trailer,
                Ok((_, size)) => State::Chunked(size),
                Err(_) => State::Lost,
            },
        };
        bytes.get(end + 1..).unwrap_or_default()
    }
}

/// How long the body behind a head is (RFC 9112 §6.3).
fn body_state(framing: Framing<'_>, request: bool) -> State {
    if framing.chunked {
        return State::ChunkLine;
    }
    let length = framing.length.and_then(|value| std::str::from_utf8(value).ok()?.trim().parse::<u64>().ok());
    match length {
        Some(0) => State::Head,
        Some(length) => State::Fixed(length),
        None if request => State::Head,
        None => State::UntilEnd,
    }
}
