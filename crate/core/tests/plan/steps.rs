//! Each step of the state machine by itself.

use floatscope_core::format::Dtype;
use floatscope_core::plan::{Piece, Plan, Progress, Run};
use floatscope_core::report::Problem;
use floatscope_core::scan::{Matrix, Observations, Span, TILE};

use crate::support::*;

#[test]
fn pieces_come_together_whole_in_any_order() {
    let tensors = [
        tensor("a", 8, Dtype::U8, 3 * TILE + 6),
        tensor("b", 8 + 3 * TILE + 6, Dtype::F32, 1),
    ];
    let mut plan = plan_of(&tensors, TILE);
    let mut runs: Vec<Run> = std::iter::from_fn(|| plan.next_run()).collect();
    assert!(runs.len() > 2);
    runs.reverse();
    let mut found = Vec::new();
    for run in runs {
        found.extend(plan.merge(run.id, all_seen(&run)).finished);
    }
    assert!(plan.is_done());
    found.sort_by_key(|tensor| tensor.0);
    let whole = |at: usize| seen_whole(&tensors[at]);
    assert_eq!(found, [(0, whole(0)), (1, whole(1))]);
}

#[test]
fn empty_tensors_are_finished_at_once() {
    let tensors = [
        tensor("none", 8, Dtype::BF16, 0),
        tensor("some", 8, Dtype::U8, 3),
        tensor("none again", 11, Dtype::C64, 0),
    ];
    let (mut plan, progress) = plan(&[("f", &tensors)], 1 << 20);
    assert_eq!(finished(&progress), [0, 2]);
    let empty = |dtype| Observations::empty(dtype, Matrix::of(&[0, 1]));
    assert_eq!(progress.finished[0].1, empty(Dtype::BF16));
    assert_eq!(progress.finished[1].1, empty(Dtype::C64));
    assert!(!plan.is_done());
    assert_eq!(run_out(&mut plan), [1]);
}

#[test]
fn without_bytes_a_plan_is_done_from_the_start() {
    assert!(plan_of(&[], 1 << 20).is_done());
    assert!(plan(&[], 1 << 20).0.is_done());
    let mut empty = plan_of(&bytes_tensors(&[0, 0]), 1 << 20);
    assert!(empty.is_done());
    assert_eq!(empty.next_run(), None);
    assert_eq!(empty.waiting_bytes(), 0);
}

#[test]
fn waiting_bytes_are_those_not_handed_out() {
    let mut plan = plan_of(&bytes_tensors(&[2 * TILE, 10]), TILE);
    assert_eq!(plan.waiting_bytes(), 2 * TILE + 10);
    let run = next(&mut plan);
    assert_eq!(plan.waiting_bytes(), TILE + 10);
    plan.merge(run.id, all_seen(&run));
    assert_eq!(plan.waiting_bytes(), TILE + 10);
    run_out(&mut plan);
    assert_eq!(plan.waiting_bytes(), 0);
}

#[test]
fn a_run_may_come_back_piece_by_piece() {
    let mut plan = plan_of(&bytes_tensors(&[5, 6, 7]), 1 << 20);
    let run = next(&mut plan);
    assert_eq!(tensors_of(&run), [0, 1, 2]);
    for piece in &run.pieces {
        let progress = plan.merge(run.id, vec![seen(piece)]);
        assert_eq!(finished(&progress), [piece.tensor]);
    }
    assert!(plan.is_done());
}

#[test]
fn what_comes_twice_or_from_nowhere_changes_nothing() {
    let mut plan = plan_of(&bytes_tensors(&[TILE, TILE]), TILE);
    let first = next(&mut plan);
    let results = all_seen(&first);
    assert!(is_empty(&plan.merge(first.id + 1000, results.clone())));
    assert!(is_empty(&plan.fail(first.id + 1000, true, "nobody's")));
    plan.give_back(first.id + 1000);
    // More than the run has pieces: the rest is nobody's.
    let too_many = [results.clone(), results.clone()].concat();
    assert_eq!(finished(&plan.merge(first.id, too_many)), [0]);
    assert!(is_empty(&plan.merge(first.id, results.clone())));
    assert!(is_empty(&plan.fail(first.id, true, "too late")));
    plan.give_back(first.id);
    // A run that waits still is nobody's either.
    assert!(is_empty(&plan.merge(first.id + 1, results)));
    assert_eq!(run_out(&mut plan), [1]);
}

