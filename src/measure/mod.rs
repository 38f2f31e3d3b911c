//! How evenly classes are spread, and whether two splits show the same: counts in, numbers out,
//! the same bits on every machine.

pub mod balance;
pub mod drift;
