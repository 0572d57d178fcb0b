//! Pages as Markdown, with or without links between them.

use super::document::{Block, Document};
use super::topic::Topic;
use crate::catalogue::{Cause, codes};

/// Where links lead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Links {
    /// Nowhere: names stand alone.
    None,
    /// To the pages of the documentation, seen from this folder of it.
    From(&'static str),
}

/// The page as Markdown.
pub(super) fn page(document: &Document, links: Links) -> String {
    let mut out = format!("# {}\n", document.title);
    for block in &document.blocks {
        out.push('\n');
        push_block(&mut out, block, links);
    }
    out
}

fn push_block(out: &mut String, block: &Block, links: Links) {
    match block {
        Block::Heading(level, text) => out.extend([&"#".repeat(*level), " ", text, "\n"]),
        Block::Paragraph(text) => out.extend([text, "\n"]),
        Block::List(items) => items.iter().for_each(|item| out.extend(["- ", item, "\n"])),
        Block::Ranked(items) => {
            for (rank, (cause, text)) in items.iter().enumerate() {
                let named = cause.map(|cause| format!(" ({})", cause_link(cause, links))).unwrap_or_default();
                out.push_str(&format!("{}. {text}{named}\n", rank + 1));
            }
        }
        Block::Code(commands) => out.extend(["```sh\n", commands, "\n```\n"]),
        Block::Table(rows) => push_table(out, rows, links),
        Block::SeeAlso(names) => {
            let names: Vec<String> = names.iter().map(|name| link(name, links)).collect();
            out.extend([&names.join(", "), "\n"]);
        }
    }
}

/// The first cell of a row is a link where it names a page.
fn push_table(out: &mut String, rows: &[Vec<String>], links: Links) {
    for (index, row) in rows.iter().enumerate() {
        let cells = row.iter().enumerate().map(|(column, cell)| match (index, column) {
            (1.., 0) => link(cell, links),
            _ => cell.replace('|', "\\|"),
        });
        out.push_str(&format!("| {} |\n", cells.collect::<Vec<_>>().join(" | ")));
        if index == 0 {
            out.push_str(&format!("|{}\n", "---|".repeat(row.len())));
        }
    }
}

fn link(name: &str, links: Links) -> String {
    match Topic::find(name) {
        Some(Topic::Cause(cause)) => cause_link(cause, links),
        Some(Topic::Code(code)) => to(links, "codes", &codes::facts(code).page(), name),
        Some(Topic::Range(range)) => to(links, "codes", &range.page(), name),
        None => name.to_owned(),
    }
}

fn cause_link(cause: Cause, links: Links) -> String {
    to(links, "causes", cause.id(), cause.id())
}

fn to(links: Links, folder: &str, page: &str, shown: &str) -> String {
    match links {
        Links::None => format!("`{shown}`"),
        Links::From(here) if here == folder => format!("[{shown}]({page}.md)"),
        Links::From(_) => format!("[{shown}](../{folder}/{page}.md)"),
    }
}
