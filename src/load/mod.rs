//! Loading: files of a scan folder become a scene.

pub mod ply;
mod sniff;
#[cfg(test)]
mod testing;
