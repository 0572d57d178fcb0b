//! Every output at once: each finding goes to all of them, and into the summary.

use std::io::{self, IsTerminal};

use wsclose_sniff::analyzer::Statistics;
use wsclose_sniff::capture::{FileInfo, Source, Stats};
use wsclose_sniff::catalogue::{Catalogue, Language};
use wsclose_sniff::diagnosis::{Finding, Incident};
use wsclose_sniff::report::{self, CaptureStatistics, Detail, Options, Sink, Summary};

use crate::plan::{Chatter, Output};

/// What the reports say, in the reader's language and in English.
pub struct Texts {
    reader: Catalogue,
    english: Catalogue,
}

impl Texts {
    pub fn new(language: Language) -> Self {
        Self { reader: Catalogue::new(language), english: Catalogue::new(Language::English) }
    }
}

/// What the reports say of where packets came from.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    pub files: &'a [String],
    pub points: &'a [String],
    pub live: bool,
    /// TCP streams are counted as Wireshark counts them.
    pub tcp_streams: bool,
}

/// The reports being written.
pub struct Outputs<'a> {
    sinks: Vec<Box<dyn Sink + 'a>>,
    /// Somebody is watching: not every output is a file.
    watched: bool,
    summary: Summary,
    /// How many have been named to the sinks.
    interfaces: usize,
}

impl<'a> Outputs<'a> {
    pub fn open(outputs: Vec<Output>, texts: &'a Texts, inputs: Inputs<'a>, chatter: Chatter) -> Self {
        let sink = |output: Output| {
            let options = Options {
                files: inputs.files,
                points: inputs.points,
                tcp_streams: inputs.tcp_streams,
                colour: output.color,
                width: width(),
                detail: detail(chatter),
                ..Options::new(&texts.reader, &texts.english)
            };
            report::open(output.format.into(), output.writer, options)
        };
        let watched = inputs.live || outputs.iter().any(|output| output.flush);
        Self { watched, interfaces: 0, sinks: outputs.into_iter().map(sink).collect(), summary: Summary::default() }
    }

    /// Names of capturing interfaces, which files tell before the first packet of each.
    pub fn name_interfaces(&mut self, inputs: &[FileInfo]) {
        let known = inputs.iter().map(|input| input.interfaces.len()).sum();
        if std::mem::replace(&mut self.interfaces, known) == known {
            return;
        }
        for (file, input) in inputs.iter().enumerate() {
            for (interface, name) in (0..).zip(&input.interfaces) {
                if let Some(name) = name {
                    self.sinks.iter_mut().for_each(|sink| sink.interface(file, interface, name));
                }
            }
        }
    }

    pub fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.summary.finding(finding);
        self.sinks.iter_mut().try_for_each(|sink| sink.finding(finding))
    }

    pub fn incident(&mut self, incident: &Incident) -> io::Result<()> {
        self.summary.incident(incident);
        self.sinks.iter_mut().try_for_each(|sink| sink.incident(incident))
    }

    /// What was found so far is to be seen. Not after each finding: a write takes as long as analysing twenty packets.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.watched { self.sinks.iter_mut().try_for_each(|sink| sink.flush()) } else { Ok(()) }
    }

    /// Writes the ends of the reports.
    pub fn finish(mut self, analysis: &Statistics, capture: &Stats, source: &Source) -> io::Result<Summary> {
        self.summary.capture = CaptureStatistics {
            packets: analysis.packets,
            bytes: analysis.bytes,
            files: source.inputs().len() as u64,
            first_at: analysis.first_at,
            last_at: analysis.last_at,
            flows: analysis.flows,
            packets_dropped: capture.dropped,
            snaplen_cut: analysis.snaplen_cut,
            flows_evicted: analysis.flows_evicted,
            tls_without_keys: analysis.tls_without_keys,
            truncated_files: capture.truncated_files,
            clock_steps: analysis.clock_steps,
        };
        for sink in &mut self.sinks {
            sink.finish(&self.summary)?;
        }
        Ok(self.summary)
    }
}

fn detail(chatter: Chatter) -> Detail {
    match chatter {
        Chatter::Quiet => Detail::Quiet,
        Chatter::Usual => Detail::Normal,
        Chatter::Verbose => Detail::Verbose,
    }
}

/// Columns of the terminal, within what reads well; 100 where there is none.
pub fn width() -> usize {
    let terminal = io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    terminal.map_or(100, |(width, _)| usize::from(width.0).clamp(60, 140))
}