#[test]
fn where_a_run_stopped_is_read_again_alone_and_last() {
    let mut plan = plan_of(&bytes_tensors(&[5, 6, 7, 2 * TILE]), 18);
    let run = next(&mut plan);
    assert_eq!(tensors_of(&run), [0, 1, 2]);
    plan.merge(run.id, vec![seen(&run.pieces[0])]);
    assert!(is_empty(&plan.fail(run.id, false, "died")));
    let order: Vec<Run> = std::iter::from_fn(|| plan.next_run()).collect();
    let tensors: Vec<_> = order.iter().map(tensors_of).collect();
    assert_eq!(tensors, [vec![2], vec![3], vec![3], vec![1]]);
    assert!(order.iter().all(|again| again.id != run.id));
    let mut found = Vec::new();
    for run in &order {
        found.extend(finished(&plan.merge(run.id, all_seen(run))));
    }
    assert_eq!(found, [2, 3, 1]);
    assert!(plan.is_done());
}

#[test]
fn a_tensor_that_fails_twice_is_given_up_with_all_its_pieces() {
    let mut plan = plan_of(&bytes_tensors(&[4, 3 * TILE, 4, 4]), TILE + 4);
    let first = next(&mut plan);
    assert_eq!(tensors_of(&first), [0, 1]);
    plan.merge(first.id, vec![seen(&first.pieces[0])]);
    assert!(is_empty(&plan.fail(first.id, true, "bad sector")));
    let second = next(&mut plan);
    assert_eq!(tensors_of(&second), [1]);
    let progress = plan.fail(second.id, true, "bad sector again");
    assert_eq!(progress.failed, [1]);
    let problem = Problem {
        file: "f".to_owned(),
        tensor: Some("1".to_owned()),
        place: Some(format!("bytes {} to {}", 104 + TILE, 104 + 2 * TILE)),
        what: "bad sector again".to_owned(),
    };
    assert_eq!(progress.problems, [problem]);
    // Nothing of it is left, neither the retry nor the part that shared a run with its neighbour.
    let rest: Vec<Run> = std::iter::from_fn(|| plan.next_run()).collect();
    assert_eq!(rest.iter().map(tensors_of).collect::<Vec<_>>(), [[2], [3]]);
    for run in &rest {
        plan.merge(run.id, all_seen(run));
    }
    assert!(plan.is_done());
}

#[test]
fn a_run_is_one_stretch_of_bytes() {
    let mut tensors = bytes_tensors(&[TILE, TILE]);
    // Overlapping tensors, as a hostile header may list them, share no run.
    tensors.push(tensor("2", tensors[1].begin, Dtype::U8, 10));
    let mut plan = plan_of(&tensors, 1 << 20);
    let runs: Vec<Run> = std::iter::from_fn(|| plan.next_run()).collect();
    for run in &runs {
        let joined = run
            .pieces
            .windows(2)
            .all(|two| two[0].end() == two[1].begin);
        assert!(joined, "{run:?}");
        plan.give_back(run.id);
    }
    assert_eq!(run_out(&mut plan), [0, 1, 2]);
}

#[test]
fn what_of_a_failed_tensor_still_comes_in_is_left_out() {
    let mut plan = plan_of(&bytes_tensors(&[2 * TILE]), TILE);
    let (first, second) = (next(&mut plan), next(&mut plan));
    plan.fail(first.id, false, "died");
    let again = next(&mut plan);
    assert_eq!(plan.fail(again.id, false, "died again").failed, [0]);
    assert!(!plan.is_done());
    assert!(is_empty(&plan.merge(second.id, all_seen(&second))));
    assert!(plan.is_done());
}

#[test]
fn a_tensor_has_one_retry_for_all_its_pieces() {
    let mut plan = plan_of(&bytes_tensors(&[2 * TILE]), TILE);
    let (first, second) = (next(&mut plan), next(&mut plan));
    assert!(is_empty(&plan.fail(first.id, false, "died")));
    assert_eq!(plan.fail(second.id, false, "died, too").failed, [0]);
    assert_eq!(plan.next_run(), None);
    assert!(plan.is_done());
}

/// Hands runs out and fails them until `tensors` have been given up.
fn fail_until(plan: &mut Plan, tensors: usize, from_source: bool) -> Progress {
    let mut all = Progress::default();
    while all.failed.len() < tensors {
        let run = next(plan);
        let progress = plan.fail(run.id, from_source, "unplugged");
        all.failed.extend(progress.failed);
        all.problems.extend(progress.problems);
    }
    all
}

#[test]
fn a_file_that_cannot_be_read_is_given_up_after_three_tensors() {
    let (bad, good) = (bytes_tensors(&[TILE; 9]), bytes_tensors(&[10; 2]));
    let mut plan = plan(&[("bad", &bad), ("good", &good)], TILE).0;
    let progress = fail_until(&mut plan, 1, true);
    assert_eq!(progress.failed.len(), 1);
    let progress = fail_until(&mut plan, 8, true);
    assert_eq!(progress.failed.len(), 8, "{progress:?}");
    let whole: Vec<String> = progress.problems.iter().map(ToString::to_string).collect();
    assert_eq!(whole.len(), 3, "{whole:#?}");
    assert_eq!(
        whole[2],
        "bad: 6 tensors were given up after this: unplugged"
    );
    assert_eq!(run_out(&mut plan), [9, 10]);
}

