//! What a bad capture may and may not do to the story: real captures with packets dropped, doubled, disordered and cut.
//!
//! Losing packets may hide a Close frame; it never invents one, and never makes 1006 of a connection that closed
//! properly. Prints how many Close frames are still found. `LOSS_CORPUS` names a further folder of captures.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use support::Dice;
use wsclose_sniff::analyzer::{Analyzer, Config};
use wsclose_sniff::capture::{Input, Source};
use wsclose_sniff::diagnosis::Finding;
use wsclose_sniff::packet::{Item, LinkType, Packet, PacketRef, PointId};
use wsclose_sniff::record::Side;
use wsclose_sniff::time::Timestamp;

struct Kept {
    at: Timestamp,
    reference: PacketRef,
    interface: u32,
    link: LinkType,
    data: Vec<u8>,
    original_len: u32,
}

type Close = (String, Option<u16>, Option<String>, u64);

/// What matters here of one connection.
struct Told {
    closes: Vec<Close>,
    code: Option<u16>,
    by_close: bool,
    clean: bool,
    /// A frame declares more than the stream ever holds: all behind its header is its payload, and without the header not.
    swallowed: bool,
    note: String,
}

fn captures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("fixtures"), root.join("../shared/corpus")];
    folders.extend(std::env::var_os("LOSS_CORPUS").map(PathBuf::from));
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".pcap") || name.ends_with(".pcapng") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn load(path: &Path) -> Vec<Kept> {
    let mut source = Source::files(vec![Input { path: path.into(), point: PointId(0) }], None);
    let mut packets = Vec::new();
    while let Ok(Some(item)) = source.next() {
        if let Item::Packet(packet) = item {
            packets.push(Kept {
                at: packet.at,
                reference: packet.reference,
                interface: packet.interface,
                link: packet.link,
                data: packet.data.to_vec(),
                original_len: packet.original_len,
            });
        }
    }
    packets
}

fn analyse<'a>(packets: impl IntoIterator<Item = &'a Kept>) -> Vec<Finding> {
    let mut analyzer = Analyzer::new(Config::default());
    for kept in packets {
        analyzer.push(&Packet {
            at: kept.at,
            reference: kept.reference,
            point: PointId(0),
            interface: kept.interface,
            link: kept.link,
            data: &kept.data,
            original_len: kept.original_len,
        });
    }
    analyzer.finish();
    std::iter::from_fn(|| analyzer.next_finding()).map(|finding| *finding).collect()
}

fn note(finding: &Finding) -> String {
    let sides = Side::BOTH.map(|side| {
        let side = finding.record.side(side);
        format!(
            "{} frames, {} missing, lost {}, hidden {:?}",
            side.frames,
            side.tcp.missing_bytes,
            side.lost,
            side.hidden.map(|h| h.1)
        )
    });
    format!(
        "[{:?} {:?} {sides:?} {:?}]",
        finding.record.handshake.state, finding.record.detected, finding.ending.transport.kind
    )
}

/// By the pair of addresses; several connections of one pair together.
fn told(findings: &[Finding]) -> HashMap<BTreeSet<String>, Vec<Told>> {
    let mut all: HashMap<_, Vec<Told>> = HashMap::new();
    for finding in findings {
        let ends = Side::BOTH.map(|side| finding.record.endpoint(side).to_string());
        let ending = &finding.ending;
        let closes = ending.frames.iter().map(|frame| {
            let from = finding.record.endpoint(frame.from).to_string();
            (from, frame.code.map(|code| code.0), frame.reason.clone(), frame.mark.packet.number())
        });
        all.entry(BTreeSet::from(ends)).or_default().push(Told {
            closes: closes.collect(),
            code: ending.code.map(|code| code.0),
            by_close: ending.decided_by.is_some(),
            clean: ending.clean,
            swallowed: Side::BOTH.into_iter().any(|side| finding.record.side(side).ended_in_frame.is_some()),
            note: note(finding),
        });
    }
    all
}

#[derive(Default)]
struct Tally {
    closes: usize,
    captured: usize,
    found: usize,
    found_of_captured: usize,
    invented: Vec<String>,
    guessed: Vec<String>,
}

