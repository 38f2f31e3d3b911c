use std::collections::BTreeMap;

use crate::audit::DatasetContext;
use crate::audit::finding::Draft;
use crate::audit::profile::Key;
use crate::audit::rule::{Meta, Rule, Sink, rule};
use crate::audit::rules::{names, per_cent};
use crate::scene::Description;

rule! {
    /// Annotation ids repeat inside a scan, and the trainer looks sentences up by scan and annotation alone.
    ///
    /// # What it checks
    /// Only with `--profile` of a trainer that does so (mdin). It puts each references file into a
    /// table by scan and annotation id, later records over earlier ones, and counts the descriptions
    /// whose place then holds a sentence about another object. One finding for each file. Evidence:
    /// `descriptions`, how many the file has; `keys`, how many places there are; `wrong`, how many
    /// get another object's sentence; `share`, these in per cent; `profiles`, the trainers.
    ///
    /// # Why it matters
    /// ScanRefer numbers the annotations of each object from 0. Looked up without the object, nearly
    /// every sample is trained on another object's sentence. No error is raised, and the wrong table
    /// is kept on disk for the next run.
    ///
    /// # How to fix
    /// Give each description of a scan an annotation id of its own, as the authors' `_new.json` files
    /// do, and delete the tables that were kept.
    ///
    /// # Known exceptions
    /// None: with ScanRefer's own files the trainer is always wrong, by 92.3 % in training.
    ///
    /// # Source
    /// The readme of <https://github.com/sosppxo/MDIN>.
    AnnotationCollision { code: "REF110", name: "annotation-collision", severity: Error, needs: Profile }
}

impl Rule for AnnotationCollision {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn dataset(&self, data: &DatasetContext<'_>, out: &mut Sink<'_>) {
        let trainers: Vec<_> = data.profiles.iter().filter(|p| p.key == Key::SceneAnnotation).collect();
        if trainers.is_empty() {
            return;
        }
        let mut tables: BTreeMap<u32, BTreeMap<(&str, &str), Vec<&Description>>> = BTreeMap::new();
        for d in data.catalogue.descriptions.iter().filter(|d| data.catalogue.is_scanrefer(d)) {
            tables.entry(d.file).or_default().entry((&d.scene_id, &d.ann_id)).or_default().push(d);
        }
        for (file, table) in tables {
            let total: usize = table.values().map(Vec::len).sum();
            let replaced = |those: &Vec<&Description>| {
                let last = those.iter().max_by_key(|d| d.record).map(|d| d.object_id);
                those.iter().filter(|d| Some(d.object_id) != last).count()
            };
            let wrong: usize = table.values().map(replaced).sum();
            let Some(file) = data.catalogue.references.get(file as usize).filter(|_| wrong > 0) else {
                continue;
            };
            let (share, trainers) = (per_cent(wrong as u64, total as u64), names(trainers.iter().copied()));
            let message = format!(
                "by scan and annotation id alone, as {trainers} looks them up, {wrong} of {total} descriptions \
                 ({share} %) get another object's sentence"
            );
            let draft = Draft::new(message)
                .file(&file.path)
                .key(file.split.as_deref().unwrap_or_default())
                .evidence("descriptions", total)
                .evidence("keys", table.len())
                .evidence("wrong", wrong)
                .evidence("share", share)
                .evidence("profiles", trainers);
            out.report(draft.harms(wrong));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::Fixture;

    #[test]
    fn fires_for_each_file_with_the_share_that_the_last_writer_leaves() {
        let found = Fixture::clean().run_with("REF110", &["mdin", "reason3d"]);
        // Two annotation ids in each of two scans: of 20 descriptions the last object's four are right.
        let numbers: Vec<_> = found.iter().map(|f| (f.number("wrong"), f.number("keys"))).collect();
        assert_eq!(numbers, [(Some(16), Some(4)), (Some(8), Some(2))]);
        assert_eq!((found[0].evidence["share"].as_f64(), found[0].descriptions), (Some(80.0), 16));
        assert_eq!(found[0].evidence["profiles"], "mdin");
    }

    #[test]
    fn silent_where_ids_are_unique_in_a_scan_and_for_other_trainers() {
        let mut f = Fixture::clean();
        assert_eq!(f.run_with("REF110", &["reason3d"]), []);
        f.descriptions(|d| (0..).zip(d).for_each(|(i, d)| d.ann_id = i.to_string()));
        assert_eq!(f.run_with("REF110", &["mdin"]), []);
    }
}
