//! The text as a person sees it.

use super::build::{idle_timeout, incident, normal};
use super::report;
use crate::report::{Detail, Format, Options};

fn text(change: impl Fn(&mut Options<'_>)) -> String {
    let mut second = idle_timeout();
    second.record.key.second.port = 50001;
    report(Format::Text, &[normal(), idle_timeout(), second], &[incident()], change)
}

#[test]
fn eighty_columns() {
    let text = text(|options| options.width = 80);
    insta::assert_snapshot!(text);
}

#[test]
fn hundred_and_twenty_columns_verbose() {
    let text = text(|options| (options.width, options.detail) = (120, Detail::Verbose));
    insta::assert_snapshot!(text);
}

#[test]
fn quiet() {
    insta::assert_snapshot!(text(|options| options.detail = Detail::Quiet));
}

#[test]
fn colour() {
    insta::assert_snapshot!(text(|options| options.colour = true).replace('\x1b', "␛"));
}
