//! Writing: scenes become rows, rows become shards.
