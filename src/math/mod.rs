//! Boxes, affine maps, colours, normals and random streams: numbers in, numbers out, the same bits on
//! every machine.

mod aabb;
mod affine;
mod colour;
mod gauss;
mod normals;
mod partition;
mod radix;
mod random;
mod rows;
mod runs;
mod widest;
mod xyz;

pub use aabb::Aabb;
pub use affine::Affine;
pub use colour::lab;
pub(crate) use colour::level;
pub use normals::vertex_normals;
pub use partition::{Partition, compact};
pub(crate) use radix::sort_upper;
pub use random::{Key, Purpose, Stream};
pub(crate) use rows::{Pick, count, rows_of};
pub(crate) use runs::runs;
pub(crate) use widest::widest;
pub use xyz::Xyz;
