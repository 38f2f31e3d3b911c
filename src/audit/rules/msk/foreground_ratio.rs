use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::rounded;
use crate::scene::Role;

rule! {
    /// Targets are a tiny part of their scan, or most of it.
    ///
    /// # What it checks
    /// The share of the scan's vertices that the target of each description owns, and its median over
    /// the scan's descriptions: at least `min-mask-permille` and at most `max-mask-permille` of a
    /// thousand, 1 and 500 unless you say otherwise. One finding for each scan. Evidence: `median`,
    /// `least` and `most`, in per cent; `weight`, how many background points there are for each point
    /// of the median target.
    ///
    /// # Why it matters
    /// A mask loss by points is then won by predicting nothing, or everything; the model settles
    /// there, and the score stays near zero while the loss falls.
    ///
    /// # How to fix
    /// Weigh foreground by `weight`, or use a loss over the overlap. A scan of many rooms can be cut.
    ///
    /// # Known exceptions
    /// The middle object of an official scan covers about 0.6 % of it.
    ///
    /// # Source
    /// Measured on `scene0000_00`: mean 1.41 %, median 0.64 % over 67 objects.
    ForegroundRatio { code: "MSK104", name: "foreground-ratio", severity: Info }
}

impl Rule for ForegroundRatio {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let owned = |id| scan.owned().get(&id).copied().map(u64::from);
        let described = scan.targets().iter().filter_map(|(&id, d)| Some((owned(id)?, d.len())));
        let mut targets: Vec<u64> = described.flat_map(|(n, times)| std::iter::repeat_n(n, times)).collect();
        targets.sort_unstable();
        let (points, limits) = (scan.scan.scene.points.len() as u64, scan.thresholds);
        let [Some(&least), Some(&median), Some(&most)] =
            [targets.first(), targets.get(targets.len() / 2), targets.last()]
        else {
            return;
        };
        let fits = |permille: u32| u64::from(permille) * points;
        if median * 1000 >= fits(limits.min_mask_permille) && median * 1000 <= fits(limits.max_mask_permille)
        {
            return;
        }
        let share = |n: u64| rounded(n as f64 * 100.0 / points as f64, 3);
        let message = format!(
            "the median target has {median} of {points} vertices ({} %), expected {} to {} of a thousand",
            share(median),
            limits.min_mask_permille,
            limits.max_mask_permille,
        );
        let draft = Draft::new(message)
            .file(scan.path(Role::Aggregation))
            .evidence("median", share(median))
            .evidence("least", share(least))
            .evidence("most", share(most))
            .evidence("weight", rounded((points - median) as f64 / median as f64, 1));
        out.report(draft);
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    /// The clean scan, of whose 800 vertices object 0 has all but the last `others`.
    fn filled(others: usize) -> Fixture {
        let mut f = Fixture::clean();
        let column = &mut f.scan().scene.points.object;
        let n = column.len() - others;
        column[..n].fill(0);
        column[n..].fill(1);
        f.descriptions(|d| d.retain(|d| d.object_id == 0));
        f
    }

    #[test]
    fn fires_below_and_above() {
        let found = filled(399).run("MSK104");
        assert_eq!((found.len(), found[0].evidence["median"].as_f64()), (1, Some(50.125)));
        let mut f = Fixture::clean();
        let points = &mut f.scan().scene.points;
        points.position.axes_mut().into_iter().for_each(|axis| axis.resize(150_001, 0.0));
        points.object.resize(150_001, -1);
        let found = f.run("MSK104");
        assert_eq!((found.len(), found[0].descriptions), (1, 10));
        assert_eq!(found[0].evidence["weight"], 999.0);
    }

    #[test]
    fn silent_at_the_limits_and_without_targets() {
        assert_eq!(filled(400).run("MSK104"), []);
        let mut f = filled(399);
        f.descriptions(Vec::clear);
        assert_eq!(f.run("MSK104"), []);
        f.scan().scene.points.object.clear();
        assert_eq!(f.run("MSK104"), []);
    }
}
