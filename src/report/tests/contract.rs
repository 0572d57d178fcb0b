//! The names of the published JSON are those of the contract.

use serde_json::Value as Json;

use super::build::{SECRET_KEY, closes, idle_timeout, incident, normal};
use super::report;
use crate::report::Format;

fn objects(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn keys(object: &Json) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

fn ndjson() -> Vec<Json> {
    objects(&report(Format::Ndjson, &[idle_timeout(), normal()], &[incident()], |_| ()))
}

#[test]
fn ndjson_is_one_object_a_line() {
    let objects = ndjson();
    let types: Vec<_> = objects.iter().map(|object| object["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["connection", "connection", "incident", "summary"]);
    assert!(objects.iter().all(|object| object["schema"] == "wsclose-sniff/1"));
}

#[test]
fn json_is_one_object() {
    let text = report(Format::Json, &[idle_timeout(), normal()], &[incident(), incident()], |_| ());
    let json: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(json["schema"], "wsclose-sniff/1");
    assert_eq!(json["connections"].as_array().unwrap().len(), 2);
    assert_eq!(json["incidents"].as_array().unwrap().len(), 2);
    assert_eq!(json["summary"]["connections"], 2);
    let empty: Json = serde_json::from_str(&report(Format::Json, &[], &[], |_| ())).unwrap();
    assert_eq!(empty["connections"].as_array().unwrap().len(), 0);
}

#[test]
fn a_connection_has_every_field_that_is_known() {
    const ALWAYS: &str = "type schema id client server client_ip client_port server_ip server_port community_id \
        wireshark_filter transport detected handshake state opened_at code reason inferred close_handshake clean \
        ended_by close_frames transport_end client_api server_api cause severity violations traffic";
    const HERE: &str = "file tcp_stream host path subprotocol user_agent server_header key_hash accepted_at closed_at \
        tcp_ended_at duration_s idle_before_close_s code_name close_handshake_confidence";
    let connection = &ndjson()[0];
    for key in ALWAYS.split_whitespace().chain(HERE.split_whitespace()) {
        assert!(connection.get(key).is_some(), "{key}");
    }
    let unknown = "point interface sensor h2_stream tls origin vocabulary keepalive leg reason_base64 via";
    for key in unknown.split_whitespace() {
        assert!(connection.get(key).is_none(), "{key}");
    }
}

#[test]
fn inner_objects_have_the_names_of_the_contract() {
    let objects = ndjson();
    let (cut, closed, incident) = (&objects[0], &objects[1], &objects[2]);
    let has = |object: &Json, names: &str| {
        let missing: Vec<_> = names.split_whitespace().filter(|name| object.get(name).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?} not in {:?}", keys(object));
    };
    has(&cut["detected"], "by confidence");
    has(&cut["handshake"], "state status earlier problems");
    has(&cut["idle_before_close_s"], "client server");
    has(&cut["cause"], "id family confidence title explanation evidence fix reconnect next_steps alternatives");
    has(&cut["cause"]["evidence"][0], "id params text file packet");
    has(&cut["cause"]["fix"], "client server infrastructure");
    has(&cut["cause"]["reconnect"], "advice delay_s text");
    has(&cut["cause"]["alternatives"][0], "id confidence why_not");
    has(&cut["client_api"], "code reason clean certain");
    has(&cut["transport_end"], "kind from at packet");
    has(&closed["close_frames"][0], "from code reason at packet");
    has(&cut["traffic"], "client server missing_bytes");
    has(&cut["traffic"]["client"], "frames messages payload_bytes wire_bytes pings pongs retransmissions zero_windows");
    has(incident, "type id kind started_at ended_at final connections server cause summary params evidence fix");
    has(
        &objects[3],
        "packets bytes files first_at last_at flows connections by_code by_cause by_ended_by by_severity by_server \
         incidents limited_by",
    );
    has(
        &objects[3]["limited_by"],
        "packets_dropped snaplen_cut missing_bytes flows_evicted tls_without_keys truncated_files clock_steps",
    );
}

#[test]
fn values_are_those_of_the_finding() {
    let objects = ndjson();
    let (cut, closed) = (&objects[0], &objects[1]);
    assert_eq!(cut["id"], "0000000000c0ffee");
    assert_eq!((&cut["client"], &cut["server"]), (&Json::from("10.0.0.9:50000"), &Json::from("10.0.0.1:80")));
    assert_eq!(
        (&cut["code"], &cut["code_name"], &cut["reason"]),
        (&1006.into(), &"Abnormal Closure".into(), &Json::Null)
    );
    assert_eq!(cut["closed_at"], "2023-11-14T22:14:21.001000000Z");
    assert_eq!(cut["duration_s"], 61.001);
    assert_eq!(cut["idle_before_close_s"]["client"], 60.001);
    let filter = "ip.addr == 10.0.0.1 && ip.addr == 10.0.0.9 && tcp.port == 80 && tcp.port == 50000 \
        && frame.number >= 1 && frame.number <= 13";
    assert_eq!(cut["wireshark_filter"], filter);
    assert_eq!((&closed["code"], &closed["reason"]), (&1000.into(), &"bye".into()));
    assert_eq!(closed["close_frames"][1]["packet"], 12);
}

#[test]
fn the_key_is_hashed() {
    let text = report(Format::Ndjson, &[idle_timeout()], &[], |_| ());
    assert!(!text.contains(SECRET_KEY));
    assert_eq!(objects(&text)[0]["key_hash"].as_str().unwrap().len(), 16);
}

#[test]
fn a_packet_of_another_file_names_it() {
    let mut finding = idle_timeout();
    closes(&mut finding, 1001, "");
    finding.ending.frames[1].mark.packet = crate::packet::PacketRef::new(1, 3);
    finding.record.last.packet = crate::packet::PacketRef::new(1, 4);
    let connection = &objects(&report(Format::Ndjson, &[finding], &[], |_| ()))[0];
    assert_eq!(connection["close_frames"][0].get("file"), None);
    assert_eq!(connection["close_frames"][1]["file"], "second.pcap");
    assert!(!connection["wireshark_filter"].as_str().unwrap().contains("frame.number"));
}

#[test]
fn rules_fixes_stand_with_their_ids() {
    let fix = &ndjson()[2]["fix"];
    assert_eq!(fix["ids"]["client"][0]["id"], "ping-client");
    assert!(fix["client"][0].is_string());
}

#[test]
fn live_has_no_stream_numbers_and_names_its_interface() {
    let english = crate::catalogue::Catalogue::new(crate::catalogue::Language::English);
    let out = super::Shared::default();
    let options = crate::report::Options { tcp_streams: false, ..crate::report::Options::new(&english, &english) };
    let mut sink = crate::report::open(Format::Ndjson, Box::new(out.clone()), options);
    sink.interface(0, 0, "eth0");
    sink.finding(&idle_timeout()).unwrap();
    sink.flush().unwrap();
    let connection = &objects(&out.text())[0];
    assert_eq!(connection.get("tcp_stream"), None);
    assert_eq!(connection["interface"], "eth0");
    assert!(!connection["wireshark_filter"].as_str().unwrap().contains("frame.number"));
}
