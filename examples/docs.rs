//! Writes the generated documentation below `docs/`: one page a code and a cause.

#![allow(clippy::disallowed_methods)]

use std::path::Path;

fn main() -> std::io::Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (name, text) in wsclose_sniff::catalogue::pages::documentation() {
        let path = docs.join(name);
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(path, text)?;
    }
    Ok(())
}
