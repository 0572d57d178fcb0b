//! `--shard K/N`: each connection is told in exactly one share, and as in the whole.

use serde_json::Value;

use crate::fixtures::{Fixture, fixtures};
use crate::replay::{Recording, write_pcap};

const SHARES: [&str; 3] = ["1/3", "2/3", "3/3"];

/// Told of the whole, and of each share.
fn whole_and_shares(fixture: &Fixture) -> (Vec<Value>, Vec<Vec<Value>>) {
    let told = |more: &[&str]| fixture.told_with(more).unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
    (told(&[]), SHARES.iter().map(|share| told(&["--shard", share])).collect())
}

fn of_type(objects: &[Value], wanted: &str) -> Vec<Value> {
    objects.iter().filter(|object| object["type"] == wanted).cloned().collect()
}

/// Sorted: shares are told one after the other.
fn lines(connections: Vec<Value>) -> Vec<String> {
    let mut lines: Vec<String> = connections.iter().map(Value::to_string).collect();
    lines.sort();
    lines
}

/// What connections say of each other is found only within a share; where they say nothing, all is as in the whole.
#[test]
fn the_shares_are_the_whole() {
    let (mut alike, mut split) = (0, 0);
    for fixture in fixtures() {
        let (whole, shares) = whole_and_shares(&fixture);
        let mut connections = of_type(&whole, "connection");
        let of_shares: Vec<Vec<Value>> = shares.iter().map(|share| of_type(share, "connection")).collect();
        let numbered = of_shares.iter().flatten().any(|connection| connection.get("tcp_stream").is_some());
        assert!(!numbered, "{}: a share cannot count TCP streams", fixture.name);
        split += usize::from(of_shares.iter().filter(|share| !share.is_empty()).count() > 1);
        connections.iter_mut().for_each(|connection| {
            connection.as_object_mut().unwrap().remove("tcp_stream");
        });
        if of_type(&whole, "incident").is_empty() && connections.iter().all(|connection| connection["leg"].is_null()) {
            assert_eq!(lines(of_shares.concat()), lines(connections), "{}", fixture.name);
            alike += 1;
        } else {
            let ids = |connections: Vec<Value>| lines(connections.iter().map(|each| each["id"].clone()).collect());
            assert_eq!(ids(of_shares.concat()), ids(connections), "{}", fixture.name);
        }
    }
    assert!(alike >= 40 && split >= 15, "only {alike} alike, {split} in several shares");
}

#[test]
fn the_summary_counts_the_share_s_connections_and_all_packets() {
    let fixtures = fixtures();
    let fixture = fixtures.iter().find(|fixture| fixture.name == "violations-client-python").unwrap();
    let (whole, shares) = whole_and_shares(fixture);
    let number = |objects: &[Value], path: &str| objects.last().unwrap().pointer(path).unwrap().as_u64().unwrap();
    for counted in ["/connections", "/flows"] {
        let sum: u64 = shares.iter().map(|share| number(share, counted)).sum();
        assert_eq!(sum, number(&whole, counted), "{counted}");
    }
    for read in ["/packets", "/bytes"] {
        assert!(shares.iter().all(|share| number(share, read) == number(&whole, read)), "{read}");
    }
}

/// A capture may begin with either side's packet.
#[test]
fn the_side_seen_first_does_not_matter() {
    let fixtures = fixtures();
    let fixture = fixtures.iter().find(|fixture| fixture.name == "clean-1000-client").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let share_from = |packet: usize| {
        let capture = folder.path().join(format!("from-{packet}.pcap"));
        write_pcap(&capture, &Recording::of(fixture).packets[packet..]);
        let found = |share: &&&str| {
            let mut program = assert_cmd::Command::new(env!("CARGO_BIN_EXE_wsclose-sniff"));
            let done = program.args(["--format", "ndjson", "--shard", share]).arg(&capture).output().unwrap();
            String::from_utf8(done.stdout).unwrap().contains("\"type\":\"connection\"")
        };
        SHARES.iter().filter(found).collect::<Vec<_>>()
    };
    let from_client = share_from(0);
    assert_eq!(from_client.len(), 1);
    assert_eq!(share_from(1), from_client, "from the SYN-ACK on");
}
