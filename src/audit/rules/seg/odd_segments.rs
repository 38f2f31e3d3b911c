use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::Role;

rule! {
    /// Segments are single vertices, or one is most of the scan.
    ///
    /// # What it checks
    /// The share of vertices that are a segment of their own, which should be at most
    /// `max-lone-percent` (5), and the share of vertices that the largest segment has, which should
    /// be at most `max-segment-percent` (50). Evidence: `segments`, how many there are; `lone`, how
    /// many are one vertex; `largest`, the id of the largest, and `largest_vertices`, how many it has;
    /// `vertices`, of how many.
    ///
    /// # Why it matters
    /// Superpoints are pooled: with single vertices nothing is pooled and memory runs out, with one
    /// segment over the room no object can be told from another.
    ///
    /// # How to fix
    /// Take the segments file from the release. For a mesh of your own, segment it with the release's
    /// settings: `kThresh` 0.01 and at least 20 vertices a segment.
    ///
    /// # Known exceptions
    /// Vertices that hang together with no others are segments of their own.
    ///
    /// # Source
    /// The `params` of ScanNet's segments files; `Segmentator` of
    /// <https://github.com/ScanNet/ScanNet>.
    OddSegments { code: "SEG202", name: "odd-segments", severity: Info }
}

impl Rule for OddSegments {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let (sizes, ids) = (scan.segment_sizes(), &scan.segments().ids);
        let vertices = scan.segments().part.len();
        let Some((largest, most)) = (0..sizes.len()).map(|i| (i, sizes[i])).max_by_key(|&(_, n)| n) else {
            return;
        };
        let lone = sizes.iter().filter(|&&n| n == 1).count();
        let over = |n: usize, percent: u32| n * 100 > vertices * percent as usize;
        let (lone_most, one_most) = (scan.thresholds.max_lone_percent, scan.thresholds.max_segment_percent);
        let message = if over(lone, lone_most) {
            format!(
                "{lone} of {} segments are one vertex, over {lone_most} % of {vertices} vertices",
                ids.len()
            )
        } else if over(most as usize, one_most) {
            format!("segment {} has {most} of {vertices} vertices, over {one_most} %", ids[largest])
        } else {
            return;
        };
        let draft = Draft::new(message)
            .file(scan.path(Role::Segments))
            .evidence("segments", ids.len())
            .evidence("lone", lone)
            .evidence("largest", ids[largest])
            .evidence("largest_vertices", most);
        out.report(draft.evidence("vertices", vertices));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_on_single_vertices() {
        let mut f = Fixture::clean();
        let segment = &mut f.scan().scene.points.segment;
        (1000..1041).zip(segment.iter_mut()).for_each(|(id, s)| *s = id);
        let found = f.run("SEG202");
        assert_eq!((found.len(), found[0].number("lone")), (1, Some(41)));
    }

    #[test]
    fn fires_on_one_segment_over_the_room() {
        let mut f = Fixture::clean();
        f.scan().scene.points.segment[..401].fill(3);
        assert_eq!(f.run("SEG202")[0].number("largest"), Some(3));
    }

    #[test]
    fn silent_at_both_limits_and_without_segments() {
        let mut f = Fixture::clean();
        let segment = &mut f.scan().scene.points.segment;
        (1000..1040).zip(segment.iter_mut()).for_each(|(id, s)| *s = id);
        segment[400..].fill(9000);
        assert_eq!(f.run("SEG202"), []);
        f.scan().scene.points.segment.clear();
        assert_eq!(f.run("SEG202"), []);
    }
}
