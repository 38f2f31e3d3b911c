//! What rules look at.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::geometry::Geometry;
use super::profile::Profile;
use super::said::Said;
use super::settings::Thresholds;
use super::summary::{Agreement, Summary};
use super::superpoints::Mixture;
use super::tables::Tables;
use crate::language::{Class, Nouns};
use crate::math::{Partition, compact};
use crate::scene::{Catalogue, Description, Object, Ownership, Role, Scan, normalise_label};

/// One scan, with tables that rules share; each is made when a rule first asks for it.
#[derive(Debug)]
pub struct ScanContext<'a> {
    /// The scan.
    pub scan: &'a Scan,
    /// Its descriptions, sorted by object and annotation.
    pub descriptions: &'a [Description],
    /// Everything around it. A rule may look at what all scans share and at what is this scan's, and
    /// at nothing of other scans: its findings are kept while these stay as they are.
    pub catalogue: &'a Catalogue,
    /// Numbers to compare with.
    pub thresholds: &'a Thresholds,
    /// Trainers whose habits the data must survive.
    pub profiles: &'a [&'static Profile],
    /// Tables over all vertices and triangles.
    pub(super) geometry: Geometry<'a>,
    /// What things are called.
    pub nouns: &'a Nouns,
    pub(super) said: OnceCell<Vec<Said<'a>>>,
    pub(super) classes: OnceCell<BTreeMap<i32, Class>>,
    objects: OnceCell<BTreeMap<i32, (&'a Object, String)>>,
    owned: OnceCell<BTreeMap<i32, u32>>,
    segments: OnceCell<Partition>,
    sizes: OnceCell<Vec<u32>>,
    ownership: OnceCell<Ownership>,
    targets: OnceCell<BTreeMap<i32, Vec<&'a Description>>>,
    pub(super) tables: Tables,
    superpoints: OnceCell<Partition>,
    mixture: OnceCell<Mixture>,
}

