//! Several threads and the one plan that they take their work from.

use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::task::Poll;

/// Bytes that are worth a thread.
const BYTES_PER_THREAD: u64 = 1 << 20;

/// As many as are wanted, or one a core.
pub(crate) fn count(wanted: Option<NonZeroUsize>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    wanted.map_or_else(cores, NonZeroUsize::get)
}

/// Requests under way at once: most of a request is waiting.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(8).expect("eight is not zero");

/// As many as are wanted, or as many as may wait for a server.
pub(crate) fn count_for_network(wanted: Option<NonZeroUsize>) -> usize {
    wanted.unwrap_or(CONNECTIONS).get()
}

/// Does the work in so many threads, or in fewer where there are few bytes.
pub(crate) fn work_in(threads: usize, total_bytes: u64, work: impl Fn() + Sync) {
    let useful = usize::try_from(total_bytes / BYTES_PER_THREAD + 1).unwrap_or(usize::MAX);
    std::thread::scope(|scope| {
        for _ in 1..threads.min(useful) {
            let thread = std::thread::Builder::new().spawn_scoped(scope, &work);
            // Where the system has no more threads, fewer do the work.
            if thread.is_err() {
                break;
            }
        }
        work();
    });
}

/// A plan behind a lock.
pub(crate) struct Shared<T> {
    plan: Mutex<T>,
    /// Work came back: there may be more to hand out, or nothing left to wait for.
    changed: Condvar,
}

impl<T> Shared<T> {
    pub(crate) fn new(plan: T) -> Self {
        Self {
            plan: Mutex::new(plan),
            changed: Condvar::new(),
        }
    }

    /// The next piece of work; `next` is asked again when work has come back, since what
    /// somebody else has may fail and be handed out once more.
    pub(crate) fn next<W>(&self, next: impl Fn(&mut T) -> Poll<Option<W>>) -> Option<W> {
        let mut plan = self.lock();
        loop {
            match next(&mut plan) {
                Poll::Ready(work) => return work,
                Poll::Pending => {
                    let waited = self.changed.wait(plan);
                    plan = waited.expect("no thread panics with the plan");
                }
            }
        }
    }

    /// Brings work back.
    pub(crate) fn bring(&self, bring: impl FnOnce(&mut T)) {
        bring(&mut self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.plan.lock().expect("no thread panics with the plan")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn work_that_is_given_back_is_done_by_another() {
        // Ten pieces, each of which fails once.
        let shared = Shared::new(((0..10).collect::<Vec<_>>(), 0, vec![false; 10]));
        let done = AtomicUsize::new(0);
        work_in(4, u64::MAX, || {
            let next = |(waiting, out, _): &mut (Vec<usize>, usize, Vec<bool>)| match waiting.pop()
            {
                Some(piece) => {
                    *out += 1;
                    Poll::Ready(Some(piece))
                }
                None if *out == 0 => Poll::Ready(None),
                None => Poll::Pending,
            };
            while let Some(piece) = shared.next(next) {
                shared.bring(|(waiting, out, failed)| {
                    *out -= 1;
                    match std::mem::replace(&mut failed[piece], true) {
                        false => waiting.push(piece),
                        true => {
                            done.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert_eq!(done.load(Ordering::Relaxed), 10);
    }
}
