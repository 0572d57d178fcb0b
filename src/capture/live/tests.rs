//! The loopback device for real. Needs to be allowed to capture; says so where it is not.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Instant;

use super::*;

/// None, with the reason printed, where capturing is forbidden.
fn open(options: LiveOptions) -> Option<Live> {
    match Live::open(options) {
        Ok(live) => Some(live),
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    }
}

#[test]
fn packets_come_within_100_ms_and_idle_ticks_between_them() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let filter = Some(format!("tcp port {}", address.port()));
    let Some(mut live) = open(LiveOptions { filter, ..LiveOptions::new("lo") }) else { return };
    let traffic = thread::spawn(move || {
        thread::sleep(Duration::from_millis(350));
        let mut client = TcpStream::connect(address).unwrap();
        let mut server = listener.accept().unwrap().0;
        client.write_all(b"sniff me").unwrap();
        let mut buffer = [0; 8];
        server.read_exact(&mut buffer).unwrap();
    });
    let (mut idles, mut packets, mut dry, mut latest, mut times) = (0, 0, 0, Duration::ZERO, Vec::new());
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(1) {
        match live.next().unwrap() {
            Some(Item::Packet(packet)) => {
                packets += 1;
                latest = latest.max(now().since(packet.at));
                times.push(packet.at);
                assert_eq!(packet.link, LinkType::ETHERNET);
                dry += u64::from(live.is_dry());
            }
            Some(Item::Idle(at)) => {
                idles += 1;
                times.push(at);
                assert!(live.is_dry(), "nothing is to wait for a packet to come");
            }
            other => panic!("{other:?}"),
        }
    }
    traffic.join().unwrap();
    assert!(packets >= 8, "{packets} packets");
    assert!(dry < packets, "each of {packets} packets taken for the last");
    assert!(idles >= 4, "{idles} idle ticks");
    // 100 ms is the promise; a loaded machine may wake us late.
    assert!(latest < Duration::from_millis(250), "{latest:?}");
    assert!(times.is_sorted(), "time went back");
    assert!(live.update_counters().is_some_and(|received| received >= packets));
}

#[test]
fn a_stop_ends_the_capture_after_what_had_arrived() {
    let (reading, mut writing) = UnixStream::pair().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let filter = Some(format!("tcp port {}", address.port()));
    let Some(mut live) = open(LiveOptions { filter, stop: Some(reading.into()), ..LiveOptions::new("lo") }) else {
        return;
    };
    let _client = TcpStream::connect(address).unwrap();
    writing.write_all(b"x").unwrap();
    let begin = Instant::now();
    while live.next().unwrap().is_some() {}
    assert!(begin.elapsed() < Duration::from_secs(1));
    assert!(live.info.packets >= 3, "the handshake had arrived: {} packets", live.info.packets);
    assert!(live.next().unwrap().is_none());
}

#[test]
fn what_cannot_be_captured_says_what_to_type() {
    let message = |options| Live::open(options).err().unwrap().to_string();
    let device = message(LiveOptions::new("no-such-device"));
    assert!(device.contains("there are: ") || device.contains("setcap"), "{device}");
    let filter = message(LiveOptions { filter: Some("tcp prt 80".to_owned()), ..LiveOptions::new("lo") });
    assert!(filter.contains("man pcap-filter") || filter.contains("setcap"), "{filter}");
}

#[test]
fn any_is_never_promiscuous_and_opens_all_the_same() {
    let Some(live) = open(LiveOptions::new("any")) else { return };
    assert_eq!(live.link, LinkType::LINUX_SLL);
}
