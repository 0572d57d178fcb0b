//! Endings and attempts made by hand.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::end::End;
use super::legs::{Joint, Legs};
use super::window::Window;
use crate::catalogue::Cause;
use crate::diagnosis::{Incident, Role};
use crate::packet::{Endpoint, PacketRef, PointId};
use crate::record::{Attempt, Clues, Side, Step};
use crate::time::Timestamp;

const SERVER: [u8; 4] = [10, 0, 0, 1];
const CLIENT: [u8; 4] = [10, 0, 0, 9];
const BACKEND: [u8; 4] = [10, 1, 0, 1];
const PROXY_BEHIND: [u8; 4] = [10, 1, 0, 9];

fn at(seconds: f64) -> Timestamp {
    Timestamp::default() + Duration::from_secs_f64(1e6 + seconds)
}

fn server() -> Endpoint {
    Endpoint::v4(SERVER, 443)
}

/// A connection that its server ended bare at `ends`, after that age and silence.
fn end(id: u64, ends: f64, age: f64, silence: f64) -> End {
    End {
        id,
        at: at(ends),
        packet: PacketRef::new(0, id + 1),
        from: Side::Server,
        code: None,
        cause: Cause::ClosedWithoutCloseFrame,
        client: Endpoint::v4(CLIENT, 40_000),
        server: server(),
        opened_at: at(ends - age),
        idle_s: [silence + 1.0, silence],
        seen_from_start: true,
        proxied: false,
        open_then: 1000,
        elsewhere: None,
    }
}

fn attempt(id: u64, seconds: f64, client: Endpoint, server: Endpoint, step: Step) -> Attempt {
    let (at, packet) = (at(seconds), PacketRef::new(0, id + 1));
    Attempt { id, at, connected_at: at, packet, client, server, point: PointId(0), step }
}

fn all(mut window: Window, now: f64) -> Vec<Incident> {
    window.advance(at(now));
    window.finish(at(now));
    std::iter::from_fn(|| window.next_incident()).collect()
}

fn told(incidents: &[Incident]) -> Vec<(&'static str, &'static str, Option<Cause>)> {
    incidents.iter().map(|incident| (incident.kind.id(), incident.summary.id, incident.cause)).collect()
}

/// `count` endings within 2 ms, at 100 s.
fn burst(count: u64, change: impl Fn(&mut End)) -> Window {
    let mut window = Window::default();
    window.attempt(&attempt(999, 0.0, Endpoint::v4(CLIENT, 1), server(), Step::Asked(Clues::default())), at(0.0));
    for id in 0..count {
        let mut end = end(id, 100.0 + id as f64 * 0.000_1, 50.0 + id as f64 * 3.3, 0.4 + id as f64 * 0.7);
        change(&mut end);
        window.end(end, at(100.0));
    }
    window
}

#[test]
fn a_process_that_dies_refuses_who_comes_back() {
    let mut window = burst(12, |_| ());
    let knock = |id, seconds, step| attempt(id, seconds, Endpoint::v4(CLIENT, 50_000), server(), step);
    window.attempt(&knock(100, 100.6, Step::Refused), at(100.6));
    window.attempt(&knock(101, 103.0, Step::Answered(101)), at(103.0));
    let incidents = all(window, 130.0);
    assert_eq!(told(&incidents), [("mass-close", "mass-close-death", Some(Cause::ProcessEnded))]);
    assert_eq!(incidents[0].connections.len(), 12);
    let evidence: Vec<&str> = incidents[0].evidence.iter().map(|evidence| evidence.said.id).collect();
    assert_eq!(evidence, ["ended-together", "no-close-frame", "ended-alone", "refused-after", "accepted-after"]);
}

#[test]
fn a_deploy_says_1001() {
    let incidents = all(burst(12, |end| (end.code, end.cause) = (Some(1001), Cause::ServerShutdown)), 130.0);
    assert_eq!(told(&incidents), [("mass-close", "mass-close-deploy", Some(Cause::ServerShutdown))]);
}

#[test]
fn few_of_many_are_no_mass_close_but_all_of_few_are() {
    assert_eq!(told(&all(burst(4, |_| ()), 130.0)), []);
    assert_eq!(told(&all(burst(3, |end| end.open_then = 3), 130.0)).len(), 1);
}

