//! Lines of text: wrapped to the terminal's width, in a column beside their labels, safe to print.
//!
//! Given styled pieces, gives lines. East Asian characters count two columns and may be broken between; what is made to
//! be pasted is never broken. This is the one place where text reaches the output, so this is where it is cleaned.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::style::Style;
use crate::report::clean::clean;

/// A piece of a line in one style.
pub(super) struct Span {
    text: String,
    style: Style,
    /// Made to be pasted: never broken.
    whole: bool,
}

/// Text that may be broken at its spaces.
pub(super) fn span(text: impl Into<String>) -> Span {
    Span { text: text.into(), style: Style::Plain, whole: false }
}

impl Span {
    pub fn style(self, style: Style) -> Self {
        Self { style, ..self }
    }

    pub fn whole(self) -> Self {
        Self { whole: true, ..self }
    }
}

/// The text being made.
pub(super) struct Page {
    out: String,
    width: usize,
    colour: bool,
    column: usize,
    /// Nothing was written yet, or an empty line last.
    blank: bool,
}

const INDENT: usize = 2;
/// Narrower than this no column is left beside the labels.
const WIDTH_MIN: usize = 40;

impl Page {
    /// `column`: columns that labels take.
    pub fn new(width: usize, colour: bool, column: usize) -> Self {
        Self { out: String::new(), width: width.max(WIDTH_MIN), colour, column, blank: true }
    }

    /// What was written since the last time.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// An empty line, unless there is one.
    pub fn blank(&mut self) {
        if !self.blank {
            self.out.push('\n');
            self.blank = true;
        }
    }

    /// Pieces on one line, however long it becomes: what is searched line by line is not broken.
    pub fn line(&mut self, spans: &[Span]) {
        self.blank = false;
        self.write_words(&words(spans));
        self.out.push('\n');
    }

    /// A headline; further lines are indented.
    pub fn headline(&mut self, spans: &[Span]) {
        self.lines(0, INDENT, spans);
    }

    /// A paragraph under a headline.
    pub fn paragraph(&mut self, spans: &[Span]) {
        self.push(Style::Plain, &" ".repeat(INDENT));
        self.lines(INDENT, INDENT, spans);
    }

    /// A paragraph beside a label. An empty label continues the one above.
    pub fn field(&mut self, label: &str, spans: &[Span]) {
        self.item(label, "", spans);
    }

    /// The same with a mark of its own before the text, such as a bullet.
    pub fn item(&mut self, label: &str, mark: &str, spans: &[Span]) {
        let indent = INDENT + self.column + INDENT + columns(mark);
        self.push(Style::Plain, &" ".repeat(INDENT));
        self.push(Style::Dim, &pad(label, self.column + INDENT));
        self.push(Style::Dim, mark);
        self.lines(indent, indent, spans);
    }

    /// Lines from column `start` on, further ones from column `hang` on.
    fn lines(&mut self, start: usize, hang: usize, spans: &[Span]) {
        self.blank = false;
        let words = words(spans);
        let (mut rest, mut column) = (words.as_slice(), start);
        loop {
            let (line, further) = rest.split_at(fitting(rest, self.width.saturating_sub(column)));
            self.write_words(line);
            self.out.push('\n');
            if further.is_empty() {
                return;
            }
            self.push(Style::Plain, &" ".repeat(hang));
            (rest, column) = (further, hang);
        }
    }

    fn write_words(&mut self, words: &[Word<'_>]) {
        let mut style = Style::Plain;
        for (index, word) in words.iter().enumerate() {
            let next = if self.colour { word.style } else { Style::Plain };
            if next != style {
                self.out.push_str(style.off());
            }
            if word.space && index > 0 {
                self.out.push(' ');
            }
            if next != style {
                self.out.push_str(next.on());
            }
            style = next;
            self.out.push_str(&clean(word.text));
        }
        self.out.push_str(style.off());
    }

    fn push(&mut self, style: Style, text: &str) {
        let text = clean(text);
        if self.colour && !text.trim().is_empty() {
            self.out.extend([style.on(), &text, style.off()]);
        } else {
            self.out.push_str(&text);
        }
    }
}

/// The text with spaces after it, up to `width` columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    let spaces = width.saturating_sub(columns(text));
    format!("{text}{}", " ".repeat(spaces))
}

