//! `floatscope lab matmul`: how far outputs are apart under two models of accumulation.

use std::path::PathBuf;

use floatscope_core::lab::matmul::{self, Job, Settings};

use super::device::Device;
use crate::arguments::{MatmulOptions, Target};
use crate::headers;
use crate::inputs::{self, Inputs};
use crate::outputs::Output;
use crate::reader::KnownFile;
use crate::scan::complain;

mod drive;
mod table;

/// Multiplies what the options say and writes what they ask for; whether all of it could be read.
///
/// # Errors
/// Says what is wrong with the options, the pattern or the output.
pub(super) fn run(options: &MatmulOptions) -> Result<bool, String> {
    let path = std::slice::from_ref(&options.path);
    let inputs = Inputs::of(path);
    inputs.notes.iter().for_each(|note| complain(note));
    let read = inputs.paths();
    let settings = Settings {
        a: options.a,
        b: options.b,
        tokens: options.tokens,
        seed: options.seed,
    };
    let mut job = Job::new(&inputs::checkpoint_name(path), settings);
    let files = read_headers(&mut job, inputs);
    select(&mut job, options)?;
    job.start();
    // 16-bit weights, under two models.
    let multiplications = job.waiting_bytes().saturating_mul(options.tokens);
    let device = Device::choose(options.device, multiplications)?;
    let json = open(options, &read)?;
    drive::multiply(&mut job, &files, options, &device);
    let multiplied_by = says(&device);
    let report = job.report(&multiplied_by);
    if let Some(json) = json {
        json.write(|out| {
            serde_json::to_writer(&mut *out, &report)?;
            writeln!(out)
        })?;
    }
    if options.json != Some(Target::Stdout) {
        Output::stdout().write(|out| table::write(&report, options.all, out))?;
    }
    // Last, where a person still sees them behind a long table.
    if let Some(complaint) = device.complaint() {
        complain(&complaint);
    }
    for problem in report.problems {
        complain(&problem.to_string());
    }
    Ok(report.problems.is_empty())
}

/// What multiplied, and why.
fn says(device: &Device) -> matmul::Device {
    let (kind, says) = match device.used() {
        Ok(used) => {
            let kind = if used.products > 0 { "gpu" } else { "cpu" };
            (kind, format!("A graphics card was used: {}.", used.says()))
        }
        Err(why) => {
            let colon = if device.asked() == "cpu" { "," } else { ":" };
            ("cpu", format!("The processor multiplies{colon} {why}."))
        }
    };
    matmul::Device {
        kind,
        asked: device.asked(),
        says,
    }
}

fn open(options: &MatmulOptions, read: &[PathBuf]) -> Result<Option<Output>, String> {
    let target = options.json.as_ref();
    target.map(|target| Output::open(target, read)).transpose()
}

fn read_headers(job: &mut Job, inputs: Inputs) -> Vec<KnownFile> {
    for problem in inputs.problems {
        job.add_problem(problem);
    }
    headers::read(job, &inputs.indexes, inputs.files)
}

/// Has the job take only what a pattern matches.
///
/// # Errors
/// Names a pattern that matches no tensor: it is a slip of the pen.
fn select(job: &mut Job, options: &MatmulOptions) -> Result<(), String> {
    let tensors = job.names().count() as u64;
    for pattern in &options.tensors {
        if tensors > 0 && !job.names().any(|name| pattern.is_match(name)) {
            let glob = pattern.glob();
            let tensors = crate::numbers::plural(tensors, "tensor");
            return Err(format!("--tensor {glob}: matches none of {tensors}"));
        }
    }
    if !options.tensors.is_empty() {
        let patterns = options.tensors.clone();
        job.select(move |name| patterns.iter().any(|pattern| pattern.is_match(name)));
    }
    Ok(())
}
