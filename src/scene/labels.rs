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
    /// Number of columns that its first line names.
    pub columns: usize,
    /// Rows that are not as they should be.
    pub oddities: Vec<LabelOddity>,
}

/// A row of the label table that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelOddity {
    /// What is odd.
    pub what: OddRow,
    /// Raw category of the row.
    pub raw_category: String,
    /// 1-based line in the file.
    pub line: u32,
}

/// What can be odd about a row of the label table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OddRow {
    /// It has fewer cells than the first line names.
    Short,
    /// Its raw category had a row before.
    Repeated,
    /// It has no nyu40 id.
    NoClass,
}

impl LabelTable {
    /// A table of `rows`; of rows with the same raw category the first counts.
    pub fn new(rows: impl IntoIterator<Item = LabelRow>) -> Self {
        let mut table = BTreeMap::new();
        for row in rows {
            table.entry(row.raw_category.clone()).or_insert(row);
        }
        Self { rows: table, ..Self::default() }
    }

    /// The row of a raw category.
    pub fn get(&self, raw_category: &str) -> Option<&LabelRow> {
        self.rows.get(raw_category)
    }

    /// nyu40 id of a raw category, 0 when the table does not know it.
    pub fn nyu40(&self, raw_category: &str) -> u8 {
        self.get(raw_category).map_or(0, |r| r.nyu40)
    }

    /// The rows of a ScanNet200 class, by its index: it goes by any of their names. None when there
    /// is no such class or the table does not know it.
    pub fn scannet200(&self, class: i32) -> impl Iterator<Item = &LabelRow> {
        let id = usize::try_from(class).ok().and_then(|c| SCANNET200.get(c)).copied();
        self.iter().filter(move |row| id.is_some_and(|id| u32::from(id) == row.id))
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

/// The 200 classes of the ScanNet200 benchmark, as ScanNet label ids in benchmark order: a class's
/// index here is its ScanNet200 index.
pub const SCANNET200: [u16; 200] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 24, 26, 27, 28, 29, 31, 32,
    33, 34, 35, 36, 38, 39, 40, 41, 42, 44, 45, 46, 47, 48, 49, 50, 51, 52, 54, 55, 56, 57, 58, 59, 62, 63,
    64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 82, 84, 86, 87, 88, 89, 90, 93, 95,
    96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 110, 112, 115, 116, 118, 120, 121, 122, 125, 128,
    130, 131, 132, 134, 136, 138, 139, 140, 141, 145, 148, 154, 155, 156, 157, 159, 161, 163, 165, 166, 168,
    169, 170, 177, 180, 185, 188, 191, 193, 195, 202, 208, 213, 214, 221, 229, 230, 232, 233, 242, 250, 261,
    264, 276, 283, 286, 300, 304, 312, 323, 325, 331, 342, 356, 370, 392, 395, 399, 408, 417, 488, 540, 562,
    570, 572, 581, 609, 748, 776, 1156, 1163, 1164, 1165, 1166, 1167, 1168, 1169, 1170, 1171, 1172, 1173,
    1174, 1175, 1176, 1178, 1179, 1180, 1181, 1182, 1183, 1184, 1185, 1186, 1187, 1188, 1189, 1190, 1191,
];

/// The class of a nyu40 id in ScanRefer's own 18: index 0..=16 in its order, 17 "others".
/// ScanRefer decides unique and multiple by these classes.
pub fn scanrefer_class(nyu40: u8) -> u8 {
    const CLASSES: [u8; 17] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36];
    CLASSES.iter().position(|&c| c == nyu40).map_or(17, |i| i as u8)
}

impl LabelRow {
    /// Index among the 20 ScanNet classes, if it is one of them.
    pub fn scannet20(&self) -> Option<u8> {
        SCANNET20.iter().position(|&c| c == self.nyu40).map(|i| i as u8)
    }

    /// Index among the 200 classes of ScanNet200, if it is one of them.
    pub fn scannet200(&self) -> Option<u8> {
        SCANNET200.iter().position(|&c| u32::from(c) == self.id).map(|i| i as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_found_by_their_place_in_the_benchmark() {
        let chair = LabelRow { nyu40: 5, id: 2, ..LabelRow::default() };
        assert_eq!((chair.scannet20(), chair.scannet200()), (Some(4), Some(1)));
        assert!(SCANNET200.is_sorted() && SCANNET20.is_sorted());
        assert_eq!((scanrefer_class(3), scanrefer_class(36), scanrefer_class(1)), (0, 16, 17));
        let unknown = LabelRow::default();
        assert_eq!((unknown.scannet20(), unknown.scannet200()), (None, None));
    }
}
