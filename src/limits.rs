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

/// Longest line of a key log that can matter, in bytes: the longest label and 64 + 96 digits.
pub const KEY_LOG_LINE_BYTES: usize = 256;
/// Connections whose TLS secrets are kept, the oldest going first: about 45 MiB.
pub const KEY_LOG_CONNECTIONS: usize = 1 << 17;
/// Longest TLS handshake message that is put together, in bytes: certificate chains of browsers' servers stay below.
pub const TLS_MESSAGE_BYTES: usize = 64 * 1024;
/// Protected records held for each direction until their keys can be known, in bytes: early data, or a request and its
/// answer while the key log of a live capture is still being written.
pub const TLS_BACKLOG_BYTES: usize = 16 * 1024;
/// Records that a gap may have swallowed, at most: how many sequence numbers are tried to read on after it.
pub const TLS_LOST_RECORDS: u64 = 1 << 16;
/// What trying keys and sequence numbers may cost one connection, in bytes of records tried (each counts at least 2 KiB):
/// about 20 ms. What can be read gives the credit back.
pub const TLS_TRIAL_BYTES: u64 = 64 << 20;
/// Records in a row that do not authenticate before keys are held for wrong: a handshake whose own secrets are missing
/// from the key log has fewer.
pub const TLS_FAILURES: u32 = 24;
/// Sequence numbers tried where the beginning of a connection is missing, for each key of the key log.
pub const TLS_MIDSTREAM_RECORDS: u64 = 4096;
/// Bytes kept of a server name, an ALPN protocol or a certificate's name.
pub const TLS_NAME_BYTES: usize = 255;
/// First records of each direction that are kept of a TLS connection without keys: handshake, tickets, request, answer.
pub const TLS_FIRST_RECORDS: usize = 8;
/// Last records of both directions that are kept of it: a closing handshake and the traffic before it, to compare.
pub const TLS_LAST_RECORDS: usize = 16;
/// Payload of a control frame that is kept, in bytes: the 125 that are allowed and as much again, to name an oversized
/// Close (RFC 6455 §5.5).
pub const CONTROL_BYTES: usize = 256;
/// Bytes kept of the first text message of each direction, to recognise private vocabularies.
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
/// Paths, and heads of requests and of answers, that are kept once for all connections: there are hundreds of browsers
/// and hosts, not millions.
pub const SHARED: usize = 4096;
/// Bytes of text in one of them, at most: longer ones are hardly ever met twice.
pub const SHARED_BYTES: usize = 1024;
/// Heads of requests, and of answers, that are known when they come again.
pub const HEADS_KNOWN: usize = 1024;
/// Bytes of such a head, at most: longer ones hold what nobody else sends.
pub const HEAD_KNOWN_BYTES: usize = 1024;
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
pub const RESET_LINGER: Duration = Duration::from_millis(250);
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
/// How long a reported connection is remembered at least, and twice that at most, so that its last packets do not look like
/// a new one.
pub const FORGET_AFTER: Duration = Duration::from_secs(120);
/// Failed attempts held until their server is known to speak WebSocket.
pub const ATTEMPTS_HELD: usize = 10_000;
/// Addresses remembered as WebSocket servers.
pub const SERVERS_KNOWN: usize = 100_000;
/// Steps of attempts that may wait to be taken: beyond it nobody takes them.
pub const ATTEMPTS_TOLD: usize = 65_536;
/// Findings and records that were told, kept to be used again: some more than are told together.
pub const BLOCKS_REUSED: usize = 128;

// Several connections together.

/// Requests remembered to find the same request on the other side of a proxy: proxies ask on within milliseconds.
pub const REQUESTS_REMEMBERED: usize = 65_536;
/// How long a request is remembered: clocks of two observation points may be that far apart.
pub const REQUEST_MEMORY: Duration = Duration::from_secs(60);
/// Findings of legs that wait for the other leg; beyond it the oldest goes on alone.
pub const LEGS_HELD: usize = 10_000;
/// How long they wait: a proxy ends both legs within milliseconds, Envoy within a second.
pub const LEG_PATIENCE: Duration = Duration::from_millis(950);
/// Endings of legs remembered for the other leg, which may end much later.
pub const LEGS_REMEMBERED: usize = 50_000;
/// Acts of proxies remembered to compare others with: a proxy that restarts ends all it holds at once.
pub const PROXY_ACTS: usize = 256;
/// Servers and client hosts watched for endings that belong together. A scan of a network has more than anybody reads.
pub const PARTIES: usize = 20_000;
/// Endings held until it is known what came after them.
pub const ENDINGS_HELD: usize = 200_000;
/// How long after an ending its company is judged: refused and accepted reconnects come within this.
pub const AFTERMATH: Duration = Duration::from_secs(10);
/// Endings within this time may be one incident.
pub const BURST: Duration = Duration::from_secs(1);
/// Ids of connections kept in one incident; the count goes on.
pub const INCIDENT_CONNECTIONS: usize = 10_000;
/// Endings of a server that are compared for a timer: enough to see one, few enough to compare each with all.
pub const TIMER_SAMPLES: usize = 128;
/// How long further endings by the same timer are collected before they are told.
pub const TIMER_WINDOW: Duration = Duration::from_secs(600);
/// How long endings by the same hop are collected before they are told.
pub const HOP_WINDOW: Duration = Duration::from_secs(60);
/// Timers and hops told, remembered so that each is told once.
pub const TOLD: usize = 10_000;
/// Attempts of one client remembered to measure how it reconnects.
pub const ATTEMPTS_OF_CLIENT: usize = 256;
/// Clients watched for how they reconnect.
pub const CLIENTS: usize = 20_000;

/// Servers counted apart in the summary; a scan of a network has more than anybody reads.
pub const SUMMARY_SERVERS: usize = 4096;
