//! What a check of a data set finds.

/// Something that is not what the manifest claims.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Code of the rule: SHD101 and on.
    pub code: &'static str,
    /// The file, relative to the folder.
    pub file: String,
    /// What is wrong.
    pub message: String,
}

impl Problem {
    /// Whether it is worth knowing, but nothing is wrong.
    pub fn is_warning(&self) -> bool {
        self.code == SKEWED
    }
}

/// Shards of very different sizes.
pub(super) const SKEWED: &str = "SHD106";
