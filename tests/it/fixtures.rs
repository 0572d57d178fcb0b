//! Every folder of `fixtures/`: a capture, what must be told of it, and its story.
//!
//! `expected.json` holds a part of the program's NDJSON, checked by hand against what the endpoints' own logs say:
//! fields that are left out are not asserted, `{"any_of": […]}` stands where several answers are right. Beside it may
//! stand `arguments` of the program and `awaits`: what is not built yet; as soon as it is, the test says so.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value};

/// A folder of `fixtures/`.
pub struct Fixture {
    pub name: String,
    pub folder: PathBuf,
    pub capture: PathBuf,
    expected: Map<String, Value>,
}

/// All of them, by name.
pub fn fixtures() -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found: Vec<Fixture> = entries(&folder).into_iter().map(Fixture::open).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}

impl Fixture {
    fn open(folder: PathBuf) -> Self {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let capture = entries(&folder).into_iter().find(|file| file.file_stem().is_some_and(|stem| stem == "capture"));
        let capture =
            capture.or_else(|| entries(&folder).into_iter().find(|file| file.to_str().unwrap().contains("capture.")));
        let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap_or_default();
        let expected = serde_json::from_str(&expected).unwrap_or_else(|error| panic!("{name}/expected.json: {error}"));
        Self { capture: capture.unwrap_or_else(|| panic!("{name}: no capture")), name, folder, expected }
    }

    /// What it waits for, if it is ahead of the program.
    pub fn awaits(&self) -> Option<&str> {
        self.expected.get("awaits").and_then(Value::as_str)
    }

    /// Servers that are named on the command line.
    pub fn websocket_servers(&self) -> Vec<String> {
        let words = self.arguments();
        let named = words.windows(2).filter(|pair| pair[0] == "--websocket-server");
        named.map(|pair| pair[1].clone()).collect()
    }

    /// Its TLS key log.
    pub fn keylog(&self) -> Option<PathBuf> {
        Some(self.folder.join("keys.log")).filter(|keys| keys.exists())
    }

    fn arguments(&self) -> Vec<String> {
        let words = self.expected.get("arguments").and_then(Value::as_array).cloned().unwrap_or_default();
        words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    }

    /// What the program tells of it, one object a line.
    fn told(&self) -> Result<Vec<Value>, String> {
        self.told_with(&[])
    }

    /// The same, with more arguments.
    pub fn told_with(&self, more: &[&str]) -> Result<Vec<Value>, String> {
        let mut program = Command::new(env!("CARGO_BIN_EXE_wsclose-sniff"));
        program.current_dir(&self.folder).env_remove("SSLKEYLOGFILE");
        program.args(["--format", "ndjson"]).args(self.arguments()).args(more).arg(&self.capture);
        let done = program.output().unwrap();
        if !done.status.success() {
            return Err(format!("{}: {}", done.status, String::from_utf8_lossy(&done.stderr).trim()));
        }
        let lines = String::from_utf8(done.stdout).map_err(|error| error.to_string())?;
        lines.lines().map(|line| serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))).collect()
    }

    /// What differs from what is expected.
    fn differences(&self) -> Vec<String> {
        let told = match self.told() {
            Ok(told) => told,
            Err(error) => return vec![error],
        };
        let of = |kind: &str| told.iter().filter(|object| object["type"] == kind).cloned().collect::<Vec<_>>();
        let mut differences = Vec::new();
        let connections = self.expected.get("connections").and_then(Value::as_array).cloned().unwrap_or_default();
        compare_connections(&connections, &of("connection"), &mut differences);
        if let Some(incidents) = self.expected.get("incidents") {
            compare("incidents", incidents, &Value::Array(of("incident")), &mut differences);
        }
        if let Some(summary) = self.expected.get("summary") {
            compare("summary", summary, told.last().unwrap_or(&Value::Null), &mut differences);
        }
        differences
    }
}

