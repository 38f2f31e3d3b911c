use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::msh::percent;
use crate::scene::Role;

rule! {
    /// A mesh has no colours, the same everywhere, or black.
    ///
    /// # What it checks
    /// That vertices have red, green and blue as `uchar`, that none of the three has one value
    /// everywhere, and that no more than `max-black-percent` of them are black (0 0 0), half unless you
    /// say otherwise. Evidence: `channels`, those that are constant or missing; `black`, the share of
    /// black vertices in per cent.
    ///
    /// # Why it matters
    /// Colour is half of what a network is fed for each point, and more than half of all sentences
    /// name one. Without it training runs, and learns to ignore those words.
    ///
    /// # How to fix
    /// Download the mesh again. Programs that write meshes anew often drop colours or write them as
    /// floats from 0 to 1; write them as `uchar red green blue`.
    ///
    /// # Known exceptions
    /// Scans made without colour, for trainers that use none.
    ///
    /// # Source
    /// The layout of official meshes, <https://github.com/ScanNet/ScanNet>. The threshold comes from
    /// reasoning.
    FlatColours { code: "MSH204", name: "flat-colours", severity: Warning }
}

impl Rule for FlatColours {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        if scan.scan.scene.points.is_empty() {
            return;
        }
        let (colours, limit) = (scan.geometry.colours(), scan.thresholds.max_black_percent);
        let black = percent(colours.black, colours.count);
        let none = colours.count == 0;
        let channels = ["red", "green", "blue"].into_iter().zip(colours.constant);
        let constant: Vec<&str> = channels.filter(|&(_, constant)| constant || none).map(|c| c.0).collect();
        let message = if none {
            "the mesh has no colours: no red, green and blue as uchar".to_owned()
        } else if !constant.is_empty() {
            format!("all vertices have the same {}", constant.join(", "))
        } else if black > f64::from(limit) {
            format!("{black} % of the vertices are black, more than {limit} %")
        } else {
            return;
        };
        let draft = Draft::new(message).file(scan.path(Role::Mesh)).evidence("black", black);
        out.report(draft.evidence("channels", constant));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;
    use crate::scene::{Colour, Points};

    fn with(change: impl Fn(&mut Colour)) -> Vec<crate::audit::Finding> {
        let mut f = Fixture::clean();
        change(f.scan().scene.points.colour.as_mut().unwrap());
        f.run("MSH204")
    }

    #[test]
    fn fires_on_missing_constant_and_black() {
        let mut f = Fixture::clean();
        f.scan().scene.points.colour = None;
        assert!(f.run("MSH204")[0].message.contains("no colours"));
        assert_eq!(with(|c| c.blue.fill(9))[0].evidence["channels"][0], "blue");
        let black = |c: &mut Colour, n: usize| c.channels_mut().into_iter().for_each(|v| v[..n].fill(0));
        assert_eq!(with(|c| black(c, 500))[0].evidence["black"], 62.5);
        assert_eq!(with(|c| black(c, 400)), [], "half is silent");
    }

    #[test]
    fn silent_without_vertices() {
        let mut f = Fixture::clean();
        f.scan().scene.points = Points::default();
        assert_eq!(f.run("MSH204"), []);
    }
}
