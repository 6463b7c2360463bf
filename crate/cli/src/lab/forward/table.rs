//! A forward pass in the terminal: headline, layers, modules, attribution, logits.

use std::io::{self, Write};

use floatscope_core::lab::forward::{ForwardReport, ModuleDifference};
use floatscope_core::report::Number;

use crate::grid::{self, Column, Grid};
use crate::numbers::{self, plural};
use crate::table::{HEADLINE, Screen};
use crate::text;

/// Modules of a layer, by the ends of their names, in order of execution. Few models have norms of q and k.
const MODULES: &[(&str, Column)] = &[
    ("input_layernorm", Column::figure("norm 1").leaving(6)),
    ("q_proj", Column::figure("q").leaving(3)),
    ("q_norm", Column::figure("q norm").leaving(6)),
    ("k_proj", Column::figure("k").leaving(3)),
    ("k_norm", Column::figure("k norm").leaving(6)),
    ("v_proj", Column::figure("v").leaving(3)),
    ("o_proj", Column::figure("o").leaving(2)),
    (
        "post_attention_layernorm",
        Column::figure("norm 2").leaving(6),
    ),
    ("gate_proj", Column::figure("gate").leaving(4)),
    ("up_proj", Column::figure("up").leaving(4)),
    ("down_proj", Column::figure("down").leaving(5)),
];

/// Writes all of it.
pub(super) fn write(screen: Screen, report: &ForwardReport, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{}",
        screen.paint(HEADLINE, &text::line(&report.headline))
    )?;
    writeln!(out, "{}", subject(report))?;
    for note in &report.notes {
        writeln!(out, "{}", text::line(note))?;
    }
    writeln!(out)?;
    write_policies(screen, report, out)?;
    writeln!(out)?;
    write_layers(screen, report, out)?;
    if !report.attribution.is_empty() {
        writeln!(out)?;
        write_attribution(screen, report, out)?;
    }
    writeln!(out)?;
    write_positions(screen, report, out)
}

/// What was run: "llama, 30 layers, hidden 576, 9 heads on 3, 5 tokens, CPU".
fn subject(report: &ForwardReport) -> String {
    let model = &report.model;
    let heads = match model.kv_heads == model.heads {
        true => plural(model.heads as u64, "head"),
        false => format!("{} heads on {}", model.heads, model.kv_heads),
    };
    let parts = [
        model.family.to_owned(),
        plural(model.layers as u64, "layer"),
        format!("hidden {}", numbers::count(model.hidden as u64)),
        format!("{heads} of {}", model.head_dim),
        plural(report.tokens.len() as u64, "token"),
        report.device.clone(),
    ];
    parts.join(", ")
}

const POLICIES: &[Column] = &[Column::text("policy"), Column::text("a"), Column::text("b")];

fn write_policies(screen: Screen, report: &ForwardReport, out: &mut dyn Write) -> io::Result<()> {
    let mut grid = Grid::new(POLICIES);
    for ((key, a), (_, b)) in report.a.entries().into_iter().zip(report.b.entries()) {
        let b = if a == b { "same".to_owned() } else { b };
        grid.push(vec![key.into(), a.into(), b.into()]);
    }
    grid.write(screen, out)
}

const LAYERS: &[Column] = &[
    Column::text("layer"),
    Column::figure("mean"),
    Column::figure("max"),
];

/// Those modules that the model has.
fn modules_of(report: &ForwardReport) -> Vec<(&'static str, Column)> {
    let has = |end: &str| report.modules.iter().any(|it| it.name.ends_with(end));
    let there = MODULES.iter().copied().filter(|(end, _)| has(end));
    there.collect()
}

