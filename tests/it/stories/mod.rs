//! Conversations and what is told of them, one family a file.

mod goodbye;
