//! Every vocabulary is named by its evidence, and does not fall for what only looks like it.

use super::*;

fn built_in() -> Vocabularies {
    Vocabularies::built_in()
}

/// What stands in the program is not checked when it runs.
#[test]
fn the_built_in_file_is_sound() {
    let (written, read) = (Vocabularies::parse(include_str!("../vocabularies.toml")).unwrap(), built_in());
    let codes = |all: &Vocabularies| -> Vec<_> { all.iter().map(|it| (it.id.clone(), it.codes().to_vec())).collect() };
    assert_eq!(codes(&read), codes(&written));
}

/// `subprotocol=a host=b path=/c client={…} server={…} reason=d agent=e`, separated by ` | `.
fn hints(line: &str) -> Hints<'_> {
    let mut hints = Hints::default();
    for part in line.split(" | ") {
        let (key, value) = part.split_once('=').unwrap();
        let field = match key.trim() {
            "subprotocol" => &mut hints.subprotocol,
            "offered" => &mut hints.offered_subprotocols,
            "host" => &mut hints.host,
            "path" => &mut hints.path,
            "client" => &mut hints.first_client_message,
            "server" => &mut hints.first_server_message,
            "reason" => &mut hints.reason,
            other => panic!("{other}"),
        };
        *field = Some(value);
    }
    hints
}

fn name_of(line: &str) -> Option<String> {
    built_in().recognise(&hints(line)).map(|found| found.vocabulary.id().to_owned())
}

