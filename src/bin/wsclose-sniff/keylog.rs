//! The key log: read whole at the start, and again while it may grow. What is read is wiped from memory.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wsclose_sniff::analyzer::Analyzer;
use wsclose_sniff::packet::Item;
use zeroize::Zeroizing;

/// Packets between two looks at a key log that may grow; on a quiet link each idle moment is one.
const LOOK_EVERY: u32 = 64;

/// A key log.
pub struct KeyLog {
    path: PathBuf,
    file: Option<File>,
    /// Packets since the last look; None where the log is complete.
    since: Option<u32>,
}

impl KeyLog {
    /// The one that was named, which must be there; else that of the environment, which may not be there (yet).
    pub fn open(named: Option<&Path>) -> Result<Option<Self>> {
        let (path, must_exist) = match (named, std::env::var_os("SSLKEYLOGFILE")) {
            (Some(path), _) => (path.to_owned(), true),
            (None, Some(path)) if !path.is_empty() => (path.into(), false),
            (None, _) => return Ok(None),
        };
        let mut log = Self { path, file: None, since: None };
        match log.look() {
            Err(error) if must_exist => {
                Err(error).with_context(|| format!("cannot read the key log {}", log.path.display()))
            }
            _ => Ok(Some(log)),
        }
    }

    /// Reads what there is. A `live` capture reads on as it grows.
    pub fn start(&mut self, analyzer: &mut Analyzer, live: bool) {
        if live {
            analyzer.expect_secrets();
            self.since = Some(0);
        }
        self.read(analyzer);
    }

    /// Before `item` is analysed: what came to a log that grows.
    pub fn follow(&mut self, item: &Item<'_>, analyzer: &mut Analyzer) {
        let Some(since) = &mut self.since else { return };
        *since += 1;
        if *since >= LOOK_EVERY || matches!(item, Item::Idle(_)) {
            *since = 0;
            self.read(analyzer);
        }
    }

    fn read(&mut self, analyzer: &mut Analyzer) {
        if self.look().is_err() {
            return;
        }
        let Some(file) = &mut self.file else { return };
        let mut buffer = Zeroizing::new([0; 8192]);
        loop {
            match file.read(buffer.as_mut_slice()) {
                Ok(0) => return,
                Ok(len) => analyzer.take(Item::Secrets(buffer.get(..len).unwrap_or_default())),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    fn look(&mut self) -> std::io::Result<()> {
        if self.file.is_none() {
            self.file = Some(File::open(&self.path)?);
        }
        Ok(())
    }
}
