//! Pages for a terminal: wrapped to a width that counts East Asian characters as the two columns they take.

use super::document::{Block, Document};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const NARROWEST: usize = 20;

/// The page as plain text.
pub(super) fn page(document: &Document, width: usize) -> String {
    let width = width.max(NARROWEST);
    let mut out = String::new();
    push_lines(&mut out, "", &document.title, width);
    out.push_str(&"=".repeat(document.title.width().min(width)));
    out.push('\n');
    for block in &document.blocks {
        out.push('\n');
        push_block(&mut out, block, width);
    }
    out
}

fn push_block(out: &mut String, block: &Block, width: usize) {
    match block {
        Block::Heading(2, text) => {
            push_lines(out, "", text, width);
            out.push_str(&"-".repeat(text.width().min(width)));
            out.push('\n');
        }
        Block::Heading(_, text) => push_lines(out, "", &format!("{text}:"), width),
        Block::Paragraph(text) => push_lines(out, "", &plain(text), width),
        Block::List(items) => items.iter().for_each(|item| push_lines(out, "  - ", &plain(item), width)),
        Block::Ranked(items) => {
            for (rank, (cause, text)) in items.iter().enumerate() {
                let named = cause.map(|cause| format!(" [{}]", cause.id())).unwrap_or_default();
                push_lines(out, &format!("{:>2}. ", rank + 1), &format!("{}{named}", plain(text)), width);
            }
        }
        Block::Code(commands) => {
            for line in commands.lines() {
                out.push_str("    ");
                out.push_str(line);
                out.push('\n');
            }
        }
        Block::Table(rows) => push_table(out, rows, width),
        Block::SeeAlso(names) => push_lines(out, "", &names.join(", "), width),
    }
}

/// Wraps `text`; the first line begins with `mark`, the others are indented as far.
fn push_lines(out: &mut String, mark: &str, text: &str, width: usize) {
    let indent = " ".repeat(mark.width());
    let room = width.saturating_sub(mark.width()).max(NARROWEST / 2);
    for (index, line) in wrap(text, room).iter().enumerate() {
        out.push_str(if index == 0 { mark } else { &indent });
        out.push_str(line);
        out.push('\n');
    }
}

fn push_table(out: &mut String, rows: &[Vec<String>], width: usize) {
    let widths = column_widths(rows, width);
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<Vec<String>> = row.iter().zip(&widths).map(|(cell, width)| wrap(&plain(cell), *width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let texts = cells.iter().map(|cell| cell.get(line).map(String::as_str).unwrap_or_default());
            push_row(out, texts.zip(&widths));
        }
        if index == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            push_row(out, rules.iter().map(String::as_str).zip(&widths));
        }
    }
}

fn push_row<'a>(out: &mut String, cells: impl Iterator<Item = (&'a str, &'a usize)>) {
    let mut line = String::new();
    for (text, width) in cells {
        line.push_str(text);
        line.push_str(&" ".repeat(width.saturating_sub(text.width()) + 2));
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

/// Every column as wide as its widest cell; where that is too much, the widest columns give way.
fn column_widths(rows: &[Vec<String>], width: usize) -> Vec<usize> {
    const NARROWEST_COLUMN: usize = 6;
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| plain(cell).width()).max();
    let mut widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
    let room = width.saturating_sub(2 * columns.saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max() else { break };
        if *widest <= NARROWEST_COLUMN {
            break;
        }
        *widest -= 1;
    }
    widths
}

/// Lines of at most `width` columns. Breaks at spaces and between East Asian characters, never before a closing mark.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in pieces(text) {
        let Some(line) = lines.last_mut() else { break };
        if line.width() + piece.trim_end().width() <= width || line.is_empty() {
            line.push_str(piece);
        } else {
            lines.push(piece.to_owned());
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The parts of a text that must not be broken, with the spaces that follow them.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut previous: Option<char> = None;
    for (index, character) in text.char_indices() {
        if previous.is_some_and(|previous| may_break(previous, character)) {
            pieces.extend(text.get(start..index));
            start = index;
        }
        previous = Some(character);
    }
    pieces.extend(text.get(start..));
    pieces
}

fn may_break(before: char, after: char) -> bool {
    let wide = |character: char| character.width() == Some(2);
    let closing =
        |character: char| "、。，．：；！？）」』】〉》ーぁぃぅぇぉっゃゅょァィゥェォッャュョ…".contains(character);
    let opening = |character: char| "（「『【〈《".contains(character);
    match (before, after) {
        (' ', after) => after != ' ',
        (before, after) if opening(before) || closing(after) => false,
        (before, after) => after != ' ' && (wide(before) || wide(after)),
    }
}

/// Text without the marks of Markdown: `code` and *emphasis*.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        match index % 2 {
            0 => out.push_str(&without_emphasis(part)),
            _ => out.push_str(part),
        }
    }
    out
}

fn without_emphasis(text: &str) -> String {
    let parts: Vec<&str> = text.split('*').collect();
    match parts.len() % 2 {
        1 => parts.concat(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_breaks_at_spaces() {
        assert_eq!(wrap("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("unbreakable", 4), ["unbreakable"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn east_asian_characters_take_two_columns() {
        assert_eq!(wrap("接続が切断されました", 8), ["接続が切", "断されま", "した"]);
        assert_eq!(wrap("切断した。次へ", 8), ["切断し", "た。次へ"], "no full stop at the start of a line");
        assert_eq!(wrap("RST を送信した", 8), ["RST を送", "信した"]);
    }

    #[test]
    fn tables_align_by_width() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let mut out = String::new();
        push_table(&mut out, &[row(["名前", "x"]), row(["異常終了", "yy"]), row(["ab", "z"])], 80);
        assert_eq!(out, "名前      x\n--------  --\n異常終了  yy\nab        z\n");
    }

    #[test]
    fn tables_fit_the_terminal() {
        let rows = vec![vec!["a".to_owned(), "one two three four five".to_owned()]];
        let mut out = String::new();
        push_table(&mut out, &rows, 12);
        assert!(out.lines().all(|line| line.width() <= 12), "{out}");
    }

    #[test]
    fn marks_are_taken_off() {
        assert_eq!(plain("use `a*b` for *this*, 2 * 3"), "use a*b for *this*, 2 * 3");
        assert_eq!(plain("use `a*b` for *this*"), "use a*b for this");
    }
}
