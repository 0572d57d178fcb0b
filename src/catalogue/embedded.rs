//! The files of the catalogue, built into the program.
//!
//! One folder a language, the same names in each; a translator edits files and nothing here. What stands in them as TOML
//! is JSON here: `build/catalogue.rs` wrote it. A test compares this table with the folders.

use super::language::Language;

/// A file's name without its suffix, and its text.
pub(super) type File = (&'static str, &'static str);

macro_rules! built {
    ($($path:literal),*) => { include_str!(concat!(env!("OUT_DIR"), "/", $($path),*)) };
}

macro_rules! language_files {
    ($language:literal, $folder:literal, [$($name:literal)*]) => {
        &[$(($name, built!($language, "/", $folder, "/", $name, ".md"))),*]
    };
}

macro_rules! table {
    ($name:ident, $folder:literal, $files:tt) => {
        /// The pages of a folder, in every language.
        pub(super) fn $name(language: Language) -> &'static [File] {
            match language {
                Language::English => language_files!("en", $folder, $files),
                Language::Japanese => language_files!("ja", $folder, $files),
                Language::Russian => language_files!("ru", $folder, $files),
                Language::Vietnamese => language_files!("vi", $folder, $files),
                Language::French => language_files!("fr", $folder, $files),
            }
        }
    };
}

table!(codes, "codes", [
    "1000" "1001" "1002" "1003" "1004" "1005" "1006" "1007" "1008" "1009" "1010" "1011" "1012" "1013" "1014" "1015"
    "3000" "3003" "3008" "0-999" "1016-2999" "3000-3999" "4000-4999" "5000-65535"
]);

table!(causes, "causes", [
    "normal" "page-left" "server-shutdown" "service-restart" "no-status" "protocol-error" "unsupported-data"
    "invalid-utf8" "policy-violation" "message-too-big" "missing-extension" "internal-error" "overloaded" "bad-gateway"
    "unauthorized" "forbidden" "timeout" "application" "illegal-close" "idle-timeout" "lifetime-limit"
    "keepalive-timeout" "process-ended" "closed-without-close-frame" "aborted" "network-blackhole" "middlebox-reset"
    "proxy-restart" "upstream-lost" "close-handshake-timeout" "truncated-frame" "http2-reset" "http2-goaway"
    "handshake-refused" "upgrade-stripped" "handshake-invalid" "handshake-unanswered" "connect-refused"
    "connect-timeout" "tls-failed" "tls-untrusted-ca" "tls-expired-certificate" "tls-name-mismatch" "tls-version"
    "tls-no-common-cipher" "tls-to-plain-port" "plain-to-tls-port" "still-open" "capture-incomplete" "unknown"
]);

/// The texts of a language.
pub(super) const fn messages(language: Language) -> &'static str {
    match language {
        Language::English => built!("en/messages.toml"),
        Language::Japanese => built!("ja/messages.toml"),
        Language::Russian => built!("ru/messages.toml"),
        Language::Vietnamese => built!("vi/messages.toml"),
        Language::French => built!("fr/messages.toml"),
    }
}

/// The hand-written comparisons of a language.
pub(super) const fn pairs(language: Language) -> &'static str {
    match language {
        Language::English => built!("en/pairs.toml"),
        Language::Japanese => built!("ja/pairs.toml"),
        Language::Russian => built!("ru/pairs.toml"),
        Language::Vietnamese => built!("vi/pairs.toml"),
        Language::French => built!("fr/pairs.toml"),
    }
}

/// The private codes that come with the program.
pub(super) const fn vocabularies() -> &'static str {
    built!("vocabularies.toml")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Cause, codes as registry};
    use std::collections::BTreeSet;

    fn names(files: &[File]) -> BTreeSet<String> {
        files.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    fn folder(language: Language, folder: &str) -> BTreeSet<String> {
        let path = format!("{}/src/catalogue/{}/{folder}", env!("CARGO_MANIFEST_DIR"), language.id());
        let names = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.map(|name| name.trim_end_matches(".md").to_owned()).collect()
    }

    #[test]
    fn the_table_is_the_folders() {
        for language in Language::ALL {
            assert_eq!(names(codes(*language)), folder(*language, "codes"), "{language:?}");
            assert_eq!(names(causes(*language)), folder(*language, "causes"), "{language:?}");
        }
    }

    #[test]
    fn every_code_and_cause_has_its_file() {
        let pages = registry::CODES.iter().chain(registry::RANGES).map(registry::CodeFacts::page).collect();
        assert_eq!(names(codes(Language::English)), pages);
        let ids = Cause::ALL.iter().map(|cause| cause.id().to_owned()).collect();
        assert_eq!(names(causes(Language::English)), ids);
    }
}
