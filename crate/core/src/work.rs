//! What one worker does: it is given the tasks of a run and the run's bytes, and says
//! what it has seen.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::cast::{CastTask, Caster, Losses};
use crate::scan::{Observations, Scanner, Span, WireError};

/// A look at the bytes of one piece.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// The first look, with or without what casts need.
    Scan {
        /// Which elements.
        span: Span,
        /// Whether casts are wanted.
        for_casts: bool,
    },
    /// The second one.
    Cast(Box<CastTask>),
}

impl Task {
    /// Bytes of the piece.
    pub fn bytes(&self) -> u64 {
        match self {
            Task::Scan { span, .. } => span.bytes(),
            Task::Cast(task) => task.span.bytes(),
        }
    }
}

/// What a look has seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Seen {
    /// The first look.
    Scan(Box<Observations>),
    /// The second look.
    Cast(Losses),
}

impl Seen {
    /// Elements that were looked at.
    pub fn elements(&self) -> u64 {
        match self {
            Seen::Scan(seen) => seen.elements,
            Seen::Cast(losses) => losses.elements,
        }
    }

    /// What the first look has seen.
    pub fn observations(&self) -> Option<&Observations> {
        match self {
            Seen::Scan(seen) => Some(seen),
            Seen::Cast(_) => None,
        }
    }

    /// What the second look has seen.
    pub fn losses(self) -> Option<Losses> {
        match self {
            Seen::Scan(_) => None,
            Seen::Cast(losses) => Some(losses),
        }
    }

    /// Adds what another part of the same tensor shows.
    ///
    /// # Errors
    /// If the other part is of another look, type or shape.
    pub fn merge(&mut self, other: &Self) -> Result<(), WireError> {
        match (self, other) {
            (Seen::Scan(mine), Seen::Scan(theirs)) => mine.merge(theirs),
            (Seen::Cast(mine), Seen::Cast(theirs)) => {
                mine.merge(theirs);
                Ok(())
            }
            _ => Err(WireError("two looks cannot be added up".to_owned())),
        }
    }
}

impl From<Observations> for Seen {
    fn from(seen: Observations) -> Self {
        Seen::Scan(Box::new(seen))
    }
}

/// Looks at one run after another, each a stream of bytes.
#[derive(Default)]
pub struct Worker {
    scanner: Scanner,
    caster: Caster,
    waiting: VecDeque<Task>,
    /// Bytes that the task at the head of `waiting` still needs; it has begun.
    left_bytes: u64,
    finished: Vec<Seen>,
}

impl Worker {
    /// A worker without a run.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a run; what is left of an earlier one is forgotten.
    pub fn begin(&mut self, tasks: Vec<Task>) {
        self.waiting = tasks.into();
        self.finished.clear();
        self.begin_task();
    }

    /// Feeds the next bytes of the run, cut anywhere; what is beyond its end is ignored.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.waiting.is_empty() {
            let length =
                usize::try_from(self.left_bytes).map_or(bytes.len(), |left| left.min(bytes.len()));
            let (of_task, rest) = bytes.split_at(length);
            self.feed_task(of_task);
            bytes = rest;
        }
    }

    /// Tasks that are finished and not yet taken.
    pub fn finished(&self) -> usize {
        self.finished.len()
    }

    /// What they have shown, in order.
    pub fn take(&mut self) -> Vec<Seen> {
        std::mem::take(&mut self.finished)
    }

    fn begin_task(&mut self) {
        let Some(task) = self.waiting.front() else {
            return;
        };
        self.left_bytes = task.bytes();
        match task {
            Task::Scan { span, for_casts } => {
                self.scanner.watch_casts(*for_casts);
                self.scanner.begin(*span);
            }
            Task::Cast(task) => self.caster.begin(task.as_ref().clone()),
        }
    }

    fn feed_task(&mut self, bytes: &[u8]) {
        let is_scan = matches!(self.waiting.front(), Some(Task::Scan { .. }));
        match is_scan {
            true => self.scanner.feed(bytes),
            false => self.caster.feed(bytes),
        }
        self.left_bytes -= bytes.len() as u64;
        if self.left_bytes > 0 {
            return;
        }
        let seen = match is_scan {
            true => self.scanner.finish().map(Seen::from),
            false => self.caster.finish().map(Seen::Cast),
        };
        self.finished.extend(seen);
        self.waiting.pop_front();
        self.begin_task();
    }
}
