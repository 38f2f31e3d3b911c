//! Tables of a scan's segments and objects that several rules need; each is made when a rule
//! first asks for it.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::context::ScanContext;
use super::summary::Numbering;
use crate::math::Aabb;
use crate::scene::Object;

/// The tables, empty until asked for.
#[derive(Debug, Default)]
pub(super) struct Tables {
    owners: OnceCell<Vec<Option<i32>>>,
    segment_boxes: OnceCell<Vec<Aabb>>,
    object_boxes: OnceCell<BTreeMap<i32, Aabb>>,
    label_counts: OnceCell<BTreeMap<i32, LabelCounts>>,
    renumbered: OnceCell<[BTreeMap<i32, i32>; 2]>,
}

/// Number of vertices with each label of the labels mesh, 0 to 40; the last entry is of all others.
pub(super) type LabelCounts = [u32; 42];

impl ScanContext<'_> {
    /// For each part of [`Self::segments`] the object that owns it. Empty when the scan is not
    /// painted.
    pub(super) fn owners(&self) -> &[Option<i32>] {
        self.tables.owners.get_or_init(|| {
            let objects = &self.scan.scene.objects;
            let owner = |&s: &u32| self.ownership().owner(s).map(|group| objects[group as usize].id);
            let ids = if self.is_painted() { self.segments().ids.as_slice() } else { &[] };
            ids.iter().map(owner).collect()
        })
    }

    /// The box of each part of [`Self::segments`].
    pub(super) fn segment_boxes(&self) -> &[Aabb] {
        self.tables.segment_boxes.get_or_init(|| {
            let (partition, p) = (self.segments(), &self.scan.scene.points.position);
            let mut boxes = vec![Aabb::EMPTY; partition.ids.len()];
            for (((&part, &x), &y), &z) in partition.part.iter().zip(&p.x).zip(&p.y).zip(&p.z) {
                boxes[part as usize].include([x, y, z]);
            }
            boxes
        })
    }

    /// The box of each object that owns vertices.
    pub(super) fn object_boxes(&self) -> &BTreeMap<i32, Aabb> {
        self.tables.object_boxes.get_or_init(|| {
            let mut boxes: BTreeMap<i32, Aabb> = BTreeMap::new();
            for (owner, segment) in self.owners().iter().zip(self.segment_boxes()) {
                if let Some(id) = owner {
                    boxes.entry(*id).or_insert(Aabb::EMPTY).merge(segment);
                }
            }
            boxes
        })
    }

    /// The label of each object that is a thing and owns vertices, and where its middle is, in
    /// centimetres: the mean of its segments' middles by their vertices, which a turn of the scan
    /// moves less than that of a box around the whole.
    pub(super) fn layout(&self) -> Vec<(String, [i32; 3])> {
        let mut sums: BTreeMap<i32, (f64, [f64; 3])> = BTreeMap::new();
        for ((owner, segment), &size) in
            self.owners().iter().zip(self.segment_boxes()).zip(self.segment_sizes())
        {
            let (Some(id), weight) = (owner, f64::from(size)) else { continue };
            let (total, sum) = sums.entry(*id).or_default();
            *total += weight;
            for (sum, middle) in sum.iter_mut().zip(segment.middle()) {
                *sum += weight * middle;
            }
        }
        let thing = |(id, (total, sum)): (i32, (f64, [f64; 3]))| {
            let (object, label) = self.objects().get(&id)?;
            let is_thing = !self.is_stuff(object, label) && label != "ceiling";
            is_thing.then(|| (label.clone(), sum.map(|s| (s / total * 100.0) as i32)))
        };
        sums.into_iter().filter_map(thing).collect()
    }

    /// For each object that owns vertices, how many of them have which label in the labels mesh.
    /// Empty where that mesh is missing or is of other vertices.
    pub(super) fn label_counts(&self) -> &BTreeMap<i32, LabelCounts> {
        self.tables.label_counts.get_or_init(|| {
            let parts = &self.segments().part;
            let labels = self.scan.vertex_labels.as_deref().unwrap_or_default();
            if !self.is_painted() || labels.len() != parts.len() || self.scan.labels_moved_at.is_some() {
                return BTreeMap::new();
            }
            let ids: Vec<i32> = self.owned().keys().copied().collect();
            // One row more for vertices that no object owns.
            let row = |owner: &Option<i32>| owner.and_then(|id| ids.binary_search(&id).ok());
            let rows: Vec<usize> = self.owners().iter().map(|o| row(o).unwrap_or(ids.len())).collect();
            let mut counts: Vec<LabelCounts> = vec![[0; 42]; ids.len() + 1];
            for (&part, &label) in parts.iter().zip(labels) {
                counts[rows[part as usize]][usize::from(label.min(41))] += 1;
            }
            ids.into_iter().zip(counts).collect()
        })
    }

    /// The nyu40 id of an object's label; 0 when there is no table or it does not know the label.
    pub(super) fn nyu40(&self, object: &Object) -> u8 {
        self.catalogue.labels.nyu40(&object.raw_category)
    }

    /// Whether an object is wall or floor, which some trainers do not count as instances.
    fn is_stuff(&self, object: &Object, label: &str) -> bool {
        match self.catalogue.labels.get(&object.raw_category) {
            Some(row) => matches!(row.nyu40, 1 | 2),
            None => matches!(label, "wall" | "floor"),
        }
    }

    /// The `objectId` of what `id` means in a numbering, if there may be such an object.
    fn meant(&self, numbering: Numbering, id: i32) -> Option<i32> {
        let [no_stuff, group_id] = self.tables.renumbered.get_or_init(|| {
            let objects = &self.scan.scene.objects;
            let is_thing = |o: &&Object| self.objects().get(&o.id).is_some_and(|(_, l)| !self.is_stuff(o, l));
            let no_stuff = (0..).zip(objects.iter().filter(is_thing)).map(|(n, o)| (n, o.id)).collect();
            let by_group = objects.iter().rev().filter_map(|o| Some((i32::try_from(o.group_id).ok()?, o.id)));
            [no_stuff, by_group.collect()]
        });
        match numbering {
            Numbering::MinusOne => id.checked_sub(1),
            Numbering::PlusOne => id.checked_add(1),
            Numbering::NoStuff => no_stuff.get(&id).copied(),
            Numbering::GroupId => group_id.get(&id).copied(),
        }
    }

    /// The numberings in which `id` means an object with the label `name`, which is in the form in
    /// which names are compared.
    pub(super) fn numberings(&self, id: i32, name: &str) -> impl Iterator<Item = Numbering> {
        let agrees = move |n: &Numbering| self.meant(*n, id).is_some_and(|id| self.is_called(id, name));
        Numbering::ALL.into_iter().filter(agrees)
    }

    /// The words of [`Self::numberings`], for evidence.
    pub(super) fn numbering_words(&self, id: i32, name: &str) -> Vec<&'static str> {
        self.numberings(id, name).map(Numbering::word).collect()
    }
}
