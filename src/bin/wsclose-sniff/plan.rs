//! The command line made ready to use.
//!
//! Everything that can be wrong with what was typed is told here, before work starts: meanings of the words, sizes,
//! addresses, formats. Output files are opened here too, for a run of an hour must not fail at its end.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use wsclose_sniff::analyzer::{ServerAddress, Shard};
use wsclose_sniff::capture::{Filter, Input};
use wsclose_sniff::catalogue::{Language, Vocabularies};
use wsclose_sniff::packet::PointId;

use crate::args::{Analysis, Color, Format, LiveArgs, Severity};
use crate::keylog::KeyLog;

/// What is to be done.
pub struct Plan {
    pub from: From,
    pub outputs: Vec<Output>,
    pub websocket_servers: Vec<ServerAddress>,
    /// The built-in vocabularies and the user's.
    pub vocabularies: Vocabularies,
    pub language: Language,
    pub keylog: Option<KeyLog>,
    /// Names of the observation points by number; empty where there is only one.
    pub points: Vec<String>,
    pub fail_on: Option<Severity>,
    pub count: Option<u64>,
    pub shard: Option<Shard>,
    pub chatter: Chatter,
}

/// Where packets come from.
pub enum From {
    Files { inputs: Vec<Input>, filter: Option<Filter> },
    Device(DevicePlan),
}

/// How to capture live.
#[cfg_attr(not(feature = "live"), allow(dead_code, reason = "only the device is named then"))]
pub struct DevicePlan {
    pub device: String,
    pub filter: Option<String>,
    pub snaplen: Option<u32>,
    pub buffer_bytes: Option<u32>,
    pub promiscuous: bool,
    pub duration: Option<Duration>,
}

/// One place where findings go.
pub struct Output {
    pub format: Format,
    pub color: bool,
    /// Each finding is to be seen as soon as it is known: a terminal or a pipe, not a file.
    pub flush: bool,
    pub writer: Box<dyn Write>,
}

/// How much goes to standard error, besides errors.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Chatter {
    Quiet,
    Usual,
    Verbose,
}

impl Plan {
    pub fn new(typed: Analysis) -> Result<Self> {
        let websocket_servers =
            typed.websocket_server.iter().map(|text| websocket_server(text)).collect::<Result<_>>()?;
        let chatter = match (typed.quiet, typed.verbose) {
            (true, _) => Chatter::Quiet,
            (_, true) => Chatter::Verbose,
            _ => Chatter::Usual,
        };
        let (format, color, fail_on, count) = (typed.format, typed.color, typed.fail_on, typed.count);
        let shard = typed.shard.as_deref().map(shard).transpose()?;
        let output = typed.output.clone();
        let vocabularies = vocabularies(typed.vocabulary.as_deref())?;
        let keylog = KeyLog::open(typed.keylog.as_deref())?;
        let language = language(typed.lang.as_deref())?;
        let (points, inputs) = points(&typed)?;
        Ok(Self {
            from: from(typed, inputs)?,
            vocabularies,
            language,
            keylog,
            points,
            // Last: a typing error elsewhere must not have emptied a file.
            outputs: outputs(&output, format, color)?,
            websocket_servers,
            fail_on,
            count,
            shard,
            chatter,
        })
    }
}

fn from(typed: Analysis, of_points: Vec<Input>) -> Result<From> {
    let Analysis { words, read, interface, filter, live, .. } = typed;
    if let Some(device) = interface {
        let filter = one_filter(filter_of(words)?, filter)?;
        return Ok(From::Device(device_plan(device, filter, &live)?));
    }
    let (files, filter) = match read.is_empty() {
        true => (words.into_iter().map(PathBuf::from).collect::<Vec<_>>(), filter),
        false => (read, one_filter(filter_of(words)?, filter)?),
    };
    if files.is_empty() && of_points.is_empty() {
        bail!("no capture given — name files to analyse, or a device with -i; wsclose-sniff -h lists the options");
    }
    if files.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
        bail!("standard input can be read only once — give '-' once");
    }
    let filter = filter.map(|expression| Filter::new(&expression)).transpose()?;
    let inputs = files.into_iter().map(|path| Input { path, point: PointId(0) }).chain(of_points).collect();
    Ok(From::Files { inputs, filter })
}

