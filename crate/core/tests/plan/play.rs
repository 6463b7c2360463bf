//! Random workers: they take, deliver, fail, give back and repeat themselves.

use floatscope_core::plan::{Plan, Progress, Run};
use floatscope_core::scan::{Observations, TILE};
use proptest::prelude::*;

use crate::support::*;

/// What a worker may do with a run.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Take,
    /// The first pieces of a run come back.
    Part,
    Whole,
    Fail {
        from_source: bool,
    },
    GiveBack,
    /// A result that was counted comes again.
    Again,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => Just(Deed::Take),
        2 => Just(Deed::Part),
        3 => Just(Deed::Whole),
        2 => any::<bool>().prop_map(|from_source| Deed::Fail { from_source }),
        1 => Just(Deed::GiveBack),
        1 => Just(Deed::Again),
    ]
}

/// A plan with its workers, and what has come of its tensors.
struct Play {
    plan: Plan,
    out: Vec<(Run, usize)>,
    ended: Vec<Run>,
    finished: Vec<(usize, Observations)>,
    failed: Vec<usize>,
}

impl Play {
    fn take(&mut self, progress: Progress) {
        self.finished.extend(progress.finished);
        self.failed.extend(progress.failed);
    }

    fn act(&mut self, deed: Deed, at: usize) {
        if matches!(deed, Deed::Take) || self.out.is_empty() {
            let run = self.plan.next_run();
            self.out.extend(run.map(|run| (run, 0)));
            return;
        }
        let at = at % self.out.len();
        let (run, taken) = self.out[at].clone();
        let progress = match deed {
            Deed::Take => unreachable!("taken above"),
            Deed::Part if taken + 1 < run.pieces.len() => {
                self.out[at].1 += 1;
                self.plan.merge(run.id, vec![seen(&run.pieces[taken])])
            }
            Deed::Part | Deed::Whole => {
                self.end(at);
                let rest = run.pieces[taken..].iter().map(seen).collect();
                self.plan.merge(run.id, rest)
            }
            Deed::Fail { from_source } => {
                self.end(at);
                self.plan.fail(run.id, from_source, "a deed")
            }
            Deed::GiveBack => {
                self.end(at);
                self.plan.give_back(run.id);
                Progress::default()
            }
            Deed::Again => match self.ended.last() {
                Some(ended) => self.plan.merge(ended.id, all_seen(ended)),
                None => Progress::default(),
            },
        };
        self.take(progress);
    }

    fn end(&mut self, at: usize) {
        let (run, _) = self.out.swap_remove(at);
        self.ended.push(run);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn every_tensor_ends_once_and_finished_ones_are_whole(
        sizes in prop::collection::vec(prop_oneof![Just(0), 1..50u64, TILE - 1..3 * TILE], 0..9),
        second_file in prop::collection::vec(1..50u64, 0..3),
        run_bytes in prop_oneof![Just(1), Just(60), Just(TILE), Just(1 << 20)],
        deeds in prop::collection::vec((deed(), any::<usize>()), 0..60),
    ) {
        let (one, two) = (bytes_tensors(&sizes), bytes_tensors(&second_file));
        let (plan, progress) = plan(&[("one", &one), ("two", &two)], run_bytes);
        let mut play = Play {
            plan,
            out: Vec::new(),
            ended: Vec::new(),
            finished: progress.finished,
            failed: progress.failed,
        };
        for (deed, at) in deeds {
            play.act(deed, at);
        }
        // From here on everybody does what they should.
        while !play.plan.is_done() {
            play.act(Deed::Take, 0);
            while !play.out.is_empty() {
                play.act(Deed::Whole, 0);
            }
        }
        let tensors = [one, two].concat();
        let mut ended: Vec<usize> = play.finished.iter().map(|tensor| tensor.0).collect();
        ended.extend(&play.failed);
        ended.sort_unstable();
        prop_assert_eq!(ended, (0..tensors.len()).collect::<Vec<_>>());
        for (at, seen) in &play.finished {
            let tensor = &tensors[*at];
            prop_assert_eq!(seen, &seen_whole(tensor));
        }
    }
}
