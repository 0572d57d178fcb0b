//! The program as people and scripts use it: exit status, streams, files, formats, and what must never be printed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use assert_cmd::Command;
use serde_json::Value;

use crate::replay::write_script;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wsclose-sniff");

fn program() -> Command {
    let mut program = Command::new(PROGRAM);
    program.env_remove("SSLKEYLOGFILE").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env("LANG", "C");
    program
}

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|file| file.to_str().unwrap().contains("/capture.")).unwrap()
}

/// stdout, stderr and exit status.
fn run(program: &mut Command) -> (String, String, Option<i32>) {
    let done = program.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (text(done.stdout), text(done.stderr), done.status.code())
}

fn objects(ndjson: &str) -> Vec<Value> {
    ndjson.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn it_ran_is_0_whatever_was_found() {
    let (text, complaints, status) = run(program().arg(fixture("kill-9-node-idle")));
    assert_eq!(status, Some(0));
    assert!(text.contains("1006"), "{text}");
    assert_eq!(complaints, "");
}

#[test]
fn fail_on_is_1_from_that_severity_on() {
    let status =
        |severity: &str| run(program().arg("--fail-on").arg(severity).arg(fixture("idle-timeout-nginx-60s"))).2;
    assert_eq!(
        [status("ok"), status("notice"), status("warning"), status("error")],
        [Some(1), Some(1), Some(1), Some(0)]
    );
}

#[test]
fn an_error_is_2_even_with_fail_on() {
    let (_, complaints, status) =
        run(program().args(["--fail-on", "ok", "no-such-file.pcap"]).arg(fixture("clean-1000-client")));
    assert_eq!(status, Some(2));
    assert!(complaints.contains("no-such-file.pcap"), "{complaints}");
}

#[test]
fn one_unreadable_file_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.pcap");
    fs::write(&bad, "this is no capture at all").unwrap();
    let (lines, complaints, status) = run(program()
        .args(["--format", "ndjson"])
        .arg(&bad)
        .arg(fixture("clean-1000-client"))
        .arg(fixture("page-left-firefox")));
    assert_eq!(status, Some(2));
    assert_eq!(objects(&lines).iter().filter(|object| object["type"] == "connection").count(), 2);
    assert!(complaints.contains("bad.pcap"), "{complaints}");
    assert_eq!(complaints.lines().count(), 1, "{complaints}");
}

#[test]
fn an_unknown_option_is_2_and_says_which_was_meant() {
    let (text, complaints, status) = run(program().args(["--fromat", "json"]).arg(fixture("clean-1000-client")));
    assert_eq!((text.as_str(), status), ("", Some(2)));
    assert!(complaints.contains("--format"), "{complaints}");
}

#[test]
fn a_format_that_is_not_built_is_an_error() {
    let (_, complaints, status) = run(program().args(["--format", "morse"]).arg(fixture("clean-1000-client")));
    assert_eq!(status, Some(2));
    assert!(complaints.contains("ndjson"), "{complaints}");
}

#[test]
fn nothing_to_read_is_an_error_that_says_what_to_type() {
    let (_, complaints, status) = run(program().arg("-q"));
    assert_eq!(status, Some(2));
    assert!(complaints.contains("-h") || complaints.contains("--help"), "{complaints}");
}

#[test]
fn version_and_help() {
    let (version, _, status) = run(program().arg("--version"));
    assert_eq!((version.trim(), status), (concat!("wsclose-sniff ", env!("CARGO_PKG_VERSION")), Some(0)));
    let (help, _, status) = run(program().arg("-h"));
    assert_eq!(status, Some(0));
    assert!(help.contains("--fail-on") && help.lines().count() <= 50, "{help}");
}

#[test]
fn standard_input_is_a_capture_like_any_other() {
    let capture = fixture("idle-timeout-nginx-60s");
    let from_file = run(program().args(["--format", "ndjson"]).arg(&capture)).0;
    let (piped, complaints, status) =
        run(program().args(["--format", "ndjson", "-"]).write_stdin(fs::read(&capture).unwrap()));
    assert_eq!((complaints.as_str(), status), ("", Some(0)));
    let told = |text: &str| {
        let mut connection = objects(text).remove(0);
        connection.as_object_mut().unwrap().retain(|key, _| !["file", "cause"].contains(&key.as_str()));
        connection
    };
    assert_eq!(told(&piped), told(&from_file));
}

#[test]
fn several_outputs_at_once_and_nothing_on_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let outputs = ["a.ndjson", "b.json", "c.txt"].map(path);
    let mut command = program();
    outputs.iter().for_each(|output| {
        command.arg("-o").arg(output);
    });
    let (stdout, complaints, status) = run(command.arg(fixture("shutdown-1001-node")));
    assert_eq!((stdout.as_str(), complaints.as_str(), status), ("", "", Some(0)));
    let [ndjson, json, text] = outputs.map(|output| fs::read_to_string(output).unwrap());
    assert_eq!(objects(&ndjson).last().unwrap()["type"], "summary");
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["connections"].as_array().unwrap().len(), 3);
    assert!(text.contains("1001") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn output_to_stdout_and_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.ndjson");
    let (text, _, status) = run(program().arg("-o").arg(&file).args(["-o", "-"]).arg(fixture("clean-1000-client")));
    assert_eq!(status, Some(0));
    assert!(text.contains("1000"), "{text}");
    assert_eq!(objects(&fs::read_to_string(file).unwrap()).len(), 2);
}

