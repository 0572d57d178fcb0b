//! Many findings together: the legs of a proxied connection joined, and incidents.
//!
//! Stands between the analyzer and the sinks. Steps of attempts tell while connections open which of them are legs of
//! one; only those wait, a second at most, until it is known how the other leg ended. All else passes at once.

mod aftermath;
mod cluster;
mod end;
mod hop;
mod hops;
mod leg_end;
mod legs;
mod mass_close;
mod proxies;
mod servers;
mod storms;
mod telling;
mod timers;
mod window;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};

use super::{Finding, Incident, Leg, Role};
use crate::limits::{LEG_PATIENCE, LEGS_HELD, LEGS_REMEMBERED};
use crate::record::{Attempt, Side};
use crate::time::Timestamp;
use end::{Elsewhere, End};
use hop::Hop;
use leg_end::LegEnd;
use legs::{Joint, Legs, Link};
use proxies::{Company, Proxies};
use window::Window;

/// Findings in; findings that know their other leg, and incidents, out.
#[derive(Default, Debug)]
pub struct Correlator {
    now: Timestamp,
    legs: Legs,
    proxies: Proxies,
    window: Window,
    held: VecDeque<Held>,
    seen: HashMap<u64, LegEnd, foldhash::fast::RandomState>,
    seen_order: VecDeque<u64>,
    counted: HashMap<u64, (), foldhash::fast::RandomState>,
    ready: VecDeque<Box<Finding>>,
}

/// A leg that waits for the other.
#[derive(Debug)]
struct Held {
    due: Timestamp,
    finding: Box<Finding>,
    end: Option<End>,
}

impl Correlator {
    /// A correlator that has seen nothing, for one observation point.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same for so many of them.
    pub fn for_points(points: usize) -> Self {
        Self { legs: Legs::new(points > 1), ..Self::default() }
    }

    /// Takes a step of an attempt, before the findings that came with it.
    pub fn attempt(&mut self, attempt: &Attempt) {
        self.legs.attempt(attempt);
        self.window.attempt(attempt, self.now);
    }

    /// Takes a finding.
    pub fn push(&mut self, finding: Box<Finding>) {
        self.advance(finding.record.input_at);
        let open_then = self.window.leave(&finding);
        let end = End::of(&finding).map(|end| End { open_then, ..end });
        if !self.may_be_a_leg(&finding) {
            return self.pass(finding, end);
        }
        self.remember(&finding);
        if self.held.len() >= LEGS_HELD {
            self.release();
        }
        self.held.push_back(Held { due: self.now + LEG_PATIENCE, finding, end });
    }

    /// Time has come to be `now`, by the packets.
    #[inline]
    pub fn advance(&mut self, now: Timestamp) {
        if now <= self.now {
            return;
        }
        self.now = now;
        while self.held.front().is_some_and(|held| held.due <= now) {
            self.release();
        }
        self.window.advance(now);
    }

    /// A finding or an incident is ready.
    #[inline]
    pub fn has_news(&self) -> bool {
        !self.ready.is_empty() || self.window.has_incident()
    }

    /// How many findings are ready.
    pub fn ready_len(&self) -> usize {
        self.ready.len()
    }

    /// The next finding that is ready.
    pub fn next_finding(&mut self) -> Option<Box<Finding>> {
        self.ready.pop_front()
    }

    /// The next incident whose window has closed.
    pub fn next_incident(&mut self) -> Option<Incident> {
        self.window.next_incident()
    }

    /// The input is over: nothing waits any longer.
    pub fn finish(&mut self) {
        while !self.held.is_empty() {
            self.release();
        }
        self.window.finish(self.now);
    }

    fn may_be_a_leg(&mut self, finding: &Finding) -> bool {
        let Some(link) = self.legs.link(finding.id) else { return false };
        let carried_nothing = || Side::BOTH.iter().all(|side| finding.record.side(*side).messages == 0);
        if link.joint == Joint::Perhaps && carried_nothing() {
            // What was guessed from the target is confirmed by the messages on both, or not at all.
            self.legs.part(finding.id, link.mate);
            return self.legs.link(finding.id).is_some();
        }
        true
    }

