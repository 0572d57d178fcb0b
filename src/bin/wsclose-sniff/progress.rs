//! One line on standard error that says how far reading is.
//!
//! Only for files that take a while, only on a terminal. Hidden before anything else is written, so that it never mixes
//! with results.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use wsclose_sniff::capture::{Progress, Source};

use crate::plan::Chatter;

/// Below a second of work a bar only flickers: about 64 MiB.
const WORTH_SHOWING_BYTES: u64 = 64 * 1024 * 1024;
const REDRAW_TIME: Duration = Duration::from_millis(200);
/// The clock is read only every so many items.
const LOOK_EVERY: u32 = 4096;

pub struct Bar {
    wanted: bool,
    shown: bool,
    items_until_look: u32,
    started_at: Instant,
    drawn_at: Instant,
}

impl Bar {
    pub fn new(source: &Source, chatter: Chatter) -> Self {
        let large = source.progress().is_some_and(|progress| progress.bytes_total >= WORTH_SHOWING_BYTES);
        let wanted = large && chatter > Chatter::Quiet && io::stderr().is_terminal();
        let now = Instant::now();
        Self { wanted, shown: false, items_until_look: LOOK_EVERY, started_at: now, drawn_at: now }
    }

    /// Called after each item.
    #[inline]
    pub fn tick(&mut self, source: &Source) {
        self.items_until_look -= 1;
        if self.items_until_look == 0 {
            self.items_until_look = LOOK_EVERY;
            self.look(source);
        }
    }

    /// Called before anything else is written.
    #[inline]
    pub fn hide(&mut self) {
        if self.shown {
            self.shown = false;
            draw("");
        }
    }

    fn look(&mut self, source: &Source) {
        if self.wanted
            && self.drawn_at.elapsed() >= REDRAW_TIME
            && let Some(progress) = source.progress()
        {
            self.drawn_at = Instant::now();
            self.shown = true;
            draw(&line(progress, self.started_at.elapsed()));
        }
    }
}

fn draw(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "\r\x1b[K{text}").and_then(|()| stderr.flush());
}

fn line(progress: Progress, elapsed: Duration) -> String {
    const BAR_CHARS: u64 = 24;
    let Progress { bytes_done, bytes_total } = progress;
    let share = |of: u64| bytes_done.min(bytes_total).saturating_mul(of) / bytes_total.max(1);
    let filled = usize::try_from(share(BAR_CHARS)).unwrap_or(0);
    let mega = |bytes: u64| bytes / 1_000_000;
    let per_second = bytes_done as f64 / elapsed.as_secs_f64().max(0.001);
    let left = bytes_total.saturating_sub(bytes_done) as f64 / per_second.max(1.0);
    format!(
        "{:3} % [{:<24}] {} of {} MB, {:.0} MB/s, {left:.0} s left",
        share(100),
        "#".repeat(filled),
        mega(bytes_done),
        mega(bytes_total),
        per_second / 1e6,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_share_speed_and_rest() {
        let progress = Progress { bytes_done: 250_000_000, bytes_total: 1_000_000_000 };
        assert_eq!(
            line(progress, Duration::from_secs(1)),
            " 25 % [######                  ] 250 of 1000 MB, 250 MB/s, 3 s left"
        );
    }

    #[test]
    fn a_file_that_grew_is_not_more_than_whole() {
        let progress = Progress { bytes_done: 30, bytes_total: 20 };
        assert!(line(progress, Duration::ZERO).starts_with("100 %"));
    }
}
