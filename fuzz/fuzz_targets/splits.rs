//! Split lists never crash the reader.

#![no_main]

use std::path::Path;

use dataprep::load::splits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = splits::read(data, "train", Path::new("fuzz"));
});
