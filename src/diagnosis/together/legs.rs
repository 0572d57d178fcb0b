//! Which connections are legs of one: joined while they open, before either has ended.
//!
//! A proxy asks the server behind it after it was asked itself and before it answers. Within that time the same
//! Sec-WebSocket-Key, request id or trace marks the other leg; where a proxy replaces all of them, the client that a
//! forwarding header names, or as the last resort the only request for that target, if the connection was made for it and
//! the answers nest; to be confirmed by the traffic.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::num::NonZeroU64;
use std::time::Duration;

use crate::diagnosis::Role;
use crate::limits::{REQUEST_MEMORY, REQUESTS_REMEMBERED};
use crate::packet::{Endpoint, PointId};
use crate::record::{Attempt, Clues, Step};
use crate::time::Timestamp;

/// How two connections belong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Joint {
    /// Legs of a proxied connection.
    Proxied,
    /// Legs, if the traffic on both agrees.
    Perhaps,
    /// One connection whose addresses were translated on the way.
    Translated,
    /// One connection, seen at two points.
    Observed,
}

/// The connection that another belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Link {
    /// The other's id.
    pub mate: u64,
    /// Which leg the linked one is.
    pub role: Role,
    pub joint: Joint,
}

/// Requests that may have another leg, and the links found.
#[derive(Default, Debug)]
pub(super) struct Legs {
    requests: HashMap<u64, Request, foldhash::fast::RandomState>,
    order: VecDeque<(Timestamp, u64)>,
    /// The latest request with a clue.
    by_clue: HashMap<Sign, u64, foldhash::fast::RandomState>,
    links: HashMap<u64, Links, foldhash::fast::RandomState>,
    /// More than one observation point is in use: what one saw late another may have seen before.
    several_points: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Clue {
    Key,
    RequestId,
    Trace,
    ClientAndTarget,
    Target,
}

/// A clue of a request as one number; what it is made of is not kept. None in 2⁶⁴ is 0, which is no clue then.
type Sign = NonZeroU64;

#[derive(Debug)]
struct Request {
    at: Timestamp,
    client: Endpoint,
    server: Endpoint,
    point: PointId,
    answered: Option<Timestamp>,
    /// Of [`Clues`], what others are compared with.
    target: u64,
    syn: Option<u32>,
    forwarding: bool,
    /// The request that may be the leg behind it, if nothing but the target says so.
    guess: Guess,
    /// What it can be found by.
    signs: [Option<Sign>; CLUES],
    /// The request before it with the same clue. None in 2⁶⁴ has 0 for an id, and is not found then.
    before: [Option<NonZeroU64>; CLUES],
}

const CLUES: usize = 5;

/// The only request that came for the same target.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Guess {
    #[default]
    Nobody,
    Id(u64),
    /// There were more, which makes each worthless.
    Several,
}

/// A leg in the middle of a chain of proxies has one on each side; what was seen twice may be both.
#[derive(Clone, Copy, Default, Debug)]
struct Links {
    to_front: Option<Link>,
    to_back: Option<Link>,
    same: Option<Link>,
}

/// Requests with the same clue that are looked at: more of them mean that the clue marks nobody.
const CANDIDATES: usize = 8;
/// Unanswered requests for the same target among which one may be guessed.
const GUESSES: usize = 2;
/// How far apart the requests on both sides of one proxy may be where only headers or the target join them.
const ASKED_ON_WITHIN: Duration = Duration::from_secs(5);

impl Legs {
    pub(super) fn new(several_points: bool) -> Self {
        Self { several_points, ..Self::default() }
    }

    /// Takes in a step of an attempt.
    pub(super) fn attempt(&mut self, attempt: &Attempt) {
        match &attempt.step {
            Step::Asked(clues) => self.ask(attempt, clues),
            Step::Answered(_) => self.answer(attempt),
            Step::Refused | Step::Unanswered => {}
        }
    }

    /// What `id` belongs to; the leg in front of it first.
    pub(super) fn link(&self, id: u64) -> Option<Link> {
        let links = self.links.get(&id)?;
        links.to_front.or(links.to_back).or(links.same)
    }

    /// All that `id` belongs to.
    pub(super) fn links(&self, id: u64) -> impl Iterator<Item = Link> + use<> {
        let links = self.links.get(&id).copied().unwrap_or_default();
        [links.to_front, links.to_back, links.same].into_iter().flatten()
    }

    /// The traffic did not agree: they are strangers.
    pub(super) fn part(&mut self, one: u64, other: u64) {
        for (id, mate) in [(one, other), (other, one)] {
            let Entry::Occupied(mut entry) = self.links.entry(id) else { continue };
            let links = entry.get_mut();
            for link in [&mut links.to_front, &mut links.to_back] {
                *link = link.filter(|link| link.mate != mate);
            }
            // Its ending need not wait then, and would not be forgotten either.
            if links.to_front.or(links.to_back).or(links.same).is_none() {
                entry.remove();
            }
        }
    }

