//! The label table: raw category → nyu40 id and class names.

use std::collections::BTreeMap;

/// One row of `scannetv2-labels.combined.tsv`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelRow {
    /// Raw category, as annotators wrote it.
    pub raw_category: String,
    /// Cleaned category.
    pub category: String,
    /// nyu40 id 1..=40; 0 when the cell is empty.
    pub nyu40: u8,
    /// nyu40 class name.
    pub nyu40_class: String,
    /// ScanNet label id (the `id` column), which ScanNet200 classes are named by.
    pub id: u32,
}

/// The label table of a data set, looked up by raw category.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelTable {
    rows: BTreeMap<String, LabelRow>,
}

impl LabelTable {
    /// A table of `rows`; of rows with the same raw category the first counts.
    pub fn new(rows: impl IntoIterator<Item = LabelRow>) -> Self {
        let mut table = BTreeMap::new();
        for row in rows {
            table.entry(row.raw_category.clone()).or_insert(row);
        }
        Self { rows: table }
    }

    /// The row of a raw category.
    pub fn get(&self, raw_category: &str) -> Option<&LabelRow> {
        self.rows.get(raw_category)
    }

    /// nyu40 id of a raw category, 0 when the table does not know it.
    pub fn nyu40(&self, raw_category: &str) -> u8 {
        self.get(raw_category).map_or(0, |r| r.nyu40)
    }

    /// Number of categories.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the table is empty (none was found).
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows, sorted by raw category.
    pub fn iter(&self) -> impl Iterator<Item = &LabelRow> {
        self.rows.values()
    }
}

/// The 20 classes of the ScanNet benchmark, as nyu40 ids in benchmark order
/// (<http://kaldir.vc.in.tum.de/scannet_benchmark/documentation>).
pub const SCANNET20: [u8; 20] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39];
