//! A page before it is written: headings, paragraphs, lists, tables. Texts hold inline Markdown.

use crate::catalogue::Cause;

/// A page.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
}

/// A part of a page.
#[derive(Debug)]
pub(super) enum Block {
    /// A heading of level 2 or 3.
    Heading(usize, String),
    Paragraph(String),
    List(Vec<String>),
    /// Counted from 1; each may name a cause.
    Ranked(Vec<(Option<Cause>, String)>),
    /// Commands, to be copied as they are.
    Code(String),
    /// The first row is the heading.
    Table(Vec<Vec<String>>),
    /// Codes and causes to read next.
    SeeAlso(Vec<String>),
}

impl Document {
    pub(super) fn new(title: String) -> Self {
        Self { title, blocks: Vec::new() }
    }

    pub(super) fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }

    pub(super) fn heading(&mut self, level: usize, text: String) {
        self.push(Block::Heading(level, text));
    }

    /// A heading and a list, unless the list is empty.
    pub(super) fn list(&mut self, level: usize, heading: String, items: &[String]) {
        if !items.is_empty() {
            self.heading(level, heading);
            self.push(Block::List(items.to_vec()));
        }
    }

    /// A heading and the blocks of a Markdown text, unless it is empty.
    pub(super) fn section(&mut self, level: usize, heading: String, text: &str) {
        if !text.is_empty() {
            self.heading(level, heading);
            self.markdown(text);
        }
    }

    /// Paragraphs, lists and fenced commands of a page file.
    pub(super) fn markdown(&mut self, text: &str) {
        for (index, part) in text.split("```").enumerate() {
            match index % 2 {
                0 => {
                    part.split("\n\n").map(str::trim).filter(|part| !part.is_empty()).for_each(|part| self.prose(part))
                }
                _ => self.push(Block::Code(part.trim_matches('\n').to_owned())),
            }
        }
    }

    fn prose(&mut self, part: &str) {
        match part.starts_with("- ") {
            true => {
                let items = part.split("\n- ").map(|item| one_line(item.strip_prefix("- ").unwrap_or(item)));
                self.push(Block::List(items.collect()));
            }
            false => self.push(Block::Paragraph(one_line(part))),
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
