//! What there is to tell, in the order in which it was seen.
//!
//! Records wait here until they are asked for, and are diagnosed together then: rules and texts are much code, which is
//! fetched once for many records instead of once for each.

use std::collections::VecDeque;

use crate::catalogue::Vocabularies;
use crate::diagnosis::Finding;
use crate::limits::ATTEMPTS_TOLD;
use crate::record::{Attempt, Record, Told};
use crate::time::Timestamp;

/// Something to tell.
#[derive(Debug)]
pub enum News<'a> {
    /// A step of an attempt to open a WebSocket.
    Attempt(&'a Attempt),
    /// A connection whose story is told.
    Finding(Box<Finding>),
}

#[derive(Debug)]
enum Waiting {
    Attempt(Attempt),
    Record(Box<Record>),
}

/// What waits to be told, and since when by the packets' time.
#[derive(Default, Debug)]
pub(super) struct Queue {
    /// The time that the packets agree on.
    pub now: Timestamp,
    waiting: VecDeque<(Timestamp, Waiting)>,
    records: usize,
    told: Told<Finding>,
}

impl Queue {
    pub(super) fn attempt(&mut self, attempt: Attempt) {
        if self.waiting.len() - self.records > ATTEMPTS_TOLD {
            self.waiting.retain(|(_, waiting)| !matches!(waiting, Waiting::Attempt(_))); // nobody listens
        }
        self.waiting.push_back((self.now, Waiting::Attempt(attempt)));
    }

    pub(super) fn record(&mut self, record: Box<Record>) {
        self.records += 1;
        self.waiting.push_back((self.now, Waiting::Record(record)));
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn take_back(&mut self, told: Box<Finding>) {
        self.told.take_back(told);
    }

    /// Tells all that waits.
    pub(super) fn tell(
        &mut self,
        vocabularies: &Vocabularies,
        records: &mut Told<Record>,
        mut tell: impl FnMut(Timestamp, News<'_>),
    ) {
        for (at, waiting) in self.waiting.drain(..) {
            match waiting {
                Waiting::Attempt(attempt) => tell(at, News::Attempt(&attempt)),
                Waiting::Record(record) => {
                    tell(at, News::Finding(judge(record, vocabularies, records, &mut self.told)));
                }
            }
        }
        self.records = 0;
    }

    /// The next finding; what came before it is forgotten.
    pub(super) fn next_finding(
        &mut self,
        vocabularies: &Vocabularies,
        records: &mut Told<Record>,
    ) -> Option<Box<Finding>> {
        loop {
            if let Waiting::Record(record) = self.waiting.pop_front()?.1 {
                self.records -= 1;
                return Some(judge(record, vocabularies, records, &mut self.told));
            }
        }
    }
}

/// Makes a finding of a record.
fn judge(
    record: Box<Record>,
    vocabularies: &Vocabularies,
    records: &mut Told<Record>,
    told: &mut Told<Finding>,
) -> Box<Finding> {
    let Some(mut finding) = told.again() else { return Box::new(Finding::new(record, vocabularies)) };
    records.take_back(finding.renew(record, vocabularies));
    finding
}
