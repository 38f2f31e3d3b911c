//! The module `dataprep._native`: the Rust half of the Python package.
//!
//! Everything long runs without the interpreter's lock, on threads that live as long as the call:
//! nothing is left behind that a fork could break.

#![allow(clippy::needless_pass_by_value)] // what Python hands over comes by value

mod bytes;
mod crc;
mod error;
mod fill;
mod fresh;
mod runs;
mod stored;
mod table;
mod task;
mod work;

use pyo3::prelude::*;

/// The native half of dataprep; the package's own modules are the ones to use.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::bytes::{read_bytes, size};
    #[pymodule_export]
    use super::crc::crc32;
    #[pymodule_export]
    use super::fill::fill;
    #[pymodule_export]
    use super::fresh::{Fresh, FreshBatch};
    #[pymodule_export]
    use super::runs::{audit, audit_part, augment, main, merge, plan_into, verify};
    #[pymodule_export]
    use super::stored::Stored;
    #[pymodule_export]
    use super::table::read_table;
    #[pymodule_export]
    use super::work::Work;

    #[pymodule_export]
    const VERSION: &str = dataprep::VERSION;
}