    /// The traffic agrees: they are legs.
    pub(super) fn confirm(&mut self, one: u64, other: u64) {
        for (id, mate) in [(one, other), (other, one)] {
            if let Some(links) = self.links.get_mut(&id) {
                for link in
                    [&mut links.to_front, &mut links.to_back].into_iter().flatten().filter(|link| link.mate == mate)
                {
                    link.joint = Joint::Proxied;
                }
            }
        }
    }

    /// Nothing more will be asked about `id`.
    pub(super) fn forget(&mut self, id: u64) {
        self.links.remove(&id);
    }

    fn ask(&mut self, attempt: &Attempt, clues: &Clues) {
        self.expire(attempt.at);
        let signs = signs(attempt.client, clues);
        // Who had the same clue before is where the search for the other leg begins.
        let before = signs.map(|sign| self.by_clue.insert(sign?, attempt.id).and_then(NonZeroU64::new));
        match self.find(attempt, clues, &signs, &before) {
            Some((front, Joint::Perhaps, _)) => {
                if let Some(front) = self.requests.get_mut(&front) {
                    let is_first = front.guess == Guess::Nobody;
                    front.guess = if is_first { Guess::Id(attempt.id) } else { Guess::Several };
                }
            }
            Some((front, joint, swapped)) => self.join(front, attempt.id, joint, swapped),
            None => {}
        }
        let request = Request {
            at: attempt.at,
            client: attempt.client,
            server: attempt.server,
            point: attempt.point,
            answered: None,
            target: clues.target,
            syn: clues.syn,
            forwarding: clues.forwarding,
            guess: Guess::default(),
            signs,
            before,
        };
        self.requests.insert(attempt.id, request);
        self.order.push_back((attempt.at, attempt.id));
    }

    fn answer(&mut self, attempt: &Attempt) {
        let guess = if self.several_points {
            let Some(request) = self.requests.get_mut(&attempt.id) else { return };
            request.answered.get_or_insert(attempt.at);
            std::mem::take(&mut request.guess)
        } else {
            self.drop_request(attempt.id) // at one point nobody asks on after the answer
        };
        if let Guess::Id(back) = guess {
            self.join_guessed(attempt.id, back);
        }
    }

    /// A proxy answers after it was answered itself: else they are strangers, as nearly all are on a busy server.
    fn join_guessed(&mut self, front: u64, back: u64) {
        let waits = self.requests.get(&back).is_some_and(|request| request.answered.is_none());
        let links = |id| self.links.get(&id).copied().unwrap_or_default();
        if !waits && links(front).to_back.is_none() && links(back).to_front.is_none() {
            self.join(front, back, Joint::Perhaps, false);
        }
    }

    /// The request that this one repeats: its id, how sure, and whether it is the later leg although it came first. The
    /// surest clue first.
    fn find(
        &self,
        attempt: &Attempt,
        clues: &Clues,
        signs: &[Option<Sign>; CLUES],
        before: &[Option<NonZeroU64>; CLUES],
    ) -> Option<(u64, Joint, bool)> {
        let [key, request_id, trace, client, target] = *before;
        let from = |clue, latest: Option<NonZeroU64>| self.find_from(clue, latest?.get(), attempt, clues);
        let by_client = |ip: &IpAddr| {
            let sign = sign(Clue::ClientAndTarget, digest(address(*ip), clues.target))?;
            let own = signs.get(place(Clue::ClientAndTarget)) == Some(&Some(sign));
            let latest = if own { client } else { self.by_clue.get(&sign).copied().and_then(NonZeroU64::new) };
            from(Clue::ClientAndTarget, latest)
        };
        from(Clue::Key, key)
            .or_else(|| from(Clue::RequestId, request_id))
            .or_else(|| from(Clue::Trace, trace))
            .or_else(|| clues.forwarded.iter().find_map(by_client))
            .or_else(|| from(Clue::Target, target))
    }

    /// The same among those with this clue, of which `latest` is the latest.
    fn find_from(&self, clue: Clue, latest: u64, attempt: &Attempt, clues: &Clues) -> Option<(u64, Joint, bool)> {
        let mut next = Some(latest);
        let (mut first, mut fitting) = (None, 0);
        let most = if clue == Clue::Target { GUESSES } else { CANDIDATES };
        for _ in 0..most {
            let Some((id, request)) = next.and_then(|id| Some((id, self.requests.get(&id)?))) else { break };
            if let Some(joint) = self.fits(id, request, attempt, clues, clue) {
                first.get_or_insert((id, joint, comes_behind(request, attempt, clues)));
                fitting += 1;
            }
            next = request.before.get(place(clue)).copied().flatten().map(NonZeroU64::get);
        }
        // A guess needs to be the only one: others with the same target make it worthless.
        let crowded = clue == Clue::Target && next.is_some_and(|id| self.requests.contains_key(&id));
        let unique = !crowded && (fitting == 1 || matches!(clue, Clue::Key | Clue::RequestId));
        first.filter(|_| unique)
    }

