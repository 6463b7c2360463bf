//! Two checkpoints, compared as the command and the page compare them.

mod conversions;
mod cuts;
mod export;
mod failures;
mod groups;
mod headlines;
mod near_misses;
mod pairing;
mod shards;
mod special;
mod support;
mod triage;
