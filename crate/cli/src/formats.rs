//! `floatscope formats`: the table of formats, or one number in each of them.

use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use floatscope_core::microscope::{
    FormatFacts, FormatTable, Look, Microscope, Neighbour, Outcome, Stored,
};
use floatscope_core::report::{Number, to_json};

use crate::arguments::{FormatsOptions, Target};
use crate::numbers::{self, NOTHING};
use crate::outputs::Output;
use crate::scan::complain;
use crate::table::{ALARM, HEADLINE, Screen};
use crate::text;

use crate::grid::{self, Cell, Column, Grid};

/// As the page has the fields of a code.
const SIGN: Style = AnsiColor::Green.on_default();
const EXPONENT: Style = AnsiColor::Magenta.on_default();
const MANTISSA: Style = AnsiColor::Blue.on_default();
const PLAIN: Style = Style::new();

/// Writes what the options ask for.
pub(crate) fn command(options: &FormatsOptions) -> ExitCode {
    match show(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            complain(&message);
            ExitCode::from(2)
        }
    }
}

fn show(options: &FormatsOptions) -> Result<(), String> {
    let Some(value) = &options.value else {
        let table = FormatTable::new();
        return write(options, &to_json(&table), |screen, out| {
            write_table(screen, &table.formats, out)
        });
    };
    if value.starts_with("--") {
        return Err(format!("there is no option {}", text::name(value)));
    }
    let named = |what: &dyn std::fmt::Display| format!("{}: {what}", text::name(value));
    let seen = Microscope::of(value, options.format.as_deref()).map_err(|error| named(&error))?;
    if options.format.is_some() && seen.input.code.is_none() {
        return Err(named(&"--as is the format of a code, and this is a number"));
    }
    write(options, &to_json(&seen), |screen, out| {
        write_looks(screen, &seen, out)
    })
}

/// JSON where it is wanted, and the table unless standard output is taken.
fn write(
    options: &FormatsOptions,
    json: &str,
    table: impl FnOnce(Screen, &mut dyn Write) -> io::Result<()>,
) -> Result<(), String> {
    if let Some(target) = &options.json {
        Output::open(target, &[])?.write(|out| writeln!(out, "{json}"))?;
    }
    if options.json == Some(Target::Stdout) {
        return Ok(());
    }
    Output::stdout().write(|out| table(Screen::of_stdout(), out))
}

const TABLE: &[Column] = &[
    Column::text("format"),
    Column::figure("bits"),
    Column::text("s/e/m"),
    Column::figure("bias").leaving(3),
    Column::figure("p"),
    Column::figure("digits").leaving(2),
    Column::figure("largest"),
    Column::text("normal from"),
    Column::text("subnormal from"),
    Column::text("specials"),
    Column::text("title").leaving(4),
    Column::text("source").leaving(5),
];

fn write_table(screen: Screen, formats: &[FormatFacts], out: &mut dyn Write) -> io::Result<()> {
    let mut grid = Grid::new(TABLE);
    for facts in formats {
        grid.push(table_line(facts));
    }
    grid.write(screen, out)?;
    let note =
        "s/e/m: bits of sign, exponent and mantissa. p: bits of precision, the hidden one counted.";
    grid::write_note(screen, note, out)
}

fn table_line(facts: &FormatFacts) -> Vec<Cell> {
    let figure = |figure: Option<u32>| figure.map_or(NOTHING.to_owned(), |it| it.to_string());
    let power = |exponent: Option<i32>| exponent.map_or(NOTHING.to_owned(), |it| format!("2^{it}"));
    let fields = [facts.sign_bits, facts.exponent_bits, facts.mantissa_bits].map(figure);
    let subnormal = facts.smallest_subnormal.and(facts.exponent_min_subnormal);
    let cells = [
        facts.name.to_owned(),
        facts.bits.to_string(),
        facts
            .precision
            .map_or(NOTHING.to_owned(), |_| fields.join("/")),
        facts
            .bias
            .map_or(NOTHING.to_owned(), |bias| bias.to_string()),
        figure(facts.precision),
        facts
            .decimal_digits
            .map_or(NOTHING.to_owned(), |digits| format!("{digits:.1}")),
        numbers::value(Some(facts.largest), 4),
        power(facts.exponent_min_normal),
        power(subnormal),
        specials(facts),
        facts.title.to_owned(),
        facts.source.to_owned(),
    ];
    cells.into_iter().map(Cell::from).collect()
}

fn specials(facts: &FormatFacts) -> String {
    let said = match (facts.infinity, facts.nan) {
        (Some(true), _) => "inf, NaN",
        (_, Some(true)) => "NaN",
        (_, Some(false)) => "none",
        _ => NOTHING,
    };
    said.to_owned()
}

const BITS: &[Column] = &[
    Column::text("format"),
    Column::text("sign exponent mantissa"),
];

const LOOKS: &[Column] = &[
    Column::text("format"),
    Column::text("code"),
    Column::text("value"),
    Column::figure("error"),
    Column::figure("relative").leaving(4),
    Column::figure("ULPs"),
    Column::text("class").leaving(1),
    Column::text("next below"),
    Column::text("next above"),
];

