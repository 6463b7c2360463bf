//! `floatscope diff`: what is compared, and what comes of it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use floatscope_core::diff::{Comparison, Renames, Side, Tolerance};

use crate::arguments::DiffOptions;
use crate::headers;
use crate::inputs::{self, Inputs, shown, what};
use crate::reader::{KnownFile, Source};
use crate::scan::complain;
use drive::compare;
use outputs::Outputs;

mod drive;
mod outputs;
mod table;

/// A table of renames is not longer.
const RENAMES_BYTES: u64 = 64 << 20;

/// Compares what the options say and writes what they ask for.
pub(crate) fn command(options: &DiffOptions) -> ExitCode {
    match diff(options) {
        Ok(Outcome {
            is_complete: false, ..
        }) => ExitCode::from(2),
        Ok(Outcome { differ: true, .. }) if options.exit_code => ExitCode::from(1),
        Ok(_) => ExitCode::SUCCESS,
        Err(message) => {
            complain(&message);
            ExitCode::from(2)
        }
    }
}

/// What the exit status tells.
struct Outcome {
    /// Everything could be read.
    is_complete: bool,
    differ: bool,
}

fn diff(options: &DiffOptions) -> Result<Outcome, String> {
    options.hub.choose();
    let renames = options.rename.as_deref().map(read_renames).transpose()?;
    let inputs = [&options.a, &options.b].map(|path| Inputs::of(std::slice::from_ref(path)));
    for note in inputs.iter().flat_map(|inputs| &inputs.notes) {
        complain(note);
    }
    let mut read: Vec<PathBuf> = inputs.iter().flat_map(Inputs::paths).collect();
    read.extend(options.rename.clone());
    let names =
        [&options.a, &options.b].map(|path| inputs::checkpoint_name(std::slice::from_ref(path)));
    let mut comparison = Comparison::new(&names[0], &names[1]);
    comparison.tolerate(Tolerance {
        relative: options.rtol,
        absolute: options.atol,
        equal_nan: options.equal_nan,
    });
    if let Some(renames) = renames {
        comparison.rename(renames);
    }
    let sides = [(Side::A, &options.a), (Side::B, &options.b)];
    let mut files = <[Vec<KnownFile>; 2]>::default();
    for ((inputs, (side, path)), files) in inputs.into_iter().zip(sides).zip(&mut files) {
        *files = read_headers(&mut comparison, side, inputs);
        read.extend(read_config(&mut comparison, side, path));
    }
    select(&mut comparison, options)?;
    let outputs = Outputs::open(options, &read)?;
    compare(&mut comparison, &files, options);
    for (side, files) in [Side::A, Side::B].into_iter().zip(&files) {
        headers::check_again(files, |problem| comparison.add_problem(Some(side), problem));
    }
    let report = comparison.report();
    let overview = report.overview();
    let written = outputs.write(report, options.all);
    // Last, where a person still sees them behind a long table.
    for problem in overview.problems {
        let side = problem
            .side
            .map_or(String::new(), |side| format!("{}: ", side.to_uppercase()));
        complain(&format!("{side}{}", problem.problem));
    }
    written.map(|()| Outcome {
        is_complete: overview.problems.is_empty(),
        differ: overview.differ,
    })
}

fn read_renames(path: &Path) -> Result<Renames, String> {
    let say = |what: &str| format!("{}: {what}", shown(path));
    let bytes = inputs::read_short(path, RENAMES_BYTES).map_err(|error| say(&what(&error)))?;
    let text = String::from_utf8(bytes).map_err(|_| say("this is no text in UTF-8"))?;
    Renames::parse(&text).map_err(|error| say(&error))
}

fn read_headers(comparison: &mut Comparison, side: Side, inputs: Inputs) -> Vec<KnownFile> {
    for problem in inputs.problems {
        comparison.add_problem(Some(side), problem);
    }
    for (path, bytes) in &inputs.indexes {
        comparison.add_index(side, &shown(path), bytes);
    }
    let mut files = Vec::new();
    for place in inputs.files {
        let name = place.name();
        match Source::open(&place) {
            Ok(source) => {
                let file = comparison.add_file(side, &name, source.bytes());
                while let Some(range) = comparison.header_wants(side, file) {
                    match source.bytes_at(range) {
                        Ok(bytes) => comparison.header_feed(side, file, &bytes),
                        Err(error) => comparison.header_failed(side, file, &what(&error)),
                    }
                }
                let version = source.version();
                files.push(KnownFile { place, version });
            }
            Err(error) => comparison.add_unreadable(side, &name, &what(&error)),
        }
    }
    files
}

/// The config.json of a side, where it has one.
fn read_config(comparison: &mut Comparison, side: Side, path: &Path) -> Option<PathBuf> {
    let config = inputs::config_of(path)?;
    match inputs::read_index(&config) {
        Ok(bytes) => comparison.add_config(side, &shown(&config), &bytes),
        Err(error) => {
            let problem = inputs::problem(&config, &what(&error));
            comparison.add_problem(Some(side), problem);
        }
    }
    Some(config)
}

/// Has the comparison take only what a pattern matches.
///
/// # Errors
/// Names a pattern that matches no tensor: it is a slip of the pen.
fn select(comparison: &mut Comparison, options: &DiffOptions) -> Result<(), String> {
    if options.tensors.is_empty() {
        return Ok(());
    }
    let names = || {
        [Side::A, Side::B]
            .into_iter()
            .flat_map(|side| comparison.names(side))
    };
    let tensors = names().count() as u64;
    for pattern in &options.tensors {
        if tensors > 0 && !names().any(|name| pattern.is_match(name)) {
            let glob = pattern.glob();
            let tensors = crate::numbers::plural(tensors, "tensor");
            return Err(format!("--tensor {glob}: matches none of {tensors}"));
        }
    }
    let patterns = options.tensors.clone();
    comparison.select(move |name| patterns.iter().any(|pattern| pattern.is_match(name)));
    Ok(())
}
