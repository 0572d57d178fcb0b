//! The whole way from items to findings and incidents, as the program goes it.

use wsclose_sniff::analyzer::{Analyzer, Config, News};
use wsclose_sniff::capture::Batch;
use wsclose_sniff::diagnosis::{Correlator, Finding, Incident};
use wsclose_sniff::packet::Item;

/// What was found.
#[derive(Default)]
pub struct Told {
    pub findings: Vec<Finding>,
    pub incidents: Vec<Incident>,
}

/// The library at work.
pub struct Whole {
    analyzer: Analyzer,
    correlator: Correlator,
    told: Told,
}

impl Whole {
    pub fn new(config: Config) -> Self {
        Self { analyzer: Analyzer::new(config), correlator: Correlator::new(), told: Told::default() }
    }

    pub fn take(&mut self, item: Item<'_>) {
        self.analyzer.take(item);
        self.correlate();
        self.collect();
    }

    /// As the program takes packets of a file: many at once.
    pub fn take_batch(&mut self, batch: Batch<'_>) {
        match batch {
            Batch::Item(item) => self.analyzer.take(item),
            Batch::Packets(packets) => {
                self.analyzer.take_packets(packets);
            }
        }
        self.correlate();
        self.collect();
    }

    /// As the program ends: what is still open is told in pieces.
    pub fn finish_in_pieces(mut self, max: usize) -> Told {
        while self.analyzer.finish_some(max) {
            self.correlate();
            self.collect();
        }
        self.finish()
    }

    pub fn finish(mut self) -> Told {
        self.analyzer.finish();
        self.correlate();
        self.correlator.finish();
        self.collect();
        self.told
    }

    fn correlate(&mut self) {
        self.analyzer.tell_news(|_, news| match news {
            News::Attempt(attempt) => self.correlator.attempt(attempt),
            News::Finding(finding) => self.correlator.push(finding),
        });
        self.correlator.advance(self.analyzer.now());
    }

    fn collect(&mut self) {
        self.told.findings.extend(std::iter::from_fn(|| self.correlator.next_finding()).map(|finding| *finding));
        self.told.incidents.extend(std::iter::from_fn(|| self.correlator.next_incident()));
    }
}