/// Vocabulary, what shows it, and what only looks like it.
const CASES: &[(&str, &str, &str)] = &[
    ("graphql-transport-ws", "subprotocol=graphql-transport-ws", "subprotocol=graphql | path=/graphql"),
    ("graphql-transport-ws", "offered=graphql-transport-ws, x", "path=/graphql"),
    ("subscriptions-transport-ws", "subprotocol=graphql-ws", "subprotocol=graphql-transport-wss"),
    ("discord-gateway", "host=gateway-us-east1-b.discord.gg:443", "host=gateway.discord.gg.example.org"),
    (
        "discord-gateway",
        r#"server={"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250}}"#,
        r#"server={"op":10}"#,
    ),
    ("discord-voice", "host=russia99.discord.media:443", "host=discord.media.example.org"),
    ("discord-rpc", "host=127.0.0.1:6463 | path=/?v=1&client_id=12", "host=127.0.0.1:6463 | path=/ws?client_id=12"),
    ("pusher", "host=ws-eu.pusher.com", "host=pusher.com"),
    ("pusher", "path=/app/key?protocol=7&client=js", "path=/app/key?client=js"),
    ("pusher", r#"server={"event": "pusher:connection_established","data":"{}"}"#, r#"server={"event":"connected"}"#),
    ("twitch-eventsub", "host=eventsub.wss.twitch.tv | path=/ws", "host=irc-ws.chat.twitch.tv"),
    ("centrifugo", "subprotocol=centrifuge-protobuf", "subprotocol=centrifuge"),
    ("centrifugo", "path=/connection/websocket", "path=/connection/websockets"),
    ("sockjs", "path=/echo/234/xyz8/websocket | server=o", "path=/echo/234/xyz8/websocket | server=ok"),
    ("socketio", "path=/socket.io/?EIO=4&transport=websocket", "path=/socket.io/?XEIO=4"),
    ("socketio", r#"server=0{"sid":"abc","upgrades":[]}"#, r#"server={"sid":"abc"}"#),
    ("phoenix", "path=/socket/websocket?vsn=2.0.0", "path=/socket/websocket"),
    ("phoenix", r#"client=["3","3","room:1","phx_join",{}]"#, r#"client=["3","3","room:1","join",{}]"#),
    ("actioncable", "subprotocol=actioncable-v1-json", "path=/cable"),
    ("actioncable", r#"path=/cable | server={"type":"welcome"}"#, r#"server={"type":"welcome"}"#),
    ("signalr", "host=x.service.signalr.net", "host=signalr.net"),
    ("signalr", "client={\"protocol\":\"json\",\"version\":1}\u{1e}", r#"client={"protocol":"json"}"#),
    ("azure-web-pubsub", "subprotocol=json.webpubsub.azure.v1", "subprotocol=json.webpubsub"),
    ("kubernetes-exec", "subprotocol=v5.channel.k8s.io", "subprotocol=v5.channel.k8s"),
    ("kubernetes-exec", "path=/api/v1/namespaces/n/pods/p/exec?command=sh", "path=/api/v1/namespaces/n/pods/p/log"),
    ("jupyter", "path=/user/x/api/kernels/0a-1/channels?session_id=1", "path=/api/kernels/0a-1"),
    ("home-assistant", "path=/api/websocket", "path=/api/websocket/2"),
    ("mattermost", "path=/api/v4/websocket", "path=/api/v4/websockets"),
    ("slack-socket-mode", "host=wss-primary.slack.com | path=/link/?ticket=1", "host=wss-primary.slack.com | path=/"),
    ("signal", "host=chat.signal.org", "host=signal.org"),
    ("signal", "reason=Connected elsewhere", "reason=Unauthorized"),
    ("mozilla-autopush", "subprotocol=push-notification", "subprotocol=push"),
    ("atproto", "path=/xrpc/com.atproto.sync.subscribeRepos?cursor=1", "path=/xrpc/com.atproto.sync.getRepo"),
    ("livekit", "host=p.livekit.cloud", "host=livekit.cloud.example.org"),
    ("livekit", "path=/rtc?access_token=x&sdk=js", "path=/rtc?token=x"),
    ("guacamole", "subprotocol=guacamole", "path=/websocket-tunnel"),
    ("wamp", "subprotocol=wamp.2.msgpack", "subprotocol=wamp.1"),
    ("stomp", "subprotocol=v12.stomp", "subprotocol=stomp"),
    ("stomp", "client=CONNECT\naccept-version:1.2\nhost:x", "client=CONNECT me"),
    ("spring", "reason=Failed to send message within the configured send limit", "reason=Failed to send message"),
    ("nats", r#"server=INFO {"server_id":"N"}"#, "server=INFO ready"),
    ("nats", "reason=Slow Consumer (Pending Bytes)", "reason=slow consumer"),
    ("openai-realtime", "host=api.openai.com | path=/v1/realtime?model=m", "host=api.openai.com | path=/v1/other"),
    ("deepgram", "host=api.deepgram.com | path=/v1/listen", "host=deepgram.com"),
    ("deepgram", "reason=NET-0001", "reason=NET"),
    (
        "assemblyai-v2",
        "host=api.assemblyai.com | path=/v2/realtime/ws?sample_rate=1",
        "host=api.assemblyai.com | path=/v2",
    ),
    ("assemblyai-v3", "host=streaming.eu.assemblyai.com | path=/v3/ws", "host=assemblyai.com | path=/v3/ws"),
    (
        "twilio-media",
        r#"client={"event":"connected","protocol":"Call","version":"1.0.0"}"#,
        r#"client={"event":"connected"}"#,
    ),
    ("ably", "host=realtime.ably.io", "host=ably.io"),
    ("socketcluster", "path=/socketcluster/", "path=/socketcluster"),
    ("aws-api-gateway", "host=abcdefghij.execute-api.eu-west-1.amazonaws.com", "host=eu-west-1.amazonaws.com"),
    ("binance", "host=stream.binance.com:9443", "host=binance.com"),
    ("mqtt", "subprotocol=mqtt", "subprotocol=mqtt2 | path=/mqtt"),
];

#[test]
fn each_is_named_by_its_evidence() {
    for (id, evidence, _) in CASES {
        assert_eq!(name_of(evidence).as_deref(), Some(*id), "{evidence}");
    }
}

#[test]
fn none_falls_for_a_look_alike() {
    for (id, _, look_alike) in CASES {
        assert_ne!(name_of(look_alike).as_deref(), Some(*id), "{look_alike}");
    }
}

#[test]
fn each_has_a_case() {
    for vocabulary in built_in().iter() {
        assert!(CASES.iter().any(|(id, ..)| *id == vocabulary.id()), "{}", vocabulary.id());
        assert!(!vocabulary.sources.is_empty() && !vocabulary.name.is_empty());
    }
}

#[test]
fn a_bare_code_is_no_evidence() {
    assert!(built_in().recognise(&Hints::default()).is_none());
    assert!(built_in().recognise(&hints("path=/ws | reason=Unauthorized")).is_none());
}

#[test]
fn the_same_code_means_what_its_protocol_says() {
    let all = built_in();
    let name = |line: &str, code| {
        let found = all.recognise(&hints(line)).unwrap();
        found.meaning(code, None).map(|meaning| meaning.name.clone()).unwrap_or_default()
    };
    assert_eq!(name("subprotocol=graphql-transport-ws", 4401), "Unauthorized");
    assert_eq!(name("host=gateway.discord.gg", 4001), "Unknown opcode");
    assert_eq!(name("host=eventsub.wss.twitch.tv", 4001), "Client sent inbound traffic");
    assert_eq!(name("host=ws-mt1.pusher.com", 4001), "Application does not exist");
    assert_eq!(name("host=ws-mt1.pusher.com", 4299), "Reconnect now");
    assert_eq!(name("host=eventsub.wss.twitch.tv", 4999), "");
}

#[test]
fn a_reason_can_decide() {
    let all = built_in();
    let phoenix = all.recognise(&hints("path=/socket/websocket?vsn=2.0.0")).unwrap();
    assert_eq!(phoenix.meaning(1000, Some("heartbeat timeout")).unwrap().name, "heartbeat timeout");
    assert_eq!(phoenix.meaning(1000, None).unwrap().name, "server stop");
}

#[test]
fn what_both_ends_agreed_on_outweighs_the_path() {
    assert_eq!(name_of("subprotocol=mqtt | path=/api/websocket").as_deref(), Some("mqtt"));
    assert_eq!(name_of("subprotocol=mqtt | offered=graphql-ws").as_deref(), Some("mqtt"));
}

#[test]
fn the_evidence_is_told() {
    let all = built_in();
    let found = all.recognise(&hints("path=/app/key?protocol=7")).unwrap();
    assert_eq!(found.clues, [("path", "/app/key".to_owned()), ("query", "protocol=7".to_owned())]);
}

const OWN: &str = r#"
[[vocabulary]]
id = "shop"
name = "Our shop"

[[vocabulary.recognise]]
host = ["*.shop.example"]
path = ["/live"]

[[vocabulary.code]]
code = 4401
name = "Session expired"
reconnect = "conditional"
"#;

#[test]
fn users_add_their_own() {
    let all = built_in().with(Vocabularies::parse(OWN).unwrap());
    let found = all.recognise(&hints("host=a.shop.example | path=/live")).unwrap();
    assert_eq!((found.vocabulary.id(), found.vocabulary.name.as_str()), ("shop", "Our shop"));
    assert_eq!(found.meaning(4401, None).unwrap().reconnect.0, Advice::Conditional);
    assert!(all.recognise(&hints("host=a.shop.example")).is_none());
}

#[test]
fn a_users_vocabulary_wins_over_an_equal_one() {
    let own = Vocabularies::parse(&OWN.replace("*.shop.example", "chat.signal.org").replace("path = [\"/live\"]", ""));
    let all = built_in().with(own.unwrap());
    assert_eq!(all.recognise(&hints("host=chat.signal.org")).unwrap().vocabulary.id(), "shop");
}

fn fault(source: &str) -> String {
    Vocabularies::parse(source).unwrap_err().to_string()
}

#[test]
fn faults_are_told_with_their_line() {
    assert!(fault("[[vocabulary]]\nid = 3").contains("line 2"));
    assert!(
        fault(&OWN.replace("conditional", "maybe")).contains("short-delay"),
        "{}",
        fault(&OWN.replace("conditional", "maybe"))
    );
    assert!(fault(&OWN.replace("conditional", "maybe")).contains("line 13"));
    assert!(fault(&OWN.replace("4401", "70000")).contains("line 11"));
    let outside = fault(&OWN.replace("4401", "999"));
    assert_eq!(outside, "line 3: vocabulary “shop”: code 999 is outside 1000–4999");
    assert!(fault(&OWN.replace("\"/live\"", "\"*\"")).contains("fit everything"));
    assert!(fault("[[vocabulary]]\nid = \"x\"\nname = \"y\"").contains("nothing would ever fit"));
    assert!(fault(&OWN.replace("host", "hots")).contains("hots"));
}

#[test]
fn codes_after_http() {
    assert_eq!(http_status_alluded_to(4401), Some(401));
    assert_eq!(http_status_alluded_to(4001), None);
    assert_eq!(http_status_alluded_to(1000), None);
}

/// The example of docs/vocabularies.md works as it stands.
#[test]
fn the_documented_example_works() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/vocabularies.md")).unwrap();
    let example = page.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let own = Vocabularies::parse(example).unwrap();
    let found = own.recognise(&hints("host=eu.shop.example | path=/live/7")).unwrap();
    assert_eq!(found.meaning(4401, None).unwrap().name, "Session expired");
    assert_eq!(found.meaning(4550, None).unwrap().name, "Shop is closed");
    assert_eq!(found.meaning(1000, Some("heartbeat lost")).unwrap().name, "Heartbeat missed");
    assert!(found.meaning(1000, None).is_none());
}