/// Names of the observation points, and the captures of those that `--point` names.
///
/// Files named without `--point` are a point of their own, the first.
fn points(typed: &Analysis) -> Result<(Vec<String>, Vec<Input>)> {
    let mut names: Vec<String> = if typed.words.is_empty() { Vec::new() } else { vec!["main".to_owned()] };
    let mut inputs = Vec::new();
    for option in &typed.point {
        let text = option.to_str().with_context(|| format!("--point {}: not text", option.display()))?;
        let named = text.split_once('=').filter(|(name, files)| !name.is_empty() && !files.is_empty());
        let Some((name, files)) = named else {
            bail!("--point {text}: write NAME=FILE, for example --point backend=b.pcap");
        };
        let number = names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
        let point = PointId(u16::try_from(number).context("more than 65535 observation points")?);
        inputs.extend(files.split(',').map(|file| Input { path: PathBuf::from(file), point }));
    }
    let names = if inputs.is_empty() { Vec::new() } else { names };
    Ok((names, inputs))
}

/// The built-in vocabularies and those of the user's file.
fn vocabularies(file: Option<&Path>) -> Result<Vocabularies> {
    let built_in = Vocabularies::built_in();
    let default = default_vocabulary().filter(|path| path.is_file());
    let Some(path) = file.map(Path::to_path_buf).or(default) else { return Ok(built_in) };
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("cannot read the vocabulary {}", path.display()))?;
    let own =
        Vocabularies::parse(&text).with_context(|| format!("the vocabulary {} cannot be used", path.display()))?;
    Ok(built_in.with(own))
}

/// `vocabularies.toml` in the user's configuration directory.
fn default_vocabulary() -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".config"));
    let config =
        std::env::var_os("XDG_CONFIG_HOME").filter(|path| !path.is_empty()).map(PathBuf::from).or_else(home)?;
    Some(config.join("wsclose-sniff").join("vocabularies.toml"))
}

/// The language asked for, else that of the environment, else English.
pub fn language(typed: Option<&str>) -> Result<Language> {
    if let Some(tag) = typed {
        return Language::from_tag(tag).with_context(|| format!("--lang {tag}: known are en, ja, ru, vi and fr"));
    }
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    Ok(set.and_then(|value| Language::from_tag(&value)).unwrap_or(Language::English))
}

/// Words after `-r` or `-i` as one expression, as tcpdump joins them.
fn filter_of(words: Vec<OsString>) -> Result<Option<String>> {
    let words: Vec<String> = words
        .into_iter()
        .map(|word| word.into_string().map_err(|word| anyhow::anyhow!("the filter word {} is no text", word.display())))
        .collect::<Result<_>>()?;
    if let [word] = words.as_slice()
        && Path::new(word).is_file()
    {
        bail!(
            "{word} is a file, but after -r or -i the words are a filter — for several files: wsclose-sniff FILE FILE..."
        );
    }
    Ok((!words.is_empty()).then(|| words.join(" ")))
}

fn one_filter(words: Option<String>, option: Option<String>) -> Result<Option<String>> {
    match (words, option) {
        (Some(words), Some(option)) => {
            bail!("two filters are given — write one: --filter '({words}) and ({option})'")
        }
        (words, option) => Ok(words.or(option)),
    }
}

fn device_plan(device: String, filter: Option<String>, live: &LiveArgs) -> Result<DevicePlan> {
    Ok(DevicePlan {
        device,
        filter,
        // tcpdump's habit: 0 is everything.
        snaplen: live.snaplen.filter(|&bytes| bytes > 0),
        buffer_bytes: live.buffer_size.as_deref().map(buffer_bytes).transpose()?,
        promiscuous: !live.no_promiscuous_mode,
        duration: live.duration.as_deref().map(duration).transpose()?,
    })
}

