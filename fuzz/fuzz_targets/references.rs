//! References files of any format never crash their reader, and every description says where it is.

#![no_main]

use std::path::Path;

use dataprep::load::references;
use dataprep::scene::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // The first byte picks the format.
    let Some((&pick, data)) = data.split_first() else { return };
    let formats = [None, Some(Format::Nr3d), Some(Format::Multi3dRefer), Some(Format::Reason3d)];
    let format = formats[usize::from(pick) % formats.len()];
    let (references, descriptions) = references::read(data, Path::new("fuzz"), 0, format);
    assert!(descriptions.len() + references.elsewhere <= references.records);
    for description in descriptions {
        let at = description.offset as usize;
        assert!(at < data.len() && !matches!(data[at], b'\r' | b'\n'));
        assert_ne!(references.line_of(description.offset).0, 0);
    }
});
