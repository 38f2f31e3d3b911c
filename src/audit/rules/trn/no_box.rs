use crate::audit::ScanContext;
use crate::audit::finding::Draft;
use crate::audit::profile::{Boxes, Profile};
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::scene::Role;

rule! {
    /// The trainer gives a described object no box, and takes box 0 for the truth.
    ///
    /// # What it checks
    /// Only with `--profile` of a trainer that predicts boxes (scanrefer). It gives none to objects
    /// whose label is a wall, a floor or a ceiling (nyu40 1, 2 and 22 in the label table), and of the
    /// others, by ascending id, keeps the first 128. Evidence: `nyu40`, the class of the object;
    /// `box`, its number from 0 where it has one; `profile`, the trainer.
    ///
    /// # Why it matters
    /// Where the target has no box the truth stays all zero, and the first box of the scan becomes
    /// the answer that is trained and scored.
    ///
    /// # How to fix
    /// Leave descriptions of such objects out, or have the loader skip a target without a box.
    ///
    /// # Known exceptions
    /// Trainers that predict masks do not mind.
    ///
    /// # Source
    /// `OBJ_CLASS_IDS` in `data/scannet/batch_load_scannet_data.py` and `MAX_NUM_OBJ` and
    /// `ref_box_label` in `lib/dataset.py` of <https://github.com/daveredrum/ScanRefer>.
    NoBox { code: "TRN102", name: "no-box", severity: Error, needs: Profile }
}

impl Rule for NoBox {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn scan(&self, scan: &ScanContext<'_>, out: &mut Sink<'_>) {
        let labels = &scan.catalogue.labels;
        let with_boxes = |p: &&&'static Profile| p.boxes.is_some();
        let Some((profile, Boxes { most, without })) =
            scan.profiles.iter().find(with_boxes).and_then(|p| Some((&p.name, p.boxes.as_ref()?)))
        else {
            return;
        };
        let class = |id: i32| {
            let label = scan.objects().get(&id).map(|(object, _)| object.raw_category.as_str());
            label.and_then(|l| labels.get(l)).map(|row| row.nyu40)
        };
        let boxed: Vec<i32> = scan
            .owned()
            .keys()
            .copied()
            .filter(|&id| class(id).is_some_and(|nyu40| nyu40 > 0 && !without.contains(&nyu40)))
            .collect();
        for &id in scan.targets().keys() {
            let (Some(nyu40), Some((object, _))) = (class(id), scan.objects().get(&id)) else { continue };
            let number = boxed.binary_search(&id).ok();
            let label = &object.raw_category;
            let why = match number {
                Some(number) if number >= *most as usize => format!("has box {number}, and {most} are kept"),
                None if without.contains(&nyu40) => "gets no box".to_owned(),
                _ => continue,
            };
            let message = format!("object {id} ({label}) {why}: {profile} takes box 0 for it");
            let draft = Draft::new(message)
                .object(id)
                .file(scan.path(Role::Aggregation))
                .evidence("nyu40", nyu40)
                .evidence("box", number)
                .evidence("profile", profile.as_str());
            out.report(draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Fixture, LABELS};
    use crate::scene::{LabelRow, LabelTable};

    fn labelled() -> Fixture {
        let mut f = Fixture::clean();
        let row = |(raw, nyu40): (&&str, u8)| LabelRow {
            raw_category: (*raw).into(),
            nyu40,
            ..LabelRow::default()
        };
        f.catalogue.labels = LabelTable::new(LABELS.iter().zip([5, 7, 5, 35, 1]).map(row));
        f
    }

    #[test]
    fn fires_on_walls() {
        let found = labelled().run_with("TRN102", &["scanrefer"]);
        assert_eq!(found.iter().map(|f| f.object_id).collect::<Vec<_>>(), [Some(4); 3]);
        assert_eq!((found[0].number("nyu40"), found[0].descriptions), (Some(1), 2));
    }

    #[test]
    fn fires_beyond_the_last_box_that_is_kept() {
        let mut f = labelled();
        let ids = f.scan().scene.points.object.iter_mut().enumerate();
        // One vertex an object: 130 of them, of which 4 is a wall.
        ids.for_each(|(i, id)| *id = if i < 130 { i as i32 } else { -1 });
        let objects = &mut f.scan().scene.objects;
        let chair = objects[0].clone();
        objects.extend((5..130).map(|id| crate::scene::Object { id, ..chair.clone() }));
        f.descriptions(|d| {
            d.truncate(1);
            d[0].object_id = 129;
        });
        let found = f.run_with("TRN102", &["scanrefer"]);
        assert_eq!((found.len(), found[0].number("box")), (1, Some(128)));
        f.descriptions(|d| d[0].object_id = 128);
        assert_eq!(f.run_with("TRN102", &["scanrefer"]), []);
    }

    #[test]
    fn silent_for_trainers_without_boxes_and_without_a_label_table() {
        assert_eq!(labelled().run_with("TRN102", &["reason3d"]), []);
        assert_eq!(Fixture::clean().run_with("TRN102", &["scanrefer"]), []);
    }
}
