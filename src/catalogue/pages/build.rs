//! What stands on each page, and in which order.

use super::compare::Comparison;
use super::document::{Block, Document};
use crate::catalogue::codes::{self, CodeFacts, Wire};
use crate::catalogue::vocabulary::http_status_alluded_to;
use crate::catalogue::{Catalogue, Cause, CodePage, Fix, Vocabularies};

/// The page of a code, with what known protocols mean by it.
pub(super) fn code(catalogue: &Catalogue, code: u16, vocabularies: &Vocabularies) -> Document {
    code_page(catalogue, &code.to_string(), catalogue.code(code), &meanings(catalogue, vocabularies, code))
}

/// The page of an entry of the registry: a code, or a range as a whole.
pub(super) fn entry(catalogue: &Catalogue, facts: &CodeFacts) -> Document {
    code_page(catalogue, &facts.page(), catalogue.page_of(facts), &[])
}

fn code_page(catalogue: &Catalogue, shown: &str, page: &CodePage, meanings: &[String]) -> Document {
    let mut document = Document::new(title(shown, page));
    document.push(Block::Table(fact_rows(catalogue, &[(shown, page)])));
    code_sections(&mut document, catalogue, page, 2);
    document.list(2, catalogue.label("vocabulary"), meanings);
    document.list(2, catalogue.label("learn-more"), &page.sources);
    document
}

/// The page of a cause.
pub(super) fn cause(catalogue: &Catalogue, cause: Cause) -> Document {
    let page = catalogue.cause(cause);
    let mut document = Document::new(format!("{} ({})", page.title, cause.id()));
    document.push(Block::Paragraph(page.explanation.clone()));
    document.section(2, catalogue.label("seen"), &page.seen);
    document.section(2, catalogue.label("why"), &page.why);
    document.section(2, catalogue.label("confirm"), &page.confirm);
    fix(&mut document, catalogue, &page.fix, 2);
    document.list(3, catalogue.label("settings"), &page.settings);
    document.section(2, catalogue.label("reconnect"), &catalogue.reconnect(cause.reconnect()));
    document.heading(2, catalogue.label("see-also"));
    document.push(Block::SeeAlso(page.see_also.clone()));
    document.list(2, catalogue.label("sources"), &page.sources);
    document
}

/// Two codes side by side.
pub(super) fn comparison(catalogue: &Catalogue, comparison: &Comparison<'_>) -> Document {
    let (a, b) = ((comparison.a.as_str(), comparison.a_page), (comparison.b.as_str(), comparison.b_page));
    let mut document = Document::new(format!("{} · {}", title(a.0, a.1), title(b.0, b.1)));
    document.section(2, catalogue.label("introduction"), &comparison.introduction);
    document.push(Block::Table(fact_rows(catalogue, &[a, b])));
    for (code, page) in [a, b] {
        document.heading(2, title(code, page));
        document.section(3, catalogue.label("description"), &page.description);
        document.section(3, catalogue.label("when-you-see-it"), &page.when);
        fix(&mut document, catalogue, &page.fix, 3);
    }
    document.heading(2, catalogue.label("key-differences"));
    let differences = comparison.differences.iter().map(|difference| (None, difference.text.clone()));
    document.push(Block::Ranked(differences.collect()));
    document.section(2, catalogue.label("which-to-use-when"), &comparison.which);
    document.list(2, catalogue.label("learn-more"), &comparison.learn_more);
    document
}

/// Every code of the registry.
pub(super) fn registry(catalogue: &Catalogue) -> Document {
    let mut document = Document::new(catalogue.label("codes"));
    let headings = ["code", "name", "sent-by", "on-the-wire", "reconnect"];
    let mut rows = vec![headings.map(|heading| catalogue.label(heading)).to_vec()];
    for facts in in_order() {
        rows.push(vec![
            facts.page(),
            catalogue.page_of(facts).name.clone(),
            catalogue.label(&format!("sender.{}", facts.sender.id())),
            catalogue.label(if facts.wire == Wire::Allowed { "yes" } else { "no" }),
            catalogue.label(&format!("advice.{}", facts.reconnect.advice.id())),
        ]);
    }
    document.push(Block::Table(rows));
    document
}

/// Every cause, with its title.
pub(super) fn causes(catalogue: &Catalogue) -> Document {
    let mut document = Document::new(catalogue.label("causes"));
    let mut rows = vec![["cause", "description"].map(|heading| catalogue.label(heading)).to_vec()];
    rows.extend(Cause::ALL.iter().map(|cause| vec![cause.id().to_owned(), catalogue.cause(*cause).title.clone()]));
    document.push(Block::Table(rows));
    document
}

