//! Pages as JSON: the same facts and texts, by name.

use super::build::in_order;
use super::compare::Comparison;
use super::topic::Topic;
use crate::catalogue::{Catalogue, Cause, CodePage, Fix, Reconnect, Vocabularies};
use serde::Serialize;

const SCHEMA: &str = "wsclose-sniff/1";

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum TopicJson<'c> {
    Code(CodeJson<'c>),
    Cause(CauseJson<'c>),
}

#[derive(Serialize)]
pub(super) struct CodeJson<'c> {
    schema: &'static str,
    /// Null for a range as a whole.
    code: Option<u16>,
    range: Option<[u16; 2]>,
    name: &'static str,
    sent_by: &'static str,
    on_the_wire: &'static str,
    was_clean: Option<bool>,
    script_may_send: bool,
    severity: &'static str,
    usual_cause: &'static str,
    reference: &'static str,
    summary: &'c str,
    description: &'c str,
    when: &'c str,
    causes: Vec<RankedJson<'c>>,
    fix: FixJson<'c>,
    reconnect: ReconnectJson,
    apis: &'c str,
    confused_with: Vec<ConfusedJson<'c>>,
    vocabularies: Vec<MeaningJson>,
    sources: &'c [String],
}

#[derive(Serialize)]
struct RankedJson<'c> {
    cause: Option<&'static str>,
    text: &'c str,
}

#[derive(Serialize)]
struct FixJson<'c> {
    client: &'c [String],
    server: &'c [String],
    infrastructure: &'c [String],
}

#[derive(Serialize)]
struct ReconnectJson {
    advice: &'static str,
    delay_s: Option<u32>,
    delay_max_s: Option<u32>,
    text: String,
}

#[derive(Serialize)]
struct ConfusedJson<'c> {
    code: u16,
    text: &'c str,
}

#[derive(Serialize)]
struct MeaningJson {
    vocabulary: String,
    name: String,
    meaning: String,
    fix: String,
    reconnect: &'static str,
}

#[derive(Serialize)]
pub(super) struct CauseJson<'c> {
    schema: &'static str,
    id: &'static str,
    family: &'static str,
    title: &'c str,
    explanation: &'c str,
    seen: &'c str,
    why: &'c str,
    confirm: &'c str,
    fix: FixJson<'c>,
    settings: &'c [String],
    reconnect: ReconnectJson,
    see_also: &'c [String],
    sources: &'c [String],
}

#[derive(Serialize)]
pub(super) struct ComparisonJson<'c> {
    schema: &'static str,
    r#type: &'static str,
    introduction: &'c str,
    codes: [CodeJson<'c>; 2],
    differences: Vec<DifferenceJson<'c>>,
    which: &'c str,
    learn_more: &'c [String],
}

#[derive(Serialize)]
struct DifferenceJson<'c> {
    aspect: &'static str,
    text: &'c str,
}

#[derive(Serialize)]
pub(super) struct RegistryJson<'c> {
    schema: &'static str,
    codes: Vec<CodeJson<'c>>,
}

pub(super) fn topic<'c>(catalogue: &'c Catalogue, vocabularies: &Vocabularies, topic: Topic) -> TopicJson<'c> {
    match topic {
        Topic::Code(number) => {
            let meanings = meanings(vocabularies, number);
            TopicJson::Code(CodeJson { code: Some(number), ..code(catalogue, catalogue.code(number), meanings) })
        }
        Topic::Range(range) => TopicJson::Code(code(catalogue, catalogue.page_of(range), Vec::new())),
        Topic::Cause(id) => TopicJson::Cause(cause(catalogue, id)),
    }
}

pub(super) fn comparison<'c>(catalogue: &'c Catalogue, comparison: &'c Comparison<'c>) -> ComparisonJson<'c> {
    let differences = comparison.differences.iter();
    let side = |shown: &str, page| CodeJson { code: shown.parse().ok(), ..code(catalogue, page, Vec::new()) };
    ComparisonJson {
        schema: SCHEMA,
        r#type: "comparison",
        introduction: &comparison.introduction,
        codes: [side(&comparison.a, comparison.a_page), side(&comparison.b, comparison.b_page)],
        differences: differences.map(|found| DifferenceJson { aspect: found.aspect, text: &found.text }).collect(),
        which: &comparison.which,
        learn_more: &comparison.learn_more,
    }
}

pub(super) fn registry(catalogue: &Catalogue) -> RegistryJson<'_> {
    let codes = in_order().into_iter().map(|facts| code(catalogue, catalogue.page_of(facts), Vec::new()));
    RegistryJson { schema: SCHEMA, codes: codes.collect() }
}

fn code<'c>(catalogue: &'c Catalogue, page: &'c CodePage, vocabularies: Vec<MeaningJson>) -> CodeJson<'c> {
    let facts = page.facts;
    CodeJson {
        schema: SCHEMA,
        code: (!facts.is_range()).then_some(facts.first),
        range: facts.is_range().then_some([facts.first, facts.last]),
        name: facts.name,
        sent_by: facts.sender.id(),
        on_the_wire: facts.wire.id(),
        was_clean: facts.was_clean,
        script_may_send: facts.script_may_send,
        severity: facts.severity.id(),
        usual_cause: facts.cause.id(),
        reference: facts.reference,
        summary: &page.short,
        description: &page.description,
        when: &page.when,
        causes: page
            .causes
            .iter()
            .map(|ranked| RankedJson { cause: ranked.cause.map(Cause::id), text: &ranked.text })
            .collect(),
        fix: fix(&page.fix),
        reconnect: reconnect(catalogue, facts.reconnect),
        apis: &page.apis,
        confused_with: page.confused.iter().map(|(code, text)| ConfusedJson { code: *code, text }).collect(),
        vocabularies,
        sources: &page.sources,
    }
}

fn cause(catalogue: &Catalogue, cause: Cause) -> CauseJson<'_> {
    let page = catalogue.cause(cause);
    CauseJson {
        schema: SCHEMA,
        id: cause.id(),
        family: cause.family().id(),
        title: &page.title,
        explanation: &page.explanation,
        seen: &page.seen,
        why: &page.why,
        confirm: &page.confirm,
        fix: fix(&page.fix),
        settings: &page.settings,
        reconnect: reconnect(catalogue, cause.reconnect()),
        see_also: &page.see_also,
        sources: &page.sources,
    }
}

fn fix(fix: &Fix) -> FixJson<'_> {
    FixJson { client: &fix.client, server: &fix.server, infrastructure: &fix.infrastructure }
}

fn reconnect(catalogue: &Catalogue, reconnect: Reconnect) -> ReconnectJson {
    ReconnectJson {
        advice: reconnect.advice.id(),
        delay_s: reconnect.delay_s,
        delay_max_s: reconnect.delay_max_s,
        text: catalogue.reconnect(reconnect),
    }
}

fn meanings(vocabularies: &Vocabularies, code: u16) -> Vec<MeaningJson> {
    let of = |vocabulary: &crate::catalogue::vocabulary::Vocabulary| {
        let meaning = vocabulary.codes().iter().find(|meaning| meaning.code == code)?;
        Some(MeaningJson {
            vocabulary: vocabulary.id().to_owned(),
            name: meaning.name.clone(),
            meaning: meaning.meaning.clone(),
            fix: meaning.fix.clone(),
            reconnect: meaning.reconnect.0.id(),
        })
    };
    vocabularies.iter().filter_map(of).collect()
}