#[test]
fn clients_that_say_goodbye_are_nobody_s_incident() {
    let goodbye = |end: &mut End| (end.from, end.code) = (Side::Client, Some(1000));
    assert_eq!(told(&all(burst(200, goodbye), 130.0)), []);
}

#[test]
fn what_each_brought_upon_itself_is_no_mass_close() {
    assert_eq!(told(&all(burst(12, |end| (end.code, end.cause) = (Some(1009), Cause::MessageTooBig)), 130.0)), []);
}

#[test]
fn a_burst_is_told_once_its_aftermath_is_over_and_not_before() {
    let mut window = burst(12, |_| ());
    window.advance(at(105.0));
    assert_eq!(window.next_incident(), None);
    window.advance(at(112.0));
    assert!(window.next_incident().is_some());
    assert_eq!(all(window, 200.0), []);
}

/// Endings one after another, all told.
fn one_by_one(ends: impl IntoIterator<Item = End>) -> Vec<Incident> {
    let mut window = Window::default();
    let mut last = 0.0_f64;
    for end in ends {
        let now = end.at.seconds_since(at(0.0));
        last = last.max(now);
        window.advance(at(now));
        window.end(end, at(now));
    }
    all(window, last + 1000.0)
}

#[test]
fn the_same_silence_at_different_ages_is_an_idle_limit() {
    let ends = (0..5).map(|id| end(id, id as f64 * 17.3, 200.0 + id as f64 * 31.7, 60.0 + id as f64 * 0.001));
    assert_eq!(told(&one_by_one(ends)), [("same-idle", "same-idle", Some(Cause::IdleTimeout))]);
}

#[test]
fn the_same_age_at_different_silences_is_a_lifetime() {
    let ends = (0..5).map(|id| end(id, id as f64 * 17.3, 3600.0 + id as f64 * 0.01, 0.5 + id as f64 * 1.7));
    assert_eq!(told(&one_by_one(ends)), [("same-lifetime", "same-lifetime", Some(Cause::LifetimeLimit))]);
}

#[test]
fn a_timer_is_told_once_however_often_it_strikes() {
    let ends = (0..200)
        .map(|id| end(id, id as f64 * 17.3, 200.0 + (id * id % 97) as f64 * 31.7, 60.0 + (id % 7) as f64 * 0.001));
    let incidents = one_by_one(ends);
    assert_eq!(told(&incidents), [("same-idle", "same-idle", Some(Cause::IdleTimeout))]);
}

#[test]
fn a_timer_is_found_among_the_latest_endings_and_told_from_the_oldest_of_them_on() {
    // More than are remembered, so that the newest stand where the oldest stood; no two silences or ages lie close.
    let crowd = (0..150)
        .map(|id| end(id, id as f64 * 17.3, 5000.0 + (id * 37 % 150) as f64 * 91.7, 2.0 * 1.05_f64.powf(id as f64)));
    let timed = (150..160)
        .map(|id| end(id, id as f64 * 17.3, 300.0 + (id - 150) as f64 * 41.3, 45.0 + (id % 3) as f64 * 0.001));
    let incidents = one_by_one(crowd.chain(timed));
    assert_eq!(told(&incidents), [("same-idle", "same-idle", Some(Cause::IdleTimeout))]);
    assert_eq!(incidents[0].connections, (150..160).collect::<Vec<u64>>());
}

#[test]
fn timers_of_many_servers_are_told_each_once_in_the_order_in_which_they_were_found() {
    let of = |id: u64, port: u16, ends: f64, silence: f64| End {
        server: Endpoint::v4(SERVER, port),
        ..end(id, ends, 200.0 + id as f64 * 31.7, silence)
    };
    let both = (0..20).flat_map(|id| {
        let ends = id as f64 * 17.3;
        [of(id * 2, 1, ends, 30.0 + id as f64 * 0.001), of(id * 2 + 1, 2, ends + 5.1, 60.0 + id as f64 * 0.001)]
    });
    let incidents = one_by_one(both);
    let servers: Vec<_> = incidents.iter().map(|incident| incident.server.map(|server| server.port)).collect();
    assert_eq!(servers, [Some(1), Some(2)]);
    assert!(incidents.iter().all(|incident| incident.connections.len() == 20));
}

