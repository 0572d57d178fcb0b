//! Where things were seen: the names of files, points and interfaces behind their numbers.

use std::collections::BTreeMap;

use super::Options;
use super::encode::Plain;
use super::escape::escaped;
use crate::packet::{PacketRef, PointId};

/// Names by number. What has no name has none: numbers are never made up into names.
#[derive(Clone, Debug)]
pub struct Places<'a> {
    files: &'a [String],
    /// The same as the insides of JSON strings: every evidence names its file.
    escaped_files: Vec<String>,
    points: &'a [String],
    /// What this sensor is called.
    pub sensor: Option<&'a str>,
    /// Wireshark's `tcp.stream` numbers hold here.
    pub tcp_streams: bool,
    interfaces: BTreeMap<(usize, u32), String>,
}

impl<'a> Places<'a> {
    /// As the options say; interfaces come later.
    pub fn new(options: &Options<'a>) -> Self {
        Self {
            files: options.files,
            escaped_files: options.files.iter().map(|file| escaped(file)).collect(),
            points: options.points,
            sensor: options.sensor,
            tcp_streams: options.tcp_streams,
            interfaces: BTreeMap::new(),
        }
    }

    /// An interface has a name.
    pub fn name_interface(&mut self, file: usize, interface: u32, name: &str) {
        self.interfaces.insert((file, interface), name.to_owned());
    }

    /// The input that holds this packet.
    pub fn file(&self, packet: PacketRef) -> Option<&str> {
        self.files.get(packet.file()).map(String::as_str)
    }

    /// The input that holds this packet, where there is more than one.
    pub fn file_of_many(&self, packet: PacketRef) -> Option<&str> {
        self.file(packet).filter(|_| self.files.len() > 1)
    }

    /// The input that holds this packet, where it is not the one that holds `home`.
    pub fn other_file(&self, packet: PacketRef, home: PacketRef) -> Option<&str> {
        if packet.file() == home.file() { None } else { self.file(packet) }
    }

    /// [`Self::file`] as JSON.
    pub(super) fn file_json(&self, packet: PacketRef) -> Option<Plain<'_>> {
        self.escaped_files.get(packet.file()).map(|file| Plain(file.as_bytes()))
    }

    /// [`Self::other_file`] as JSON.
    pub(super) fn other_file_json(&self, packet: PacketRef, home: PacketRef) -> Option<Plain<'_>> {
        if packet.file() == home.file() { None } else { self.file_json(packet) }
    }

    /// The observation point's name.
    pub fn point(&self, point: PointId) -> Option<&str> {
        self.points.get(usize::from(point.0)).map(String::as_str)
    }

    /// The name of the interface that captured this packet.
    pub fn interface(&self, packet: PacketRef, interface: u32) -> Option<&str> {
        self.interfaces.get(&(packet.file(), interface)).map(String::as_str)
    }
}
