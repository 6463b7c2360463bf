//! `floatscope lab rotary`: what rounding the rotary frequencies does.

use std::io::{self, Write};
use std::path::Path;

use floatscope_core::lab::{Frequency, Rotary, Scaling};
use floatscope_core::report::{Number, to_json};

use crate::arguments::{RotaryOptions, Target};
use crate::grid::{self, Column, Grid};
use crate::inputs::{self, shown, what};
use crate::numbers::{self, plural};
use crate::outputs::Output;
use crate::table::{HEADLINE, Screen};
use crate::text;

/// Frequencies in the table without `--all`.
const MOST: usize = 10;

/// Computes the table and writes it.
///
/// # Errors
/// Names the file and what is wrong.
pub(super) fn run(options: &RotaryOptions) -> Result<(), String> {
    let path = match options.path.is_dir() {
        true => options.path.join("config.json"),
        false => options.path.clone(),
    };
    let rotary = read(&path).map_err(|what| format!("{}: {what}", shown(&path)))?;
    if let Some(target) = &options.json {
        let json = to_json(&rotary);
        Output::open(target, &[path])?.write(|out| writeln!(out, "{json}"))?;
    }
    if options.json == Some(Target::Stdout) {
        return Ok(());
    }
    Output::stdout().write(|out| write(Screen::of_stdout(), &rotary, options.all, out))
}

fn read(path: &Path) -> Result<Rotary, String> {
    let bytes = inputs::read_index(path).map_err(|error| what(&error))?;
    Rotary::of_config(&bytes)
}

fn write(screen: Screen, rotary: &Rotary, all: bool, out: &mut dyn Write) -> io::Result<()> {
    for rounding in [&rotary.bf16, &rotary.f16] {
        let says = rounding.says.join(" ");
        writeln!(out, "{}", screen.paint(HEADLINE, &says))?;
    }
    writeln!(out, "{}", subject(rotary))?;
    for note in &rotary.notes {
        writeln!(out, "{}", text::line(note))?;
    }
    writeln!(out)?;
    write_angles(screen, rotary, out)?;
    writeln!(out)?;
    write_frequencies(screen, rotary, all, out)
}

/// What was looked at: "head_dim 64, rope_theta 10,000, 2,048 positions".
fn subject(rotary: &Rotary) -> String {
    let mut parts = vec![format!("head_dim {}", numbers::count(rotary.head_dim))];
    if rotary.rotary_dim != rotary.head_dim {
        let turned = numbers::count(rotary.rotary_dim);
        parts.push(format!("{turned} of them turned"));
    }
    parts.push(format!("rope_theta {}", real(rotary.rope_theta, 6)));
    parts.extend(scaling(&rotary.scaling));
    parts.push(plural(rotary.max_position_embeddings, "position"));
    parts.join(", ")
}

fn scaling(scaling: &Scaling) -> Option<String> {
    let factor = scaling.factor?;
    Some(format!("{} scaling by {}", scaling.kind, real(factor, 6)))
}

const ANGLES: &[Column] = &[
    Column::figure("position"),
    Column::figure("BF16: off by"),
    Column::figure("> ¼ turn"),
    Column::figure("FP16: off by"),
    Column::figure("> ¼ turn"),
];

fn write_angles(screen: Screen, rotary: &Rotary, out: &mut dyn Write) -> io::Result<()> {
    let mut grid = Grid::new(ANGLES);
    for (bf16, f16) in rotary.bf16.angles.iter().zip(&rotary.f16.angles) {
        grid.push(vec![
            numbers::count(bf16.position).into(),
            real(bf16.error, 3).into(),
            numbers::count(bf16.turned).into(),
            real(f16.error, 3).into(),
            numbers::count(f16.turned).into(),
        ]);
    }
    grid.write(screen, out)?;
    let note = "Off by: the worst angle's error in radians, not reduced modulo 2π. > ¼ turn: how many are off by more than π/2.";
    grid::write_note(screen, note, out)
}

const FREQUENCIES: &[Column] = &[
    Column::figure("index"),
    Column::figure("FP32"),
    Column::figure("BF16"),
    Column::figure("error %").leaving(1),
    Column::figure("at the last"),
    Column::figure("FP16").leaving(4),
    Column::figure("error %").leaving(3),
    Column::figure("at the last").leaving(2),
];

fn write_frequencies(
    screen: Screen,
    rotary: &Rotary,
    all: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut listed: Vec<&Frequency> = rotary.frequencies.iter().collect();
    if !all {
        let off = |it: &Frequency| (it.bf16 - it.f32).abs();
        listed.sort_by(|a, b| off(b).total_cmp(&off(a)));
        listed.truncate(MOST);
    }
    let mut grid = Grid::new(FREQUENCIES);
    let angle = |rounded: f64, it: &Frequency| {
        let error = rotary.last_position as f64 * (rounded - it.f32);
        real(error, 3)
    };
    for it in &listed {
        grid.push(vec![
            numbers::count(it.index).into(),
            real(it.f32, 7).into(),
            real(it.bf16, 7).into(),
            real(it.relative_error * 100.0, 3).into(),
            angle(it.bf16, it).into(),
            real(it.f16, 7).into(),
            real(it.f16_relative_error * 100.0, 3).into(),
            angle(it.f16, it).into(),
        ]);
    }
    grid.write(screen, out)?;
    let last = numbers::count(rotary.last_position);
    let mut note =
        format!("In radians a position; at the last: the angle's error at position {last}.");
    let more = rotary.frequencies.len() - listed.len();
    if more > 0 {
        let more = numbers::count(more as u64);
        note += &format!(" Those that are off most in BF16; --all lists the other {more}, too.");
    }
    grid::write_note(screen, &note, out)
}

fn real(value: f64, digits: usize) -> String {
    numbers::value(Some(Number::Real(value)), digits)
}