#[test]
fn a_client_that_hammers_at_a_closed_door_is_a_storm_and_one_that_backs_off_is_none() {
    let hammer = |pause: fn(u32) -> f64| {
        let mut window = Window::default();
        window.attempt(&attempt(1, 0.0, Endpoint::v4(CLIENT, 1), server(), Step::Asked(Clues::default())), at(0.0));
        let mut now = 1.0;
        for id in 0..8 {
            window.attempt(&attempt(u64::from(id) + 2, now, Endpoint::v4(CLIENT, 2), server(), Step::Refused), at(now));
            now += pause(id);
        }
        told(&all(window, now + 100.0))
    };
    assert_eq!(hammer(|_| 0.1), [("reconnect-storm", "reconnect-storm", Some(Cause::ConnectRefused))]);
    assert_eq!(hammer(|id| 0.05 * 2.0_f64.powi(id as i32)), []);
    assert_eq!(hammer(|_| 5.0), []);
}

fn clues(key: u64, target: u64) -> Clues {
    Clues { key: Some(key), target, upgrade: true, ..Clues::default() }
}

/// When the proxy answers.
#[derive(Clone, Copy, PartialEq)]
enum Answers {
    BeforeItAsks,
    Unanswered,
    Answered,
}

/// A request to the proxy, one from the proxy, and the answers in their order; the links found.
fn legs_of(front: Clues, back: Clues, proxy_answers: Answers) -> Option<(Role, Joint)> {
    let mut legs = Legs::default();
    let (proxy, behind) = (Endpoint::v4(SERVER, 80), Endpoint::v4(BACKEND, 8080));
    let client = Endpoint::v4(CLIENT, 50_000);
    let answer = |id, seconds, server| attempt(id, seconds, client, server, Step::Answered(101));
    legs.attempt(&attempt(1, 0.0, client, proxy, Step::Asked(front)));
    if proxy_answers == Answers::BeforeItAsks {
        legs.attempt(&answer(1, 0.001, proxy));
    }
    legs.attempt(&attempt(2, 0.002, Endpoint::v4(PROXY_BEHIND, 60_000), behind, Step::Asked(back)));
    if proxy_answers == Answers::Answered {
        legs.attempt(&answer(2, 0.003, behind));
    }
    legs.attempt(&answer(1, 0.004, proxy));
    let link = legs.link(2)?;
    assert_eq!(legs.link(1).map(|link| (link.mate, link.role)), Some((2, Role::Front)));
    assert_eq!(link.mate, 1);
    Some((link.role, link.joint))
}

#[test]
fn legs_are_joined_by_their_key() {
    assert_eq!(legs_of(clues(7, 1), clues(7, 1), Answers::Unanswered), Some((Role::Back, Joint::Proxied)));
}

#[test]
fn a_key_that_comes_again_after_the_answer_is_another_client_s() {
    assert_eq!(legs_of(clues(7, 1), clues(7, 1), Answers::BeforeItAsks), None);
}

#[test]
fn where_the_key_was_replaced_headers_join_and_the_target_alone_is_a_guess() {
    let named = Clues { forwarded: vec![CLIENT.into()], forwarding: true, ..clues(8, 1) };
    assert_eq!(legs_of(clues(7, 1), named, Answers::Unanswered), Some((Role::Back, Joint::Proxied)));
    let other = Clues { forwarded: vec![[10, 0, 0, 77].into()], forwarding: true, ..clues(8, 1) };
    assert_eq!(legs_of(clues(7, 1), other, Answers::Answered), None, "the header names another client");
    assert_eq!(legs_of(clues(7, 1), clues(8, 1), Answers::Answered), Some((Role::Back, Joint::Perhaps)));
    assert_eq!(legs_of(clues(7, 1), clues(8, 1), Answers::Unanswered), None, "a proxy waits for the answer");
    assert_eq!(legs_of(clues(7, 1), clues(8, 2), Answers::Answered), None);
}

