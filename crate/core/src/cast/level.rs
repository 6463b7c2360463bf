//! The levels of NF4.

use floatscope_simd::Rows;

/// As bitsandbytes defines them (Dettmers et al. 2023), in ascending order.
pub(crate) const LEVELS: [f32; 16] = [
    -1.0,
    -0.696_192_8,
    -0.525_073_05,
    -0.394_917_5,
    -0.284_441_38,
    -0.184_773_43,
    -0.091_050_036,
    0.0,
    0.079_580_3,
    0.160_930_2,
    0.246_112_3,
    0.337_915_24,
    0.440_709_83,
    0.562_617,
    0.722_956_84,
    1.0,
];

/// Half the number of rows of [`rows`]. Less than 1/32 lies between two neighbours, and
/// more than 1/16 between two edges: a row has one edge at most.
pub(crate) const HALF: f64 = 32.0;

/// The largest FP32 number up to which the lower of two neighbours is nearest, the upper
/// one above it; in a tie it is the lower.
fn edge(lower: f32, upper: f32) -> f32 {
    // Exact in double precision; cut, not rounded, to FP32.
    let middle = (f64::from(lower) + f64::from(upper)) / 2.0;
    let near = middle as f32;
    if f64::from(near) > middle {
        near.next_down()
    } else {
        near
    }
}

/// The nearest level.
pub(crate) fn nearest(x: f32) -> f32 {
    let above = LEVELS
        .windows(2)
        .take_while(|pair| x > edge(pair[0], pair[1]));
    LEVELS[above.count()]
}

/// (edge, level up to it, level above it, 0) of each stretch of 1/32 from −1 to 1, for the
/// kernel.
pub(crate) fn rows() -> Rows {
    std::array::from_fn(|at| {
        let middle = (at as f64 - HALF) / HALF;
        let near = LEVELS
            .windows(2)
            .map(|pair| (edge(pair[0], pair[1]), pair[0], pair[1]));
        let nearest = near.min_by(|a, b| {
            let distance = |edge: f32| (f64::from(edge) - middle).abs();
            distance(a.0).total_cmp(&distance(b.0))
        });
        let (edge, low, high) = nearest.expect("there are fifteen edges");
        [edge, low, high, 0.0]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_knows_the_nearest_level_of_all_numbers_in_it() {
        let rows = rows();
        let steps = 1 << 20;
        for step in -steps..=steps {
            let x = step as f32 / steps as f32;
            let at = (f64::from(x) * HALF + HALF).round_ties_even() as usize;
            let [edge, low, high, _] = rows[at];
            assert_eq!(if x > edge { high } else { low }, nearest(x), "{x}");
        }
    }

    #[test]
    fn edges_are_told_to_the_last_bit() {
        let rows = rows();
        for pair in LEVELS.windows(2) {
            let edge = edge(pair[0], pair[1]);
            for x in [edge.next_down(), edge, edge.next_up()] {
                let distance = |level: f32| (f64::from(level) - f64::from(x)).abs();
                let is_upper = distance(pair[1]) < distance(pair[0]);
                let expected = if is_upper { pair[1] } else { pair[0] };
                assert_eq!(nearest(x), expected);
                let at = (f64::from(x) * HALF + HALF).round_ties_even() as usize;
                assert_eq!(
                    if x > rows[at][0] {
                        rows[at][2]
                    } else {
                        rows[at][1]
                    },
                    expected
                );
            }
        }
    }
}