/// A typing error must not have emptied the file that stood before it.
#[test]
fn a_wrong_output_name_leaves_every_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let precious = folder.path().join("precious.txt");
    fs::write(&precious, "last week's report").unwrap();
    let wrong = folder.path().join("out.docx");
    let (_, complaints, status) =
        run(program().arg("-o").arg(&precious).arg("-o").arg(wrong).arg(fixture("clean-1000-client")));
    assert_eq!(status, Some(2));
    assert!(complaints.contains(".ndjson"), "{complaints}");
    assert_eq!(fs::read_to_string(precious).unwrap(), "last week's report");
}

#[test]
fn a_cut_capture_is_a_warning_that_quiet_silences() {
    let cut = fixture("format-cut-short");
    let (_, complaints, status) = run(program().arg(&cut));
    assert_eq!(status, Some(0));
    assert!(complaints.contains("capture.pcap"), "{complaints}");
    assert_eq!(run(program().arg("-q").arg(&cut)).1, "");
}

#[test]
fn verbose_says_what_was_read() {
    let (_, complaints, _) = run(program().arg("-v").arg(fixture("clean-1000-client")));
    assert!(complaints.contains("16 packets"), "{complaints}");
}

/// `wsclose-sniff trace.pcap | head -1`: whoever read us has seen enough.
#[test]
fn a_broken_pipe_is_success() {
    let mut child = Process::new(PROGRAM)
        .args(["--format", "ndjson"])
        .arg(fixture("violations-client-python"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&done.stderr), "");
}

#[test]
fn ndjson_is_versioned_and_ends_with_the_summary() {
    let (lines, _, _) = run(program().args(["--format", "ndjson"]).arg(fixture("shutdown-1001-node")));
    let objects = objects(&lines);
    assert!(objects.iter().all(|object| object["schema"] == "wsclose-sniff/1"));
    let (summary, before) = objects.split_last().unwrap();
    assert!(before.iter().all(|object| object["type"] != "summary"));
    assert_eq!(summary["type"], "summary");
    assert_eq!(summary["connections"], 3);
    assert_eq!(summary["by_cause"]["server-shutdown"], 3);
}

#[test]
fn json_is_one_object() {
    let (json, _, _) = run(program().args(["--format", "json"]).arg(fixture("clean-1005-client-empty")));
    let all: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(all["schema"], "wsclose-sniff/1");
    assert_eq!(all["connections"][0]["code"], 1005);
    assert!(all["incidents"].is_array());
    assert_eq!(all["summary"]["connections"], 2);
}

#[test]
fn an_id_is_the_same_in_every_run() {
    let id =
        || objects(&run(program().args(["--format", "ndjson"]).arg(fixture("clean-1000-client"))).0)[0]["id"].clone();
    assert!(id().is_string());
    assert_eq!(id(), id());
}

/// Nothing of it needs a capture file.
#[test]
fn completions_and_the_manual_page() {
    assert!(run(program().args(["completions", "bash"])).0.contains("--fail-on"));
    assert!(run(program().arg("man")).0.starts_with(".ie"));
}

/// A reason is what somebody on the network wrote: it must not drive the terminal, nor reorder what is read.
#[test]
fn hostile_text_is_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("hostile.pcap");
    let hostile = "\\e[2J\\e]0;owned\u{7}\u{202e}gpj.exe\u{200b}\\n\\rforged line";
    write_script(
        &capture,
        &format!(
            "0.000 client SYN / server SYN-ACK / client GET /chat upgrade with \"User-Agent: \\e[31mred\" / server 101
             1.000 server close 4000 \"{hostile}\" / client close 4000 / server FIN / client FIN"
        ),
    );
    for color in ["never", "always"] {
        let text = run(program().args(["-v", "--color", color]).arg(&capture)).0;
        assert!(text.contains("gpj.exe"), "{text}");
        let bare = without_colour(&text);
        let bad = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{200b}".contains(c);
        assert_eq!(bare.chars().find(|&c| bad(c)), None, "{bare:?}");
        assert!(!bare.lines().any(|line| line.trim_start().starts_with("forged")), "{bare}");
        assert_eq!(bare == text, color == "never");
    }
}

/// Without `ESC [ … m`.
fn without_colour(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut bare = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(0);
        match piece[end..].strip_prefix('m') {
            Some(rest) => bare.push_str(rest),
            None => bare.push_str(&format!("\u{1b}[{piece}")),
        }
    }
    bare
}

