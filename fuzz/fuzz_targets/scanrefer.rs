//! References files never crash the reader, and every description says where it is.

#![no_main]

use std::path::Path;

use dataprep::load::scanrefer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (references, descriptions) = scanrefer::read(data, Path::new("fuzz"), 0);
    assert!(descriptions.len() <= references.records);
    for description in descriptions {
        assert_eq!(data[description.offset as usize], b'{');
    }
});
