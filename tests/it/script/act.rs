//! One act of a script as typed: who, what, and how it was captured.

/// How a packet reaches the capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    Usual,
    Lost,
    Late,
    Twice,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Client,
    Server,
}

/// An act: the parts stand in one segment (or as many as their length or `by` needs).
#[derive(Debug)]
pub struct Act {
    pub delivery: Delivery,
    pub side: Side,
    pub parts: Vec<Words>,
    pub ttl: Option<u8>,
    pub by: Option<usize>,
    pub crossing: bool,
}

impl Act {
    pub fn parse(text: &str) -> Self {
        let mut rest = text.trim();
        let mut delivery = Delivery::Usual;
        for (prefix, meant) in [("lost: ", Delivery::Lost), ("late: ", Delivery::Late), ("twice: ", Delivery::Twice)] {
            if let Some(after) = rest.strip_prefix(prefix) {
                (delivery, rest) = (meant, after);
            }
        }
        let (side, what) = rest.split_once(' ').unwrap_or_else(|| panic!("who does what? {text}"));
        let side = match side {
            "client" => Side::Client,
            "server" => Side::Server,
            other => panic!("neither client nor server: {other}"),
        };
        let mut act = Self { delivery, side, parts: Vec::new(), ttl: None, by: None, crossing: false };
        for part in what.split(" + ") {
            let mut words = Words::of(part);
            act.ttl = words.take_number("ttl").map(|ttl| u8::try_from(ttl).unwrap()).or(act.ttl);
            act.by = words.take_number("by").map(|by| usize::try_from(by).unwrap()).or(act.by);
            act.crossing |= words.take("crossing");
            act.parts.push(words);
        }
        act
    }
}

/// The words of a part, those in quotes whole.
#[derive(Clone, Debug)]
pub struct Words(Vec<String>);

impl Words {
    fn of(text: &str) -> Self {
        let mut words = Vec::new();
        for (i, piece) in text.split('"').enumerate() {
            match i % 2 {
                0 => words.extend(piece.split_whitespace().map(str::to_owned)),
                _ => words.push(unescaped(piece)),
            }
        }
        Self(words)
    }

    /// The next word.
    pub fn next(&mut self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Whether `word` stands there, and takes it.
    pub fn take(&mut self, word: &str) -> bool {
        let place = self.0.iter().position(|other| other == word);
        place.map(|place| self.0.remove(place)).is_some()
    }

    /// The word after `word`, and takes both.
    pub fn take_after(&mut self, word: &str) -> Option<String> {
        let place = self.0.iter().position(|other| other == word)?;
        self.0.remove(place);
        assert!(place < self.0.len(), "nothing after {word}");
        Some(self.0.remove(place))
    }

    pub fn take_number(&mut self, word: &str) -> Option<u64> {
        self.take_after(word).map(|number| number.parse().unwrap_or_else(|_| panic!("no number after {word}")))
    }

    /// All that is left.
    pub fn rest(&mut self) -> Vec<String> {
        std::mem::take(&mut self.0)
    }

    /// Everything was understood.
    pub fn finish(self) {
        assert!(self.0.is_empty(), "unknown: {}", self.0.join(" "));
    }
}

fn unescaped(text: &str) -> String {
    text.replace("\\r", "\r").replace("\\n", "\n").replace("\\e", "\u{1b}")
}
