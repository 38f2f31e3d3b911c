//! How large things of a class may be: data, in `sizes.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What is known of a class of nyu40.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Class {
    nyu40: u8,
    /// The least that the longest side of a box measures, in metres.
    pub least: Option<f32>,
    /// The most that it measures.
    pub most: Option<f32>,
    /// Whether it may reach through the room.
    #[serde(default)]
    pub spans: bool,
    /// Whether one object may lie in several places.
    #[serde(default)]
    pub apart: bool,
}

static CLASSES: LazyLock<BTreeMap<u8, (String, Class)>> = LazyLock::new(|| {
    let classes: BTreeMap<String, Class> =
        toml::from_str(include_str!("sizes.toml")).expect("the built-in sizes are tested to parse");
    classes.into_iter().map(|(name, class)| (class.nyu40, (name, class))).collect()
});

/// The name of a class and what is known of it.
pub(super) fn class(nyu40: u8) -> Option<(&'static str, &'static Class)> {
    CLASSES.get(&nyu40).map(|(name, class)| (name.as_str(), class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forty_classes_are_known_and_their_ranges_are_wide() {
        assert!((1..=40).all(|id| class(id).is_some()) && class(0).is_none());
        for (name, class) in CLASSES.values() {
            if let (Some(least), Some(most)) = (class.least, class.most) {
                assert!(least > 0.0 && most > 5.0 * least, "{name}");
            }
        }
    }
}
