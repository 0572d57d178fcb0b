//! What the endpoints' own logs say, where that is not what was on the wire.

use super::Report;
use super::page::{Page, span};
use super::words::quoted;
use crate::diagnosis::{ApiView, Finding};
use crate::record::Side;
use crate::report::Detail;

impl Report<'_> {
    pub(super) fn apis(&self, finding: &Finding, page: &mut Page) {
        let views = [(Side::Client, &finding.diagnosis.client_api), (Side::Server, &finding.diagnosis.server_api)];
        if self.detail != Detail::Verbose && !surprises(finding) {
            return;
        }
        let told = views.into_iter().filter(|(_, view)| view.code.is_some());
        let items = told.map(|(side, view)| vec![span(self.view(side, view))]);
        self.list("apis", items.collect(), page);
    }

    /// `client: 1006 Abnormal Closure, not clean`.
    fn view(&self, side: Side, view: &ApiView) -> String {
        let words = &self.words;
        let code = view.code.map(|code| words.code(code)).unwrap_or_default();
        let clean = words.report(if view.clean { "clean" } else { "not-clean" });
        let sure = if view.certain { String::new() } else { format!(" ({})", words.report("probably")) };
        let reason = view.reason.as_deref().filter(|reason| !reason.is_empty());
        let reason = reason.map(|reason| format!(" {}", quoted(reason))).unwrap_or_default();
        format!("{}: {code}{reason}, {clean}{sure}", words.label(side.id()))
    }
}

/// The two differ from each other or from the connection's code.
fn surprises(finding: &Finding) -> bool {
    let (client, server) = (&finding.diagnosis.client_api, &finding.diagnosis.server_api);
    client.code != server.code || client.code != finding.ending.code || client.clean != server.clean
}
