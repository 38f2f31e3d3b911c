use crate::audit::ScanContext;
use crate::audit::finding::{Draft, Finding};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::obj::sizes;
use crate::scene::Role;

rule! {
    /// An object is too large or too small for what it is.
    ///
    /// # What it checks
    /// The longest side of the object's box against what things of its nyu40 class measure at least
    /// and at most. The ranges are wide, and some classes have none: a chair measures 0.1 to 4 m, a
    /// wall at least 0.1 m. Evidence: `class`, the class; `size_cm`, the longest side; `least_cm` and
    /// `most_cm`, the range, null where it is open. All in centimetres.
    ///
    /// # Why it matters
    /// A chair of five metres is two chairs, a chair and a part of the wall, or something else under
    /// a wrong label. Whoever trains on it learns that.
    ///
    /// # How to fix
    /// Look at the object: is a segment of something else in its group, or is the label wrong? When
    /// most objects are reported, the mesh is not in metres.
    ///
    /// # Known exceptions
    /// Things that the scan shows only a corner of.
    ///
    /// # Source
    /// What furniture measures; no scan was consulted for the ranges.
    OddSize { code: "OBJ208", name: "odd-size", severity: Warning }
}

fn centimetres(metres: f32) -> i64 {
    libm::roundf(metres * 100.0) as i64
}

impl Rule for OddSize {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        for (&id, bounds) in scan.object_boxes() {
            let Some((object, _)) = scan.objects().get(&id) else { continue };
            let Some((name, class)) = sizes::class(scan.nyu40(object)) else { continue };
            let size = bounds.size().into_iter().fold(0.0, f32::max);
            let small = class.least.filter(|&least| size < least);
            let large = class.most.filter(|&most| size > most);
            let (range, limit) = match (small, large) {
                (Some(least), _) => ("at least", least),
                (_, Some(most)) => ("at most", most),
                _ => continue,
            };
            let message = format!(
                "object {id} ({}) measures {size:.2} m; a {name} measures {range} {limit} m",
                object.raw_category,
            );
            let draft = Draft::new(message)
                .object(id)
                .file(scan.path(Role::Aggregation))
                .evidence("class", name)
                .evidence("size_cm", centimetres(size))
                .evidence("least_cm", class.least.map(centimetres))
                .evidence("most_cm", class.most.map(centimetres));
            out.report(draft);
        }
    }

    fn may_explain(&self, code: &str) -> bool {
        matches!(code, "OBJ207" | "OBJ209")
    }

    fn explains(&self, mine: &Finding, other: &Finding) -> bool {
        other.object_id == mine.object_id
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    /// Stretches the room, whose objects all measure 1.08 m in height.
    fn stretched(by: f32) -> Fixture {
        let mut f = Fixture::labelled();
        f.scan().scene.points.position.axes_mut().into_iter().flatten().for_each(|v| *v *= by);
        f
    }

    #[test]
    fn fires_on_chairs_and_lamps_over_four_metres() {
        let found = stretched(3.75).run("OBJ208");
        let at: Vec<_> = found.iter().map(|f| (f.object_id, f.word("class"))).collect();
        assert_eq!(at, [(Some(0), Some("chair")), (Some(2), Some("chair")), (Some(3), Some("lamp"))]);
        assert_eq!((found[0].number("size_cm"), found[0].number("most_cm")), (Some(405), Some(400)));
    }

    #[test]
    fn fires_on_a_wall_under_ten_centimetres() {
        let found = stretched(0.09).run("OBJ208");
        assert!(found.iter().any(|f| f.object_id == Some(4) && f.message.contains("at least 0.1 m")));
    }

    #[test]
    fn silent_on_plausible_sizes_and_without_a_table() {
        assert_eq!(stretched(3.6).run("OBJ208"), []);
        let mut f = stretched(30.0);
        f.catalogue.labels = crate::scene::LabelTable::default();
        assert_eq!(f.run("OBJ208"), []);
    }
}
