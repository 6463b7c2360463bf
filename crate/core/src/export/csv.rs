//! One row a tensor, for spreadsheets and data frames (RFC 4180).

use super::entry::{Object, text};
use crate::cast::CASTS;
use crate::checkpoint::Layout;
use crate::format::Encoding;
use crate::report::{Collector, QUANTILES};

/// What every row begins with. `part` is empty, or `re` or `im` for the two rows
/// of a complex tensor.
const FIRST: [&str; 6] = ["name", "file", "dtype", "shape", "bytes", "part"];

/// The statistics, by their names in the JSON report, where `docs/report.md`
/// says what they mean.
const STATS: [&str; 19] = [
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
    "quantiles_exact",
];

/// Entropies, and whether they are exact.
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

/// The line of titles.
pub(super) fn titles(report: &Collector) -> String {
    let sections = report.sections();
    let owned = |titles: &[&str]| titles.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut titles = owned(&FIRST);
    if sections.ancestry {
        titles.extend(owned(&ORIGIN));
    }
    if sections.stats {
        titles.extend(owned(&STATS));
        for prefix in ["quantile_", "quantile_upper_"] {
            titles.extend(QUANTILES.map(|(_, key)| format!("{prefix}{key}")));
        }
        titles
            .extend(BITS.map(|key| if key == "exact" { "entropy_exact" } else { key }.to_owned()));
    }
    // Of the casts that some tensor has.
    for (at, _) in report.cast_totals().each() {
        titles.extend(LOSSES.map(|field| format!("{}_{field}", CASTS[at].key)));
    }
    line(&titles)
}

/// The row of a tensor, two for a complex one; nothing until it is finished.
pub(super) fn rows(report: &Collector, index: usize) -> String {
    let (Some(json), sections) = (report.tensor_json(index), report.sections()) else {
        return String::new();
    };
    let entry = Object::of(&json);
    let (stats, bits) = (entry.object("stats"), entry.object("bits"));
    let origin = sections.ancestry.then(|| origin(report, index, &entry));
    let casts = casts(report, &entry);
    let mut out = String::new();
    for part in parts(report, index) {
        let mut row = first(report, index, part);
        row.extend(origin.iter().flatten().cloned());
        if sections.stats {
            row.extend(figures(&stats.part(part), &bits.part(part)));
        }
        row.extend(casts.iter().cloned());
        out.push_str(&line(&row));
    }
    out
}

/// What the rows of a tensor are of: everything, or its real and its imaginary parts.
pub(super) fn parts(report: &Collector, index: usize) -> &'static [&'static str] {
    let dtype = report.tensor(index).map(|(_, tensor, _)| tensor.dtype);
    match dtype.map(|dtype| dtype.format().encoding) {
        Some(Encoding::Complex(_)) => &["re", "im"],
        _ => &[""],
    }
}

fn first(report: &Collector, index: usize, part: &str) -> Vec<String> {
    let (file, tensor, _) = report.tensor(index).expect("this tensor has figures");
    let shape: Vec<String> = tensor.shape.iter().map(u64::to_string).collect();
    vec![
        tensor.name.clone(),
        report.checkpoint().files[file].name.clone(),
        tensor.dtype.name().to_owned(),
        shape.join("x"),
        tensor.bytes().to_string(),
        part.to_owned(),
    ]
}

/// In the order of [`ORIGIN`].
fn origin(report: &Collector, index: usize, entry: &Object) -> Vec<String> {
    let (verdict, rows) = (entry.object("ancestry"), entry.object("rows"));
    let fraction = verdict.object("fraction");
    let cells = [
        verdict.get("label"),
        verdict.get("path"),
        verdict.get("granularity"),
        verdict.get("scale"),
        fraction.get("value"),
        fraction.get("low"),
        fraction.get("high"),
        verdict.get("log10_odds"),
        rows.get("zero"),
        rows.get("constant"),
    ];
    let mut cells: Vec<String> = cells.into_iter().map(text).collect();
    cells.push(report.layout(index).map_or_else(String::new, Layout::says));
    cells.push(text(entry.get("duplicate_of")));
    cells.push(text(entry.get("wasted_bytes")));
    cells
}

/// The figures as the JSON report writes them, digit for digit.
fn figures(stats: &Object, bits: &Object) -> Vec<String> {
    let mut cells: Vec<String> = STATS.iter().map(|key| text(stats.get(key))).collect();
    for quantiles in ["quantiles", "quantiles_upper"] {
        let quantiles = stats.object(quantiles);
        cells.extend(QUANTILES.map(|(_, key)| text(quantiles.get(key))));
    }
    cells.extend(BITS.map(|key| text(bits.get(key))));
    cells
}

fn casts(report: &Collector, entry: &Object) -> Vec<String> {
    let table = entry.object("casts");
    let casts = report.cast_totals().each();
    casts
        .flat_map(|(at, _)| {
            let cast = table.object(CASTS[at].key);
            LOSSES.map(|field| text(cast.get(field)))
        })
        .collect()
}

fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
