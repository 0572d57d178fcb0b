//! What to change, and whether to connect again.

use std::collections::HashMap;

use super::Report;
use super::block::BULLET;
use super::page::{Page, span};
use crate::catalogue::Cause;
use crate::diagnosis::{Diagnosis, Finding, Fixes, Said};
use crate::record::Side;
use crate::report::Detail;
use crate::report::schema::{advice, is_empty};

/// What was written out last for each cause: a hundred connections cut by one proxy need it once.
#[derive(Default)]
pub(super) struct Told(HashMap<Cause, Advised>);

/// Fixes and alternatives of a finding, and whose they were.
struct Advised {
    fixes: Fixes,
    others: Vec<Cause>,
    client: String,
}

impl Told {
    /// The reader has been told of this cause before.
    pub fn knows(&self, cause: Cause) -> bool {
        self.0.contains_key(&cause)
    }

    /// The reader has been told the same fixes and alternatives: whose they were.
    fn same(&self, diagnosis: &Diagnosis) -> Option<&str> {
        let advised = self.0.get(&diagnosis.cause)?;
        let same = advised.fixes == diagnosis.fixes && others(diagnosis).eq(advised.others.iter().copied());
        same.then_some(&advised.client)
    }

    fn take(&mut self, finding: &Finding) {
        let diagnosis = &finding.diagnosis;
        let client = finding.record.endpoint(Side::Client).to_string();
        let advised = Advised { fixes: diagnosis.fixes.clone(), others: others(diagnosis).collect(), client };
        self.0.insert(diagnosis.cause, advised);
    }
}

fn others(diagnosis: &Diagnosis) -> impl Iterator<Item = Cause> {
    diagnosis.alternatives.iter().map(|other| other.cause)
}

/// Items shown of each group unless all are asked for.
const SHOWN: usize = 3;

impl Report<'_> {
    /// What to change, what else it may be, what to look at next; once where it would be said again.
    pub(super) fn advice(&mut self, finding: &Finding, page: &mut Page) {
        let diagnosis = &finding.diagnosis;
        match self.told.same(diagnosis).filter(|_| self.detail != Detail::Verbose) {
            Some(client) => {
                let text = self.words.sentence("verdict", "fix-as-for", &[("client", client.into())]);
                page.field(&self.words.report("fix"), &[span(text)]);
            }
            None => {
                self.fix_lists(diagnosis.cause, &diagnosis.fixes, page);
                page.field(&self.words.report("reconnect"), &[span(self.words.reconnect(advice(diagnosis)))]);
                self.undecided(finding, page);
                self.told.take(finding);
            }
        }
    }

    /// Client, server, what stands between: those who have something to change.
    pub(super) fn fix_lists(&self, cause: Cause, fixes: &Fixes, page: &mut Page) {
        let groups = if is_empty(fixes) { self.page_fixes(cause) } else { self.said_fixes(fixes) };
        let mut label = self.words.report("fix");
        for (who, items) in groups.into_iter().filter(|(_, items)| !items.is_empty()) {
            page.field(&label, &[span(format!("{}:", self.words.report(who)))]);
            label.clear();
            let shown = if self.detail == Detail::Verbose { items.len() } else { SHOWN };
            for item in items.into_iter().take(shown) {
                page.item("", BULLET, &[span(item)]);
            }
        }
    }

    fn page_fixes(&self, cause: Cause) -> [(&'static str, Vec<String>); 3] {
        let fix = &self.words.cause(cause).fix;
        groups([&fix.client, &fix.server, &fix.infrastructure].map(Vec::clone))
    }

    fn said_fixes(&self, fixes: &Fixes) -> [(&'static str, Vec<String>); 3] {
        let told = |said: &Vec<Said>| said.iter().map(|said| self.words.said("fix", said)).collect();
        groups([&fixes.client, &fixes.server, &fixes.infrastructure].map(told))
    }
}

fn groups([client, server, infrastructure]: [Vec<String>; 3]) -> [(&'static str, Vec<String>); 3] {
    [("in-client", client), ("in-server", server), ("in-infrastructure", infrastructure)]
}