fn compare(name: &str, whole: &HashMap<BTreeSet<String>, Vec<Told>>, damaged: &[&Kept], tally: &mut Tally) {
    let after = told(&analyse(damaged.iter().copied()));
    let left: BTreeSet<u64> = damaged.iter().map(|kept| kept.reference.number()).collect();
    for (ends, tolds) in whole {
        let found: Vec<&Close> = after.get(ends).into_iter().flatten().flat_map(|told| &told.closes).collect();
        for close in tolds.iter().flat_map(|told| &told.closes) {
            let is_found = found.iter().any(|other| (&other.0, other.1) == (&close.0, close.1));
            let captured = left.contains(&close.3);
            tally.closes += 1;
            tally.captured += usize::from(captured);
            tally.found += usize::from(is_found);
            tally.found_of_captured += usize::from(is_found && captured);
        }
    }
    for (ends, tolds) in &after {
        let known: Vec<&Told> = whole.get(ends).into_iter().flatten().collect();
        for told in tolds {
            for close in &told.closes {
                // A snaplen or a gap may have cut the reason short; the code and the sender must be right.
                let is_known =
                    known.iter().flat_map(|told| &told.closes).any(|other| (&other.0, other.1) == (&close.0, close.1));
                if !is_known && !known.iter().any(|told| told.swallowed) {
                    tally.invented.push(format!("{name} {ends:?}: {close:?}"));
                }
            }
            let proper = !known.is_empty() && known.iter().all(|told| told.by_close && told.clean);
            if told.code == Some(1006) && proper {
                let lost: Vec<u64> =
                    (1..=left.last().copied().unwrap_or(0)).filter(|number| !left.contains(number)).collect();
                tally.guessed.push(format!("{name} {ends:?} {} without packets {lost:?}", told.note));
            }
        }
    }
}

fn damage<'a>(packets: &'a [Kept], loss_per_mille: usize, dice: &mut Dice) -> Vec<&'a Kept> {
    let mut left: Vec<&Kept> = Vec::with_capacity(packets.len());
    for kept in packets {
        if dice.roll(1000) >= loss_per_mille {
            left.push(kept);
            if dice.roll(100) == 0 {
                left.push(kept);
            }
        }
    }
    for at in 1..left.len() {
        if dice.roll(50) == 0 {
            left.swap(at - 1, at);
        }
    }
    left
}

/// How often each capture is damaged; `LOSS_ROUNDS` asks for more.
fn rounds(debug: u64, release: u64) -> u64 {
    let asked = std::env::var("LOSS_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    asked.unwrap_or(if cfg!(debug_assertions) { debug } else { release })
}

fn check(tally: &Tally) {
    let shown = |list: &[String]| list.join("\n");
    let both = tally.invented.len() + tally.guessed.len();
    assert!(
        both == 0,
        "{} Close frames invented:\n{}\n{} times 1006 for a proper close:\n{}",
        tally.invented.len(),
        shown(&tally.invented),
        tally.guessed.len(),
        shown(&tally.guessed)
    );
}

#[test]
fn loss_hides_and_never_invents() {
    let rounds = rounds(1, 8);
    let mut tallies = Vec::new();
    for loss_per_mille in [0, 10, 50, 100, 300] {
        let mut tally = Tally::default();
        for (index, path) in captures().iter().enumerate() {
            let packets = load(path);
            let whole = told(&analyse(&packets));
            for round in 0..rounds {
                let mut dice = Dice((index as u64) << 20 | round << 10 | loss_per_mille as u64);
                let damaged = damage(&packets, loss_per_mille, &mut dice);
                compare(&format!("{} round {round}", path.display()), &whole, &damaged, &mut tally);
            }
        }
        println!(
            "{:4.1} % lost: {} of {} Close frames found ({:.2} %), of the {} still captured {:.2} %; {} invented, {} guessed",
            loss_per_mille as f64 / 10.0,
            tally.found,
            tally.closes,
            100.0 * tally.found as f64 / tally.closes.max(1) as f64,
            tally.captured,
            100.0 * tally.found_of_captured as f64 / tally.captured.max(1) as f64,
            tally.invented.len(),
            tally.guessed.len(),
        );
        tallies.push(tally);
    }
    let (invented, guessed): (Vec<_>, Vec<_>) =
        tallies.into_iter().map(|tally| (tally.invented, tally.guessed)).unzip();
    check(&Tally { invented: invented.concat(), guessed: guessed.concat(), ..Tally::default() });
}

#[test]
fn a_capture_may_begin_and_end_anywhere() {
    let rounds = rounds(2, 12);
    let mut tally = Tally::default();
    for (index, path) in captures().iter().enumerate() {
        let packets = load(path);
        let whole = told(&analyse(&packets));
        let mut dice = Dice(index as u64 + 77);
        for round in 0..rounds {
            let from = dice.roll(packets.len().max(1));
            let to = from + dice.roll(packets.len() - from + 1).max(1);
            let part: Vec<&Kept> = packets.iter().take(to).skip(from).collect();
            compare(&format!("{} cut to {from}..{to} in round {round}", path.display()), &whole, &part, &mut tally);
        }
    }
    check(&tally);
}
