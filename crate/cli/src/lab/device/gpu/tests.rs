//! What goes to the card, and what becomes of work when the card does not come back.

use floatscope_core::format::Dtype;
use floatscope_core::lab::Accumulate;

use super::*;

/// Three rows of BF16, by two tokens.
fn task<'a>(weights: &'a [u8], inputs: &'a [f32]) -> Task<'a> {
    Task {
        model: Accumulate::F32,
        dtype: Dtype::BF16,
        weights,
        rows: 3,
        columns: 2,
        inputs,
    }
}

fn bf16(numbers: [f32; 6]) -> Vec<u8> {
    let upper = |number: f32| number.to_bits().to_le_bytes().into_iter().skip(2);
    numbers.into_iter().flat_map(upper).collect()
}

const INPUTS: [f32; 4] = [1.0, 1.0, 2.0, -1.0];

/// The card there is; `None` where there is none and none is required.
fn card() -> Option<Card> {
    match Card::open(true) {
        Ok(card) => Some(card),
        Err(why) if std::env::var_os("FLOATSCOPE_GPU_REQUIRED").is_none() => {
            eprintln!("SKIPPED, there is no adapter: {why}");
            None
        }
        Err(why) => panic!("{why}"),
    }
}

#[test]
fn a_card_that_is_lost_leaves_the_rest_to_the_processor() {
    let Some(card) = card() else { return };
    let weights = bf16([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let task = task(&weights, &INPUTS);
    let outputs = [3.0, 7.0, 11.0, 0.0, 2.0, 4.0];
    assert_eq!(card.outputs(&task).as_deref(), Some(&outputs[..]));
    card.lock().gpu.as_mut().expect("it is there").close();
    assert_eq!(card.outputs(&task), None);
    assert_eq!(card.outputs(&task), None);
    let used = card.used();
    assert_eq!((used.products, used.all), (1, 3));
    assert_eq!(
        used.lost.as_deref(),
        Some("the GPU was lost: it was closed")
    );
    let says = used.says();
    let wanted = "; 2 of 3 products on the CPU: the GPU was lost: it was closed";
    assert!(says.ends_with(wanted), "{says}");
}

#[test]
fn what_is_not_certain_is_not_for_the_card() {
    let Some(card) = card() else { return };
    let weights = bf16([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let usual = task(&weights, &INPUTS);
    let fine = [1.000_001, 1.0, 2.0, -1.0];
    let tiny = bf16([1e-38, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let infinite = bf16([f32::INFINITY, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let f64 = Task {
        model: Accumulate::F64,
        ..usual
    };
    let refused = [
        f64,
        task(&weights, &fine),
        task(&tiny, &[1e-38, 1.0, 2.0, -1.0]),
        task(&infinite, &INPUTS),
        task(&weights, &[3e38, 1.0, 2.0, -1.0]),
    ];
    for task in refused {
        assert_eq!(card.outputs(&task), None);
    }
    let used = card.used();
    assert_eq!((used.products, used.lost), (0, None));
    assert!(card.outputs(&usual).is_some());
}

#[test]
fn a_card_is_none_where_the_processor_would_be_it() {
    let Some(card) = card() else { return };
    let is_software = card.lock().gpu.as_ref().map(|gpu| gpu.facts().is_software);
    match Card::open(false) {
        Ok(_) => assert_eq!(is_software, Some(false)),
        Err(why) => {
            assert_eq!(is_software, Some(true));
            assert!(why.ends_with(" computes on the CPU"), "{why}");
        }
    }
}
