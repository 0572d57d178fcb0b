//! Conversations as text, turned into the packets that a capture would hold.
//!
//! A line is a time in seconds, a connection (`#name`, left out where there is one), and acts, a millisecond apart:
//! ```text
//! 0.000 client SYN / server SYN-ACK / client GET /chat upgrade / server 101
//! 1.000 client text 5
//! 61.000 server FIN
//! ```
//! An act is a side and what it sends; ` + ` puts several things into one segment (`server 101 + text 5`):
//!
//! | what | sends |
//! |---|---|
//! | `SYN` `SYN-ACK` `ack` `FIN` `RST` | bare segments; all but the first SYN acknowledge what the peer sent |
//! | `zero-window` | an ACK that closes the receive window |
//! | `GET /x` `GET /x upgrade` | a request; `without Upgrade` leaves a header out, `with "Name: value"` adds one |
//! | `101` | the right answer to the last upgrade; `accept "…"` a wrong one; `with`, `without` as above |
//! | `403 "body"` | any other answer |
//! | `text 5` `binary 70000` `text "hi"` | a message: so many bytes, or these. Also `continuation`, `ping`, `pong`, `opcode 3` |
//! | `close 1000 "bye"` `close 1001` `close empty` | a Close frame |
//! | `more` `rsv1` `masked` `unmasked` `cut 4` | after a frame: FIN clear, a reserved bit, mask as it should not be, its first 4 bytes only |
//! | `raw 8802 03e8` `says "…"` | these bytes |
//! | `repeats 4` | the last segment again, in the rhythm of a retransmission timer |
//! | `probes 5` | keep-alive probes, one a second |
//!
//! After any of it: `ttl 63`, `by 10` (cut into segments of 10 bytes), `crossing` (does not acknowledge the peer's last
//! segment yet), `key NAME` (the Sec-WebSocket-Key of that connection: two legs of a proxy). Before the side:
//! `lost:` sent but not captured, `late:` captured after the next packet, `twice:` captured twice.
//!
//! `#back 10.0.0.2:50001 > 10.0.0.3:9000` names a connection's addresses; the usual ones are 10.0.0.1:40001 and
//! 10.0.0.2:8080. `over ipv6` in a line of its own: all of it over IPv6. A SYN begins the connection anew.

mod act;
mod conversation;
mod payload;

use std::collections::BTreeMap;
use std::time::Duration;

use wsclose_sniff::time::Timestamp;

use act::{Act, Delivery};
use conversation::Conversation;

/// One captured frame, Ethernet.
#[derive(Clone, PartialEq, Debug)]
pub struct Frame {
    pub at: Timestamp,
    pub data: Vec<u8>,
}

/// When every script begins.
pub const START: Timestamp = Timestamp(1_700_000_000_000_000_000);

/// The packets of a script, in order of capture.
pub fn packets(script: &str) -> Vec<Frame> {
    let mut stage = Stage::default();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        stage.play(line);
    }
    stage.captured.extend(stage.late.take());
    stage.captured
}

/// Between two acts of a line.
const PACE: Duration = Duration::from_millis(1);

#[derive(Default)]
struct Stage {
    conversations: BTreeMap<String, Conversation>,
    ipv6: bool,
    captured: Vec<Frame>,
    late: Option<Frame>,
}

impl Stage {
    fn play(&mut self, line: &str) {
        if line == "over ipv6" {
            self.ipv6 = true;
            return;
        }
        if let Some((name, addresses)) = line.split_once(' ').filter(|(name, _)| name.starts_with('#')) {
            self.conversations.insert(name.to_owned(), Conversation::between(addresses));
            return;
        }
        let (time, rest) = line.split_once(' ').unwrap_or_else(|| panic!("no acts in: {line}"));
        let seconds: f64 = time.parse().unwrap_or_else(|_| panic!("no time in: {line}"));
        let (name, acts) = match rest.split_once(' ') {
            Some((name, acts)) if name.starts_with('#') => (name, acts),
            _ => ("#1", rest),
        };
        let mut at = START + Duration::from_secs_f64(seconds);
        for act in acts.split(" / ") {
            at = self.perform(at, name, &Act::parse(act)) + PACE;
        }
    }

    /// Performs one act and says when it was over.
    fn perform(&mut self, at: Timestamp, name: &str, act: &Act) -> Timestamp {
        let count = u16::try_from(self.conversations.len()).unwrap();
        let conversation = self
            .conversations
            .entry(name.to_owned())
            .or_insert_with(|| Conversation::new(([10, 0, 0, 1], 40001 + count), ([10, 0, 0, 2], 8080)));
        let mut last = at;
        for (after, segment) in conversation.perform(name, act) {
            last = at + after;
            let frame = Frame { at: last, data: segment.frame(self.ipv6) };
            assert!(self.captured.last().is_none_or(|before| before.at <= last), "time goes back at: {act:?}");
            match act.delivery {
                Delivery::Lost => {}
                Delivery::Late => self.late = Some(frame),
                Delivery::Usual => self.captured.push(frame),
                Delivery::Twice => self.captured.extend([frame.clone(), frame]),
            }
            if act.delivery != Delivery::Late
                && let Some(late) = self.late.take()
            {
                self.captured.push(Frame { at: last, ..late });
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_and_a_lost_segment() {
        let packets = packets(
            "0.000 client SYN / server SYN-ACK / client GET /chat upgrade / server 101
             1.000 lost: client text 5 / server FIN",
        );
        assert_eq!(packets.len(), 5);
        assert_eq!(packets[4].at, START + Duration::from_millis(1001));
    }

    #[test]
    fn late_is_after_the_next() {
        let packets = packets("0.000 client SYN / late: server SYN-ACK / client ack");
        let flags: Vec<u8> = packets.iter().map(|packet| packet.data[47]).collect();
        assert_eq!(flags, [0x02, 0x10, 0x12]);
    }

    #[test]
    #[should_panic(expected = "unknown: dances")]
    fn a_word_it_does_not_know_is_told() {
        packets("0.000 client dances");
    }
}