impl<'a> ScanContext<'a> {
    /// A scan among the rest.
    pub fn new(
        scan: &'a Scan,
        catalogue: &'a Catalogue,
        thresholds: &'a Thresholds,
        profiles: &'a [&'static Profile],
        nouns: &'a Nouns,
    ) -> Self {
        Self {
            scan,
            descriptions: catalogue.descriptions_of(scan.id()),
            catalogue,
            thresholds,
            profiles,
            geometry: Geometry::new(&scan.scene),
            nouns,
            said: OnceCell::new(),
            classes: OnceCell::new(),
            objects: OnceCell::new(),
            owned: OnceCell::new(),
            segments: OnceCell::new(),
            sizes: OnceCell::new(),
            ownership: OnceCell::new(),
            targets: OnceCell::new(),
            tables: Tables::default(),
            superpoints: OnceCell::new(),
            mixture: OnceCell::new(),
        }
    }

    /// The path of one of the scan's files.
    pub fn path(&self, role: Role) -> &'a std::path::Path {
        self.scan.path(role).unwrap_or(std::path::Path::new(""))
    }

    /// Whether the mesh file is there and was read without fault.
    pub fn mesh_was_read(&self) -> bool {
        self.was_read(Role::Mesh)
    }

    /// Whether one of the scan's files is there and was read without fault.
    pub fn was_read(&self, role: Role) -> bool {
        let there = self.scan.files.iter().any(|f| f.role == role && f.bytes.is_some());
        there && !self.scan.faults.iter().any(|f| f.role == role)
    }

    /// Whether each vertex knows its object.
    pub fn is_painted(&self) -> bool {
        self.scan.is_usable()
    }

    /// The descriptions by the object that they are filed under, by ascending object id: each once,
    /// those of several objects under the first, those of none or of a class not at all.
    pub fn described(&self) -> impl Iterator<Item = (i32, &'a [Description])> {
        self.descriptions.chunk_by(|a, b| a.object() == b.object()).filter_map(|d| Some((d[0].object()?, d)))
    }

    /// The objects that descriptions mean, each with all descriptions that mean it, also among
    /// others.
    pub fn targets(&self) -> &BTreeMap<i32, Vec<&'a Description>> {
        self.targets.get_or_init(|| {
            let mut targets: BTreeMap<i32, Vec<&Description>> = BTreeMap::new();
            for description in self.descriptions {
                for id in description.objects() {
                    targets.entry(id).or_default().push(description);
                }
            }
            targets
        })
    }

    /// The first object with each id, with its label as names are compared.
    pub fn objects(&self) -> &BTreeMap<i32, (&'a Object, String)> {
        self.objects.get_or_init(|| {
            let mut table = BTreeMap::new();
            for object in &self.scan.scene.objects {
                table.entry(object.id).or_insert_with(|| (object, normalise_label(&object.raw_category)));
            }
            table
        })
    }

    /// Number of vertices that each object owns; objects that own none are not in it. Empty when
    /// the scan is not painted.
    pub fn owned(&self) -> &BTreeMap<i32, u32> {
        self.owned.get_or_init(|| {
            let column = &self.scan.scene.points.object;
            let highest = self.scan.scene.objects.iter().map(|o| o.id).max().unwrap_or(0).max(0) as usize;
            let mut owned = BTreeMap::new();
            // Ids are small in practice; a hostile one must not size a table.
            if highest <= 4 * self.scan.scene.objects.len() + 1024 {
                let mut table = vec![0_u32; highest + 1];
                for &id in column {
                    if let Some(count) = table.get_mut(id as usize) {
                        *count += 1;
                    }
                }
                owned.extend((0..).zip(table).filter(|&(_, count)| count > 0));
            } else {
                for &id in column.iter().filter(|&&id| id >= 0) {
                    *owned.entry(id).or_insert(0) += 1;
                }
            }
            owned
        })
    }

    /// The vertices by segment.
    pub fn segments(&self) -> &Partition {
        self.segments.get_or_init(|| compact(&self.scan.scene.points.segment))
    }

    /// Number of vertices in each part of [`Self::segments`].
    pub fn segment_sizes(&self) -> &[u32] {
        self.sizes.get_or_init(|| sizes_of(self.segments()))
    }

    /// Number of vertices of a segment, 0 when there is no such segment.
    pub fn vertices_in(&self, segment: u32) -> u32 {
        self.segments().ids.binary_search(&segment).map_or(0, |part| self.segment_sizes()[part])
    }

    /// Which groups claim which segment.
    pub fn ownership(&self) -> &Ownership {
        self.ownership.get_or_init(|| Ownership::of(&self.scan.scene.objects))
    }

    /// The vertices by superpoint: by the file of superpoints, or without one by segment.
    fn superpoints(&self) -> &Partition {
        match &self.scan.superpoints {
            Some(own) => self.superpoints.get_or_init(|| compact(&own.ids)),
            None => self.segments(),
        }
    }

    /// How objects and superpoints mix.
    pub fn mixture(&self) -> &Mixture {
        self.mixture.get_or_init(|| {
            let partition = self.superpoints();
            let column = &self.scan.scene.points.object;
            match self.scan.superpoints {
                Some(_) => Mixture::of(&partition.part, &sizes_of(partition), column),
                None => Mixture::of(&partition.part, self.segment_sizes(), column),
            }
        })
    }

    /// Objects that own more than half of at least one superpoint: those whose mask over
    /// superpoints is not empty.
    fn winners(&self) -> &BTreeSet<i32> {
        self.mixture().winners()
    }

    /// Described objects that own vertices but win no superpoint.
    pub fn empty_masks(&self) -> impl Iterator<Item = i32> {
        let known = self.scan.scene.points.segment.len() == self.scan.scene.points.object.len();
        let targets = self.targets().keys().copied();
        targets.filter(move |id| known && self.owned().contains_key(id) && !self.winners().contains(id))
    }

    /// How well names of single objects agree with labels, by index of the references file. Empty
    /// without objects.
    pub fn agreement(&self) -> BTreeMap<u32, Agreement> {
        let mut by_file: BTreeMap<u32, Agreement> = BTreeMap::new();
        if self.scan.has_aggregation {
            for d in self.descriptions.iter().filter(|d| d.is_single()) {
                let agreement = by_file.entry(d.file).or_default();
                agreement.descriptions += 1;
                let name = normalise_label(&d.object_name);
                agreement.at[1] += u64::from(self.is_called(d.object_id, &name));
                for numbering in self.numberings(d.object_id, &name) {
                    *agreement.by_mut(numbering) += 1;
                }
            }
        }
        by_file
    }

    /// Whether object `id` has the label `name`, which is in the form in which names are compared.
    pub fn is_called(&self, id: i32, name: &str) -> bool {
        self.objects().get(&id).is_some_and(|(_, label)| label == name)
    }
}

