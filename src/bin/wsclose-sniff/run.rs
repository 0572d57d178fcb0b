//! The loop: items in, findings out, until the input ends or is told to.
//!
//! One unreadable input does not stop the others. What limits the view goes to standard error as it is met.

use anyhow::Result;
use wsclose_sniff::analyzer::{Analyzer, Config, News};
use wsclose_sniff::capture::{Batch, Source, Stats};
use wsclose_sniff::diagnosis::Correlator;
use wsclose_sniff::packet::Item;

use crate::complain;
use crate::outputs::{Inputs, Outputs, Texts};
use crate::plan::{Chatter, From, Plan};
use crate::progress::Bar;

/// Packets taken together: enough to look ahead, few enough to stay near.
const BATCH: usize = 32;

/// Findings looked at and written together, where the input does not make them wait: what does that is much code, and
/// fetching it from memory for each finding took longer than running it.
const TOGETHER: usize = 64;

/// What the exit status is made of.
#[derive(Clone, Copy, Default)]
pub struct Outcome {
    /// An input could not be read.
    pub input_failed: bool,
    /// A finding is as severe as `--fail-on` says.
    pub severe: bool,
}

pub fn run(plan: Plan) -> Result<Outcome> {
    let Plan { from, outputs, websocket_servers, vocabularies, language, .. } = plan;
    let Plan { mut keylog, points, fail_on, count, shard, chatter, .. } = plan;
    let live = matches!(from, From::Device(_));
    let mut source = open(from)?;
    let names: Vec<String> = source.inputs().iter().map(|input| input.name.clone()).collect();
    let texts = Texts::new(language);
    let inputs =
        Inputs { files: if live { &[] } else { &names }, points: &points, live, tcp_streams: !live && shard.is_none() };
    let mut sinks = Outputs::open(outputs, &texts, inputs, chatter);
    let mut analyzer = Analyzer::new(Config { websocket_servers, vocabularies, live, shard });
    let mut correlator = Correlator::for_points(points.len());
    if let Some(keylog) = &mut keylog {
        keylog.start(&mut analyzer, live);
    }
    let mut bar = Bar::new(&source, chatter);
    let mut outcome = Outcome::default();
    let mut packets_left = count.unwrap_or(u64::MAX);
    let mut unseen = false;

    loop {
        match source.next_batch(usize::try_from(packets_left).unwrap_or(BATCH).min(BATCH)) {
            Ok(Some(Batch::Packets(packets))) => packets_left -= analyzer.take_packets(packets),
            Ok(Some(Batch::Item(item))) => {
                packets_left -= u64::from(matches!(item, Item::Packet(_)));
                if let Some(keylog) = &mut keylog {
                    keylog.follow(&item, &mut analyzer);
                }
                analyzer.take(item);
            }
            Ok(None) => break,
            Err(error) => {
                outcome.input_failed = true;
                bar.hide();
                complain(&error.to_string());
            }
        }
        let dry = source.is_dry();
        if analyzer.news_len() >= TOGETHER || dry {
            correlate(&mut analyzer, &mut correlator);
        }
        if correlator.ready_len() >= TOGETHER || dry {
            unseen |= tell_results(&mut correlator, &mut analyzer, &source, &mut sinks, &mut bar)?;
        }
        if unseen && dry {
            sinks.flush()?;
            unseen = false;
        }
        if source.has_warning() {
            tell_warnings(&mut source, &mut bar, chatter);
        }
        if packets_left == 0 {
            break;
        }
        bar.tick(&source);
    }

    tell_warnings(&mut source, &mut bar, chatter);
    while analyzer.finish_some(TOGETHER) {
        correlate(&mut analyzer, &mut correlator);
        tell_results(&mut correlator, &mut analyzer, &source, &mut sinks, &mut bar)?;
    }
    correlate(&mut analyzer, &mut correlator);
    correlator.finish();
    tell_results(&mut correlator, &mut analyzer, &source, &mut sinks, &mut bar)?;
    bar.hide();
    let stats = source.stats();
    let summary = sinks.finish(&analyzer.statistics(), &stats, &source)?;
    outcome.severe = fail_on.is_some_and(|severity| summary.reaches(severity.into()));
    tell_statistics(&source, &stats, live, chatter);
    Ok(outcome)
}

/// From the analyzer to what looks at many connections together.
fn correlate(analyzer: &mut Analyzer, correlator: &mut Correlator) {
    analyzer.tell_news(|at, news| {
        correlator.advance(at);
        match news {
            News::Attempt(attempt) => correlator.attempt(attempt),
            News::Finding(finding) => correlator.push(finding),
        }
    });
    correlator.advance(analyzer.now());
}

