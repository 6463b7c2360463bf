//! Multiply-adds and nothing else.

/// What thread `thread` is left with after so many rounds.
pub fn result(thread: u32, rounds: u32, factor: f32, addend: f32) -> f32 {
    let first = (thread % 3) as f32;
    let vectors = (0..8).map(|vector| {
        let lanes =
            (0..4).map(|lane| chain(first + vector as f32, rounds, factor, addend + lane as f32));
        lanes.sum::<f32>()
    });
    // Whole numbers below 2²⁴ are meant, of which every order gives one sum.
    vectors.sum()
}

fn chain(first: f32, rounds: u32, factor: f32, addend: f32) -> f32 {
    (0..rounds).fold(first, |x, _| x * factor + addend)
}
