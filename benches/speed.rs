//! Where the time goes, station by station: `cargo bench`.
//!
//! Packets of a small busy server, made here: handshakes, small masked messages, pings, Closes. Reports the time for
//! all of them; `benches/ratios` compares the whole program with the bare libpcap loop.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "it is a test of a kind")]

mod traffic;

use std::hint::black_box;

use divan::Bencher;
use divan::counter::ItemsCount;
use traffic::Traffic;
use wsclose_sniff::analyzer::{Analyzer, Config};
use wsclose_sniff::capture::{Input, Source};
use wsclose_sniff::catalogue::{Catalogue, Language};
use wsclose_sniff::diagnosis::Finding;
use wsclose_sniff::packet::{Decoder, Item, PointId};
use wsclose_sniff::report::{Format, Options, open};

const CONNECTIONS: u32 = 2000;

fn main() {
    divan::main();
}

/// A capture file, packet by packet, and nothing done with them.
#[divan::bench]
fn read_file(bencher: Bencher) {
    let traffic = Traffic::new(CONNECTIONS);
    let file = traffic.file();
    bencher.counter(ItemsCount::new(traffic.len())).bench(|| {
        let mut source = source(file.path());
        let mut bytes = 0;
        while let Ok(Some(item)) = source.next() {
            if let Item::Packet(packet) = item {
                bytes += packet.data.len();
            }
        }
        bytes
    });
}

/// Frames to TCP segments.
#[divan::bench]
fn decode(bencher: Bencher) {
    let traffic = Traffic::new(CONNECTIONS);
    bencher.counter(ItemsCount::new(traffic.len())).bench(|| {
        let mut decoder = Decoder::new();
        for packet in traffic.packets() {
            black_box(decoder.decode(&packet));
        }
    });
}

/// Segments to findings: TCP, HTTP, frames, records, diagnosis.
#[divan::bench]
fn analyse(bencher: Bencher) {
    let traffic = Traffic::new(CONNECTIONS);
    bencher.counter(ItemsCount::new(traffic.len())).bench(|| findings(&traffic).len());
}

/// Findings to the published JSON.
#[divan::bench]
fn ndjson(bencher: Bencher) {
    report(bencher, Format::Ndjson);
}

/// Findings to text for people.
#[divan::bench]
fn text(bencher: Bencher) {
    report(bencher, Format::Text);
}

fn report(bencher: Bencher, format: Format) {
    let findings = findings(&Traffic::new(CONNECTIONS));
    let english = Catalogue::new(Language::English);
    bencher.counter(ItemsCount::new(findings.len())).bench_local(|| {
        let mut sink = open(format, Box::new(std::io::sink()), Options::new(&english, &english));
        findings.iter().for_each(|finding| sink.finding(finding).unwrap());
        sink.flush().unwrap();
    });
}

fn findings(traffic: &Traffic) -> Vec<Finding> {
    let mut analyzer = Analyzer::new(Config::default());
    traffic.packets().for_each(|packet| analyzer.push(&packet));
    analyzer.finish();
    std::iter::from_fn(|| analyzer.next_finding()).map(|finding| *finding).collect()
}

fn source(path: &std::path::Path) -> Source {
    Source::files(vec![Input { path: path.to_owned(), point: PointId(0) }], None)
}
