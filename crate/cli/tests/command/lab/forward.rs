//! `floatscope lab forward`: the table in the terminal.

use crate::support::{floatscope, outcome, test_data};

/// The titles above the layers, of a fixture.
fn titles(model: &str) -> String {
    let folder = test_data(&format!("fixtures/forward/{model}"));
    let mut command = floatscope();
    command.args(["lab", "forward"]).arg(folder);
    command.args(["--tokens", "3,1,4,1,5", "--no-progress"]);
    let seen = outcome(&mut command);
    assert_eq!((seen.status, &*seen.stderr), (Some(0), ""));
    let mut lines = seen.stdout.lines();
    let titles = lines.find(|line| line.starts_with("layer "));
    let words = titles.expect("a table of layers").split("  ");
    let words: Vec<&str> = words
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect();
    words.join(", ")
}

#[test]
fn a_layer_has_the_columns_of_its_modules() {
    let llama = "layer, mean, max, norm 1, q, k, v, o, norm 2, gate, up, down";
    assert_eq!(titles("llama"), llama);
    let qwen3 = "layer, mean, max, norm 1, q, q norm, k, k norm, v, o, norm 2, gate, up, down";
    assert_eq!(titles("qwen3"), qwen3);
}
