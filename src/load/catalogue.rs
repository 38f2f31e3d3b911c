//! Reading what belongs to the data set as a whole.

use super::discover::Found;
use super::{cameras, labels, read_file, references, splits};
use crate::scene::{Catalogue, References};
use crate::store;

/// Reads references, label table, split lists and cameras. Never fails: what cannot be read is in
/// [`Catalogue::faults`] or in the references' faults, and the rest is there.
pub fn catalogue(found: &Found) -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.scans.clone_from(&found.scans);
    for path in &found.references {
        let file = catalogue.references.len() as u32;
        let (references, descriptions) = match read_file(path) {
            Ok(bytes) => references::read(&bytes, path, file, found.format),
            Err(error) => {
                let faults = vec![error];
                (References { path: path.clone(), faults, ..References::default() }, Vec::new())
            }
        };
        catalogue.references.push(references);
        catalogue.descriptions.extend(descriptions);
    }
    if let Some(path) = &found.labels {
        catalogue.labels_path = Some(path.clone());
        match read_file(path).and_then(|bytes| labels::read(&bytes, path, &mut catalogue.faults)) {
            Ok(table) => catalogue.labels = table,
            Err(error) => catalogue.faults.push(error),
        }
    }
    for (name, path) in &found.splits {
        match read_file(path).and_then(|bytes| splits::read(&bytes, name, path)) {
            Ok(list) => catalogue.splits.push(list),
            Err(error) => catalogue.faults.push(error),
        }
    }
    for scan in &found.scans {
        let path = found.cameras.as_ref().map(|dir| dir.join(cameras::file_name(&scan.id)));
        let Some(path) = path.filter(|p| store::is_file(p)) else { continue };
        let (cameras, fault) = match read_file(&path) {
            Ok(bytes) => cameras::read(&bytes, &path, catalogue.camera_files.len() as u32),
            Err(error) => (Vec::new(), Some(error)),
        };
        catalogue.cameras.extend(cameras);
        catalogue.faults.extend(fault);
        catalogue.camera_files.push(path);
    }
    catalogue.index();
    catalogue
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::error::Kind;
    use crate::load::testing::TABLE;
    use crate::scene::ScanEntry;

    #[test]
    fn what_cannot_be_read_is_said_and_the_rest_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let record = r#"{"scene_id":"b","object_id":"1","object_name":"x","ann_id":"0","description":"d"}"#;
        let found = Found {
            scans: ["b", "a"].map(|id| ScanEntry { id: id.into(), dir: dir.path().into() }).into(),
            references: vec![
                dir.path().join("gone.json"),
                put("ScanRefer_filtered_val.json", &format!("[{record}]")),
            ],
            labels: Some(put("l.tsv", TABLE)),
            splits: vec![("train".into(), put("t.txt", "a\n")), ("val".into(), put("v.txt", ""))],
            cameras: Some(dir.path().into()),
            ..Found::default()
        };
        put("a.anns.json", "<html>");
        put(
            "b.anns.json",
            r#"[{"scene_id":"b","object_id":1,"ann_id":"0",
            "camera":{"position":[0,0,1],"lookat":[1,0,1]}}]"#,
        );
        let c = catalogue(&found);
        assert_eq!(c.references[0].faults[0].kind(), Kind::NotFound);
        assert_eq!((c.descriptions_of("b")[0].file, c.labels.nyu40("chair")), (1, 5));
        assert_eq!((c.splits.len(), c.split_of("a"), c.scan("a").is_some()), (1, Some("train"), true));
        assert_eq!(c.faults.iter().map(crate::Error::kind).collect::<Vec<_>>(), [Kind::Foreign; 2]);
        assert!(c.cameras_of("b")[0].is_of(&c.descriptions[0]) && c.camera_files.len() == 2);
    }
}
