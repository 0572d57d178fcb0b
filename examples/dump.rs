use serde_json::json;
use wsclose_sniff::analyzer::*;
use wsclose_sniff::capture::*;
use wsclose_sniff::record::*;
fn main() {
    let mut files = vec![];
    let mut servers = vec![];
    let mut args = std::env::args().skip(1);
    while let Some(a) = args.next() {
        match a.as_str() {
            "--format" | "--keylog" => { args.next(); }
            "--websocket-server" => { let a: std::net::SocketAddr = args.next().unwrap().parse().unwrap(); servers.push(ServerAddress { ip: a.ip(), port: Some(a.port()) }); }
            f => files.push(Input { path: f.into(), point: wsclose_sniff::packet::PointId(0) }),
        }
    }
    let mut source = Source::files(files, None);
    let mut an = Analyzer::new(Config { websocket_servers: servers, live: false });
    loop {
        match source.next() { Ok(Some(i)) => an.take(i), Ok(None) => break, Err(e) => { eprintln!("{e}"); break } }
    }
    an.finish();
    while let Some(f) = an.next_finding() {
        let r = &f.record; let e = &f.ending;
        let frames: Vec<_> = e.frames.iter().map(|c| json!({"from": c.from.id(), "code": c.code.map(|c| c.0), "reason": c.reason, "packet": c.mark.packet.number(), "ignored": c.ignored})).collect();
        let reason = e.decided_by.and_then(|i| e.frames[i].reason.clone());
        println!("{}", json!({"type":"connection","client": r.endpoint(Side::Client).to_string(), "server": r.endpoint(Side::Server).to_string(),
            "state": e.state.id(), "code": e.code.map(|c| c.0), "reason": reason, "close_frames": frames, "handshake": {"state": r.handshake.state.id()},
            "ended_by": f.diagnosis.ended_by.id(), "cause": {"id": f.diagnosis.cause.id(), "family": f.diagnosis.cause.family().id(), "confidence": f.diagnosis.confidence.id(), "ev": f.diagnosis.evidence.iter().map(|e| format!("{:?}", e)).collect::<Vec<_>>()},
            "client_api": {"code": f.diagnosis.client_api.code.map(|c| c.0)}, "server_api": {"code": f.diagnosis.server_api.code.map(|c| c.0)},
            "close_handshake": e.handshake.id(), "transport_end": e.transport.kind.id(),"dbg": {"by": e.closed_from.map(|s| s.id()), "silence": e.closed.map(|m| Side::BOTH.into_iter().filter_map(|s| r.last_sent_before(s,&m)).map(|l| m.at.seconds_since(l.at)).fold(1e9,f64::min)), "age": e.closed.map(|m| m.at.seconds_since(r.handshake.answered_mark.unwrap_or(r.first).at)), "server_header": r.handshake.answered.as_ref().and_then(|a| a.server.clone()), "via": r.handshake.answered.as_ref().and_then(|a| a.via.clone()), "rst": Side::BOTH.map(|s| format!("{:?}", r.side(s).tcp.rst)), "ttl": Side::BOTH.map(|s| format!("{:?}", r.side(s).tcp.ttl)),"stuck": Side::BOTH.map(|s| format!("{:?}", r.side(s).tcp.stuck.map(|t| (t.count, t.lasted(), t.probes, t.bytes)))), "pings": Side::BOTH.map(|s| r.side(s).pings.sent), "unans": Side::BOTH.map(|s| r.side(s).pings.unanswered), "zw": Side::BOTH.map(|s| r.side(s).tcp.zero_windows), "unacked": Side::BOTH.map(|s| r.side(s).unacknowledged), "ua": r.handshake.asked.as_ref().and_then(|a| a.user_agent.clone())},
            "path": r.handshake.asked.as_ref().map(|a| a.target.clone())}));
    }
}