/// Columns in front of the neighbours.
const WITHOUT_NEIGHBOURS: usize = LOOKS.len() - 2;

const NEIGHBOURS: &[Column] = &[
    Column::text("format"),
    Column::text("next below"),
    Column::text("next above"),
];

fn write_looks(screen: Screen, seen: &Microscope, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", screen.paint(HEADLINE, &headline(seen)))?;
    if let Some(note) = seen.input.note {
        writeln!(out, "{note}")?;
    }
    writeln!(out)?;
    let mut bits = Grid::new(BITS);
    for look in &seen.formats {
        bits.push(vec![look.name.into(), bits_of(look.stored.as_ref())]);
    }
    bits.write(screen, out)?;
    writeln!(out)?;
    let mut grid = Grid::new(LOOKS);
    for look in &seen.formats {
        grid.push(look_line(look));
    }
    if grid.fits(screen) {
        return grid.write(screen, out);
    }
    grid.cut(WITHOUT_NEIGHBOURS);
    grid.write(screen, out)?;
    writeln!(out)?;
    write_neighbours(screen, seen, out)
}

/// Where they find no room beside the rest: a table of their own, without codes.
fn write_neighbours(screen: Screen, seen: &Microscope, out: &mut dyn Write) -> io::Result<()> {
    let mut grid = Grid::new(NEIGHBOURS);
    for look in &seen.formats {
        let stored = look.stored.as_ref();
        let value = |neighbour: Option<&Neighbour>| -> Cell {
            neighbour
                .map_or(NOTHING.to_owned(), |beside| full(beside.value))
                .into()
        };
        let below = stored.and_then(|stored| stored.below.as_ref());
        let above = stored.and_then(|stored| stored.above.as_ref());
        grid.push(vec![look.name.into(), value(below), value(above)]);
    }
    grid.write(screen, out)
}

/// "0.1, rounded to nearest even", "bf16:0x3f80 is 1; rounded to nearest even".
fn headline(seen: &Microscope) -> String {
    let input = &seen.input;
    let text = text::line(&input.text);
    let value = full(input.value);
    let is_same = text
        .parse::<f64>()
        .is_ok_and(|typed| format!("{typed}") == text)
        || text == value;
    let understood = if is_same {
        text
    } else {
        format!("{text} is {value}")
    };
    format!("{understood}; in each format rounded to nearest even")
}

/// The fields of a code, apart and in their colours.
fn bits_of(stored: Option<&Stored>) -> Cell {
    let Some(stored) = stored else {
        return NOTHING.into();
    };
    let fields = [
        (SIGN, &stored.sign),
        (EXPONENT, &stored.exponent),
        (MANTISSA, &stored.mantissa),
    ];
    // A format without a sign keeps its place, so that exponents stand in line.
    let blank = |text: &String| {
        if text.is_empty() {
            " ".to_owned()
        } else {
            text.clone()
        }
    };
    let mut pieces = Vec::new();
    for (style, text) in fields {
        pieces.push((style, blank(text)));
        pieces.push((PLAIN, " ".to_owned()));
    }
    Cell::of(pieces)
}

fn look_line(look: &Look) -> Vec<Cell> {
    let (style, error) = error_of(look);
    let figure = |value: Option<f64>| match look.outcome {
        Outcome::Rounded | Outcome::Underflow => numbers::value(value.map(Number::Real), 3),
        _ => String::new(),
    };
    let neighbour = |of: fn(&Stored) -> &Option<Neighbour>| {
        let neighbour = look.stored.as_ref().and_then(|stored| of(stored).as_ref());
        neighbour.map_or(NOTHING.to_owned(), |beside| {
            format!("{} {}", beside.code, full(beside.value))
        })
    };
    let (code, value, class) = match &look.stored {
        Some(stored) => (stored.code.clone(), full(stored.value), class(stored)),
        None => (NOTHING.to_owned(), NOTHING.to_owned(), String::new()),
    };
    vec![
        look.name.into(),
        code.into(),
        Cell::of(vec![(style, value)]),
        Cell::of(vec![(style, error)]),
        figure(look.relative_error).into(),
        figure(look.ulps).into(),
        class.into(),
        neighbour(|stored| &stored.below).into(),
        neighbour(|stored| &stored.above).into(),
    ]
}

fn class(stored: &Stored) -> String {
    format!("{:?}", stored.class).to_lowercase()
}

/// How far off the number is, or why that is no figure.
fn error_of(look: &Look) -> (Style, String) {
    match look.outcome {
        Outcome::Exact => (PLAIN, "exact".to_owned()),
        Outcome::Rounded => (PLAIN, numbers::value(look.error.map(Number::Real), 3)),
        Outcome::Underflow => (ALARM, "to zero".to_owned()),
        Outcome::Overflow => (ALARM, "overflow".to_owned()),
        Outcome::None => (ALARM, "has none".to_owned()),
    }
}

/// A number with all the digits that tell it from other doubles.
fn full(number: Number) -> String {
    let value = number.to_f64();
    let size = value.abs();
    if !value.is_finite() || value == 0.0 || (1e-5..1e16).contains(&size) {
        format!("{value}")
    } else {
        format!("{value:e}")
    }
}