#[test]
fn a_guess_connected_for_it_and_is_the_only_one() {
    let asked = |id, connected, seconds, (client, server)| Attempt {
        connected_at: at(connected),
        ..attempt(id, seconds, client, server, Step::Asked(clues(id, 1)))
    };
    let front = (Endpoint::v4(CLIENT, 50_000), Endpoint::v4(SERVER, 80));
    let back = (Endpoint::v4(PROXY_BEHIND, 60_000), Endpoint::v4(BACKEND, 8080));
    let mate_of_the_later = |connected, others: u64| {
        let mut legs = Legs::default();
        legs.attempt(&asked(1, 0.9, 1.0, front));
        legs.attempt(&asked(2, connected, 1.2, back));
        for id in 3..3 + others {
            legs.attempt(&asked(id, 1.21, 1.22, (Endpoint::v4(CLIENT, 50_001), back.1)));
            legs.attempt(&attempt(id, 1.23, back.0, back.1, Step::Answered(101)));
        }
        legs.attempt(&attempt(2, 1.3, back.0, back.1, Step::Answered(101)));
        legs.attempt(&attempt(1, 1.4, front.0, front.1, Step::Answered(101)));
        legs.link(2).map(|link| link.mate)
    };
    assert_eq!(mate_of_the_later(1.1, 0), Some(1));
    assert_eq!(mate_of_the_later(0.95, 0), None);
    assert_eq!(mate_of_the_later(1.1, 1), None, "it may be either");
}

#[test]
fn translated_addresses_are_no_proxy() {
    let syn = |syn| Clues { syn: Some(syn), ..clues(7, 1) };
    assert_eq!(legs_of(syn(5), syn(5), Answers::Answered), Some((Role::Back, Joint::Translated)));
    assert_eq!(legs_of(syn(5), syn(6), Answers::Answered), Some((Role::Back, Joint::Proxied)));
}

#[test]
fn the_same_connection_at_two_points_is_one_and_has_no_legs() {
    let mut legs = Legs::new(true);
    let ends = (Endpoint::v4(CLIENT, 50_000), Endpoint::v4(SERVER, 80));
    legs.attempt(&attempt(1, 0.0, ends.0, ends.1, Step::Asked(clues(7, 1))));
    let elsewhere = Attempt { point: PointId(1), ..attempt(2, 0.03, ends.0, ends.1, Step::Asked(clues(7, 1))) };
    legs.attempt(&elsewhere);
    assert_eq!(legs.link(2).map(|link| (link.mate, link.joint)), Some((1, Joint::Observed)));
}

#[test]
fn at_two_points_whose_clocks_differ_the_forwarding_headers_tell_the_back_leg() {
    let mut legs = Legs::new(true);
    let back = Clues { forwarding: true, forwarded: vec![CLIENT.into()], ..clues(7, 1) };
    let behind = (Endpoint::v4(PROXY_BEHIND, 60_000), Endpoint::v4(BACKEND, 8080));
    legs.attempt(&Attempt { point: PointId(1), ..attempt(2, 0.0, behind.0, behind.1, Step::Asked(back)) });
    legs.attempt(&attempt(1, 3.0, Endpoint::v4(CLIENT, 50_000), Endpoint::v4(SERVER, 80), Step::Asked(clues(7, 1))));
    assert_eq!(legs.link(1).map(|link| link.role), Some(Role::Front));
    assert_eq!(legs.link(2).map(|link| link.role), Some(Role::Back));
}

proptest! {
    // Chance makes a pattern once in some ten thousand cases: always the same ones are tried.
    #![proptest_config(ProptestConfig { cases: 1000, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]
    /// Endings at random times, of random age and silence: nothing belongs together.
    #[test]
    fn random_endings_are_no_incident(
        mean_age in 1.0..2000.0_f64,
        rate in 0.01..2.0_f64,
        draws in prop::collection::vec((1e-9..1.0_f64, 1e-9..1.0_f64, 0.0..1.0_f64), 3..200),
    ) {
        let mut now = 10_000.0;
        let ends = draws.iter().enumerate().map(|(id, (pause, age, idle))| {
            now += -pause.ln() / rate;
            let age = -age.ln() * mean_age;
            end(id as u64, now, age, age * idle)
        });
        let incidents = one_by_one(ends.collect::<Vec<_>>());
        prop_assert_eq!(told(&incidents), [], "{:?}", incidents.iter().map(|i| (i.summary.clone(), i.connections.len())).collect::<Vec<_>>());
    }
}
