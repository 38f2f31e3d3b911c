use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{names, per_cent};

rule! {
    /// The trainer mirrors scans whose sentences say left and right.
    ///
    /// # What it checks
    /// Only with `--profile` of a trainer that mirrors at random, whatever the sentence says
    /// (m3dref-clip, reason3d, refmask3d, scanrefer, tgnn): how many descriptions of the scans audited
    /// say, or may say, left, right and the like, and in how many of them a mirror makes a side false
    /// for sure. One finding for the data set. Evidence: `descriptions`, how many were read; `handed`,
    /// how many speak of sides; `false_when_mirrored`, how many a mirror contradicts; `share`, these
    /// in per cent; `profiles`, the trainers.
    ///
    /// # Why it matters
    /// In half of the epochs (where two axes are mirrored, in half of them by one alone) these
    /// sentences describe the mirror image of what is shown, and the model learns not to listen.
    ///
    /// # How to fix
    /// Switch the mirror off, or mirror the words too: `dataprep augment` swaps sides, and leaves out
    /// sentences that it cannot be sure of.
    ///
    /// # Known exceptions
    /// "right next to" is no side and is not counted. "left by the door" may be one: it counts as
    /// `handed`, and not as false.
    ///
    /// # Source
    /// 45.5 % of ScanRefer's validation sentences have a side in them. An author was asked in
    /// <https://github.com/ATR-DBI/ScanQA/issues/5>.
    MirroredSides { code: "TRN104", name: "mirrored-sides", severity: Info, needs: Profile }
}

impl Rule for MirroredSides {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let trainers: Vec<_> = data.profiles.iter().filter(|p| !p.mirrors.is_empty()).collect();
        let facts = || data.summary.scans.values();
        let handed: u64 = facts().filter_map(|f| f.claims.get("handed")).sum();
        let (total, wrong): (u64, u64) =
            facts().fold((0, 0), |(n, m), f| (n + f.descriptions, m + f.mirrored));
        if trainers.is_empty() || handed == 0 {
            return;
        }
        let (share, trainers) = (per_cent(wrong, total), names(trainers));
        let message = format!(
            "{handed} of {total} descriptions ({} %) speak of left and right; the mirror of {trainers} contradicts \
             {wrong} ({share} %)",
            per_cent(handed, total),
        );
        let draft = Draft::new(message)
            .evidence("descriptions", total)
            .evidence("handed", handed)
            .evidence("false_when_mirrored", wrong)
            .evidence("share", share)
            .evidence("profiles", trainers);
        out.report(draft.harms(wrong as usize));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_once_with_both_shares() {
        let mut f = Fixture::clean();
        f.descriptions(|d| {
            d.iter_mut().take(6).for_each(|d| d.text = "left by the door".into());
            d.iter_mut().skip(6).take(9).for_each(|d| d.text = "a chair".into());
        });
        let found = f.run_with("TRN104", &["tgnn", "mdin", "reason3d"]);
        assert_eq!((found.len(), found[0].number("handed"), found[0].descriptions), (1, Some(21), 15));
        assert_eq!(
            (found[0].evidence["share"].as_f64(), &found[0].evidence["profiles"]),
            (Some(50.0), &"tgnn, reason3d".into())
        );
    }

    #[test]
    fn silent_for_trainers_that_do_not_mirror_and_without_sides() {
        let mut f = Fixture::clean();
        assert_eq!(f.run_with("TRN104", &["mdin", "3d-stmn"]), []);
        f.descriptions(|d| d.iter_mut().for_each(|d| d.text = "a chair".into()));
        assert_eq!(f.run_with("TRN104", &["tgnn"]), []);
    }
}
