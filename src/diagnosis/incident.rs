//! Several endings that belong together: what is said about them.
//!
//! Only the type; it is filled by a bounded window over findings. Like a diagnosis it holds ids and typed parameters.

use super::{Evidence, Fixes, Said};
use crate::catalogue::Cause;
use crate::packet::Endpoint;
use crate::time::Timestamp;

/// What several endings have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum IncidentKind {
    /// Many ended in the same instant: process death, deploy, balancer reload.
    MassClose,
    /// The same age again and again: a lifetime limit.
    SameLifetime,
    /// The same silence again and again: an idle limit.
    SameIdle,
    /// Clients came back faster than a server in trouble can bear.
    ReconnectStorm,
    /// Both legs of a proxied connection: one hop ended the other.
    ProxyHop,
}

impl IncidentKind {
    /// As published.
    pub const fn id(self) -> &'static str {
        match self {
            Self::MassClose => "mass-close",
            Self::SameLifetime => "same-lifetime",
            Self::SameIdle => "same-idle",
            Self::ReconnectStorm => "reconnect-storm",
            Self::ProxyHop => "proxy-hop",
        }
    }
}

/// Several endings that belong together.
#[derive(Clone, PartialEq, Debug)]
pub struct Incident {
    /// Unique within a run.
    pub id: u64,
    /// What they have in common.
    pub kind: IncidentKind,
    /// The first of the endings.
    pub started_at: Timestamp,
    /// The last of them.
    pub ended_at: Timestamp,
    /// Its window has closed: nothing will be added.
    pub is_final: bool,
    /// Ids of the findings that belong to it.
    pub connections: Vec<u64>,
    /// The server they share.
    pub server: Option<Endpoint>,
    /// The probable cause behind all of them.
    pub cause: Option<Cause>,
    /// `incident.<id>`: the story in one or two sentences, with the measured values.
    pub summary: Said,
    /// What supports it, strongest first.
    pub evidence: Vec<Evidence>,
    /// What to change. Where it is empty, the cause's own page gives the fix.
    pub fixes: Fixes,
}
