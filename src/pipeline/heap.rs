//! Memory that is asked for again and again.

/// The largest column, in bytes, that is meant to stay in the heap: glibc takes no hint above 32 MiB.
const LARGEST: usize = 31 << 20;

/// Lets the heap keep what is freed, for programs that make one variant after another.
///
/// The columns of a scene are a few hundred kilobytes each. glibc maps such blocks anew each time and
/// gives them back when they are freed, and touching fresh pages costs more than most transforms do.
/// It raises its bounds for both to the size of the largest block that was ever mapped and freed, so
/// freeing one is all it takes; the block's pages are never touched. Other allocators do not mind.
pub fn keep_heap() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGEST)));
}
