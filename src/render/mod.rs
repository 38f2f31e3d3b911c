//! What people look at: pictures of scenes, point clouds for a browser, charts, and the shell of a page.

mod camera;
mod canvas;
pub mod chart;
mod cloud;
mod encode;
mod letters;
pub mod page;
mod paint;
mod raster;
mod sheet;
mod sight;
mod spacing;
mod tags;

pub use camera::{Size, Stage, View, level};
pub use cloud::{Cloud, cloud};
pub use encode::{MANY, jpeg, png};
pub use paint::Paint;
pub use raster::{Look, pair, picture};
pub use sheet::sheet;
pub use sight::best_side;
