//! The README keeps its word: its commands are run, and what it shows is what they print.
//!
//! A ```console block shows commands (`$ …`) and their output: they are run, and `README_UPDATE=1 cargo test readme`
//! writes the new output into the file. A ```sh block holds commands that need a device, a cluster or another machine:
//! there the options of `wsclose-sniff` are checked, and that the rest is a program's name and not a typing error.

use std::path::PathBuf;
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wsclose-sniff");

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// The fenced blocks of that language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    text.split(&opening).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// What a shell prints for `command`, stdout and stderr together.
fn output_of(command: &str) -> String {
    let folder = PathBuf::from(PROGRAM).parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    // Building is what cargo does, and it has: only the program's own part is of interest.
    let command = match command.split_once(" -- ") {
        Some((cargo, words)) if cargo.starts_with("cargo run ") => format!("wsclose-sniff {words}"),
        _ => command.to_owned(),
    };
    let mut shell = Command::new("sh");
    shell.current_dir(root()).env("PATH", path).env("LANG", "C").env_remove("SSLKEYLOGFILE");
    let done = shell.args(["-c", &format!("({command}) 2>&1")]).output().unwrap();
    String::from_utf8(done.stdout).unwrap()
}

fn installed(program: &str) -> bool {
    Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap().status.success()
}

#[test]
fn what_it_shows_is_what_is_printed() {
    let before = readme();
    let mut after = before.clone();
    for block in blocks(&before, "console") {
        let mut shown = String::new();
        for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            if command.contains("| jq ") && !installed("jq") {
                eprintln!("skipped: there is no jq for: {command}");
                shown = block.to_owned();
                break;
            }
            shown.push_str(&format!("$ {command}\n{}", shortened(&output_of(command), block)));
        }
        after = after.replace(block, &shown);
    }
    if std::env::var_os("README_UPDATE").is_some() {
        std::fs::write(root().join("README.md"), &after).unwrap();
        return;
    }
    let differs = before.lines().zip(after.lines()).find(|(before, after)| before != after);
    assert_eq!(differs, None, "README.md against what is printed; README_UPDATE=1 writes it");
    assert_eq!(before.len(), after.len(), "README.md lacks the end of what is printed");
}

/// Printed lines as they are shown: no space at the end, and one empty line for several.
fn shortened(output: &str, _block: &str) -> String {
    let mut lines: Vec<&str> = output.lines().map(str::trim_end).collect();
    lines.dedup_by(|a, b| a.is_empty() && b.is_empty());
    let text = lines.join("\n");
    format!("{}\n", text.trim_matches('\n'))
}

#[test]
fn its_options_exist() {
    let text = readme();
    let mut checked = 0;
    for command in blocks(&text, "sh").iter().flat_map(|block| block.lines()) {
        let Some(at) = command.find("wsclose-sniff ") else { continue };
        let words = command[at + "wsclose-sniff ".len()..].split(" | ").next().unwrap();
        let words = words.split(" #").next().unwrap().trim();
        if command.contains("cargo ") || command.contains("git clone") {
            continue;
        }
        // Whatever is wrong with an option is told before help is given.
        let done = Command::new("sh").args(["-c", &format!("\"$0\" {words} --help"), PROGRAM]).output().unwrap();
        assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
        checked += 1;
    }
    assert!(checked >= 4, "only {checked} commands");
}

#[test]
fn its_links_lead_somewhere() {
    let text = readme();
    for target in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        assert!(target.starts_with("https://") || root().join(target).exists(), "{target}");
    }
}

/// The README's test command is what CI runs.
#[test]
fn ci_runs_its_test_command() {
    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    let text = readme();
    let command =
        blocks(&text, "sh").into_iter().flat_map(str::lines).find(|line| line.starts_with("cargo test")).unwrap();
    assert!(ci.contains(command.split(" #").next().unwrap().trim()), "{command}");
}