#[test]
fn a_pipe_is_not_coloured() {
    assert!(!run(program().arg(fixture("kill-9-node-idle"))).0.contains('\u{1b}'));
    let forced = run(program().args(["--color", "always"]).arg(fixture("kill-9-node-idle"))).0;
    assert!(forced.contains('\u{1b}'));
}

#[test]
fn no_secret_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("secrets.pcap");
    let headers = "with \"Cookie: session=SECRET1; theme=SECRET2\" with \"Authorization: Bearer SECRET3\" \
                   with \"Sec-WebSocket-Protocol: chat, base64url.bearer.authorization.k8s.io.U0VDUkVUNA\" \
                   with \"X-Api-Key: SECRET5\" with \"Proxy-Authorization: Basic SECRET6\"";
    let target = "/chat?access_token=SECRET7&room=lobby&api_key=SECRET8&jwt=eyJhbGciOiJIUzI1NiJ9.SECRET9.SECRET9";
    write_script(
        &capture,
        &format!(
            "0.000 client SYN / server SYN-ACK / client GET {target} upgrade {headers} / server 401 \"who?\" with \"Set-Cookie: sid=SECRETA\"
             0.100 client GET {target} upgrade {headers} / server 302 with \"Location: https://login.example/?ticket=1&token=SECRETB\"
             0.200 client GET {target} upgrade {headers} / server 101 with \"Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.U0VDUkVUNA\"
             1.000 client close 1000 / server close 1000 / server FIN / client FIN
             2.000 #2 client SYN / server SYN-ACK / client GET {target} upgrade {headers}
             2.100 #2 server 302 with \"Location: https://login.example/?ticket=1&token=SECRETB\" with \"Set-Cookie: sid=SECRETA\" + FIN / client FIN"
        ),
    );
    for format in ["text", "ndjson", "json"] {
        let (text, complaints, _) = run(program().args(["-v", "--format", format]).arg(&capture));
        assert!(text.contains("room=lobby"), "{text}");
        for told in [&text, &complaints] {
            let leak =
                ["SECRET", "U0VDUkVUNA", "eyJhbGciOiJIUzI1NiJ9"].into_iter().find(|secret| told.contains(secret));
            assert_eq!(leak, None, "{format}: {told}");
        }
    }
}

/// Several files are one capture, whatever their order on the command line.
#[test]
fn files_are_merged_in_time_order() {
    let (one, other) = (fixture("clean-1000-client"), fixture("page-left-firefox"));
    let codes = |first: &Path, second: &Path| -> Vec<Value> {
        let lines = run(program().args(["--format", "ndjson"]).arg(first).arg(second)).0;
        objects(&lines)
            .iter()
            .filter(|object| object["type"] == "connection")
            .map(|object| object["code"].clone())
            .collect()
    };
    assert_eq!(codes(&one, &other), codes(&other, &one));
}

#[test]
fn a_file_that_is_named_like_a_command() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(fixture("clean-1000-client"), folder.path().join("interfaces")).unwrap();
    let (text, _, status) = run(program().current_dir(folder.path()).arg("./interfaces"));
    assert_eq!(status, Some(0));
    assert!(text.contains("1000"), "{text}");
}

#[cfg(feature = "live")]
mod with_libpcap {
    use super::*;

    #[test]
    fn interfaces_are_listed() {
        let (list, complaints, status) = run(program().arg("interfaces"));
        assert_eq!(status, Some(0), "{complaints}");
        assert!(list.lines().all(|line| line.contains(" up") || line.contains(" down")), "{list}");
    }

    #[test]
    fn a_device_that_is_not_there() {
        let (_, complaints, status) = run(program().args(["-i", "nosuchdevice0"]));
        assert_eq!(status, Some(2));
        assert_eq!(complaints.lines().count(), 1, "{complaints}");
        assert!(complaints.contains("nosuchdevice0"), "{complaints}");
    }

    #[test]
    fn a_filter_of_tcpdump_s() {
        let capture = fixture("clean-1000-client");
        let found = |filter: &[&str]| {
            let lines = run(program().args(["--format", "ndjson", "-r"]).arg(&capture).args(filter)).0;
            objects(&lines).len() - 1
        };
        assert_eq!([found(&[]), found(&["tcp", "port", "7681"]), found(&["port", "9"])], [1, 1, 0]);
    }

    #[test]
    fn a_bad_filter_is_an_error_before_anything_is_read() {
        let (text, complaints, status) =
            run(program().args(["--filter", "tcp prot 80"]).arg(fixture("clean-1000-client")));
        assert_eq!((text.as_str(), status), ("", Some(2)));
        assert!(complaints.contains("tcp prot 80"), "{complaints}");
    }
}

#[cfg(not(feature = "live"))]
#[test]
fn without_libpcap_it_says_what_to_do() {
    let (_, complaints, status) = run(program().args(["-i", "lo"]));
    assert_eq!(status, Some(2));
    assert!(complaints.contains("tcpdump"), "{complaints}");
}