    /// It is no leg of another connection.
    fn pass(&mut self, finding: Box<Finding>, end: Option<End>) {
        if let Some(end) = end {
            self.window.end(end, self.now);
        }
        self.ready.push_back(finding);
    }

    /// Keeps what the other leg will want to know.
    fn remember(&mut self, finding: &Finding) {
        let leg = LegEnd::of(finding);
        let is_front =
            self.legs.links(finding.id).any(|link| link.role == Role::Front && link.joint != Joint::Observed);
        if let Some(at) = leg.at.filter(|_| is_front && leg.from == Some(Side::Server) && leg.was_open) {
            self.proxies.ended(leg.server, at, leg.silence_s);
        }
        if self.seen_order.len() >= LEGS_REMEMBERED
            && let Some(oldest) = self.seen_order.pop_front()
        {
            self.seen.remove(&oldest);
            self.counted.remove(&oldest);
        }
        self.seen_order.push_back(finding.id);
        self.seen.insert(finding.id, leg);
    }

    /// The oldest held leg has waited long enough.
    fn release(&mut self) {
        let Some(Held { mut finding, end, .. }) = self.held.pop_front() else { return };
        let id = finding.id;
        let mut hop = None;
        let mut links: Vec<Link> = self.legs.links(id).collect();
        let was_a_guess = links.iter().all(|link| link.joint == Joint::Perhaps);
        links.retain(|link| self.is_confirmed(id, *link));
        if links.is_empty() && was_a_guess {
            // Strangers: nobody will ask how it ended.
            self.seen.remove(&id);
            return self.pass(finding, end);
        }
        for link in &links {
            hop = self.join(&mut finding, *link).or(hop);
        }
        if let Some(end) = end {
            self.count(end, &finding, &links, hop);
        }
        self.legs.forget(id);
        self.ready.push_back(finding);
    }

    /// The traffic on both legs speaks for it, or at least not against it.
    fn is_confirmed(&mut self, id: u64, link: Link) -> bool {
        let both = self.seen.get(&id).zip(self.seen.get(&link.mate));
        let (agree, differ) =
            both.map_or((false, false), |(own, other)| (own.carried_the_same(other), own.carried_otherwise(other)));
        match link.joint {
            Joint::Perhaps if agree => self.legs.confirm(id, link.mate),
            Joint::Perhaps => {
                self.legs.part(id, link.mate);
                return false;
            }
            Joint::Proxied if differ => {
                self.legs.part(id, link.mate);
                return false;
            }
            Joint::Proxied | Joint::Translated | Joint::Observed => {}
        }
        true
    }

    /// Tells a leg of the other one, and what both show together.
    fn join(&mut self, finding: &mut Finding, link: Link) -> Option<Hop> {
        if link.joint == Joint::Observed {
            return None;
        }
        finding.leg.get_or_insert(Leg { of: link.mate, role: link.role });
        if link.joint == Joint::Translated {
            return None;
        }
        let own = self.seen.get(&finding.id)?;
        let other = self.seen.get(&link.mate);
        let front = if link.role == Role::Front { Some(own) } else { other };
        let company = front.and_then(|front| Some(self.proxies.company(front.server, front.at?, front.silence_s)));
        hop::refine(finding, link.role, own, other, &company.unwrap_or(Company::default()))
    }

    /// Counts the ending of a connection once, however many of its legs were seen.
    fn count(&mut self, end: End, finding: &Finding, links: &[Link], hop: Option<Hop>) {
        let counted =
            links.iter().any(|link| self.counted.contains_key(&link.mate)) || self.counted.contains_key(&end.id);
        self.counted.insert(end.id, ());
        if counted {
            return;
        }
        let link = links.first();
        let mate = link.and_then(|link| self.seen.get(&link.mate));
        let is_leg = link.is_some_and(|link| link.joint != Joint::Observed);
        let is_front = link.is_some_and(|link| link.role == Role::Front);
        let mut end = End { cause: finding.diagnosis.cause, ..end };
        end.elsewhere = link.map(|link| Box::new(Elsewhere::new(link.mate, hop)));
        end.proxied |= is_leg && !is_front;
        if let Some(mate) = mate.filter(|_| is_leg) {
            end.decide(mate, is_front);
        }
        self.window.end(end, self.now);
    }
}
