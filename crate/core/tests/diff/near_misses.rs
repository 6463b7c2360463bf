//! Every conversion is found, and one element that is a code further is seen.

use floatscope_core::format::Dtype;
use serde_json::{Value, json};

use crate::conversions::*;
use crate::support::*;

/// Two whole tiles and a part.
const COUNT: usize = 9000;
/// The first and the last of the tensor and of tiles.
const PLACES: [usize; 5] = [0, 4095, 4096, 8191, COUNT - 1];

/// The report's pair of two tensors by their codes.
fn pair_of(dtypes: [Dtype; 2], codes: [&[u64]; 2], workers: u64) -> Value {
    let tensor = |side: usize| {
        let shape = [codes[side].len() as u64];
        Tensor::new("w", dtypes[side], &shape, bytes(dtypes[side], codes[side]))
    };
    let both = both(&[tensor(0)], &[tensor(1)]);
    let mut comparison = opened(&both);
    comparison.start(workers);
    run_out(&mut comparison, &both);
    report(&comparison)["tensors"][0].clone()
}

/// Both ways round: what turns A into B, and with sides changed B into A.
fn check(conversion: &Conversion, numbers: &[f64], is_best: bool) {
    let from = codes(conversion.from, numbers);
    let to: Vec<u64> = numbers.iter().map(|x| conversion.code(*x)).collect();
    let key = conversion.key.as_str();
    let says = format!("{key} from {:?} to {:?}", conversion.from, conversion.to);
    let found = |to: &[u64], from_a: bool| match from_a {
        true => pair_of([conversion.from, conversion.to], [&from, to], 1),
        false => pair_of([conversion.to, conversion.from], [to, &from], 1),
    };
    for (from_a, direction) in [(true, "a>b"), (false, "b>a")] {
        let pair = found(&to, from_a);
        let explained = explained(&pair);
        assert!(
            explained.contains(&(key, direction)),
            "{says}: {explained:?}"
        );
        let best = explained.iter().find(|(_, way)| *way == direction);
        assert!(
            !is_best || best == Some(&(key, direction)),
            "{says}: {explained:?}"
        );
        assert_eq!(pair["looks"], Value::Null, "{says}");
    }
    for place in PLACES {
        let mut missed = to.clone();
        missed[place] ^= 1;
        for (from_a, direction) in [(true, "a>b"), (false, "b>a")] {
            let pair = found(&missed, from_a);
            let explained = explained(&pair);
            assert!(
                !explained.contains(&(key, direction)),
                "{says}, {place}: {explained:?}"
            );
        }
    }
}

#[test]
fn direct_roundings() {
    for conversion in direct() {
        check(&conversion, &numbers(conversion.from, COUNT, 1), true);
    }
}

#[test]
fn through_one_format_and_back() {
    for conversion in through_one() {
        check(&conversion, &numbers(conversion.from, COUNT, 2), false);
    }
}

#[test]
fn through_more_than_one_format() {
    for conversion in through_more() {
        // Of these numbers FP16 holds all of BF16, and TF32 has its mantissa: fewer steps do it as well.
        let is_best = !conversion.key.contains("tf32") && conversion.key != "through:bf16>f16";
        check(&conversion, &numbers(conversion.from, COUNT, 3), is_best);
    }
}

#[test]
fn products() {
    for conversion in times() {
        let numbers = numbers(conversion.from, COUNT, 4);
        check(&conversion, &numbers, !conversion.in_single);
        let from = codes(conversion.from, &numbers);
        let to: Vec<u64> = numbers.iter().map(|x| conversion.code(*x)).collect();
        let pair = pair_of([conversion.from, conversion.to], [&from, &to], 1);
        let all = pair["explained_by"].as_array().expect("a list").iter();
        let mut of_key = all.filter(|entry| entry["conversion"] == conversion.key);
        let entry = of_key.next().expect("it is there");
        let of = |key: &str| entry[key].as_f64().expect("a number");
        let factor = match conversion.in_single {
            true => f64::from(conversion.factor as f32),
            false => conversion.factor,
        };
        assert!(
            of("factor_low") <= factor && factor <= of("factor_high"),
            "{entry}"
        );
        assert!(
            of("factor_low") <= of("factor") && of("factor") <= of("factor_high"),
            "{entry}"
        );
    }
}

/// With numbers beyond the largest of the narrow type, and below the smallest normal one.
#[test]
fn edges_are_named_where_they_matter() {
    for conversion in edges() {
        let mut numbers = numbers(conversion.from, COUNT, 5);
        let narrow = layout(conversion.to);
        let largest = narrow.decode(narrow.max_finite_code());
        let least = least_normal(&narrow);
        for at in (7..COUNT).step_by(500) {
            numbers[at] = -2.0 * largest;
            numbers[at + 1] = 0.75 * least;
        }
        check(&conversion, &numbers, true);
    }
}

