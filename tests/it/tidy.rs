//! Rules of the house that a machine can check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use wsclose_sniff::catalogue::Cause;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files with that suffix below a folder, as paths relative to the project.
fn files(folder: &str, suffix: &str) -> Vec<String> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().unwrap().ends_with(suffix) {
                found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<String> {
    ["src", "tests"].iter().flat_map(|folder| files(folder, ".rs")).collect()
}

fn is_test(path: &str) -> bool {
    // Named in their parents as `#[cfg(test)] mod …`.
    ["/tests/", "/tests.rs", "/testing.rs", "/coverage.rs"].iter().any(|name| path.contains(name))
}

/// A source without its tests.
fn code(path: &str) -> String {
    let whole = text(path);
    whole.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
}

/// The table in ARCHITECTURE.md and the code say the same, in both directions.
#[test]
fn who_knows_whom() {
    let mut real: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in files("src", ".rs").iter().filter(|path| !is_test(path) && !path.starts_with("src/bin")) {
        let Some((module, _)) = path["src/".len()..].split_once(['/', '.']) else { continue };
        let known = real.entry(module.to_owned()).or_default();
        for piece in code(path).split("crate::").skip(1) {
            let name: String = piece.chars().take_while(|c| c.is_ascii_lowercase()).collect();
            known.extend(Some(name).filter(|name| !name.is_empty() && name != module));
        }
    }
    real.remove("lib");
    let table = text("ARCHITECTURE.md");
    let table = table.split("## Who may know whom").nth(1).expect("the table").split("\n## ").next().unwrap();
    let names = |cell: &str| -> BTreeSet<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let told: BTreeMap<String, BTreeSet<String>> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            (names(cells[1]).pop_first().unwrap(), names(cells[2]))
        })
        .collect();
    assert_eq!(told, real, "\nleft: ARCHITECTURE.md, right: the code");
}

#[test]
fn every_file_says_what_it_is() {
    let sources = sources();
    let silent: Vec<_> =
        sources.iter().filter(|path| !text(path).trim().is_empty() && !text(path).starts_with("//! ")).collect();
    assert!(silent.is_empty(), "no module doc: {silent:?}");
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let long: Vec<_> = sources().into_iter().filter(|path| text(path).lines().count() > 500).collect();
    assert!(long.is_empty(), "two ideas met: {long:?}");
}

#[test]
fn nothing_is_unsafe() {
    assert!(text("Cargo.toml").contains("unsafe_code = \"forbid\""));
    let unsafe_ones: Vec<_> =
        files("src", ".rs").into_iter().filter(|path| text(path).contains("allow(unsafe_code)")).collect();
    assert!(unsafe_ones.is_empty(), "{unsafe_ones:?}");
}

/// The library never prints, reads a clock or opens a file; `capture` does the I/O.
#[test]
fn the_library_is_pure() {
    let impure =
        ["println!", "eprintln!", "dbg!", "SystemTime::now", "Instant::now", "File::open", "fs::read", "env::var"];
    for path in files("src", ".rs").iter().filter(|path| !is_test(path)) {
        if path.starts_with("src/bin") || path.starts_with("src/capture") {
            continue;
        }
        let found = impure.into_iter().find(|word| code(path).contains(word));
        assert_eq!(found, None, "{path}");
    }
}

#[test]
fn every_limit_has_its_reason() {
    let limits = text("src/limits.rs");
    let lines: Vec<&str> = limits.lines().collect();
    for (i, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("pub const")) {
        assert!(i > 0 && lines[i - 1].starts_with("///"), "{line}");
    }
}

#[test]
fn every_cause_has_its_page() {
    let ids: BTreeSet<String> =
        Cause::ALL.iter().map(|cause| format!("src/catalogue/en/causes/{}.md", cause.id())).collect();
    let pages: BTreeSet<String> = files("src/catalogue/en/causes", ".md").into_iter().collect();
    assert_eq!(ids, pages);
    let empty: Vec<_> = pages.iter().filter(|page| text(page).lines().count() < 10).collect();
    assert!(empty.is_empty(), "{empty:?}");
}

/// Causes that no rule gives yet, for what they need is not built. Whoever builds it takes its line out.
const AWAITED: &[Cause] = &[Cause::Http2Reset, Cause::Http2Goaway];

#[test]
fn every_cause_has_its_rule() {
    let rules: String =
        files("src/diagnosis", ".rs").iter().filter(|path| !is_test(path)).map(|path| code(path)).collect();
    let named = |cause: &Cause| {
        let variant = format!("Cause::{cause:?}");
        rules
            .match_indices(&variant)
            .any(|(at, _)| !rules[at + variant.len()..].starts_with(|c: char| c.is_alphanumeric()))
    };
    let missing: Vec<&Cause> = Cause::ALL.iter().filter(|cause| !named(cause)).collect();
    assert_eq!(missing, AWAITED.iter().collect::<Vec<_>>());
}

/// A cause that no recording and no script ends in is not known to work.
#[test]
fn every_cause_has_its_example() {
    let examples: String =
        [files("fixtures", "expected.json"), files("tests/it/stories", ".rs")].concat().iter().map(text).collect();
    let missing: Vec<&str> =
        Cause::ALL.iter().filter(|cause| !AWAITED.contains(cause)).map(|cause| cause.id()).collect();
    let missing: Vec<&str> = missing.into_iter().filter(|id| !examples.contains(id)).collect();
    assert_eq!(missing, [""; 0]);
}

/// What lies on somebody's disk is nobody else's business.
#[test]
fn no_machine_is_named() {
    let mut all = sources();
    all.retain(|path| !is_test(path));
    all.extend(["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "Cargo.toml", ".ci/run"].map(str::to_owned));
    all.extend(
        ["fixtures", "src/catalogue"].iter().flat_map(|folder| [files(folder, ".md"), files(folder, ".json")].concat()),
    );
    let local = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];
    let named: Vec<_> = all.iter().filter(|path| local.iter().any(|place| text(path).contains(place))).collect();
    assert!(named.is_empty(), "{named:?}");
}
