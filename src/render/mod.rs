//! Pictures of scenes: triangles with vertex colours, seen from above or from a corner.

mod camera;
mod raster;

pub use camera::View;
pub use raster::{Highlight, pair, png, raster};