/// Types that hold one another: nothing is lost on one way.
#[test]
fn nothing_is_lost() {
    let types = [
        (Dtype::BF16, Dtype::F32),
        (Dtype::F16, Dtype::F32),
        (Dtype::F32, Dtype::F64),
        (Dtype::F8E4M3, Dtype::BF16),
        (Dtype::F4, Dtype::F8E4M3),
        (Dtype::F6E3M2, Dtype::F16),
    ];
    for (narrow, wide) in types {
        let held = codes(narrow, &numbers(narrow, COUNT, 6));
        let widened: Vec<f64> = held
            .iter()
            .map(|code| layout(narrow).decode(*code))
            .collect();
        let widened = codes(wide, &widened);
        let pair = pair_of([narrow, wide], [&held, &widened], 1);
        assert_eq!(explained(&pair)[0], ("exact", "a>b"), "{narrow:?} {wide:?}");
        assert_eq!(
            (&pair["equal"], &pair["first_difference"]),
            (&json!(COUNT), &Value::Null)
        );
        for place in PLACES {
            let mut missed = widened.clone();
            missed[place] ^= 1;
            let pair = pair_of([narrow, wide], [&held, &missed], 1);
            assert!(
                !explained(&pair).iter().any(|(key, _)| *key == "exact"),
                "{pair}"
            );
            points_to(&pair, place, COUNT);
        }
    }
}

/// The one element that differs.
fn points_to(pair: &Value, place: usize, count: usize) {
    assert_eq!(pair["first_difference"], json!([place]));
    assert_eq!(pair["equal"], json!(count - 1));
    let worst = pair["worst"].as_array().expect("a list");
    assert_eq!(worst.len(), 1);
    assert_eq!(worst[0]["index"], json!([place]));
    assert_eq!(worst[0]["abs"], pair["max_abs"]);
}

#[test]
fn one_code_among_the_same_is_found_in_every_type() {
    for dtype in Dtype::ALL {
        // An element of a complex one is a part, with a place of its own.
        if matches!(dtype, Dtype::C64) {
            continue;
        }
        let same = match dtype.format().layout() {
            Some(_) if *dtype != Dtype::F8E8M0 => codes(*dtype, &numbers(*dtype, COUNT, 8)),
            _ => vec![0; COUNT],
        };
        let pair = pair_of([*dtype; 2], [&same, &same], 1);
        assert_eq!(explained(&pair), [("identity", "a>b")], "{dtype:?}");
        for place in PLACES {
            let mut other = same.clone();
            other[place] ^= 1;
            let pair = pair_of([*dtype; 2], [&same, &other], 1);
            assert!(
                !explained(&pair).contains(&("identity", "a>b")),
                "{dtype:?}"
            );
            points_to(&pair, place, COUNT);
            assert_eq!(
                (&pair["max_ulp"], &pair["ulp"]["1"]),
                (&json!(1), &json!(1)),
                "{dtype:?}"
            );
        }
    }
}

/// Larger than a run: what one piece shows is not forgotten by the others.
#[test]
fn pieces_are_put_together() {
    const LARGE: usize = 900_000;
    let numbers = numbers(Dtype::F32, LARGE, 9);
    let from = codes(Dtype::F32, &numbers);
    let conversion = direct()
        .into_iter()
        .find(|found| found.key == "toward_zero" && found.to == Dtype::BF16);
    let conversion = conversion.expect("it is there");
    let to: Vec<u64> = numbers.iter().map(|x| conversion.code(*x)).collect();
    let types = [Dtype::F32, Dtype::BF16];
    assert_eq!(
        explained(&pair_of(types, [&from, &to], 8))[0],
        ("toward_zero", "a>b")
    );
    // Runs have 1 MiB of both sides, which is 174,762 elements or 42 tiles.
    for place in [0, 42 * 4096 - 1, 42 * 4096, 500_000, LARGE - 1] {
        let mut missed = to.clone();
        missed[place] ^= 1;
        let pair = pair_of(types, [&from, &missed], 8);
        assert!(
            !explained(&pair).contains(&("toward_zero", "a>b")),
            "{place}"
        );
        let mut other = from.clone();
        other[place] ^= 1 << 22;
        let pair = pair_of([Dtype::F32; 2], [&from, &other], 8);
        points_to(&pair, place, LARGE);
        assert_eq!(pair["looks"]["bits_flipped"], 1);
    }
}
