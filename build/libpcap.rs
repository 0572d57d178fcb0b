//! Says in one sentence what to install where libpcap is missing.
//!
//! Without it the linker ends in thirty lines around `unable to find library -lpcap`. Only a trial link: nothing is
//! generated, and where it cannot be tried (cross builds, no C linker) the real link decides.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

/// An error of the build where it would not link.
pub fn look() {
    println!("cargo::rerun-if-env-changed=LIBPCAP_LIBDIR");
    let here =
        env::var("HOST") == env::var("TARGET") && env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|it| it == "unix");
    let wanted = env::var_os("CARGO_FEATURE_LIVE").is_some() && here && env::var_os("LIBPCAP_LIBDIR").is_none();
    if wanted && links_libpcap() == Some(false) {
        println!(
            "cargo::error=libpcap was not found, and live capture (feature `live`) needs it. \
             Debian, Ubuntu: sudo apt-get install libpcap-dev; Fedora: sudo dnf install libpcap-devel; Alpine: apk add libpcap-dev. \
             To analyse capture files only: cargo build --release --no-default-features --features cli"
        );
    }
}

/// Whether a program that needs libpcap links; None if that cannot be told.
fn links_libpcap() -> Option<bool> {
    let folder = env::var_os("OUT_DIR")?;
    let source = Path::new(&folder).join("trial.c");
    std::fs::write(&source, "int main(void) { return 0; }\n").ok()?;
    let linker = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let links = |library: &[&str]| {
        let mut trial = Command::new(&linker);
        trial.arg(&source).args(library).arg("-o").arg(Path::new(&folder).join("trial"));
        trial.stdout(Stdio::null()).stderr(Stdio::null()).status().ok().map(|status| status.success())
    };
    // Without the library first: a linker that cannot do even this has other troubles to tell.
    (links(&[])?).then(|| links(&["-lpcap"])).flatten()
}