/// Number of points in each part.
fn sizes_of(partition: &Partition) -> Vec<u32> {
    let mut sizes = vec![0_u32; partition.ids.len()];
    for &part in &partition.part {
        sizes[part as usize] += 1;
    }
    sizes
}

/// The whole data set, once its scans have been looked at.
#[derive(Debug)]
pub struct DatasetContext<'a> {
    /// Scans, descriptions, splits and labels.
    pub catalogue: &'a Catalogue,
    /// Facts of the scans.
    pub summary: &'a Summary,
    /// Numbers to compare with.
    pub thresholds: &'a Thresholds,
    /// Trainers whose habits the data must survive.
    pub profiles: &'a [&'static Profile],
    /// Whether only a part of the data set was asked for, so that a scan that is not there says
    /// nothing.
    pub partial: bool,
}

/// Where a split names a scan.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// The split list, or the references file where there are no lists.
    pub path: &'a std::path::Path,
    /// 1-based line, for a split list.
    pub line: Option<u32>,
}

/// An object that descriptions mean, as the references have it.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// The split of its scan, if it is in one.
    pub split: Option<&'a str>,
    /// Its name, in the form in which names are compared.
    pub class: String,
    /// Its descriptions: at least one.
    pub descriptions: &'a [Description],
}

impl<'a> Target<'a> {
    /// Its scan.
    pub fn scene(&self) -> &'a str {
        &self.descriptions[0].scene_id
    }
}

impl<'a> DatasetContext<'a> {
    /// Every object that a description means, also in scans that were not audited.
    pub fn targets(&self) -> impl Iterator<Item = Target<'a>> {
        let catalogue = self.catalogue;
        let alike =
            |a: &Description, b: &Description| (&a.scene_id, a.object_id) == (&b.scene_id, b.object_id);
        let meant = catalogue.descriptions.chunk_by(alike).filter(|those| those[0].object().is_some());
        meant.map(|descriptions| Target {
            split: catalogue.split_of(&descriptions[0].scene_id),
            class: normalise_label(&descriptions[0].object_name),
            descriptions,
        })
    }

    /// The splits that each scan is in: by the split lists, or without any by the names of the
    /// references files.
    pub fn splits_of_scans(&self) -> BTreeMap<&'a str, BTreeMap<&'a str, Member<'a>>> {
        let mut splits: BTreeMap<&str, BTreeMap<&str, Member<'_>>> = BTreeMap::new();
        let catalogue = self.catalogue;
        for list in &catalogue.splits {
            for entry in &list.entries {
                let member = Member { path: &list.path, line: Some(entry.line) };
                splits.entry(&entry.id).or_default().entry(&list.name).or_insert(member);
            }
        }
        if catalogue.splits.is_empty() {
            for d in &catalogue.descriptions {
                let file = catalogue.references.get(d.file as usize);
                if let Some((file, split)) = file.and_then(|f| Some((f, f.split.as_deref()?))) {
                    let member = Member { path: &file.path, line: None };
                    splits.entry(&d.scene_id).or_default().entry(split).or_insert(member);
                }
            }
        }
        splits
    }
}
