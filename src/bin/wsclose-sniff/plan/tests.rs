//! What was typed, and what is made of it.

use clap::Parser;

use super::*;
use crate::args::CommandLine;

fn plan(words: &str) -> Result<Plan> {
    let typed = std::iter::once("wsclose-sniff").chain(words.split_whitespace());
    Plan::new(CommandLine::try_parse_from(typed)?.analysis)
}

fn message(words: &str) -> String {
    match plan(words) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn words_are_files_unless_a_source_is_named() {
    let From::Files { inputs, filter: None } = plan("a.pcap b.pcap").unwrap().from else { panic!() };
    assert_eq!(inputs.len(), 2);
    let From::Device(device) = plan("-i eth0 tcp port 80").unwrap().from else { panic!() };
    assert_eq!((device.device.as_str(), device.filter.as_deref()), ("eth0", Some("tcp port 80")));
}

#[test]
#[cfg(feature = "live")]
fn a_filter_is_compiled_before_work_starts() {
    let From::Files { inputs, filter: Some(_) } = plan("-r a.pcap tcp port 80").unwrap().from else { panic!() };
    assert_eq!(inputs.len(), 1);
    assert!(message("--filter tcp-prot a.pcap").contains("man pcap-filter"));
    assert!(message("-r a.pcap tcp --filter udp").contains("--filter '(tcp) and (udp)'"));
}

#[test]
#[cfg(not(feature = "live"))]
fn a_filter_needs_libpcap() {
    assert!(message("-r a.pcap tcp").contains("feature `live`"));
}

#[test]
fn what_was_meant_is_said() {
    assert!(message("-r a.pcap Cargo.toml").contains("for several files"));
    assert!(message("- -").contains("only once"));
    assert!(message("-q").contains("no capture given"));
    assert!(message("-o out.xml a.pcap").contains(".ndjson"));
    assert!(message("--snaplen 100 a.pcap").contains("--interface"));
    assert!(message("--websocket-server example.org a.pcap").contains("getent"));
}

#[test]
fn servers_are_addresses_with_or_without_a_port() {
    for (text, ip, port) in [
        ("10.0.0.1", "10.0.0.1", None),
        ("10.0.0.1:80", "10.0.0.1", Some(80)),
        ("::1", "::1", None),
        ("[::1]", "::1", None),
        ("[::1]:443", "::1", Some(443)),
    ] {
        assert_eq!(websocket_server(text).unwrap(), ServerAddress { ip: ip.parse().unwrap(), port });
    }
    assert!(websocket_server("10.0.0.1:99999").is_err());
}

#[test]
fn shares_are_counted_from_1() {
    assert_eq!(plan("--shard 2/3 a.pcap").unwrap().shard, Shard::new(2, 3));
    assert_eq!(plan("--shard 1/1 -i eth0").unwrap().shard, Shard::new(1, 1));
    assert_eq!(plan("a.pcap").unwrap().shard, None);
    for wrong in ["0/3", "4/3"] {
        assert!(message(&format!("--shard {wrong} a.pcap")).contains("1/3 to 3/3"), "{wrong}");
    }
    assert!(message("--shard 0/0 a.pcap").contains("at least one share"));
    for nonsense in ["3", "/", "1/", "/3", "a/b", "1/2/3", "1.5/3", "-1/3", "1:3", "1/99999999999"] {
        assert!(message(&format!("--shard={nonsense} a.pcap")).contains("write K/N"), "{nonsense}");
    }
}

#[test]
fn sizes_and_times() {
    assert_eq!(buffer_bytes("4096").unwrap(), 4 << 20);
    assert_eq!(buffer_bytes("64M").unwrap(), 64 << 20);
    assert!(buffer_bytes("4G").is_err() && buffer_bytes("0").is_err() && buffer_bytes("5x").is_err());
    assert_eq!(duration("90").unwrap(), Duration::from_secs(90));
    assert_eq!(duration("1.5m").unwrap(), Duration::from_secs(90));
    assert!(duration("soon").is_err() && duration("-1").is_err() && duration("1y").is_err());
}

#[test]
fn outputs_are_opened_at_once_and_formats_told_by_suffix() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let plan = plan(&format!("a.pcap -o {} -o {} -o -", file("a.ndjson"), file("b.JSON"))).unwrap();
    let formats: Vec<_> = plan.outputs.iter().map(|output| output.format).collect();
    assert_eq!(formats, [Format::Ndjson, Format::Json, Format::Text]);
    assert!(folder.path().join("b.JSON").exists());
    assert!(message(&format!("a.pcap -o {}", file("no/such/dir.json"))).contains("cannot write"));
}

#[test]
fn a_wrong_name_leaves_the_other_files_alone() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.json");
    assert!(plan(&format!("a.pcap -o {} -o bad.xml", good.display())).is_err());
    assert!(!good.exists());
}