/// Writes what is ready; true if there was anything.
fn tell_results(
    correlator: &mut Correlator,
    analyzer: &mut Analyzer,
    source: &Source,
    sinks: &mut Outputs<'_>,
    bar: &mut Bar,
) -> Result<bool> {
    let mut told = false;
    while let Some(finding) = correlator.next_finding() {
        bar.hide();
        sinks.name_interfaces(source.inputs());
        sinks.finding(&finding)?;
        analyzer.take_back(finding);
        told = true;
    }
    while let Some(incident) = correlator.next_incident() {
        bar.hide();
        sinks.incident(&incident)?;
        told = true;
    }
    Ok(told)
}

fn open(from: From) -> Result<Source> {
    match from {
        From::Files { inputs, filter } => {
            if inputs.iter().any(|input| input.path.as_os_str() == "-") {
                signals::wait_for_the_end_of_standard_input()?;
            }
            Ok(Source::files(inputs, filter))
        }
        #[cfg(feature = "live")]
        From::Device(plan) => {
            use wsclose_sniff::capture::LiveOptions;
            let usual = LiveOptions::new(plan.device);
            let options = LiveOptions {
                filter: plan.filter,
                snaplen: plan.snaplen.unwrap_or(usual.snaplen),
                buffer_bytes: plan.buffer_bytes.unwrap_or(usual.buffer_bytes),
                promiscuous: plan.promiscuous,
                duration: plan.duration,
                stop: Some(signals::stop()?),
                ..usual
            };
            Ok(Source::live(options)?)
        }
        #[cfg(not(feature = "live"))]
        From::Device(plan) => anyhow::bail!(
            "cannot capture from {}: this build has no libpcap — build with the feature `live`, or: tcpdump -i {0} -U -w - | wsclose-sniff -",
            plan.device
        ),
    }
}

fn tell_warnings(source: &mut Source, bar: &mut Bar, chatter: Chatter) {
    while let Some(warning) = source.next_warning() {
        if chatter > Chatter::Quiet {
            bar.hide();
            complain(&warning.to_string());
        }
    }
}

fn tell_statistics(source: &Source, stats: &Stats, live: bool, chatter: Chatter) {
    if chatter == Chatter::Verbose {
        for input in source.inputs() {
            let names: Vec<&str> = input.interfaces.iter().flatten().map(String::as_str).collect();
            let from = if names.is_empty() { String::new() } else { format!(" from {}", names.join(", ")) };
            complain(&format!("{}: {} packets, {} bytes{from}", input.name, input.packets, input.bytes));
        }
    }
    if live && chatter > Chatter::Quiet {
        let received = stats.received.map_or(String::new(), |received| format!(", {received} received by the kernel"));
        complain(&format!("{} packets captured{received}, {} dropped", stats.packets, stats.dropped));
    }
    if stats.dropped > 0 && chatter > Chatter::Quiet {
        let advice = if live { " — give more with --buffer-size, or a filter" } else { "" };
        complain(&format!("the capture lost {} packets: findings around them may be wrong{advice}", stats.dropped));
    }
    if stats.snaplen_cut > 0 && chatter > Chatter::Quiet {
        let advice = if live { "leave out --snaplen" } else { "capture whole packets (tcpdump -s 0)" };
        complain(&format!("{} packets are cut: {advice} to see what was in them", stats.snaplen_cut));
    }
}

/// SIGINT and SIGTERM. The second one ends the program at once, for whoever has no patience.
mod signals {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::{consts::SIGINT, flag};

    /// Becomes readable when the capture is to end.
    #[cfg(feature = "live")]
    pub fn stop() -> io::Result<std::os::fd::OwnedFd> {
        use signal_hook::{consts::SIGTERM, low_level::pipe};
        use std::os::unix::net::UnixStream;
        let (reading, writing) = UnixStream::pair()?;
        for signal in [SIGINT, SIGTERM] {
            second_time_ends(signal)?;
            pipe::register(signal, writing.try_clone()?)?;
        }
        Ok(reading.into())
    }

    /// In `tcpdump -w - | wsclose-sniff -` Ctrl-C is for both: tcpdump ends its output, and we report what was in it.
    pub fn wait_for_the_end_of_standard_input() -> io::Result<()> {
        second_time_ends(SIGINT)
    }

    fn second_time_ends(signal: i32) -> io::Result<()> {
        let seen = Arc::new(AtomicBool::new(false));
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&seen))?;
        flag::register(signal, seen)?;
        Ok(())
    }
}