fn write_layers(screen: Screen, report: &ForwardReport, out: &mut dyn Write) -> io::Result<()> {
    let modules = modules_of(report);
    let columns = modules.iter().map(|&(_, column)| column);
    let columns: Vec<Column> = LAYERS.iter().copied().chain(columns).collect();
    let mut grid = Grid::new(&columns);
    let find = |name: &str| report.modules.iter().find(|module| module.name == name);
    let alone = |name: &str| {
        let module = find(name);
        let figure =
            |of: fn(&ModuleDifference) -> Number| module.map_or("".to_owned(), |it| real(of(it)));
        let mut row = vec![
            name.into(),
            figure(|it| it.mean_abs).into(),
            figure(|it| it.max_abs).into(),
        ];
        row.extend(modules.iter().map(|_| "".into()));
        row
    };
    grid.push(alone("embed_tokens"));
    for layer in &report.layers {
        let mut row = vec![
            layer.layer.to_string().into(),
            real(layer.mean_abs).into(),
            real(layer.max_abs).into(),
        ];
        let prefix = format!("layers.{}.", layer.layer);
        row.extend(modules.iter().map(|(end, _)| {
            let mut of_layer = report
                .modules
                .iter()
                .filter(|it| it.name.starts_with(&prefix));
            let found = of_layer.find(|it| it.name.ends_with(end));
            found.map_or("".to_owned(), |it| real(it.mean_abs)).into()
        }));
        grid.push(row);
    }
    grid.push(alone("norm"));
    grid.push(alone("lm_head"));
    grid.write(screen, out)?;
    let note = "Mean and max: of |a − b| of the hidden state behind the layer. Modules: the mean of their results; = where all are equal.";
    grid::write_note(screen, note, out)
}

const ATTRIBUTION: &[Column] = &[
    Column::text("change"),
    Column::figure("mean of logits"),
    Column::figure("share"),
];

fn write_attribution(
    screen: Screen,
    report: &ForwardReport,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut grid = Grid::new(ATTRIBUTION);
    for it in &report.attribution {
        let share = it
            .share
            .map_or("".to_owned(), |share| percent(share.to_f64()));
        grid.push(vec![
            text::line(&it.change).into(),
            real(it.logits_mean_abs).into(),
            share.into(),
        ]);
    }
    grid.write(screen, out)?;
    let note = "Each change by itself; shares are of the mean |a − b| of all together and need not add up.";
    grid::write_note(screen, note, out)
}

const POSITIONS: &[Column] = &[
    Column::figure("position"),
    Column::figure("token"),
    Column::figure("KL (nats)"),
    Column::figure("a: likeliest"),
    Column::figure("logit"),
    Column::figure("b: likeliest"),
    Column::figure("logit"),
];

/// Where tokens' texts go, if they have any.
const TEXT_COLUMN: usize = 2;

/// Columns of the terminal that a token's text takes at most.
const MOST_TEXT: usize = 24;

/// A token's text in quotes, since many begin with a space or are nothing else.
fn quoted(piece: &str) -> String {
    text::shortened(&text::line(&format!("{piece:?}")), MOST_TEXT)
}

fn write_positions(screen: Screen, report: &ForwardReport, out: &mut dyn Write) -> io::Result<()> {
    let mut columns = POSITIONS.to_vec();
    if report.pieces.is_some() {
        columns.insert(TEXT_COLUMN, Column::text("text"));
    }
    let mut grid = Grid::new(&columns);
    let logits = &report.logits;
    for (position, (token, (kl, top))) in report
        .tokens
        .iter()
        .zip(logits.kl.iter().zip(&logits.top_k))
        .enumerate()
    {
        let mut row = vec![
            position.to_string().into(),
            token.to_string().into(),
            real(*kl).into(),
        ];
        if let Some(pieces) = &report.pieces {
            row.insert(TEXT_COLUMN, quoted(&pieces[position]).into());
        }
        for top in [&top.a, &top.b] {
            let top = top.first();
            row.push(top.map_or("".to_owned(), |it| it.token.to_string()).into());
            row.push(top.map_or("".to_owned(), |it| real(it.logit)).into());
        }
        grid.push(row);
    }
    grid.write(screen, out)?;
    let note = format!(
        "{} of the logits are equal; {}.",
        percent(logits.equal),
        match logits.allclose {
            true => "all are close as torch.allclose has it",
            false => "not all are close as torch.allclose has it",
        }
    );
    grid::write_note(screen, &note, out)
}

/// A difference, or = for none.
fn real(value: Number) -> String {
    match value.to_f64() {
        0.0 => "=".to_owned(),
        _ => numbers::value(Some(value), 3),
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
