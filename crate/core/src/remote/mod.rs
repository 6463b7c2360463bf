//! Checkpoints at an address: what to ask a server for, and what its answers mean.
//!
//! Nothing here connects. [`Finding`] goes from what a person gave to the files with tensors, one question
//! after another; [`Answer`] judges the answer to a request for a range, [`judge_beginning`] the file's first bytes;
//! [`delay_ms`] says when to ask again.
//! Requests are plain GETs with one range `bytes=a-b` and no other header, which a browser sends to another
//! origin without asking first.

mod address;
mod answer;
mod delay;
mod finding;

pub use address::{Address, HUB};
pub use answer::{Answer, Asked, Known, Trouble, judge_beginning};
pub use delay::delay_ms;
pub use finding::{Finding, Found, RemoteFile};
