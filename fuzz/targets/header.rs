//! Any bytes as a file: our header parser and the safetensors crate's must agree.
//!
//! The assertion is the one that the ordinary tests run over seeded mutations.
#![no_main]

#[path = "../../tests/tests/parser_oracle/agreement.rs"]
mod agreement;

use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: count_the_crates_panics_as_refusals(),
    |file: &[u8]| {
        agreement::check(file);
        if let Some(fitted) = with_fitting_length(file) {
            agreement::check(&fitted);
        }
    }
);

/// The crate panics on offsets that overflow, which `check` catches; libFuzzer's
/// own hook would end the process before. Failed assertions still end it, as
/// the harness aborts on any panic that reaches it.
fn count_the_crates_panics_as_refusals() {
    std::panic::set_hook(Box::new(|panic| {
        let crates = |file: &str| file.contains("safetensors");
        if !panic.location().is_some_and(|place| crates(place.file())) {
            eprintln!("{panic}");
        }
    }));
}

/// The same file with the length that its header really has, as far as the last
/// brace: without it nearly every mutation would end at a wrong length.
fn with_fitting_length(file: &[u8]) -> Option<Vec<u8>> {
    let json = file.get(8..)?;
    let length = json.iter().rposition(|&byte| byte == b'}')? + 1;
    let mut fitted = (length as u64).to_le_bytes().to_vec();
    fitted.extend(json);
    Some(fitted)
}