/// Connections may be told in any order; who they are between says which is which, and among equals their path.
fn compare_connections(expected: &[Value], told: &[Value], differences: &mut Vec<String>) {
    let keys = ["client", "server", "path", "h2_stream"];
    let mut left: Vec<&Value> = told.iter().collect();
    for wanted in expected {
        let same =
            |other: &&Value| keys.iter().all(|key| wanted.get(key).is_none_or(|value| other.get(key) == Some(value)));
        let name = wanted["client"].as_str().unwrap_or("connection");
        match left.iter().position(same) {
            Some(place) => compare(name, wanted, left.remove(place), differences),
            None => differences.push(format!("{name} {}: not told", wanted["path"])),
        }
    }
    differences
        .extend(left.iter().map(|other| format!("{} {}: told, and not expected", other["client"], other["path"])));
}

/// Everything in `expected` is in `told`.
fn compare(place: &str, expected: &Value, told: &Value, differences: &mut Vec<String>) {
    match (expected, told) {
        (Value::Object(wanted), _) if wanted.contains_key("any_of") => {
            if !wanted["any_of"].as_array().unwrap().contains(told) {
                differences.push(format!("{place}: {told}, expected one of {}", wanted["any_of"]));
            }
        }
        (Value::Object(wanted), Value::Object(_)) => {
            for (key, wanted) in wanted {
                compare(&format!("{place}.{key}"), wanted, told.get(key).unwrap_or(&Value::Null), differences);
            }
        }
        (Value::Array(wanted), Value::Array(got)) if wanted.len() == got.len() => {
            for (i, (wanted, got)) in wanted.iter().zip(got).enumerate() {
                compare(&format!("{place}[{i}]"), wanted, got, differences);
            }
        }
        _ if expected == told => {}
        _ => differences.push(format!("{place}: {told}, expected {expected}")),
    }
}

#[test]
fn every_fixture_is_told_as_expected() {
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let differences = fixture.differences();
        match fixture.awaits() {
            None => wrong.extend(differences.iter().map(|difference| format!("{}: {difference}", fixture.name))),
            Some(_) if differences.is_empty() => {
                wrong.push(format!("{}: right by now — take \"awaits\" out of its expected.json", fixture.name));
            }
            Some(awaits) => eprintln!("fixture {} awaits {awaits}: {}", fixture.name, differences.join("; ")),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A folder holds a capture, its story, what is expected, and nothing large.
#[test]
fn every_fixture_is_complete() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 40, "only {} fixtures", fixtures.len());
    let mut bytes = 0;
    for fixture in &fixtures {
        let story = std::fs::read_to_string(fixture.folder.join("README.md")).unwrap_or_default();
        assert!(
            story.starts_with(&format!("# {}\n\n", fixture.name)) && story.lines().count() > 3,
            "{}: no story",
            fixture.name
        );
        assert!(story.contains("for this project"), "{}: its README does not say where it is from", fixture.name);
        let size = fixture.capture.metadata().unwrap().len();
        assert!(size <= 60_000, "{}: {size} bytes", fixture.name);
        bytes += size;
    }
    assert!(bytes <= 1_500_000, "{bytes} bytes of captures");
}

#[test]
fn comparing_says_what_differs() {
    let mut differences = Vec::new();
    let told = serde_json::json!({"code": 1006, "cause": {"id": "aborted"}, "frames": [{"code": 1000}], "more": true});
    let same = serde_json::json!({"code": 1006, "cause": {"id": {"any_of": ["aborted", "unknown"]}}, "frames": [{"code": 1000}]});
    compare("it", &same, &told, &mut differences);
    assert!(differences.is_empty(), "{differences:?}");
    let other = serde_json::json!({"code": 1000, "cause": {"id": {"any_of": ["normal"]}}, "frames": [], "reason": "x"});
    compare("it", &other, &told, &mut differences);
    assert_eq!(differences.len(), 4, "{differences:?}");
}
