//! What the summary counts.

use super::build::{idle_timeout, incident, normal};
use crate::catalogue::Severity;
use crate::limits;
use crate::packet::{Endpoint, FlowKey, PointId};
use crate::report::encode::Encoded;
use crate::report::schema::SummaryView;
use crate::report::{CaptureStatistics, Summary};

fn json(summary: &Summary) -> serde_json::Value {
    serde_json::from_slice(Encoded::of(SummaryView { summary, schema: None }).as_bytes()).unwrap()
}

#[test]
fn findings_are_counted_by_everything() {
    let mut summary = Summary::default();
    let mut open = normal();
    (open.ending.code, open.ending.closed) = (None, None);
    for finding in [idle_timeout(), idle_timeout(), normal(), open] {
        summary.finding(&finding);
    }
    summary.incident(&incident());
    summary.capture = CaptureStatistics { packets: 99, truncated_files: 1, ..CaptureStatistics::default() };
    let json = json(&summary);
    assert_eq!(json["connections"], 4);
    assert_eq!(json["by_code"], serde_json::json!({"none": 1, "1000": 1, "1006": 2}));
    assert_eq!(json["by_cause"], serde_json::json!({"normal": 2, "idle-timeout": 2}));
    assert_eq!(json["by_ended_by"], serde_json::json!({"client": 2, "proxy": 2}));
    assert_eq!(json["by_severity"], serde_json::json!({"ok": 2, "warning": 2}));
    assert_eq!(json["by_server"], serde_json::json!({"10.0.0.1:80": 4}));
    assert_eq!((json["incidents"].as_u64(), json["packets"].as_u64()), (Some(1), Some(99)));
    assert_eq!(json["limited_by"]["truncated_files"], 1);
    assert!(summary.is_limited());
}

#[test]
fn fail_on_looks_at_the_worst() {
    let mut summary = Summary::default();
    assert!(!summary.reaches(Severity::Ok));
    summary.finding(&idle_timeout());
    assert!(summary.reaches(Severity::Notice) && summary.reaches(Severity::Warning));
    assert!(!summary.reaches(Severity::Error));
}

#[test]
fn a_scan_of_many_servers_stays_bounded() {
    let mut summary = Summary::default();
    let mut finding = normal();
    for number in (0x0b00_0000_u32..).take(limits::SUMMARY_SERVERS + 5) {
        let server = Endpoint::v4(number.to_be_bytes(), 80);
        let (key, client) = FlowKey::new(super::build::client(), server, PointId(0));
        (finding.record.key, finding.record.client) = (key, client);
        summary.finding(&finding);
    }
    assert_eq!((summary.by_server().len(), summary.other_servers), (limits::SUMMARY_SERVERS, 5));
    let json = json(&summary);
    assert_eq!(json["by_server"]["other"], 5);
}
