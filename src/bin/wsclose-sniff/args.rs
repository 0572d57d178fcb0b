//! The command line as typed.
//!
//! One definition makes `-h`, `--help`, completions and the man page. Only what is built is accepted; what it means
//! together is `plan`'s business.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

/// Why did these WebSockets close? Reads packets, tells for each connection.
#[derive(Parser, Debug)]
#[command(
    name = "wsclose-sniff",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 110,
    override_usage = USAGE,
    after_help = "--help tells more, with examples.",
    after_long_help = EXAMPLES
)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub analysis: Analysis,
}

const USAGE: &str = "wsclose-sniff [OPTIONS] FILE...
       wsclose-sniff [OPTIONS] -r FILE [FILTER]
       wsclose-sniff [OPTIONS] -i IFACE [FILTER]
       wsclose-sniff <COMMAND>";

const EXAMPLES: &str = "Examples:
  wsclose-sniff trace.pcapng                  why each WebSocket in the capture closed
  wsclose-sniff ring/*.pcap.gz                ring-buffer files as one capture, in time order
  sudo wsclose-sniff -i eth0 tcp port 8080    live; Ctrl-C ends it with the summary
  ssh web1 tcpdump -U -w - tcp | wsclose-sniff -
  wsclose-sniff trace.pcap -o closes.ndjson -o closes.txt
  wsclose-sniff explain 1006                  what a code means, when it is seen, how to fix it
  wsclose-sniff --fail-on error trace.pcap    for CI: exit status 1 if something broke

Exit status: 0 it ran, 1 only with --fail-on, 2 an error (the other inputs are still analysed and reported first).
A file named like a command is written ./interfaces.";

/// What is not an analysis.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Explain a close code or a cause: what it means, when you see it, how to fix it
    Explain {
        /// A code such as 1006 or 4401, or a cause such as idle-timeout
        #[arg(value_name = "CODE|CAUSE")]
        query: String,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Compare two close codes: differences, which to use when, where to learn more
    Compare {
        /// The first code
        a: String,
        /// The second code
        b: String,
        #[command(flatten)]
        page: PageArgs,
    },
    /// List all close codes: who may send each, whether to reconnect
    Codes {
        #[command(flatten)]
        page: PageArgs,
    },
    /// List the devices that can be captured from
    Interfaces,
    /// Print shell completions
    ///
    /// For bash: wsclose-sniff completions bash > ~/.local/share/bash-completion/completions/wsclose-sniff
    Completions {
        /// The shell to complete for
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    ///
    /// To read it: wsclose-sniff man | man -l -
    Man,
}

/// How a page of the catalogue is written.
#[derive(Args, Debug)]
pub struct PageArgs {
    /// Of the page: text, markdown or json
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = PageFormat::Text, hide_possible_values = true)]
    pub format: PageFormat,
    /// Language: en, ja, ru, vi or fr; default from LANG
    #[arg(long, value_name = "LANGUAGE")]
    pub lang: Option<String>,
}

/// A form of catalogue pages.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageFormat {
    /// For the terminal
    Text,
    /// Markdown
    Markdown,
    /// JSON, in English
    Json,
}

/// The analysis of a capture.
#[derive(Args, Debug)]
pub struct Analysis {
    /// Captures to analyse: pcap or pcapng, also .gz and .zst; '-' is standard input
    ///
    /// Several files are one capture in time order; each is opened when its time comes, so that hundreds of ring-buffer
    /// files are fine. Compression and format are told by content, not by name. With -r or -i the words here are a filter.
    #[arg(value_name = "FILE|FILTER", value_hint = ValueHint::FilePath)]
    pub words: Vec<OsString>,

    /// Read FILE; the remaining words are a filter, as with tcpdump
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "interface")]
    pub read: Vec<PathBuf>,

    /// Capture live from IFACE; the remaining words are a filter
    ///
    /// `any` is all devices; `wsclose-sniff interfaces` lists them. Ctrl-C ends the capture as if a file had ended.
    #[arg(short, long, value_name = "IFACE")]
    pub interface: Option<String>,

    /// Only packets that match this BPF expression; for files too
    ///
    /// The syntax is tcpdump's (man pcap-filter). A filter that names a port misses the same traffic inside VLANs and
    /// tunnels, and WebSockets are found by content: most often no filter is the better choice.
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,

    /// Stop after COUNT packets
    #[arg(short, long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,

    /// Known to speak WebSocket: report its failed attempts too
    ///
    /// ADDR, ADDR:PORT or [V6]:PORT; may be given several times. Attempts that failed before any request (TCP refused,
    /// TLS failed) are otherwise reported only where another connection of the input shows that the server speaks it.
    #[arg(long, value_name = "ADDR[:PORT]")]
    pub websocket_server: Vec<String>,

    /// TLS key log; default is $SSLKEYLOGFILE
    ///
    /// As browsers, curl and most TLS libraries write it: the file that SSLKEYLOGFILE named while the connections were made; default is what it names now. It may still grow
    /// while capturing live. Secrets inside a pcapng file are used without asking.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub keylog: Option<PathBuf>,

    /// Names for private close codes, in TOML
    ///
    /// In addition to those that come with the program. Without the option, vocabularies.toml in the folder wsclose-sniff
    /// of the configuration directory ($XDG_CONFIG_HOME or ~/.config) is used where it exists.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub vocabulary: Option<PathBuf>,

    /// Captures of a further observation point
    ///
    /// More files of the same point stand behind commas. The same connection at two points is two observations, so that a
    /// proxy's client side and its backend side can be told apart: --point client=a.pcap --point backend=b.pcap
    #[arg(long, value_name = "NAME=FILE", conflicts_with_all = ["interface", "read"])]
    pub point: Vec<OsString>,

    /// Only share K of N of the TCP connections, as in 2/4
    ///
    /// For a capture that several machines take between them: each connection is in exactly one share, by a hash of its two
    /// endpoints that is the same everywhere. A share knows nothing of the others: incidents, the legs of a proxied
    /// connection, what several connections prove together, and failed attempts at a server known by another connection are
    /// found only within it. The summary counts what is in the share, but all packets and bytes; there is no tcp_stream.
    #[arg(long, value_name = "K/N")]
    pub shard: Option<String>,

    /// Language of text: en, ja, ru, vi or fr; default from LANG
    #[arg(long, value_name = "LANGUAGE", help_heading = "Output")]
    pub lang: Option<String>,

    /// Of what goes to standard output: text, ndjson or json
    #[arg(long, value_name = "FORMAT", value_enum, hide_possible_values = true, help_heading = "Output")]
    pub format: Option<Format>,

    /// Write to FILE; .txt, .ndjson or .json tells the format
    ///
    /// May be given several times. Nothing goes to standard output then, unless `-o -` asks for it. A FILE without a suffix takes --format.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub output: Vec<PathBuf>,

    /// Colour in text: auto (a terminal without NO_COLOR), always or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto, hide_default_value = true, hide_possible_values = true, help_heading = "Output")]
    pub color: Color,

    /// Exit with 1 from this on: ok, notice, warning or error
    ///
    /// For CI: the exit status is 1 if a finding is at least so severe, and 0 if none is.
    #[arg(long, value_name = "SEVERITY", value_enum, hide_possible_values = true, help_heading = "Output")]
    pub fail_on: Option<Severity>,

    /// On standard error only errors
    ///
    /// No progress, no warnings, no capture statistics.
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,

    /// On standard error also what was read from each input
    #[arg(short, long, help_heading = "Output")]
    pub verbose: bool,

    #[command(flatten)]
    pub live: LiveArgs,
}

/// What only a live capture takes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Live capture")]
pub struct LiveArgs {
    /// Stop after so long: 90, 90s, 15m or 2h
    #[arg(long, value_name = "TIME", requires = "interface")]
    pub duration: Option<String>,

    /// Keep so many bytes of each packet; 0 is all
    ///
    /// Cutting costs less than it used to, and findings that need the cut bytes are lost: leave it alone if you can.
    #[arg(short, long, value_name = "BYTES", requires = "interface")]
    pub snaplen: Option<u32>,

    /// What the kernel may hold until it is read [default: 64M]
    ///
    /// 512K, 64M or 1G; a bare number is KiB, as with tcpdump.
    ///
    /// If the statistics at the end say that packets were dropped, give more.
    #[arg(short = 'B', long, value_name = "SIZE", requires = "interface")]
    pub buffer_size: Option<String>,

    /// Leave the device out of promiscuous mode
    #[arg(short = 'p', long, requires = "interface")]
    pub no_promiscuous_mode: bool,
}

/// An output format.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people
    Text,
    /// One JSON object a line, as soon as it is known
    Ndjson,
    /// One JSON document
    Json,
}

/// When text is coloured.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// How bad a finding is, in rising order.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    Ok,
    Notice,
    Warning,
    Error,
}

impl From<Severity> for wsclose_sniff::catalogue::Severity {
    fn from(typed: Severity) -> Self {
        match typed {
            Severity::Ok => Self::Ok,
            Severity::Notice => Self::Notice,
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
        }
    }
}

impl From<Format> for wsclose_sniff::report::Format {
    fn from(typed: Format) -> Self {
        match typed {
            Format::Text => Self::Text,
            Format::Ndjson => Self::Ndjson,
            Format::Json => Self::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn a_file_named_like_a_command_is_written_with_a_dot() {
        let parse = |word: &str| CommandLine::try_parse_from(["wsclose-sniff", word]).unwrap();
        assert!(matches!(parse("interfaces").command, Some(Command::Interfaces)));
        assert_eq!(parse("./interfaces").analysis.words, ["./interfaces"]);
    }

    #[test]
    fn a_command_after_files_is_a_file() {
        let parsed = CommandLine::try_parse_from(["wsclose-sniff", "a.pcap", "interfaces"]).unwrap();
        assert!(parsed.command.is_none());
        assert_eq!(parsed.analysis.words.len(), 2);
    }

    #[test]
    fn short_help_fits_on_a_screen() {
        let help = CommandLine::command().term_width(110).render_help().to_string();
        assert!(help.lines().count() <= 48, "{help}");
    }

    #[test]
    fn what_is_not_built_is_unknown() {
        assert!(CommandLine::try_parse_from(["wsclose-sniff", "--format", "html", "a.pcap"]).is_err());
    }
}
