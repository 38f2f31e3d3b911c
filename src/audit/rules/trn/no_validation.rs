use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::names;

rule! {
    /// Everything that is described is for training, so that a run cannot be measured.
    ///
    /// # What it checks
    /// Only with `--profile`: whether descriptions of split `train` are there and none of any other.
    /// Evidence: `train`, how many; `profiles`, the trainers named.
    ///
    /// # Why it matters
    /// Without a validation split there is no curve to look at, no best checkpoint and no early stop:
    /// that the model learnt nothing is seen at the end, on the test set.
    ///
    /// # How to fix
    /// Add the validation references beside the training ones, and name the split in the trainer's
    /// configuration. Reason3D ships with `valid_splits: []`, which switches validation off however
    /// many descriptions there are; that file is not read here.
    ///
    /// # Known exceptions
    /// An audit of the training file alone.
    ///
    /// # Source
    /// The configuration files of <https://github.com/KuanchihHuang/Reason3D>.
    NoValidation { code: "TRN106", name: "no-validation", severity: Info, needs: Profile }
}

impl Rule for NoValidation {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let of = |d: &crate::scene::Description| data.catalogue.split_of(&d.scene_id);
        let descriptions = &data.catalogue.descriptions;
        let train = descriptions.iter().filter(|d| of(d) == Some("train")).count();
        if train == 0 || descriptions.iter().any(|d| of(d).is_some_and(|split| split != "train")) {
            return;
        }
        let trainers = names(data.profiles);
        let message = format!(
            "{train} descriptions are for training and none for validation: a run of {trainers} cannot measure what \
             it learns"
        );
        out.report(Draft::new(message).evidence("train", train).evidence("profiles", trainers).harms(train));
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_when_validation_is_not_described() {
        let mut f = Fixture::clean();
        f.descriptions(|d| d.truncate(20));
        let found = f.run_with("TRN106", &["reason3d"]);
        assert_eq!((found.len(), found[0].number("train"), found[0].descriptions), (1, Some(20), 20));
    }

    #[test]
    fn silent_with_validation_and_without_training() {
        let mut f = Fixture::clean();
        assert_eq!(f.run_with("TRN106", &["reason3d"]), []);
        f.descriptions(|d| drop(d.drain(..20)));
        assert_eq!(f.run_with("TRN106", &["reason3d"]), []);
    }
}
