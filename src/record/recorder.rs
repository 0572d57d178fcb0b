//! Folds events into a record.
