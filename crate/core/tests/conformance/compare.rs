//! The comparison, with the tolerances of `tests/oracle/compare.py`, which says why.
//!
//! Both sides were JSON texts with the shortest digits of each number, read by the
//! same parser, so equal doubles are equal here.

use serde_json::Value;

const MEAN: f64 = 1e-12;
const SPREAD: f64 = 1e-12;
const SHAPE: f64 = 1e-11;
const ENTROPY: f64 = 1e-9;

const EXACT: [&str; 14] = [
    "count",
    "zeros",
    "negative_zeros",
    "subnormals",
    "nan",
    "pos_inf",
    "neg_inf",
    "negatives",
    "min",
    "max",
    "abs_min_nonzero",
    "abs_max",
    "distinct",
    "quantiles_exact",
];

/// What is wrong with a tensor's figures, one line each.
pub(crate) fn tensor(expected: &Value, ours: &Value) -> Vec<String> {
    let mut wrong = Wrong::default();
    if expected["dtype"] != "C64" {
        wrong.part("", expected, ours);
        return wrong.0;
    }
    for part in ["re", "im"] {
        wrong.part(
            &format!("{part}."),
            &pick(expected, part),
            &pick(ours, part),
        );
    }
    wrong.0
}

/// One part of a complex tensor, in the shape of a real one.
fn pick(figures: &Value, part: &str) -> Value {
    let rooms = ["stats", "bits", "exponents", "mean_abs"];
    rooms
        .iter()
        .map(|&room| (room.to_owned(), figures[room][part].clone()))
        .collect()
}

#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn part(&mut self, prefix: &str, expected: &Value, ours: &Value) {
        let before = self.0.len();
        self.stats(expected, ours);
        self.bits(&expected["bits"], &ours["bits"]);
        for name in ["zero", "counts", "first"] {
            self.same(name, &expected["exponents"][name], &ours["exponents"][name]);
        }
        self.0[before..]
            .iter_mut()
            .for_each(|line| line.insert_str(0, prefix));
    }

    fn stats(&mut self, expected: &Value, ours: &Value) {
        let (oracle, ours) = (&expected["stats"], &ours["stats"]);
        for name in EXACT {
            self.same(name, &oracle[name], &ours[name]);
        }
        let kurtosis = number(&oracle["kurtosis"]);
        let scales = [
            ("mean", number(&expected["mean_abs"]), MEAN),
            ("std", number(&oracle["std"]), SPREAD),
            ("rms", number(&oracle["rms"]), SPREAD),
            ("skewness", kurtosis.map(f64::sqrt), SHAPE),
            ("kurtosis", kurtosis, SHAPE),
        ];
        for (name, scale, tolerance) in scales {
            self.near(
                name,
                &oracle[name],
                &ours[name],
                scale.unwrap_or(0.0) * tolerance,
            );
        }
        self.quantiles(&oracle["quantiles"], ours);
    }

    fn quantiles(&mut self, oracle: &Value, ours: &Value) {
        let Some(oracle) = oracle.as_object() else {
            return self.same("quantiles", oracle, &ours["quantiles"]);
        };
        for (q, value) in oracle {
            let (low, high) = (&ours["quantiles"][q], &ours["quantiles_upper"][q]);
            if ours["quantiles_exact"] == true {
                self.same(q, value, low);
            } else {
                let inside = ordered(low, value) && ordered(value, high);
                self.note(inside, || {
                    format!("quantile {q}: ours {low} to {high}, oracle {value}")
                });
            }
        }
    }

    fn bits(&mut self, oracle: &Value, ours: &Value) {
        self.same("bits.exact", &oracle["exact"], &ours["exact"]);
        self.same("plane_ones", &oracle["plane_ones"], &ours["plane_ones"]);
        for name in ["sign_entropy", "exponent_entropy"] {
            self.near(name, &oracle[name], &ours[name], ENTROPY);
        }
        for name in ["mantissa_entropy", "joint_entropy"] {
            match oracle["exact"] == true || oracle[name].is_null() {
                true => self.near(name, &oracle[name], &ours[name], ENTROPY),
                false => self.upper_bound(name, oracle, ours),
            }
        }
    }

    fn upper_bound(&mut self, name: &str, oracle: &Value, ours: &Value) {
        let width = oracle["plane_ones"].as_array().map_or(0, Vec::len) as f64;
        let (exact, bound) = (number(&oracle[name]), number(&ours[name]));
        let right = exact
            .zip(bound)
            .is_some_and(|(exact, bound)| exact - ENTROPY <= bound && bound <= width);
        self.note(right, || {
            format!("{name}: ours {}, oracle {}", ours[name], oracle[name])
        });
    }

    /// Equal, numbers by value: 1 and 1.0 are the same; a zero has no sign.
    fn same(&mut self, name: &str, oracle: &Value, ours: &Value) {
        let equal = oracle == ours || (oracle.is_number() && number(oracle) == number(ours));
        let negative_zero = number(ours).is_some_and(|x| x == 0.0 && x.is_sign_negative());
        self.note(equal && !negative_zero, || {
            format!("{name}: ours {ours}, oracle {oracle}")
        });
    }

    fn near(&mut self, name: &str, oracle: &Value, ours: &Value, tolerance: f64) {
        let right = match (number(oracle), number(ours)) {
            (Some(a), Some(b)) => (a - b).abs() <= tolerance,
            _ => oracle.is_null() && ours.is_null(),
        };
        self.note(right, || {
            format!("{name}: ours {ours}, oracle {oracle}, tolerance {tolerance:e}")
        });
    }

    fn note(&mut self, right: bool, what: impl FnOnce() -> String) {
        if !right {
            self.0.push(what());
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

/// a ≤ b, for numbers and for integers written as strings.
fn ordered(a: &Value, b: &Value) -> bool {
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => a <= b,
        _ => number(a).zip(number(b)).is_some_and(|(a, b)| a <= b),
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::String(digits) => digits.parse().ok(),
        value => value.as_i64().map(i128::from),
    }
}
