//! Packets one by one and packets in batches tell the same stories, and so does an end in pieces.

use wsclose_sniff::analyzer::Config;
use wsclose_sniff::capture::{Input, Source};
use wsclose_sniff::packet::PointId;

use crate::fixtures::fixtures;
use crate::whole::Whole;

#[test]
fn every_fixture_tells_the_same_in_batches() {
    for fixture in fixtures() {
        let source = || Source::files(vec![Input { path: fixture.capture.clone(), point: PointId(0) }], None);
        let (mut source_of_items, mut one_by_one) = (source(), Whole::new(Config::default()));
        while let Some(item) = source_of_items.next().unwrap() {
            one_by_one.take(item);
        }
        let expected = one_by_one.finish();
        for max in [2, 7, 32] {
            let (mut source, mut together) = (source(), Whole::new(Config::default()));
            while let Some(batch) = source.next_batch(max).unwrap() {
                together.take_batch(batch);
            }
            let told = together.finish_in_pieces(max);
            assert_eq!(format!("{:?}", told.findings), format!("{:?}", expected.findings), "{max} at a time");
            assert_eq!(told.incidents.len(), expected.incidents.len());
        }
    }
}
