//! Every bound of the program in one table, each with its reason.

use std::time::Duration;

/// Longest HTTP head (request or response) that is kept while it is incomplete, in bytes. Servers allow 8–64 KiB.
pub const HTTP_HEAD_BYTES: usize = 64 * 1024;

/// Early TCP payload held for one direction, in bytes: a common receive window. Beyond it the hole is declared a gap.
pub const HELD_BYTES: usize = 1 << 20;
/// Early TCP segments held for one direction: bounds the cost of keeping them sorted.
pub const HELD_SEGMENTS: usize = 2048;
/// How many packets of the flow may go by after the peer acknowledged past a hole before it is a gap: capture queues
/// reorder by a few packets, never by dozens.
pub const HOLE_PATIENCE_PACKETS: u8 = 24;
/// How long after the peer acknowledged past a hole it becomes a gap.
pub const HOLE_PATIENCE: Duration = Duration::from_secs(1);
/// Headers stepped over in one frame before it is ignored. Real stacks (VLANs, VXLAN, PPPoE, MPLS in one) stay below 16.
pub const PACKET_HEADERS: usize = 24;

/// Fragmented IP datagrams held at a time; the oldest goes first. Fragments travel together: only losses linger.
pub const FRAGMENTED_DATAGRAMS: usize = 512;

/// Bytes held in IP fragments. Linux allows 4 MiB (`net.ipv4.ipfrag_high_thresh`).
pub const FRAGMENT_BYTES: usize = 4 * 1024 * 1024;

/// Fragments of one datagram: 64 KiB in the smallest MTU hosts must take (576, RFC 791 §3.2) are 119.
pub const FRAGMENTS_PER_DATAGRAM: usize = 128;

/// How long a datagram waits for its fragments, as in Linux (`net.ipv4.ipfrag_time`); then its number means another one.
pub const FRAGMENT_AGE: Duration = Duration::from_secs(30);

/// How long after its end further fragments of a datagram are copies of it (mirror ports, `-i any`), not a new one.
pub const FRAGMENT_ECHO: Duration = Duration::from_secs(1);
/// Payload of a control frame that is kept, in bytes: the 125 that are allowed and as much again, to name an oversized
/// Close (RFC 6455 §5.5).
pub const CONTROL_BYTES: usize = 256;
/// First text messages of each direction that are kept, to recognise private vocabularies.
pub const TEXTS_KEPT: u8 = 2;
/// Bytes kept of each of them.
pub const TEXT_KEPT_BYTES: usize = 160;
/// Bytes kept of one direction while its frame boundary is sought: some segments, so that what led to belief is not lost.
pub const SEARCH_KEPT_BYTES: usize = 32 * 1024;
/// Guesses followed at a time in that search; random bytes rarely keep more than a few alive.
pub const SEARCH_WALKS: usize = 6;
/// Offsets inside segments that are tried in one search; afterwards only the starts of segments are, where a long
/// message's successor will begin.
pub const SEARCH_OFFSETS: u64 = 256 * 1024;
/// First bytes of each direction that are looked at to tell the protocol: a PROXY v2 header with its TLVs, a SOCKS
/// handshake, the longest method name.
pub const DETECT_BYTES: usize = 2048;
/// Wrappers inside each other that are stepped over: a balancer's PROXY header inside a CONNECT is real, more is an attack.
pub const WRAPPERS: u8 = 4;
/// Bytes kept of one header field: longer ones are tokens or attacks, and no diagnosis needs them whole.
pub const FIELD_BYTES: usize = 1024;
/// Bytes kept of a refusal's body: error pages name the product that wrote them in their first line.
pub const HTTP_BODY_KEPT_BYTES: usize = 256;
/// Requests on one connection that may wait for their responses; browsers pipeline none, tools a few.
pub const HTTP_PIPELINE: usize = 64;
/// Pieces kept of what a client sends before its upgrade is answered: clients wait for the answer, if it is captured.
pub const HTTP_WAITING: usize = 1024;
/// Breaches kept of one connection: the first ones explain the close, a flood explains nothing more.
pub const BREACHES_KEPT: usize = 16;
/// Close frames kept of one connection: two are legal.
pub const CLOSES_KEPT: usize = 8;
/// Statuses kept of refusals before the handshake on the same connection.
pub const EARLIER_REFUSALS_KEPT: usize = 8;
/// Pings kept to find their Pongs.
pub const PINGS_WAITING: usize = 16;
/// Repetitions without an answer that make a connection lost, if they last [`LOST_AFTER`]: fewer are ordinary loss.
pub const LOST_REPETITIONS: u32 = 3;
/// How long they must last.
pub const LOST_AFTER: Duration = Duration::from_secs(3);
/// After a RST: how long the flow is still watched for what contradicts it (a forged RST ends only one side).
pub const RESET_LINGER: Duration = Duration::from_millis(500);
/// After one side's FIN: how long the other may stay silent before the connection counts as ended.
pub const HALF_CLOSED: Duration = Duration::from_secs(300);
/// After a Close: how long TCP may go on before a live capture reports the connection as closing.
pub const CLOSING_REPORTED: Duration = Duration::from_secs(30);
/// Live: how long a lost connection may stay unanswered before it is final.
pub const LOST_FINAL: Duration = Duration::from_secs(120);
/// Flows followed at a time. Beyond it the one silent longest goes: said in the summary.
pub const FLOWS: usize = 4_000_000;

/// What a capture file is read with at a time, in bytes: 512 KiB to 1 MiB measured best, mmap and libpcap were slower.
pub const READ_BYTES: usize = 512 * 1024;

/// The same while only the first packet of a file is wanted, to learn when the file begins.
pub const PEEK_BYTES: usize = 32 * 1024;

/// Largest packet of a pcap file that is believed, in bytes, whatever snaplen the file states. Larger lengths are damage.
pub const PACKET_BYTES: usize = 16 * 1024 * 1024;

/// Largest packet that is believed where a pcap file states a smaller snaplen, in bytes: libpcap's and Wireshark's own
/// bound. Writers exist that capture more than they state.
pub const PACKET_USUAL_BYTES: usize = 256 * 1024;

/// Largest pcapng block that is believed, in bytes: name resolution and secrets blocks of tens of MiB exist.
pub const BLOCK_BYTES: usize = 64 * 1024 * 1024;

/// Most interfaces that one capture file may describe: each costs memory, and 16 bits were enough for the old format.
pub const INTERFACES_MAX: usize = 65_536;

/// Longest interface name that is kept, in bytes. Linux allows 15, Windows device names take 50.
pub const INTERFACE_NAME_BYTES: usize = 256;

/// How far a damaged capture file is searched for the next intact packet, in bytes: several times the largest usual packet.
pub const RESYNC_BYTES: usize = 4 * 1024 * 1024;

/// How long the kernel may collect packets before it hands them over: findings within 100 ms need half of it.
pub const LIVE_BATCH_TIME: Duration = Duration::from_millis(50);

/// How long a live capture waits for packets before it says that time went on.
pub const LIVE_IDLE_TIME: Duration = Duration::from_millis(100);
/// How long a reported flow keeps its place, so that its last packets do not look like a new one.
pub const FORGET_AFTER: Duration = Duration::from_secs(120);
/// Failed attempts held until their server is known to speak WebSocket.
pub const ATTEMPTS_HELD: usize = 10_000;
/// Addresses remembered as WebSocket servers.
pub const SERVERS_KNOWN: usize = 100_000;

/// Servers counted apart in the summary; a scan of a network has more than anybody reads.
pub const SUMMARY_SERVERS: usize = 4096;
