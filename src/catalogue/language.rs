//! The languages that the catalogue speaks.

/// A language of the catalogue. English is complete; the others fall back to it text by text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// 日本語
    Japanese,
    /// Русский
    Russian,
    /// Tiếng Việt
    Vietnamese,
    /// Français
    French,
}

impl Language {
    /// Every language, English first.
    pub const ALL: &'static [Self] = &[Self::English, Self::Japanese, Self::Russian, Self::Vietnamese, Self::French];

    /// The word that `--lang` takes, and the name of its folder.
    pub const fn id(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
            Self::Russian => "ru",
            Self::Vietnamese => "vi",
            Self::French => "fr",
        }
    }

    /// The language of `ja`, `ja_JP.UTF-8` or `fr-CA`; `None` where the catalogue does not speak it.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['_', '-', '.', '@']).next()?;
        Self::ALL.iter().copied().find(|language| language.id().eq_ignore_ascii_case(primary))
    }

    /// Which of the forms of a counted word fits: one, (few,) many, as the language has them.
    pub(super) const fn plural_form(self, count: u64) -> usize {
        match self {
            Self::English => (count != 1) as usize,
            Self::French => (count > 1) as usize,
            Self::Japanese | Self::Vietnamese => 0,
            Self::Russian => match (count % 10, count % 100) {
                (1, tail) if tail != 11 => 0,
                (2..=4, tail) if tail < 12 || tail > 14 => 1,
                _ => 2,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        assert_eq!(Language::from_tag("ja_JP.UTF-8"), Some(Language::Japanese));
        assert_eq!(Language::from_tag("FR-ca"), Some(Language::French));
        assert_eq!(Language::from_tag("C.UTF-8"), None);
        assert_eq!(Language::from_tag(""), None);
    }

    #[test]
    fn plurals() {
        let russian = |count| Language::Russian.plural_form(count);
        assert_eq!([1, 2, 5, 11, 12, 21, 22, 111].map(russian), [0, 1, 2, 2, 2, 0, 1, 2]);
        assert_eq!([0, 1, 2].map(|count| Language::French.plural_form(count)), [0, 0, 1]);
        assert_eq!([0, 1, 2].map(|count| Language::English.plural_form(count)), [1, 0, 1]);
    }
}
