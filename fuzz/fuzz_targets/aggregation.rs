//! Aggregation files never crash the reader.

#![no_main]

use std::path::Path;

use dataprep::load::scannet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = scannet::read_aggregation(data, Path::new("fuzz"));
});
