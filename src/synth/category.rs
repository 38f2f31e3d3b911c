//! The categories that rooms are made of, with their rows of the label table.

/// What an item is; an index into the table below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Wall,
    Floor,
    Door,
    Window,
    Picture,
    Chair,
    OfficeChair,
    Armchair,
    Table,
    CoffeeTable,
    Desk,
    Couch,
    Bed,
    Pillow,
    Bookshelf,
    Cabinet,
    FileCabinet,
    KitchenCabinet,
    Nightstand,
    Dresser,
    Lamp,
    Monitor,
    Keyboard,
    Laptop,
    TrashCan,
    Refrigerator,
    Curtain,
    Counter,
    Sink,
    Box,
    Plant,
    Whiteboard,
    Tv,
    Backpack,
    Microwave,
}

/// One category.
#[derive(Debug)]
pub(super) struct Category {
    pub kind: Kind,
    /// Raw category, as an annotator would write it.
    pub raw: &'static str,
    /// ScanNet label id.
    pub id: u32,
    /// nyu40 id and class name.
    pub nyu40: u8,
    pub nyu40_class: &'static str,
    /// Index in the 13 classes of Eigen and Fergus.
    pub eigen13: u8,
    /// What people call it where only its class counts ("chair" for an office chair).
    pub head: &'static str,
    pub plural: &'static str,
}

const EIGEN13: [&str; 13] = [
    "Bed",
    "Books",
    "Ceiling",
    "Chair",
    "Floor",
    "Furniture",
    "Objects",
    "Picture",
    "Sofa",
    "Table",
    "TV",
    "Wall",
    "Window",
];

#[rustfmt::skip]
#[allow(clippy::too_many_arguments)] // columns of a table
const fn row(
    kind: Kind, raw: &'static str, id: u32, nyu40: u8, nyu40_class: &'static str, eigen13: u8,
    head: &'static str, plural: &'static str,
) -> Category {
    Category { kind, raw, id, nyu40, nyu40_class, eigen13, head, plural }
}

#[rustfmt::skip]
static TABLE: [Category; 35] = [
    row(Kind::Wall, "wall", 1, 1, "wall", 12, "wall", "walls"),
    row(Kind::Floor, "floor", 3, 2, "floor", 5, "floor", "floors"),
    row(Kind::Door, "door", 5, 8, "door", 12, "door", "doors"),
    row(Kind::Window, "window", 16, 9, "window", 13, "window", "windows"),
    row(Kind::Picture, "picture", 15, 11, "picture", 8, "picture", "pictures"),
    row(Kind::Chair, "chair", 2, 5, "chair", 4, "chair", "chairs"),
    row(Kind::OfficeChair, "office chair", 10, 5, "chair", 4, "chair", "chairs"),
    row(Kind::Armchair, "armchair", 23, 5, "chair", 4, "chair", "chairs"),
    row(Kind::Table, "table", 4, 7, "table", 10, "table", "tables"),
    row(Kind::CoffeeTable, "coffee table", 24, 7, "table", 10, "table", "tables"),
    row(Kind::Desk, "desk", 9, 14, "desk", 10, "desk", "desks"),
    row(Kind::Couch, "couch", 6, 6, "sofa", 9, "couch", "couches"),
    row(Kind::Bed, "bed", 11, 4, "bed", 1, "bed", "beds"),
    row(Kind::Pillow, "pillow", 13, 18, "pillow", 7, "pillow", "pillows"),
    row(Kind::Bookshelf, "bookshelf", 18, 10, "bookshelf", 6, "bookshelf", "bookshelves"),
    row(Kind::Cabinet, "cabinet", 7, 3, "cabinet", 6, "cabinet", "cabinets"),
    row(Kind::FileCabinet, "file cabinet", 75, 3, "cabinet", 6, "cabinet", "cabinets"),
    row(Kind::KitchenCabinet, "kitchen cabinet", 29, 3, "cabinet", 6, "cabinet", "cabinets"),
    row(Kind::Nightstand, "nightstand", 34, 32, "night stand", 6, "nightstand", "nightstands"),
    row(Kind::Dresser, "dresser", 36, 17, "dresser", 6, "dresser", "dressers"),
    row(Kind::Lamp, "lamp", 28, 35, "lamp", 7, "lamp", "lamps"),
    row(Kind::Monitor, "monitor", 19, 40, "otherprop", 7, "monitor", "monitors"),
    row(Kind::Keyboard, "keyboard", 46, 40, "otherprop", 7, "keyboard", "keyboards"),
    row(Kind::Laptop, "laptop", 77, 40, "otherprop", 7, "laptop", "laptops"),
    row(Kind::TrashCan, "trash can", 56, 39, "otherfurniture", 6, "trash can", "trash cans"),
    row(Kind::Refrigerator, "refrigerator", 27, 24, "refrigerator", 6, "refrigerator", "refrigerators"),
    row(Kind::Curtain, "curtain", 21, 16, "curtain", 13, "curtain", "curtains"),
    row(Kind::Counter, "counter", 35, 12, "counter", 6, "counter", "counters"),
    row(Kind::Sink, "sink", 14, 34, "sink", 7, "sink", "sinks"),
    row(Kind::Box, "box", 26, 29, "box", 7, "box", "boxes"),
    row(Kind::Plant, "plant", 40, 40, "otherprop", 7, "plant", "plants"),
    row(Kind::Whiteboard, "whiteboard", 52, 30, "whiteboard", 7, "whiteboard", "whiteboards"),
    row(Kind::Tv, "tv", 33, 25, "television", 11, "tv", "tvs"),
    row(Kind::Backpack, "backpack", 48, 40, "otherprop", 7, "backpack", "backpacks"),
    row(Kind::Microwave, "microwave", 59, 40, "otherprop", 7, "microwave", "microwaves"),
];