/// Every vocabulary with its codes.
pub(super) fn vocabularies(vocabularies: &Vocabularies) -> Document {
    let mut document = Document::new("Private vocabularies".to_owned());
    for vocabulary in vocabularies.iter() {
        document.heading(2, format!("{} (`{}`)", vocabulary.name, vocabulary.id()));
        if !vocabulary.note.is_empty() {
            document.push(Block::Paragraph(vocabulary.note.clone()));
        }
        let mut rows = vec![["Code", "Name", "Meaning", "Fix", "Reconnect"].map(str::to_owned).to_vec()];
        for meaning in vocabulary.codes() {
            let last = meaning.last.map(|last| format!("–{last}")).unwrap_or_default();
            let code = format!("{}{last}", meaning.code);
            let texts = [&meaning.name, &meaning.meaning, &meaning.fix].map(String::clone);
            rows.push([&[code], texts.as_slice(), &[meaning.reconnect.0.id().to_owned()]].concat());
        }
        if rows.len() > 1 {
            document.push(Block::Table(rows));
        }
        document.push(Block::Paragraph(format!("Sources: {}.", vocabulary.sources.join("; "))));
    }
    document
}

fn title(shown: &str, page: &CodePage) -> String {
    let english = page.facts.name;
    match page.name == english {
        true => format!("{shown} {english}"),
        false => format!("{shown} {english} ({})", page.name),
    }
}

fn fact_rows(catalogue: &Catalogue, codes: &[(&str, &CodePage)]) -> Vec<Vec<String>> {
    let label = |kind: &str, id: &str| catalogue.label(&format!("{kind}{id}"));
    let yes_no = |yes: bool| catalogue.label(if yes { "yes" } else { "no" });
    let row = |heading: &str, cell: &dyn Fn(&CodePage) -> String| {
        let cells = codes.iter().map(|(_, page)| cell(page));
        std::iter::once(catalogue.label(heading)).chain(cells).collect::<Vec<_>>()
    };
    let numbers = codes.iter().map(|(shown, _)| (*shown).to_owned());
    vec![
        std::iter::once(catalogue.label("code")).chain(numbers).collect(),
        row("name", &|page| page.name.clone()),
        row("sent-by", &|page| label("sender.", page.facts.sender.id())),
        row("on-the-wire", &|page| label("wire.", page.facts.wire.id())),
        row("was-clean", &|page| page.facts.was_clean.map_or("–".to_owned(), |clean| clean.to_string())),
        row("script-may-send", &|page| yes_no(page.facts.script_may_send)),
        row("usual-cause", &|page| page.typical.clone()),
        row("first-step", &|page| page.first_step.clone()),
        row("look-at", &|page| page.look_at.clone()),
        row("reconnect", &|page| label("advice.", page.facts.reconnect.advice.id())),
        row("severity", &|page| label("", page.facts.severity.id())),
        row("registry", &|page| page.facts.reference.to_owned()),
    ]
}

fn code_sections(document: &mut Document, catalogue: &Catalogue, page: &CodePage, level: usize) {
    document.section(level, catalogue.label("description"), &page.description);
    document.section(level, catalogue.label("when-you-see-it"), &page.when);
    document.heading(level, catalogue.label("common-causes"));
    document.push(Block::Ranked(page.causes.iter().map(|ranked| (ranked.cause, ranked.text.clone())).collect()));
    fix(document, catalogue, &page.fix, level);
    document.section(level, catalogue.label("reconnect"), &page.reconnect);
    document.section(level, catalogue.label("apis"), &page.apis);
    let confused: Vec<String> = page.confused.iter().map(|(code, text)| format!("{code}: {text}")).collect();
    document.list(level, catalogue.label("confused-with"), &confused);
}

fn fix(document: &mut Document, catalogue: &Catalogue, fix: &Fix, level: usize) {
    document.heading(level, catalogue.label("how-to-fix"));
    document.list(level + 1, catalogue.label("fix-client"), &fix.client);
    document.list(level + 1, catalogue.label("fix-server"), &fix.server);
    document.list(level + 1, catalogue.label("fix-infrastructure"), &fix.infrastructure);
}

/// What known protocols mean by a code.
fn meanings(catalogue: &Catalogue, vocabularies: &Vocabularies, code: u16) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for vocabulary in vocabularies.iter() {
        if let Some(meaning) = vocabulary.codes().iter().find(|meaning| meaning.code == code) {
            items.push(format!("{}: {} — {}", vocabulary.name, meaning.name, meaning.meaning));
        }
    }
    if let Some(status) = http_status_alluded_to(code) {
        items.push(catalogue.message("vocabulary.http-habit", &[("status", u64::from(status).into())]));
    }
    items
}

/// Codes and ranges by number.
pub(super) fn in_order() -> Vec<&'static CodeFacts> {
    let mut all: Vec<&CodeFacts> = codes::CODES.iter().chain(codes::RANGES).collect();
    all.sort_by_key(|facts| (facts.first, facts.last));
    all
}
