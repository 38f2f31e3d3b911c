use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::is_of_places;
use crate::scene::Role;

rule! {
    /// Segments do not follow the surface: the vertices were shuffled.
    ///
    /// # What it checks
    /// How often the two ends of an edge of the mesh belong to the same object, over the edges of at
    /// most eight thousand triangles taken at even steps; where no vertex has an object, the same
    /// segment. Labels that lie on the mesh agree nearly everywhere; labels in another order agree by
    /// chance, which is the sum of the squared shares of all objects. It fires when agreement is
    /// less than `min-edge-agreement-percent` (50) of the way from chance to everywhere. Findings
    /// about the places of objects that follow from it are left out. Evidence: `edges`, how many were
    /// looked at; `agree`, how many agree; `chance_percent` and `way_percent`, chance and the part of
    /// the way, in per cent; `threshold`; `of`, whether `objects` or `segments` were compared.
    ///
    /// # Why it matters
    /// Segments belong to vertices by position in the file. When the mesh was written again in
    /// another order, masks are scattered over the room: no loader complains, and nothing can be
    /// learnt.
    ///
    /// # How to fix
    /// Use `<id>_vh_clean_2.ply` as released. A mesh that was cleaned, simplified or saved by another
    /// program has lost its segments; carry them over by the nearest vertex if you must use it.
    ///
    /// # Known exceptions
    /// Scans in which one object has over nine tenths of all vertices are passed over.
    ///
    /// # Source
    /// Segments come from a segmentation of the mesh's own graph, see `Segmentator` in
    /// <https://github.com/ScanNet/ScanNet>; <https://github.com/JonasSchult/Mask3D> and others stop when two
    /// meshes of a scan differ in their positions.
    NoSurface { code: "SEG105", name: "no-surface", severity: Error }
}

/// Triangles looked at.
const SAMPLE: usize = 8192;

/// How many edges of a sample of faces there are, and how many of them have ends with one label.
fn agreement<T: PartialEq>(faces: &[[u32; 3]], label: &[T]) -> (u64, u64) {
    let (mut edges, mut agree) = (0, 0);
    for &[a, b, c] in faces.iter().step_by(faces.len().div_ceil(SAMPLE).max(1)) {
        let at = |i: u32| label.get(i as usize);
        if let (Some(a), Some(b), Some(c)) = (at(a), at(b), at(c)) {
            edges += 3;
            agree += u64::from(a == b) + u64::from(b == c) + u64::from(c == a);
        }
    }
    (edges, agree)
}

/// The chance that two of `vertices` have the same label, given how many have each.
fn chance(sizes: impl Iterator<Item = u32>, vertices: usize) -> f64 {
    let mut rest = vertices as f64;
    let mut squares = 0.0;
    for size in sizes.map(f64::from) {
        squares += size * size;
        rest -= size;
    }
    (squares + rest * rest) / (vertices as f64 * vertices as f64)
}

impl Rule for NoSurface {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let scene = &scan.scan.scene;
        let n = scene.points.len();
        let (of, (edges, agree), chance) = if scan.is_painted() && !scan.owned().is_empty() {
            let chance = chance(scan.owned().values().copied(), n);
            ("objects", agreement(&scene.faces, &scene.points.object), chance)
        } else {
            let chance = chance(scan.segment_sizes().iter().copied(), n);
            ("segments", agreement(&scene.faces, &scene.points.segment), chance)
        };
        let threshold = scan.thresholds.min_edge_agreement_percent;
        if edges < 100 || chance > 0.9 {
            return;
        }
        let way = (agree as f64 / edges as f64 - chance) / (1.0 - chance) * 100.0;
        if way >= f64::from(threshold) {
            return;
        }
        let message = format!(
            "shuffled vertices: the ends of {:.0} % of {edges} edges are in one of the {of}, by chance {:.0} \
             % would be",
            100.0 * agree as f64 / edges as f64,
            100.0 * chance,
        );
        let draft = Draft::new(message)
            .file(scan.path(Role::Segments))
            .evidence("edges", edges)
            .evidence("agree", agree)
            .evidence("chance_percent", libm::round(100.0 * chance) as i64)
            .evidence("way_percent", libm::round(way) as i64);
        out.report(draft.evidence("threshold", threshold).evidence("of", of));
    }

    fn may_explain(&self, code: &str) -> bool {
        is_of_places(code) || code == "MSH113"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::Fixture;

    /// Gives the vertices another order, and leaves segments as they are.
    fn shuffle(f: &mut Fixture) {
        let n = f.scan().scene.points.len() as u32;
        // 331 shares no factor with the 800 vertices, and takes neighbours into other objects.
        let moved = |i: &mut u32| *i = *i * 331 % n;
        f.scan().scene.faces.iter_mut().flatten().for_each(moved);
    }

    #[test]
    fn chance_is_the_sum_of_squared_shares() {
        let c = chance([50, 25].into_iter(), 100);
        assert!((c - (0.25 + 0.0625 + 0.0625)).abs() < 1e-12);
    }

    #[test]
    fn fires_on_shuffled_vertices_by_object_or_by_segment_and_explains_what_follows() {
        let mut f = Fixture::labelled();
        // Each vertex the label of the one before it: what a labels mesh would say.
        f.scan().vertex_labels.as_mut().unwrap().rotate_right(200);
        assert!(f.findings().iter().any(|f| f.code == "OBJ205"));
        shuffle(&mut f);
        let found = f.findings();
        assert!(found.iter().any(|f| f.code == "SEG105") && !found.iter().any(|f| f.code == "OBJ205"));
        assert_eq!(f.run("SEG105")[0].word("of"), Some("objects"));
        f.objects(Vec::clear);
        assert_eq!(f.run("SEG105")[0].word("of"), Some("segments"));
    }

    #[test]
    fn silent_on_one_object_everywhere_on_lone_segments_and_on_few_faces() {
        let mut f = Fixture::clean();
        shuffle(&mut f);
        f.scan().scene.points.object.fill(3);
        assert_eq!(f.run("SEG105"), [], "chance is all there is");
        let mut f = Fixture::clean();
        for (i, s) in f.scan().scene.points.segment.iter_mut().enumerate() {
            *s = i as u32;
        }
        assert_eq!(f.run("SEG105"), [], "objects still follow the surface");
        f.scan().scene.faces.fill([4_000_000_000; 3]);
        assert_eq!(f.run("SEG105"), []);
    }
}
