//! What a scan is once it is in memory: flat columns, objects, sentences, labels, frames.
//!
//! Nothing here reads or writes anything.

mod camera;
mod catalogue;
mod description;
mod edit;
mod frame;
mod labels;
mod mesh;
mod objects;
mod scan;

pub use camera::Camera;
pub use catalogue::{
    Catalogue, Format, OddLine, Oddity, References, ScanEntry, SplitEntry, SplitList, room_of,
};
pub use description::{Description, Referent, normalise_label};
pub use edit::{FileEdits, RecordEdit};
pub use frame::Frame;
pub use labels::{LabelOddity, LabelRow, LabelTable, OddRow, SCANNET20, SCANNET200, scanrefer_class};
pub use mesh::{Colour, Points};
pub use objects::{NO_OBJECT, Object, Ownership, Painted};
pub use scan::{Fault, MeshLayout, Role, Scan, ScanFile, Scene, Superpoints};
