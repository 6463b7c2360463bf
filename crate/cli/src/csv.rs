//! One row a tensor, for spreadsheets and data frames (RFC 4180).

use std::io::{self, Write};

use floatscope_core::cast::{ByKey, CASTS};
use floatscope_core::checkpoint::Layout;
use floatscope_core::report::{Bits, Collector, Parts, QUANTILES, Sections, Stats, TensorFigures};
use serde_json::Value;

/// What every row begins with. `part` is empty, or `re` or `im` for the two rows
/// of a complex tensor.
const FIRST: [&str; 6] = ["name", "file", "dtype", "shape", "bytes", "part"];

/// The statistics, by their names in the JSON report, where `docs/report.md`
/// says what they mean.
const STATS: [&str; 18] = [
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
    "mean",
    "std",
    "rms",
    "skewness",
    "kurtosis",
    "distinct",
];

const BITS: [&str; 5] = [
    "sign_entropy",
    "exponent_entropy",
    "mantissa_entropy",
    "joint_entropy",
    "exact",
];

/// Where the values come from: fields of the JSON report, or of its `ancestry`,
/// `fraction` or `rows`.
const ORIGIN: [&str; 13] = [
    "label",
    "path",
    "granularity",
    "scale",
    "fraction",
    "fraction_low",
    "fraction_high",
    "log10_odds",
    "rows_zero",
    "rows_constant",
    "layout",
    "duplicate_of",
    "wasted_bytes",
];

/// What each cast loses: for each key, these fields of the JSON report.
const LOSSES: [&str; 8] = [
    "exact",
    "overflow",
    "underflow",
    "subnormal",
    "max_abs_error",
    "mse",
    "sqnr_db",
    "bytes",
];

/// Writes the finished tensors, one row each, two for a complex one.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write(report: &Collector, out: &mut dyn Write) -> io::Result<()> {
    let sections = report.sections();
    let mut titles = titles(sections);
    titles.extend(cast_titles(report));
    write_row(&titles, out)?;
    for index in 0..report.len() {
        let Some(figures) = report.figures(index) else {
            continue;
        };
        let parts = match figures.stats {
            Parts::One(_) => ["", ""],
            Parts::Complex { .. } => ["re", "im"],
        };
        let origin = origin_cells(report, index, figures);
        let casts = cast_cells(report, index);
        let figures = figures.stats.each().zip(figures.bits.each());
        for ((stats, bits), part) in figures.zip(parts) {
            let mut row = first_cells(report, index, part);
            if sections.ancestry {
                row.extend(origin.clone());
            }
            if sections.stats {
                row.extend(cells(stats, bits));
            }
            row.extend(casts.clone());
            write_row(&row, out)?;
        }
    }
    Ok(())
}

fn titles(sections: Sections) -> Vec<String> {
    let quantiles = |prefix: &'static str| QUANTILES.map(|(_, key)| format!("{prefix}{key}"));
    let owned = |titles: &[&str]| titles.iter().map(ToString::to_string).collect::<Vec<_>>();
    let bits = BITS.map(|key| if key == "exact" { "entropy_exact" } else { key });
    let mut titles = owned(&FIRST);
    if sections.ancestry {
        titles.extend(owned(&ORIGIN));
    }
    if !sections.stats {
        return titles;
    }
    titles.extend(owned(&STATS));
    titles.push("quantiles_exact".to_owned());
    titles.extend(quantiles("quantile_"));
    titles.extend(quantiles("quantile_upper_"));
    titles.extend(owned(&bits));
    titles
}

/// Of the casts that some tensor has.
fn cast_titles(report: &Collector) -> impl Iterator<Item = String> {
    let casts = report.cast_totals().each();
    casts.flat_map(|(at, _)| LOSSES.map(|field| format!("{}_{field}", CASTS[at].key)))
}

fn cast_cells(report: &Collector, index: usize) -> Vec<String> {
    let table = report.casts(index).unwrap_or_default();
    let table = serde_json::to_value(ByKey(&table)).expect("casts are JSON");
    let casts = report.cast_totals().each();
    casts
        .flat_map(|(at, _)| LOSSES.map(|field| cell(&table[CASTS[at].key][field])))
        .collect()
}

fn first_cells(report: &Collector, index: usize, part: &str) -> Vec<String> {
    let (file, tensor, _) = report.tensor(index).expect("this tensor has figures");
    let shape: Vec<String> = tensor.shape.iter().map(u64::to_string).collect();
    vec![
        tensor.name.clone(),
        report.overview().checkpoint.files[file].name.clone(),
        tensor.dtype.name().to_owned(),
        shape.join("x"),
        tensor.bytes().to_string(),
        part.to_owned(),
    ]
}

/// In the order of [`ORIGIN`].
fn origin_cells(report: &Collector, index: usize, figures: &TensorFigures) -> Vec<String> {
    let verdict = serde_json::to_value(&figures.ancestry).expect("a verdict is JSON");
    let rows = serde_json::to_value(&figures.rows).expect("rows are JSON");
    let fraction = &verdict["fraction"];
    let values = [
        &verdict["label"],
        &verdict["path"],
        &verdict["granularity"],
        &verdict["scale"],
        &fraction["value"],
        &fraction["low"],
        &fraction["high"],
        &verdict["log10_odds"],
        &rows["zero"],
        &rows["constant"],
    ];
    let mut cells: Vec<String> = values.into_iter().map(cell).collect();
    cells.push(report.layout(index).map_or_else(String::new, Layout::says));
    cells.push(report.duplicate_of(index).unwrap_or_default().to_owned());
    cells.push(figures.wasted_bytes.to_string());
    cells
}

/// The figures as the JSON report writes them, digit for digit.
fn cells(stats: &Stats, bits: &Bits) -> Vec<String> {
    let stats = serde_json::to_value(stats).expect("figures are JSON");
    let bits = serde_json::to_value(bits).expect("figures are JSON");
    let quantiles = |key: &'static str| {
        let quantiles = stats[key].clone();
        QUANTILES.map(|(_, key)| cell(&quantiles[key]))
    };
    let mut cells: Vec<String> = STATS.iter().map(|key| cell(&stats[key])).collect();
    cells.push(cell(&stats["quantiles_exact"]));
    cells.extend(quantiles("quantiles"));
    cells.extend(quantiles("quantiles_upper"));
    cells.extend(BITS.iter().map(|key| cell(&bits[key])));
    cells
}

/// Empty for a figure that does not exist.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn write_row(cells: &[String], out: &mut dyn Write) -> io::Result<()> {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    write!(out, "{}\r\n", cells.join(","))
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
