//! The command line program: exit codes and the subcommands that need no capture.
//!
//! stdout carries results only. 0: it ran. 1: `--fail-on` and a finding that severe. 2: an error.

mod args;
mod keylog;
mod outputs;
mod plan;
mod progress;
mod run;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser};

use wsclose_sniff::catalogue::Language;
use wsclose_sniff::catalogue::pages::{self, PageError};

use args::{Command, CommandLine, PageArgs};
use plan::Plan;
use run::Outcome;

fn main() -> ExitCode {
    match act(CommandLine::parse()) {
        Ok(Outcome { input_failed: true, .. }) => ExitCode::from(2),
        Ok(Outcome { severe: true, .. }) => ExitCode::from(1),
        Ok(_) => ExitCode::SUCCESS,
        // Whoever read us has seen enough: `wsclose-sniff trace.pcap | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}

fn act(typed: CommandLine) -> Result<Outcome> {
    match typed.command {
        None => return run::run(Plan::new(typed.analysis)?),
        Some(Command::Explain { query, page }) => {
            print_page(&page, |out, language, format| pages::explain(out, &query, language, format))?;
        }
        Some(Command::Compare { a, b, page }) => {
            print_page(&page, |out, language, format| pages::compare(out, &a, &b, language, format))?;
        }
        Some(Command::Codes { page }) => print_page(&page, pages::codes)?,
        Some(Command::Interfaces) => print(&interfaces()?)?,
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut CommandLine::command(), "wsclose-sniff", &mut script);
            print(&script)?;
        }
        Some(Command::Man) => {
            let mut page = Vec::new();
            clap_mangen::Man::new(CommandLine::command()).render(&mut page)?;
            print(&page)?;
        }
    }
    Ok(Outcome::default())
}

/// One line for people on standard error. Nobody can be told if that fails.
fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "wsclose-sniff: {text}");
}

fn print(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    Ok(stdout.flush()?)
}

/// A page of the catalogue; columns are the terminal's, 80 where there is none.
fn print_page(
    typed: &PageArgs,
    write: impl FnOnce(&mut dyn Write, Language, pages::PageFormat) -> Result<(), PageError>,
) -> Result<()> {
    let format = match typed.format {
        args::PageFormat::Text => {
            pages::PageFormat::Text { width: if io::stdout().is_terminal() { outputs::width() } else { 80 } }
        }
        args::PageFormat::Markdown => pages::PageFormat::Markdown,
        args::PageFormat::Json => pages::PageFormat::Json,
    };
    let mut page = Vec::new();
    write(&mut page, plan::language(typed.lang.as_deref())?, format)?;
    print(&page)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    error.chain().any(broken)
}

#[cfg(feature = "live")]
fn interfaces() -> Result<Vec<u8>> {
    let mut list = Vec::new();
    for device in wsclose_sniff::capture::interfaces()? {
        let state = if device.up { "up" } else { "down" };
        let addresses: Vec<String> = device.addresses.iter().map(ToString::to_string).collect();
        let about = [addresses.join(" "), device.description.unwrap_or_default()];
        let about: Vec<&str> = about.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        writeln!(list, "{}", format!("{:<16} {state:<5} {}", device.name, about.join("  ")).trim_end())?;
    }
    Ok(list)
}

#[cfg(not(feature = "live"))]
fn interfaces() -> Result<Vec<u8>> {
    anyhow::bail!("this build cannot capture live — build with the feature `live`, which needs libpcap")
}
