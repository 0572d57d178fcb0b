//! A larger corpus, where one lies beside the project: recordings with what the endpoints' own APIs said of them.
//!
//! The corpus brings its scorer; the numbers below are what may not get worse. Skipped, and said so, where it is absent.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// The score of the program on the corpus, or None with the reason told.
fn score(options: &[&str]) -> Option<Value> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = ["../shared/corpus", "../../shared/corpus"].map(|path| beside.join(path));
    let Some(folder) = folder.into_iter().find(|folder| folder.join("score.py").exists()) else {
        eprintln!("skipped: there is no ../shared/corpus");
        return None;
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut scorer = Command::new("python3");
    scorer.arg(folder.join("score.py")).arg(&folder).args(["--bin", env!("CARGO_BIN_EXE_wsclose-sniff")]).args(options);
    let done = match scorer.arg("--json").arg(file.path()).output() {
        Ok(done) => done,
        Err(error) => {
            eprintln!("skipped: python3: {error}");
            return None;
        }
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    eprintln!("{}", String::from_utf8_lossy(&done.stdout));
    let score: Value = serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
    Some(score["total"].clone())
}

fn number(score: &Value, name: &str) -> f64 {
    score.get(name).and_then(Value::as_f64).unwrap_or(0.0)
}

fn share(score: &Value, hit: &str, of: &str) -> f64 {
    number(score, hit) / number(score, of)
}

/// Whole, unencrypted WebSockets over HTTP/1.
#[test]
fn plain_captures() {
    let Some(score) = score(&["--plain"]) else { return };
    assert_eq!(number(&score, "failed"), 0.0, "failed runs");
    assert_eq!(number(&score, "false_positive"), 0.0, "connections that are none");
    assert_eq!(number(&score, "false_close"), 0.0, "Close frames that are none");
    assert!(share(&score, "found", "want") >= 0.99);
    for (column, least) in [("code", 0.99), ("reason", 0.99), ("frames", 0.99), ("handshake", 0.98), ("ended_by", 0.96)]
    {
        let share = share(&score, column, &format!("{column}_n"));
        assert!(share >= least, "{column}: {share}");
    }
}

/// All of it, also what is not built yet: there it may find little, but nothing false.
#[test]
fn every_capture() {
    let help = Command::new(env!("CARGO_BIN_EXE_wsclose-sniff")).arg("--help").output().unwrap().stdout;
    let takes_keys = String::from_utf8_lossy(&help).contains("--keylog");
    if !takes_keys {
        eprintln!("without key logs: --keylog is not built");
    }
    let Some(score) = score(if takes_keys { &[] } else { &["--no-keys"] }) else { return };
    assert_eq!(number(&score, "failed"), 0.0, "failed runs");
    assert_eq!(number(&score, "false_positive"), 0.0, "connections that are none");
    assert_eq!(number(&score, "false_close"), 0.0, "Close frames that are none");
}