/// `4096` (KiB), `64M`, `1G`.
fn buffer_bytes(text: &str) -> Result<u32> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u32 = match text.strip_prefix(digits).unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => bail!("--buffer-size {text}: unknown unit — write 64M, or a number of KiB"),
    };
    let size = digits.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
    match size {
        Some(size) if (1..=i32::MAX.unsigned_abs()).contains(&size) => Ok(size),
        _ => bail!("--buffer-size {text}: not a size between 1K and 2047M"),
    }
}

/// `90`, `90s`, `1.5m`, `2h`, `1d`.
fn duration(text: &str) -> Result<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.strip_prefix(digits).unwrap_or_default() {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => bail!("--duration {text}: unknown unit — write 90s, 15m or 2h"),
    };
    let seconds = digits.parse::<f64>().ok().map(|number| number * unit).filter(|&seconds| seconds > 0.0);
    match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        Some(duration) => Ok(duration),
        None => bail!("--duration {text}: not a time — write 90s, 15m or 2h"),
    }
}

/// `10.0.0.1`, `10.0.0.1:8080`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:8080`.
fn websocket_server(text: &str) -> Result<ServerAddress> {
    if let Ok(socket) = text.parse::<SocketAddr>() {
        return Ok(ServerAddress { ip: socket.ip(), port: Some(socket.port()) });
    }
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    match bare.parse() {
        Ok(ip) => Ok(ServerAddress { ip, port: None }),
        Err(_) => bail!(
            "--websocket-server {text}: not an IP address, with a port or without — as in 10.0.0.1:8080 or [2001:db8::1]:443; for a name: getent hosts NAME"
        ),
    }
}

/// `2/4`: the second of four shares.
fn shard(text: &str) -> Result<Shard> {
    let numbers = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
    let Some((number, of)) = numbers else {
        bail!("--shard {text}: write K/N, as in 2/4 for the second of four shares")
    };
    Shard::new(number, of).with_context(|| match of {
        0 => format!("--shard {text}: there must be at least one share, as in 1/1"),
        _ => format!("--shard {text}: there is no such share — {of} shares are 1/{of} to {of}/{of}"),
    })
}

fn outputs(files: &[PathBuf], format: Option<Format>, color: Color) -> Result<Vec<Output>> {
    if files.is_empty() {
        return Ok(vec![stdout(format, color)]);
    }
    // All names first, so that a wrong one leaves every file as it was.
    let formats = files.iter().map(|file| format_of(file, format)).collect::<Result<Vec<_>>>()?;
    if let Some(twice) =
        files.iter().enumerate().find(|(place, file)| files.iter().take(*place).any(|other| other == *file))
    {
        bail!("-o {} is given twice", twice.1.display());
    }
    files.iter().zip(formats).map(|(file, format)| output(file, format, color)).collect()
}

fn output(file: &Path, format: Format, color: Color) -> Result<Output> {
    if file.as_os_str() == "-" {
        return Ok(stdout(Some(format), color));
    }
    let writer = File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(Output { format, color: color == Color::Always, flush: false, writer: Box::new(writer) })
}

fn stdout(format: Option<Format>, color: Color) -> Output {
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    };
    // Lines to a regular file may wait, to a terminal or a pipe they may not: somebody is watching.
    let flush = !is_regular_file(&io::stdout());
    Output { format: format.unwrap_or(Format::Text), color, flush, writer: Box::new(io::stdout()) }
}

fn is_regular_file(stdout: &io::Stdout) -> bool {
    use std::os::fd::AsFd;
    !stdout.is_terminal()
        && stdout
            .as_fd()
            .try_clone_to_owned()
            .is_ok_and(|fd| File::from(fd).metadata().is_ok_and(|file| file.is_file()))
}

fn format_of(file: &Path, format: Option<Format>) -> Result<Format> {
    let suffix = file.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    match (suffix.as_deref(), format) {
        (Some("txt" | "text"), _) => Ok(Format::Text),
        (Some("ndjson" | "jsonl"), _) => Ok(Format::Ndjson),
        (Some("json"), _) => Ok(Format::Json),
        (None, Some(format)) => Ok(format),
        (None, None) if file.as_os_str() == "-" => Ok(Format::Text),
        _ => bail!("-o {}: the suffix tells no format — one of .txt, .ndjson, .json", file.display()),
    }
}

#[cfg(test)]
mod tests;
