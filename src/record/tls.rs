//! What TLS below the WebSocket showed: folded from its events, judged only as far as the protocol itself defines it.

use super::shape::{self, HandshakeShape, Shape};
use crate::event::Mark;
use crate::event::tls::{CertificateSeen, Offered, OpaqueFacts, TlsEvent, Unreadable};
use crate::packet::{ByDir, Dir};
use crate::wire::tls::{Alert, AlertDescription, CipherSuite, Version};

/// Alerts kept: a connection has two or three.
const ALERTS_KEPT: usize = 8;

/// What TLS below the WebSocket showed.
#[derive(Clone, Default, Debug)]
pub struct TlsFacts {
    /// Direction of the ClientHello.
    pub client: Option<Dir>,
    /// The client's offer.
    pub offered: Option<Box<Offered>>,
    /// The version agreed on.
    pub version: Option<Version>,
    /// The cipher suite agreed on.
    pub suite: Option<CipherSuite>,
    /// The application protocol agreed on, where that was in the clear or could be read.
    pub alpn: Option<Box<str>>,
    /// An earlier session was resumed.
    pub resumed: bool,
    /// The server's certificate, where it was in the clear or could be read.
    pub certificate: Option<Box<CertificateSeen>>,
    /// The side's part of the handshake was seen complete.
    pub finished: ByDir<bool>,
    /// Records of this direction were read with keys.
    pub decrypted: ByDir<bool>,
    /// Why records of this direction could not be read, or not to their end.
    pub unreadable: ByDir<Option<Unreadable>>,
    /// Alerts that could be read, in order.
    pub alerts: Vec<AlertSeen>,
    /// The last alert record of this direction that could not be read.
    pub sealed_alert: ByDir<Option<Mark>>,
    /// close_notify of this direction.
    pub close_notify: ByDir<Option<Mark>>,
    /// What answered the ClientHello and is no TLS: its first line.
    pub plain_answer: Option<(Mark, Box<str>)>,
    /// The records that could not be read, from outside.
    pub opaque: Option<Box<OpaqueFacts>>,
    /// What they look like.
    pub shape: Option<Shape>,
}

/// An alert, whose and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AlertSeen {
    /// Direction it travelled.
    pub dir: Dir,
    /// Where.
    pub mark: Mark,
    /// What it says.
    pub alert: Alert,
    /// It was encrypted.
    pub protected: bool,
}

/// How the TLS handshake went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TlsOutcome {
    /// It was completed, as far as the records show.
    Completed,
    /// It failed; the alert that says why, where one could be read.
    Failed {
        /// Whose act that was.
        by: Option<Dir>,
        /// The alert.
        alert: Option<AlertSeen>,
    },
    /// Another protocol answered the ClientHello.
    AnsweredInPlain,
    /// Neither is seen: it may be going on.
    Open,
}

impl TlsFacts {
    /// Takes an event in.
    pub fn apply(&mut self, dir: Dir, mark: Mark, event: TlsEvent) {
        match event {
            TlsEvent::ClientHello(offered) => {
                self.client = Some(dir);
                self.offered = Some(offered);
            }
            TlsEvent::ServerHello(chosen) => {
                self.client.get_or_insert(dir.opposite());
                self.version = Some(chosen.version);
                self.suite = Some(chosen.suite);
                self.resumed = chosen.resumed;
            }
            TlsEvent::RetryRequested => {}
            TlsEvent::Alpn(name) => self.alpn = Some(name),
            TlsEvent::Certificate(certificate) => {
                if self.client != Some(dir) {
                    self.certificate = Some(certificate);
                }
            }
            TlsEvent::Finished => self.finished[dir] = true,
            TlsEvent::Alert { alert, protected } => self.take_alert(AlertSeen { dir, mark, alert, protected }),
            TlsEvent::SealedAlert => self.sealed_alert[dir] = Some(mark),
            TlsEvent::Decrypted => {
                self.decrypted[dir] = true;
                self.unreadable[dir] = None;
            }
            TlsEvent::Unreadable(why) => self.unreadable[dir] = Some(why),
            TlsEvent::PlainAnswer(line) => self.plain_answer = Some((mark, line)),
            TlsEvent::Shape(opaque) => self.opaque = Some(opaque),
        }
    }

    fn take_alert(&mut self, seen: AlertSeen) {
        if seen.alert.description == AlertDescription::CLOSE_NOTIFY {
            self.close_notify[seen.dir].get_or_insert(seen.mark);
        }
        if self.alerts.len() < ALERTS_KEPT {
            self.alerts.push(seen);
        }
    }

    /// Its records were read with keys.
    pub fn is_decrypted(&self) -> bool {
        Dir::BOTH.iter().any(|dir| self.decrypted[*dir])
    }

    /// None of its records could be read, for want of keys.
    pub fn lacks_keys(&self) -> bool {
        let lacks = |dir: &Dir| matches!(self.unreadable[*dir], Some(Unreadable::NoKeys | Unreadable::WrongKeys));
        !self.is_decrypted() && Dir::BOTH.iter().any(lacks)
    }

    /// The name that the client wanted.
    pub fn server_name(&self) -> Option<&str> {
        self.offered.as_ref()?.server_name.as_deref()
    }

    /// The handshake failed. `ended`: TCP ended.
    pub fn has_failed(&self, ended: bool) -> bool {
        matches!(self.outcome(ended), TlsOutcome::Failed { .. } | TlsOutcome::AnsweredInPlain)
    }

    /// How the handshake went. `ended`: TCP ended, so that what is missing will not come.
    pub fn outcome(&self, ended: bool) -> TlsOutcome {
        if self.plain_answer.is_some() {
            return TlsOutcome::AnsweredInPlain;
        }
        let completed = self.is_decrypted() || Dir::BOTH.iter().all(|dir| self.finished[*dir]);
        if completed {
            return TlsOutcome::Completed;
        }
        // user_canceled is followed by a close_notify (RFC 8446 §6.1): neither says what is wrong.
        if let Some(seen) = self.alerts.iter().find(|seen| !seen.alert.is_closure()) {
            return TlsOutcome::Failed { by: Some(seen.dir), alert: Some(*seen) };
        }
        let failed = |by: Option<Dir>| TlsOutcome::Failed { by, alert: None };
        match self.opaque.as_deref().map(|facts| (facts, shape::handshake(facts))) {
            Some((_, HandshakeShape::Completed)) => TlsOutcome::Completed,
            Some((facts, HandshakeShape::RejectedByClient)) => failed(Some(facts.client)),
            Some((facts, HandshakeShape::AbandonedByClient)) if ended => failed(Some(facts.client)),
            Some(_) | None if self.version.is_none() && ended => failed(None),
            Some(_) | None => TlsOutcome::Open,
        }
    }
}
