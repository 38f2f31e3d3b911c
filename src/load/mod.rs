//! Loading: files of a scan folder become a scene.
