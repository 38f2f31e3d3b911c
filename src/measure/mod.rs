//! How evenly classes are spread, whether two splits show the same, whether two rooms are one: counts in, numbers out,
//! the same bits on every machine.

pub mod balance;
pub mod drift;
pub mod layout;
