//! What is done before the crate is compiled: the catalogue is put into the form that the program reads, and what to
//! install is said where libpcap is missing.

mod catalogue;
mod libpcap;

fn main() {
    println!("cargo::rerun-if-changed=build");
    if let Err(fault) = catalogue::prepare() {
        println!("cargo::error={fault}");
    }
    libpcap::look();
}
