//! Camera files never crash the reader, and every camera says where it is.

#![no_main]

use std::path::Path;

use dataprep::load::cameras;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (cameras, _) = cameras::read(data, Path::new("fuzz"), 0);
    for camera in cameras {
        assert!(camera.place.0 > 0 && camera.place.1 > 0);
    }
});
