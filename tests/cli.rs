//! Transcripts: what the program prints and how it exits. `make regenerate` rewrites them.

#[test]
fn transcripts() {
    trycmd::TestCases::new().env("NO_COLOR", "1").case("tests/cli/*.trycmd");
}
