//! Transcripts: what the program prints and how it exits. `make regenerate` rewrites them.

#[test]
fn transcripts() {
    let cache = tempfile::tempdir().expect("a folder for the cache");
    let cache = cache.path().to_str().expect("a plain name");
    let cases = trycmd::TestCases::new();
    cases.env("NO_COLOR", "1").env("DATAPREP_CACHE_DIR", cache).case("tests/cli/*.trycmd");
}
