//! Where bytes live.
//!
//! Everything that is read whole or published goes through here, so that an object store can take
//! the local folder's place without anything else knowing. Names are relative, `/`-separated.

mod identity;
mod local;
mod ranged;

pub use identity::{Identity, digest, identity};
pub use local::{Local, Outcome, Staged, behind_link, read, read_into, stream};
pub use ranged::Ranged;
