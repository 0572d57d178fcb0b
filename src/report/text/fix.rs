//! What to change, and whether to connect again.

use std::collections::HashMap;

use super::Report;
use super::block::BULLET;
use super::page::{Page, span};
use crate::catalogue::Cause;
use crate::diagnosis::{self, Finding, Said};
use crate::record::Side;
use crate::report::Detail;
use crate::report::schema::{advice, is_empty};

/// The fixes that were written out last for each cause: a hundred connections cut by one proxy need them once.
#[derive(Default)]
pub(super) struct Fixes(HashMap<Cause, (diagnosis::Fixes, String)>);

/// Items shown of each group unless all are asked for.
const SHOWN: usize = 3;

impl Fixes {
    /// The reader has been told of this cause before.
    pub fn told(&self, cause: Cause) -> bool {
        self.0.contains_key(&cause)
    }
}

impl Report<'_> {
    pub(super) fn fix(&mut self, finding: &Finding, page: &mut Page) {
        let (cause, fixes) = (finding.diagnosis.cause, &finding.diagnosis.fixes);
        match self.fixes.0.get(&cause) {
            Some((told, client)) if told == fixes && self.detail != Detail::Verbose => {
                let text = self.words.sentence("verdict", "fix-as-for", &[("client", client.as_str().into())]);
                page.field(&self.words.report("fix"), &[span(text)]);
            }
            _ => {
                self.fix_lists(cause, fixes, page);
                page.field(&self.words.report("reconnect"), &[span(self.words.reconnect(advice(&finding.diagnosis)))]);
                let client = finding.record.endpoint(Side::Client).to_string();
                self.fixes.0.insert(cause, (fixes.clone(), client));
            }
        }
    }

    /// Client, server, what stands between: those who have something to change.
    pub(super) fn fix_lists(&self, cause: Cause, fixes: &diagnosis::Fixes, page: &mut Page) {
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

    fn said_fixes(&self, fixes: &diagnosis::Fixes) -> [(&'static str, Vec<String>); 3] {
        let told = |said: &Vec<Said>| said.iter().map(|said| self.words.said("fix", said)).collect();
        groups([&fixes.client, &fixes.server, &fixes.infrastructure].map(told))
    }
}

fn groups([client, server, infrastructure]: [Vec<String>; 3]) -> [(&'static str, Vec<String>); 3] {
    [("in-client", client), ("in-server", server), ("in-infrastructure", infrastructure)]
}
