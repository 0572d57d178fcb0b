//! Whether and when to connect again: the advice that stands beside every code and cause.

use super::Value;

/// What to do about connecting again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Advice {
    /// Do not reconnect by itself.
    No,
    /// Once, soon, after a random delay within bounds.
    ShortDelay,
    /// With exponential back-off and jitter.
    Backoff,
    /// Only after something was changed, or if the application wants it.
    Conditional,
}

impl Advice {
    /// The word printed in JSON.
    pub const fn id(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::ShortDelay => "short-delay",
            Self::Backoff => "backoff",
            Self::Conditional => "conditional",
        }
    }

    /// The advice with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        [Self::No, Self::ShortDelay, Self::Backoff, Self::Conditional].into_iter().find(|advice| advice.id() == id)
    }
}

/// Advice with its delays, in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Reconnect {
    /// What to do.
    pub advice: Advice,
    /// The first delay; `None` where the advice is not to reconnect.
    pub delay_s: Option<u32>,
    /// The upper bound of the delay, or of the back-off.
    pub delay_max_s: Option<u32>,
}

impl Reconnect {
    /// Do not reconnect by itself.
    pub const NO: Self = Self { advice: Advice::No, delay_s: None, delay_max_s: None };

    /// A random delay between two bounds.
    pub const fn short_delay(delay_s: u32, max: u32) -> Self {
        Self { advice: Advice::ShortDelay, delay_s: Some(delay_s), delay_max_s: Some(max) }
    }

    /// Exponential back-off from a first delay to a cap.
    pub const fn backoff(delay_s: u32, max: u32) -> Self {
        Self { advice: Advice::Backoff, delay_s: Some(delay_s), delay_max_s: Some(max) }
    }

    /// Only after a change; then with these bounds.
    pub const fn conditional(delay_s: u32, max: u32) -> Self {
        Self { advice: Advice::Conditional, delay_s: Some(delay_s), delay_max_s: Some(max) }
    }

    /// The parameters of that sentence.
    pub fn params(self) -> [(&'static str, Value); 2] {
        let delay = |seconds: Option<u32>| Value::Count(seconds.unwrap_or(0).into());
        [("delay_s", delay(self.delay_s)), ("delay_max_s", delay(self.delay_max_s))]
    }

    /// The id of the sentence that says it: `reconnect.backoff` and so on.
    pub const fn message_id(self) -> &'static str {
        match self.advice {
            Advice::No => "reconnect.no",
            Advice::ShortDelay => "reconnect.short-delay",
            Advice::Backoff => "reconnect.backoff",
            Advice::Conditional => "reconnect.conditional",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_ids_lead_back() {
        for advice in [Advice::No, Advice::ShortDelay, Advice::Backoff, Advice::Conditional] {
            assert_eq!(Advice::from_id(advice.id()), Some(advice));
        }
    }
}
