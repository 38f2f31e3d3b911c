use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::msh::thousandths;

rule! {
    /// Red and blue of all scans seem to be swapped.
    ///
    /// # What it checks
    /// Over the whole data set: that blue is not brighter than red, on average, by `min-blue-excess`
    /// of 255 or more, 5 unless you say otherwise. With fewer than `min-coloured-scans` scans that have
    /// colours (5) it says nothing. One finding. Evidence: `means`, the average of each
    /// channel; `scans`, how many have colours.
    ///
    /// # Why it matters
    /// Image libraries that read blue first swap the channels without a word. Brown becomes blue and
    /// red becomes blue with it, so most words for colours are wrong, and weights that were trained on
    /// the right order see colours they do not know.
    ///
    /// # How to fix
    /// Look at a scan: if wood is blue, write red, green, blue in that order. If your rooms are blue,
    /// nothing is wrong.
    ///
    /// # Known exceptions
    /// Data sets of few or unusual rooms. Single scans are not judged: a room may be blue.
    ///
    /// # Source
    /// ScanNet averages 109.8, 97.2 and 83.8 in red, green and blue: `MEAN_COLOR_RGB` of
    /// <https://github.com/daveredrum/ScanRefer>. The thresholds come from reasoning.
    SwappedChannels { code: "MSH208", name: "swapped-channels", severity: Info }
}

impl Rule for SwappedChannels {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let (mut scans, mut vertices, mut sums) = (0_u64, 0_u64, [0_u64; 3]);
        for facts in data.summary.scans.values().filter(|f| f.coloured > 0) {
            scans += 1;
            vertices += facts.coloured;
            (0..3).for_each(|k| sums[k] += facts.colour_sums[k]);
        }
        let excess = vertices * u64::from(data.thresholds.min_blue_excess);
        if scans < u64::from(data.thresholds.min_coloured_scans) || sums[2] < sums[0] + excess.max(1) {
            return;
        }
        let [red, green, blue] = sums.map(|sum| sum as f64 / vertices as f64);
        let message = format!(
            "red, green and blue of {scans} scans average {red:.1}, {green:.1} and {blue:.1}: rooms are \
             redder than blue, so the channels may be in the order blue, green, red"
        );
        let means: Vec<f64> = [red, green, blue].map(thousandths).into();
        out.report(Draft::new(message).evidence("means", means).evidence("scans", scans));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    /// Five scans whose red and blue are constant but for one vertex.
    fn run(red: u8, blue: u8, scans: usize) -> Vec<crate::audit::Finding> {
        let mut f = Fixture::clean();
        let colour = f.scan().scene.points.colour.as_mut().unwrap();
        colour.red.fill(red);
        colour.blue.fill(blue);
        let mut scan = f.scan().clone();
        let mut named = |i| {
            scan.scene.id = format!("scene{i:04}_00");
            (scan.id().to_owned(), scan.clone())
        };
        f.scans = (0..scans).map(&mut named).collect();
        f.run("MSH208")
    }

    #[test]
    fn fires_once_when_blue_is_brighter() {
        let found = run(84, 110, 5);
        assert_eq!((found.len(), found[0].number("scans"), &found[0].scene_id), (1, Some(5), &None));
        assert_eq!(found[0].evidence["means"][2], 110.0);
        assert_eq!(run(84, 89, 5).len(), 1);
    }

    #[test]
    fn silent_on_a_little_blue_on_few_scans_and_without_colours() {
        assert_eq!(run(84, 88, 5), []);
        assert_eq!(run(84, 110, 4), []);
        let mut f = Fixture::clean();
        f.scans.values_mut().for_each(|s| s.scene.points.colour = None);
        assert_eq!(f.run("MSH208"), []);
    }
}