/// Columns that the text takes on a terminal.
pub(super) fn columns(text: &str) -> usize {
    clean(text).width()
}

/// What is never broken.
struct Word<'a> {
    text: &'a str,
    style: Style,
    /// A space stands before it, except at the beginning of a line.
    space: bool,
    width: usize,
}

fn words(spans: &[Span]) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut space = false;
    for span in spans {
        if span.whole {
            words.push(Word { text: &span.text, style: span.style, space, width: columns(&span.text) });
            space = false;
            continue;
        }
        // ASCII spaces only: French has no-break spaces before its colons.
        for (index, text) in span.text.split([' ', '\n']).enumerate() {
            space |= index > 0;
            for text in breakable(text) {
                words.push(Word { text, style: span.style, space, width: columns(text) });
                space = false;
            }
        }
    }
    words
}

/// How many words fit into `width`; one at least, or nothing would ever be written.
fn fitting(words: &[Word<'_>], width: usize) -> usize {
    let mut used = 0;
    for (index, word) in words.iter().enumerate() {
        used += word.width + usize::from(word.space && index > 0);
        if used > width && index > 0 {
            return index;
        }
    }
    words.len()
}

/// Cuts where East Asian text may be broken: beside a wide character, but not before closing punctuation, nor after
/// opening one.
fn breakable(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, further) = rest.split_at(first_break(rest));
        rest = further;
        Some(piece)
    })
}

fn first_break(text: &str) -> usize {
    const NOT_BEFORE: &str =
        "、。，．・：；？！）」』】〉》〕］｝ーぁぃぅぇぉっゃゅょァィゥェォッャュョ…‥〜％,.:;?!)]}»”’";
    const NOT_AFTER: &str = "（「『【〈《〔［｛([{«“‘";
    let mut before = None;
    for (at, c) in text.char_indices() {
        if let Some(before) = before {
            let beside_wide = is_wide(before) || is_wide(c);
            if beside_wide && !NOT_BEFORE.contains(c) && !NOT_AFTER.contains(before) {
                return at;
            }
        }
        before = Some(c);
    }
    text.len()
}

fn is_wide(c: char) -> bool {
    c.width() == Some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of 40 columns: 2 of indent, 4 for the label, 2 between, 32 for the text.
    fn field(text: &str) -> Vec<String> {
        let mut page = Page::new(40, false, 4);
        page.field("Fix", &[span(text)]);
        page.take().lines().map(str::to_owned).collect()
    }

    #[test]
    fn words_stay_whole_and_lines_hang_under_the_text() {
        assert_eq!(
            field("raise the idle limit of the hop that cut it"),
            ["  Fix   raise the idle limit of the hop", "        that cut it"]
        );
    }

    #[test]
    fn east_asian_text_fills_the_line_and_keeps_its_punctuation() {
        let lines = field("相手側のアイドル制限を上げるか、それより短い間隔で送信する。（次を参照）");
        assert!(lines.iter().all(|line| columns(line) <= 40), "{lines:?}");
        assert!(lines.len() == 3 && columns(&lines[0]) >= 38, "{lines:?}");
        assert!(lines.iter().all(|line| !line.trim_start().starts_with(['、', '。', '）'])), "{lines:?}");
        assert!(lines.iter().all(|line| !line.ends_with('（')), "{lines:?}");
    }

    #[test]
    fn what_is_pasted_is_never_broken() {
        let filter = "ip.addr == 192.168.100.100 && ip.addr == 192.168.100.101";
        let mut page = Page::new(40, false, 4);
        page.field("", &[span("see"), span(" "), span(filter).whole()]);
        assert!(page.take().contains(filter));
    }

    #[test]
    fn no_break_spaces_do_not_break() {
        let lines = field("la connexion est restée inactive\u{a0}: 60 s");
        assert!(lines.iter().any(|line| line.contains("inactive\u{a0}:")), "{lines:?}");
    }

    #[test]
    fn a_blank_line_stands_alone() {
        let mut page = Page::new(40, false, 4);
        page.blank();
        page.line(&[span("a")]);
        page.blank();
        page.blank();
        page.line(&[span("b")]);
        assert_eq!(page.take(), "a\n\nb\n");
    }
}
