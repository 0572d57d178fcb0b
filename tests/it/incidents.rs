//! Many connections together, on the captures of a larger corpus, where one lies beside the project: which legs are
//! joined, and what is told of each incident.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use wsclose_sniff::analyzer::{Analyzer, Config, News};
use wsclose_sniff::capture::{Input, Source};
use wsclose_sniff::diagnosis::{Correlator, Finding, Incident, Role};
use wsclose_sniff::packet::PointId;
use wsclose_sniff::record::Side;

/// What is found in a capture, with its legs and incidents.
fn correlated(capture: &Path) -> (Vec<Finding>, Vec<Incident>) {
    let mut source = Source::files(vec![Input { path: capture.to_owned(), point: PointId(0) }], None);
    let (mut analyzer, mut correlator) = (Analyzer::new(Config::default()), Correlator::new());
    let (mut findings, mut incidents) = (Vec::new(), Vec::new());
    let mut over = false;
    while !over {
        match source.next().unwrap() {
            Some(item) => analyzer.take(item),
            None => over = true,
        }
        if over {
            analyzer.finish();
        }
        analyzer.tell_news(|_, news| match news {
            News::Attempt(attempt) => correlator.attempt(attempt),
            News::Finding(finding) => correlator.push(finding),
        });
        correlator.advance(analyzer.now());
        if over {
            correlator.finish();
        }
        findings.extend(std::iter::from_fn(|| correlator.next_finding()).map(|finding| *finding));
        incidents.extend(std::iter::from_fn(|| correlator.next_incident()));
    }
    (findings, incidents)
}

/// The captures whose name begins so, with what is true of them.
fn corpus(beginnings: &[&str]) -> Vec<(PathBuf, Value)> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = ["../shared/corpus", "../../shared/corpus"]
        .map(|path| beside.join(path))
        .into_iter()
        .find(|folder| folder.is_dir());
    let Some(folder) = folder else {
        eprintln!("skipped: there is no ../shared/corpus");
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".json") && beginnings.iter().any(|beginning| name.starts_with(beginning)) {
            let truth: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            found.push((path.with_file_name(truth["capture"]["file"].as_str().unwrap()), truth));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn ends(finding: &Finding) -> String {
    format!("{} > {}", finding.record.endpoint(Side::Client), finding.record.endpoint(Side::Server))
}

/// Front and back legs as the truth has them: the generator gives both the same id, the front one first.
fn true_pairs(truth: &Value) -> BTreeSet<(String, String)> {
    let mut legs: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for connection in truth["connections"].as_array().unwrap() {
        let text = |key: &str| connection[key].as_str().unwrap_or_default();
        legs.entry(text("id")).or_default().push(format!("{} > {}", text("client"), text("server")));
    }
    let pair = |legs: Vec<String>| <[String; 2]>::try_from(legs).ok().map(|[front, back]| (front, back));
    legs.into_values().filter_map(pair).collect()
}

#[test]
fn every_proxied_pair_is_joined_and_nothing_else() {
    for (capture, truth) in
        corpus(&["proxy", "backendkill", "incident", "long", "connectproxy", "serverkill", "clean", "mid", "shapes"])
    {
        let (findings, _) = correlated(&capture);
        let by_id: BTreeMap<u64, &Finding> = findings.iter().map(|finding| (finding.id, finding)).collect();
        let fronts =
            findings.iter().filter_map(|finding| Some((finding, finding.leg.filter(|leg| leg.role == Role::Front)?)));
        let joined: BTreeSet<_> = fronts.map(|(front, leg)| (ends(front), ends(by_id[&leg.of]))).collect();
        let proxied = ["proxy", "backendkill", "incident-proxy", "long-nginx", "connectproxy"];
        let id = truth["id"].as_str().unwrap();
        let wanted = if proxied.iter().any(|beginning| id.starts_with(beginning)) {
            true_pairs(&truth)
        } else {
            BTreeSet::new()
        };
        assert_eq!(joined, wanted, "{id}");
        let backs = findings.iter().filter(|finding| finding.leg.is_some_and(|leg| leg.role == Role::Back)).count();
        assert_eq!(backs, wanted.len(), "{id}");
    }
}

#[test]
fn every_incident_has_its_story() {
    let stories = [
        ("incident-deploy", "mass-close mass-close-deploy server-shutdown 20"),
        ("incident-mixed", "same-lifetime same-lifetime application 8"),
        (
            "incident-oom",
            "mass-close mass-close-death process-ended 15, reconnect-storm reconnect-storm connect-refused 10",
        ),
        ("incident-proxyreload", "mass-close mass-close-proxy proxy-restart 24"),
        ("proxyterm-caddy", "mass-close mass-close-proxy proxy-restart 6"),
        ("proxyidle-nginx-3s-any", "proxy-hop proxy-hop idle-timeout 4"),
        ("backendkill-haproxy", "proxy-hop proxy-hop upstream-lost 4"),
        ("clean-", ""),
        ("viol-", ""),
        ("badclose-", ""),
    ];
    for (beginning, story) in stories {
        for (capture, _) in corpus(&[beginning]) {
            let (_, incidents) = correlated(&capture);
            let told = incidents.iter().map(|incident| {
                let cause = incident.cause.map_or("-", |cause| cause.id());
                format!("{} {} {cause} {}", incident.kind.id(), incident.summary.id, incident.connections.len())
            });
            assert_eq!(told.collect::<Vec<_>>().join(", "), story, "{}", capture.display());
        }
    }
}
