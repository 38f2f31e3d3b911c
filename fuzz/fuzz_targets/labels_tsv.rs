//! Label tables never crash the reader.

#![no_main]

use std::path::Path;

use dataprep::load::labels;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = labels::read(data, Path::new("fuzz"), &mut Vec::new());
});
