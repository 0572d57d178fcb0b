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
pub enum News {
    /// A step of an attempt to open a WebSocket.
    Attempt(Attempt),
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
            self.waiting.retain(|(_, waiting)| matches!(waiting, Waiting::Record(_))); // nobody listens
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

    pub(super) fn next(
        &mut self,
        vocabularies: &Vocabularies,
        records: &mut Told<Record>,
    ) -> Option<(Timestamp, News)> {
        let (at, waiting) = self.waiting.pop_front()?;
        let news = match waiting {
            Waiting::Attempt(attempt) => News::Attempt(attempt),
            Waiting::Record(record) => {
                self.records -= 1;
                News::Finding(match self.told.again() {
                    Some(mut finding) => {
                        records.take_back(finding.renew(record, vocabularies));
                        finding
                    }
                    None => Box::new(Finding::new(record, vocabularies)),
                })
            }
        };
        Some((at, news))
    }
}
