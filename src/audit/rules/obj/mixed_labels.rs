use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::obj::other_label::majority;
use crate::audit::rules::{count, some};
use crate::scene::Role;

rule! {
    /// The labels mesh gives parts of an object other classes.
    ///
    /// # What it checks
    /// For each object, whether a second label of `<id>_vh_clean_2.labels.ply` is on more than
    /// `max-second-label-percent` (5) of its vertices. Vertices without a label and labels over 40 do
    /// not count, and objects that OBJ205 speaks of are passed over. One finding for each scan.
    /// Evidence: `objects`, those with two; `first` and `second`, the two labels of the first of them;
    /// `percent`, the share of the second; `threshold`.
    ///
    /// # Why it matters
    /// Code that asks for one class an object stops here; other code takes the class of the first
    /// vertex or of the most, and classes differ from run to run.
    ///
    /// # How to fix
    /// Take the class from the object's label and the label table.
    ///
    /// # Known exceptions
    /// None known.
    ///
    /// # Source
    /// `prepare_data_inst.py` of <https://github.com/sunjiahao1999/SPFormer> asserts one class an
    /// instance.
    MixedLabels { code: "OBJ210", name: "mixed-labels", severity: Info }
}

impl Rule for MixedLabels {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let threshold = scan.thresholds.max_second_label_percent;
        let (mut objects, mut shown) = (Vec::new(), None);
        for (&id, counts) in scan.label_counts() {
            let Some((object, _)) = scan.objects().get(&id) else { continue };
            let (first, by_table) = (majority(counts), usize::from(scan.nyu40(object)));
            if by_table != 0 && by_table != first {
                continue;
            }
            let all: u64 = counts.iter().map(|&n| u64::from(n)).sum();
            let mut others = counts[..41].to_vec();
            (others[0], others[first.min(40)]) = (0, 0);
            let second = majority(&others);
            let n = u64::from(others[second]);
            if n * 100 > all * u64::from(threshold) {
                objects.push(id);
                shown = shown.or(Some((first, second, n * 100 / all)));
            }
        }
        let Some((first, second, percent)) = shown else { return };
        let message = format!(
            "the labels mesh has two labels or more on {}: {}; on the first, {second} besides {first} on \
             {percent} % of the vertices",
            count(objects.len(), "object"),
            some(&objects),
        );
        let mut draft = Draft::new(message)
            .file(scan.path(Role::Labels))
            .evidence("first", first)
            .evidence("second", second)
            .evidence("percent", percent)
            .evidence("threshold", threshold);
        if let [object] = objects[..] {
            draft = draft.object(object);
        }
        let harmed = scan.descriptions.iter().filter(|d| objects.contains(&d.object_id)).count();
        out.report(draft.evidence("objects", objects).harms(harmed));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    /// Gives `n` of the lamp's 150 vertices another label.
    fn mixed(n: usize, label: u16) -> Fixture {
        let mut f = Fixture::labelled();
        f.scan().vertex_labels.as_mut().unwrap()[450..450 + n].fill(label);
        f
    }

    #[test]
    fn fires_above_the_threshold_with_and_without_a_table() {
        let mut f = mixed(8, 7);
        let found = f.run("OBJ210");
        assert_eq!((found.len(), found[0].object_id, found[0].number("second")), (1, Some(3), Some(7)));
        f.catalogue.labels = crate::scene::LabelTable::default();
        assert_eq!(f.run("OBJ210").len(), 1);
    }

    #[test]
    fn silent_on_few_on_none_on_others_and_where_the_first_is_wrong() {
        assert_eq!(mixed(7, 7).run("OBJ210"), []);
        assert_eq!(mixed(60, 0).run("OBJ210"), []);
        assert_eq!(mixed(60, 50).run("OBJ210"), []);
        assert_eq!(mixed(90, 7).run("OBJ210"), [], "OBJ205 says it");
    }
}
