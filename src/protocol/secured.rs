//! TLS and what it carries: the content of its records is a stream like any other.

use super::tls::Tls;
use super::{Context, Protocol, detect};
use crate::event::Events;
use crate::packet::{ByDir, Dir};
use crate::tcp::Content;

/// TLS and what it carries.
#[derive(Debug)]
pub struct Secured {
    tls: Tls,
    inner: Protocol,
}

impl Secured {
    /// TLS inside so many wrappers. It is one itself: TLS in TLS in TLS has an end.
    pub(super) fn inside(wrappers: u8) -> Self {
        Self { tls: Tls::default(), inner: detect::inside(wrappers.saturating_add(1)) }
    }

    pub(super) fn push(&mut self, dir: Dir, content: &Content<'_>, context: &Context<'_>, events: &mut Events<'_>) {
        let Self { tls, inner } = self;
        // What is missing of the content is said by a gap, not by TCP.
        let within = Context { late: ByDir([false; 2]), ..*context };
        tls.push(dir, content, context.keys, context.workspace, events, &mut |dir, content, events| {
            inner.push(dir, &content, &within, events);
        });
    }

    pub(super) fn finish(&mut self, context: &Context<'_>, unseen: ByDir<bool>, events: &mut Events<'_>) {
        self.inner.finish(context, unseen, events);
        self.tls.finish(events);
    }

    /// What it carries can be no WebSocket, or it is no TLS after all.
    pub(super) fn is_opaque(&self) -> bool {
        self.inner.is_opaque()
    }
}