#[test]
fn one_tensor_given_up_with_its_file_is_told_in_the_singular() {
    let mut plan = plan_of(&bytes_tensors(&[TILE; 4]), TILE);
    let progress = fail_until(&mut plan, 4, true);
    let last = progress.problems.last().expect("a problem").to_string();
    assert_eq!(last, "f: 1 tensor was given up after this: unplugged");
}

#[test]
fn a_file_that_has_no_other_tensor_gets_no_problem_of_its_own() {
    let mut plan = plan_of(&bytes_tensors(&[TILE; 3]), TILE);
    let progress = fail_until(&mut plan, 3, true);
    assert!(
        progress
            .problems
            .iter()
            .all(|problem| problem.tensor.is_some())
    );
    assert_eq!(progress.problems.len(), 3);
    assert!(plan.is_done());
}

#[test]
fn workers_that_die_are_not_held_against_the_file() {
    let mut plan = plan_of(&bytes_tensors(&[TILE; 9]), TILE);
    let progress = fail_until(&mut plan, 9, false);
    assert_eq!(progress.problems.len(), 9);
    assert!(
        progress
            .problems
            .iter()
            .all(|problem| problem.tensor.is_some())
    );
}

#[test]
fn a_tensor_that_could_be_read_clears_its_file() {
    let mut plan = plan_of(&bytes_tensors(&[TILE; 20]), TILE);
    for round in 0..5 {
        assert_eq!(fail_until(&mut plan, 2, true).failed.len(), 2, "{round}");
        let run = next(&mut plan);
        assert_eq!(finished(&plan.merge(run.id, all_seen(&run))).len(), 1);
    }
}

#[test]
fn what_was_not_begun_goes_back_without_blame() {
    let mut plan = plan_of(&bytes_tensors(&[5, 6, 7, TILE]), 18);
    for _ in 0..10 {
        let run = next(&mut plan);
        assert_eq!(tensors_of(&run), [0, 1, 2], "it comes first again");
        plan.give_back(run.id);
    }
    let run = next(&mut plan);
    plan.merge(run.id, vec![seen(&run.pieces[0])]);
    plan.give_back(run.id);
    let rest = next(&mut plan);
    assert_eq!(tensors_of(&rest), [1, 2]);
    // The retry is still there.
    assert!(is_empty(&plan.fail(rest.id, true, "once")));
    assert_eq!(run_out(&mut plan), [1, 2, 3]);
}

#[test]
fn a_part_that_is_too_short_fails_there() {
    let mut plan = plan_of(&bytes_tensors(&[5, 6]), 1 << 20);
    let short = |piece: &Piece| seen_of(piece.span, piece.begin, piece.end() - 1);
    let run = next(&mut plan);
    let progress = plan.merge(run.id, vec![seen(&run.pieces[0]), short(&run.pieces[1])]);
    assert_eq!((finished(&progress), progress.failed), (vec![0], vec![]));
    let again = next(&mut plan);
    let progress = plan.merge(again.id, vec![short(&again.pieces[0])]);
    assert_eq!(progress.failed, [1]);
    assert_eq!(progress.problems[0].what, "5 of 6 elements could be read");
    assert!(plan.is_done());
}

#[test]
fn parts_that_do_not_fit_together_fail_their_tensor() {
    let mut plan = plan_of(&bytes_tensors(&[2 * TILE]), TILE);
    let (first, second) = (next(&mut plan), next(&mut plan));
    plan.merge(first.id, all_seen(&first));
    let other = Span {
        dtype: Dtype::I8,
        ..second.pieces[0].span
    };
    let other = seen_of(other, second.begin(), second.end());
    let progress = plan.merge(second.id, vec![other]);
    assert_eq!((finished(&progress), progress.failed), (vec![], vec![0]));
    assert!(plan.is_done());
}

#[test]
fn what_is_abandoned_is_told_once_a_file() {
    let (one, two) = (bytes_tensors(&[TILE; 3]), bytes_tensors(&[10; 2]));
    let mut plan = plan(&[("one", &one), ("two", &two), ("none", &[])], TILE).0;
    let (first, second) = (next(&mut plan), next(&mut plan));
    plan.merge(first.id, all_seen(&first));
    let progress = plan.abandon("stopped");
    assert_eq!(progress.failed, [1, 2, 3, 4]);
    let told: Vec<String> = progress.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "one: 2 tensors were not read: stopped",
            "two: 2 tensors were not read: stopped"
        ]
    );
    assert!(plan.is_done());
    assert!(is_empty(&plan.merge(second.id, all_seen(&second))));
    assert_eq!(plan.next_run(), None);
    assert!(is_empty(&plan.abandon("again")));
}
