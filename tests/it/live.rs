//! The program on a live device: a WebSocket on loopback closes, and its line is there while the capture goes on.
//!
//! Needs the right to capture. Where it is missing the test runs itself again in a user and network namespace of its
//! own (`unshare -Urn`), and where that is forbidden too it says so and passes.

#[cfg(feature = "live")]
use std::{
    io::{BufRead, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

#[cfg(not(feature = "live"))]
#[test]
fn a_close_is_told_while_the_capture_goes_on() {
    eprintln!("skipped: this build cannot capture live (feature `live`)");
}

#[cfg(feature = "live")]
#[test]
fn a_close_is_told_while_the_capture_goes_on() {
    if may_capture() {
        return a_close_is_told();
    }
    if std::env::var_os(IN_NAMESPACE).is_some() {
        panic!("no right to capture in a namespace of our own");
    }
    let again = "ip link set lo up && exec \"$0\" --exact live::a_close_is_told_while_the_capture_goes_on --nocapture";
    let mut namespace = Command::new("unshare");
    namespace.args(["-Urn", "sh", "-c", again]).arg(std::env::current_exe().unwrap()).env(IN_NAMESPACE, "1");
    match Command::new("unshare").args(["-Urn", "ip", "link", "set", "lo", "up"]).output() {
        Ok(done) if done.status.success() => assert!(namespace.status().unwrap().success(), "see above"),
        Ok(done) => eprintln!(
            "skipped: no right to capture, and unshare -Urn: {}",
            String::from_utf8_lossy(&done.stderr).trim()
        ),
        Err(error) => eprintln!("skipped: no right to capture, and unshare: {error}"),
    }
}

#[cfg(feature = "live")]
const IN_NAMESPACE: &str = "WSCLOSE_SNIFF_TEST_IN_NAMESPACE";

#[cfg(feature = "live")]
fn may_capture() -> bool {
    let short = ["-q", "-i", "lo", "--duration", "1ms"];
    Command::new(env!("CARGO_BIN_EXE_wsclose-sniff")).args(short).output().unwrap().status.success()
}

/// A connection is closed again and again until the capture has begun and tells of one.
#[cfg(feature = "live")]
fn a_close_is_told() {
    let mut program = Sniffer::on_loopback();
    let port = serve();
    let mut told = None;
    for attempt in 0..20 {
        converse(port, &format!("/live/{attempt}"));
        let ended = Instant::now();
        if let Ok(line) = program.lines.recv_timeout(Duration::from_secs(2)) {
            told = Some((line, ended.elapsed()));
            break;
        }
    }
    assert!(program.child.try_wait().unwrap().is_none(), "the capture has ended by itself");
    let (line, after) = told.expect("no line in 40 s");
    let connection: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(connection["code"], 4002, "{line}");
    assert_eq!(connection["reason"], "done", "{line}");
    assert_eq!(connection["ended_by"], "client", "{line}");
    eprintln!("told {after:?} after its end");
    // A promise, but of an idle machine.
    assert!(std::env::var_os("RUN_SLOW_TESTS").is_none() || after < Duration::from_secs(1), "{after:?}");
    program.interrupt();
}

#[cfg(feature = "live")]
struct Sniffer {
    child: Child,
    lines: Receiver<String>,
}

#[cfg(feature = "live")]
impl Sniffer {
    fn on_loopback() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wsclose-sniff"))
            .args(["--format", "ndjson", "-i", "lo"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout: ChildStdout = child.stdout.take().unwrap();
        let (send, lines) = channel();
        thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
        });
        Self { child, lines }
    }

    /// Ctrl-C ends it as if a file had ended: the summary comes last, and the exit status is 0.
    fn interrupt(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let last = self.lines.iter().last().unwrap();
        let summary: serde_json::Value = serde_json::from_str(&last).unwrap();
        assert_eq!(summary["type"], "summary", "{last}");
    }
}

#[cfg(feature = "live")]
impl Drop for Sniffer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A WebSocket server that reads until its clients have gone; its port.
#[cfg(feature = "live")]
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut socket = tungstenite::accept(stream.unwrap()).unwrap();
            while socket.read().is_ok() {}
        }
    });
    port
}

#[cfg(feature = "live")]
fn converse(port: u16, path: &str) {
    use tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (mut socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), stream).unwrap();
    socket.send("hello".into()).unwrap();
    socket.close(Some(CloseFrame { code: CloseCode::Library(4002), reason: "done".into() })).unwrap();
    while socket.read().is_ok() {}
}
