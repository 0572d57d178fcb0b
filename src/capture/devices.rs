//! The devices of this machine, and what libpcap's complaints about them mean.
//!
//! libpcap tells what went wrong in words only: they are searched for what is to be typed next.

use std::net::IpAddr;

use super::error::Error;

/// A device that can be captured from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// What `-i` takes.
    pub name: String,
    /// What libpcap says of it.
    pub description: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// It is up and running.
    pub up: bool,
}

/// The devices of this machine that may carry TCP.
pub fn interfaces() -> Result<Vec<Device>, Error> {
    const OTHER_THINGS: [&str; 5] = ["bluetooth", "dbus", "nflog", "nfqueue", "usbmon"];
    let devices = pcap::Device::list().map_err(|error| Error::Device {
        device: "any device".to_owned(),
        reason: reason(&error),
        hint: "ip link lists the devices".to_owned(),
    })?;
    let carries_tcp = |device: &pcap::Device| !OTHER_THINGS.iter().any(|prefix| device.name.starts_with(prefix));
    Ok(devices
        .into_iter()
        .filter(carries_tcp)
        .map(|device| Device {
            up: device.flags.is_up() && device.flags.is_running(),
            name: device.name,
            description: device.desc,
            addresses: device.addresses.into_iter().map(|address| address.addr).collect(),
        })
        .collect())
}

/// libpcap's own words.
pub(super) fn reason(error: &pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(super) fn filter_error(expression: &str, error: &pcap::Error) -> Error {
    let reason = reason(error);
    let reason = reason.strip_prefix("can't parse filter expression: ").unwrap_or(&reason).to_owned();
    Error::Filter { expression: expression.to_owned(), reason }
}

pub(super) fn device_error(device: &str, reason: &str) -> Error {
    let lower = reason.to_lowercase();
    let (reason, hint) = if ["not permitted", "permission", "cap_net_raw"].iter().any(|sign| lower.contains(sign)) {
        let grant = "run with sudo, or: sudo setcap cap_net_raw,cap_net_admin=eip $(which wsclose-sniff)";
        ("not permitted".to_owned(), grant.to_owned())
    } else if lower.contains("no such device") {
        ("no such device".to_owned(), format!("there are: {}", nearest(device).join(", ")))
    } else if lower.contains("not up") {
        ("it is down".to_owned(), format!("sudo ip link set {device} up"))
    } else {
        (reason.to_owned(), "wsclose-sniff interfaces lists the devices".to_owned())
    };
    Error::Device { device: device.to_owned(), reason, hint }
}

/// Names of devices, those first that begin most like `device`.
fn nearest(device: &str) -> Vec<String> {
    const SHOWN: usize = 6;
    let mut names: Vec<String> = interfaces().unwrap_or_default().into_iter().map(|device| device.name).collect();
    let alike = |name: &String| name.bytes().zip(device.bytes()).take_while(|(a, b)| a == b).count();
    names.sort_by_key(|name| std::cmp::Reverse(alike(name)));
    names.truncate(SHOWN);
    names
}