impl Kind {
    /// The kind's row.
    pub(super) fn category(self) -> &'static Category {
        &TABLE[self as usize]
    }

    /// Whether other things may stand on it.
    pub(super) fn carries(self) -> bool {
        self.is_furniture() && !matches!(self, Self::Chair | Self::OfficeChair | Self::Armchair)
    }

    /// Whether it is found on other things.
    pub(super) fn is_carried(self) -> bool {
        matches!(
            self,
            Self::Pillow
                | Self::Lamp
                | Self::Monitor
                | Self::Keyboard
                | Self::Laptop
                | Self::Sink
                | Self::Box
                | Self::Plant
                | Self::Tv
                | Self::Microwave
        )
    }

    /// Whether it is a piece of furniture that stands on the floor.
    pub(super) fn is_furniture(self) -> bool {
        matches!(
            self,
            Self::Chair
                | Self::OfficeChair
                | Self::Armchair
                | Self::Table
                | Self::CoffeeTable
                | Self::Desk
                | Self::Couch
                | Self::Bed
                | Self::Bookshelf
                | Self::Cabinet
                | Self::FileCabinet
                | Self::Nightstand
                | Self::Dresser
                | Self::TrashCan
                | Self::Refrigerator
                | Self::Counter
        )
    }

    /// Walls and floor: what a room is, rather than what is in it.
    pub(super) fn is_shell(self) -> bool {
        matches!(self, Self::Wall | Self::Floor)
    }
}

/// The category of a raw category that this program makes.
pub(super) fn by_raw(raw: &str) -> Option<&'static Category> {
    TABLE.iter().find(|c| c.raw == raw)
}

/// The label table in the form of `scannetv2-labels.combined.tsv`: 17 columns; `count` says how
/// many instances of a category the made scans have. Columns about other data sets are empty, as
/// they are in many rows of the original.
pub(super) fn label_table(count: impl Fn(&str) -> u32) -> String {
    let mut text = String::from(
        "id\traw_category\tcategory\tcount\tnyu40id\teigen13id\tnyuClass\tnyu40class\teigen13class\t\
         ModelNet40\tModelNet10\tShapeNetCore55\tsynsetoffset\twnsynsetid\twnsynsetkey\tmpcat40\tmpcat40index\n",
    );
    let mut rows: Vec<&Category> = TABLE.iter().collect();
    rows.sort_by_key(|c| c.id);
    for c in rows {
        let Category { raw, id, nyu40, nyu40_class, eigen13, .. } = c;
        let eigen = EIGEN13[usize::from(*eigen13) - 1];
        text += &format!(
            "{id}\t{raw}\t{raw}\t{}\t{nyu40}\t{eigen13}\t{raw}\t{nyu40_class}\t{eigen}\t\t\t\t\t\t\t\t\n",
            count(raw)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_finds_its_own_row() {
        for (i, c) in TABLE.iter().enumerate() {
            assert_eq!((c.kind as usize, c.kind.category().raw), (i, c.raw));
        }
    }

    #[test]
    fn the_label_table_has_seventeen_columns_and_no_category_twice() {
        let text = label_table(|_| 3);
        assert!(text.lines().all(|l| l.split('\t').count() == 17));
        let mut raw: Vec<&str> = text.lines().map(|l| l.split('\t').nth(1).unwrap()).collect();
        let rows = raw.len();
        raw.sort_unstable();
        raw.dedup();
        assert_eq!((raw.len(), rows), (36, 36));
        assert!(text.contains("2\tchair\tchair\t3\t5\t4\tchair\tchair\tChair\t"));
    }
}
