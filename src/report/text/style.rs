//! Colour, as escape codes (ECMA-48 §8.3.117), where it was asked for.

use crate::catalogue::Severity;

/// How a piece of text looks.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Style {
    /// As the terminal has it.
    #[default]
    Plain,
    /// To be read first.
    Bold,
    /// To be found when looked for.
    Dim,
    /// As bad as this.
    Severity(Severity),
}

impl Style {
    /// What switches it on; empty where nothing does.
    pub const fn on(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "\x1b[1m",
            Self::Dim => "\x1b[2m",
            Self::Severity(Severity::Ok) => "\x1b[32m",
            Self::Severity(Severity::Notice) => "\x1b[36m",
            Self::Severity(Severity::Warning) => "\x1b[1;33m",
            Self::Severity(Severity::Error) => "\x1b[1;31m",
        }
    }

    /// What switches it off.
    pub const fn off(self) -> &'static str {
        match self {
            Self::Plain => "",
            _ => "\x1b[0m",
        }
    }
}

/// A sign that is told apart without colour too.
pub(super) const fn symbol(severity: Severity) -> &'static str {
    match severity {
        Severity::Ok => "✓",
        Severity::Notice => "•",
        Severity::Warning => "▲",
        Severity::Error => "✗",
    }
}