    fn fits(&self, id: u64, request: &Request, attempt: &Attempt, clues: &Clues, clue: Clue) -> Option<Joint> {
        let same_place = request.point == attempt.point;
        let same_ends = (request.client, request.server) == (attempt.client, attempt.server);
        let taken = || self.links.get(&id).copied().unwrap_or_default();
        if id == attempt.id || (same_ends && same_place) {
            return None;
        }
        if same_ends {
            return (clue == Clue::Key && taken().same.is_none()).then_some(Joint::Observed);
        }
        let apart = attempt.at.since(request.at).max(request.at.since(attempt.at));
        if request.server == attempt.server && request.client.address == attempt.client.address {
            return None; // the same client asks again
        }
        let translated = clue == Clue::Key && clues.syn.is_some() && request.syn == clues.syn;
        if translated {
            return Some(Joint::Translated);
        }
        if same_place {
            // A proxy asks on before it answers.
            let answered = request.answered.is_some_and(|answered| answered < attempt.at);
            if answered || taken().to_back.is_some() {
                return None;
            }
        } else if clue == Clue::Target || request.target != clues.target {
            return None; // clocks of two points tell no order, so more must agree
        }
        match clue {
            Clue::Key => Some(Joint::Proxied),
            Clue::RequestId | Clue::Trace => (request.target == clues.target).then_some(Joint::Proxied),
            Clue::ClientAndTarget => (apart <= ASKED_ON_WITHIN).then_some(Joint::Proxied),
            Clue::Target => {
                let named = !clues.forwarded.is_empty(); // it names another client
                let strangers = request.server.address == attempt.server.address;
                let connected_for_it = attempt.connected_at >= request.at;
                (apart <= ASKED_ON_WITHIN && connected_for_it && !named && !strangers).then_some(Joint::Perhaps)
            }
        }
    }

    fn join(&mut self, earlier: u64, later: u64, joint: Joint, swapped: bool) {
        let (front, back) = if swapped { (later, earlier) } else { (earlier, later) };
        let to_back = Link { mate: back, role: Role::Front, joint };
        let to_front = Link { mate: front, role: Role::Back, joint };
        if joint == Joint::Observed {
            self.links.entry(front).or_default().same = Some(to_back);
            self.links.entry(back).or_default().same = Some(to_front);
        } else {
            self.links.entry(front).or_default().to_back = Some(to_back);
            self.links.entry(back).or_default().to_front = Some(to_front);
        }
    }

    fn expire(&mut self, now: Timestamp) {
        while let Some(&(at, id)) = self.order.front() {
            let is_kept = self.requests.contains_key(&id);
            if is_kept && now.since(at) <= REQUEST_MEMORY && self.order.len() < REQUESTS_REMEMBERED {
                return;
            }
            self.order.pop_front();
            self.drop_request(id);
        }
    }

    /// Nobody will ask for it any more: the one before it is the latest again. Gives what was guessed of it.
    fn drop_request(&mut self, id: u64) -> Guess {
        let Some(request) = self.requests.remove(&id) else { return Guess::Nobody };
        for (sign, before) in request.signs.into_iter().zip(request.before) {
            let Some(Entry::Occupied(mut latest)) = sign.map(|sign| self.by_clue.entry(sign)) else { continue };
            if *latest.get() != id {
                continue;
            }
            match before.map(NonZeroU64::get).filter(|before| self.requests.contains_key(before)) {
                Some(before) => *latest.get_mut() = before,
                None => _ = latest.remove(),
            }
        }
        request.guess
    }
}

/// Whose clocks differ may be seen in the wrong order: then headers and addresses say who asked on.
fn comes_behind(request: &Request, attempt: &Attempt, clues: &Clues) -> bool {
    let earlier_is_proxys = request.forwarding && !clues.forwarding;
    let asked_by_its_server =
        request.client.address == attempt.server.address && attempt.client.address != request.server.address;
    request.point != attempt.point && (earlier_is_proxys || asked_by_its_server)
}

fn place(clue: Clue) -> usize {
    match clue {
        Clue::Key => 0,
        Clue::RequestId => 1,
        Clue::Trace => 2,
        Clue::ClientAndTarget => 3,
        Clue::Target => 4,
    }
}

/// What a request can be found by, each clue in its place.
fn signs(client: Endpoint, clues: &Clues) -> [Option<Sign>; CLUES] {
    let of = |clue: Clue, digest: Option<u64>| digest.and_then(|digest| sign(clue, digest));
    [
        of(Clue::Key, clues.key),
        of(Clue::RequestId, clues.request_id),
        of(Clue::Trace, clues.trace),
        of(Clue::ClientAndTarget, Some(digest(client.address, clues.target))),
        of(Clue::Target, Some(clues.target)),
    ]
}

/// The same digest is another sign with another clue.
fn sign(clue: Clue, digest: u64) -> Option<Sign> {
    Sign::new(digest ^ place(clue) as u64)
}

fn address(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => Endpoint::v4(ip.octets(), 0).address,
        IpAddr::V6(ip) => Endpoint::v6(ip.octets(), 0).address,
    }
}

fn digest(address: [u8; 16], target: u64) -> u64 {
    foldhash::fast::FixedState::default().hash_one((address, target))
}
