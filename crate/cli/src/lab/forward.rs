//! `floatscope lab forward`: two policies in one pass over the weights.

mod logits;
mod table;
mod text;
mod threaded;

use std::io;
use std::path::Path;

use floatscope_core::lab::forward::{Forward, Options, Policy, Product, Setup};
use floatscope_core::report::to_json;
use indicatif::ProgressBar;

use super::device::{Device, Task};
use crate::arguments::{self, ForwardOptions, Target};
use crate::inputs::{self, Inputs, shown, what};
use crate::outputs::Output;
use crate::reader::{KnownFile, Opened, Reader, Sink};
use crate::scan::complain;
use crate::table::Screen;
use crate::{headers, progress, threads};

/// Runs the pass and writes what is asked for.
pub(super) fn run(options: &ForwardOptions) -> Result<(), String> {
    let inputs = Inputs::of(std::slice::from_ref(&options.path));
    if let Some(problem) = inputs.problems.first() {
        return Err(problem.to_string());
    }
    let config_path = inputs::config_of(&options.path).ok_or_else(|| {
        let path = shown(&options.path);
        format!(
            "{path}: there is no config.json beside the weights: it says how the model is built"
        )
    })?;
    let mut read = inputs.paths();
    read.push(config_path.clone());
    let config = read_config(&config_path)?;
    let tokens = text::tokens(options, &config_path)?;
    read.extend(tokens.path);
    let wanted = Options {
        tokens: tokens.ids,
        text: options.text.clone(),
        pieces: tokens.pieces,
        a: options.a.unwrap_or(Policy::FROM_PRETRAINED),
        b: options.b.unwrap_or(Policy::TO_BF16),
        attribute: options.attribute,
    };
    let (setup, files) = read_headers(inputs, &options.path);
    let path = shown(&options.path);
    let mut pass = setup
        .start(&config, wanted)
        .map_err(|what| format!("{path}: {what}"))?;
    let device = Device::choose(options.device, multiplications(&pass))?;
    let open = |target: &Target| Output::open(target, &read);
    let json = options.json.as_ref().map(open).transpose()?;
    let logits = options.logits.clone().map(Target::File);
    let logits = logits.as_ref().map(open).transpose()?;
    drive(&mut pass, &files, options, &device)?;
    if let Some(output) = logits {
        output.write(|out| logits::write(&pass, out))?;
    }
    if let Some(complaint) = device.complaint() {
        complain(&complaint);
    }
    let report = pass.report(&says(&device, options));
    if let Some(output) = json {
        let json = to_json(&report);
        output.write(|out| writeln!(out, "{json}"))?;
    }
    if options.json == Some(Target::Stdout) {
        return Ok(());
    }
    Output::stdout().write(|out| table::write(Screen::of_stdout(), &report, out))
}

/// About how many numbers are multiplied: 16-bit weights for the tokens of two runs.
fn multiplications(pass: &Forward) -> u64 {
    let (_, bytes) = pass.progress();
    let [tokens, _] = pass.logits_shape();
    bytes.saturating_mul(tokens as u64)
}

/// What multiplied, and why nothing faster.
fn says(device: &Device, options: &ForwardOptions) -> String {
    let threads = threads::count(options.threads);
    let cpu = format!("CPU, {}", crate::numbers::plural(threads as u64, "thread"));
    match device.used() {
        Ok(used) => format!("GPU: {}", used.says()),
        Err(_) if options.device == arguments::Device::Cpu => cpu,
        Err(why) => format!("{cpu}: {why}"),
    }
}

fn read_config(path: &Path) -> Result<Vec<u8>, String> {
    inputs::read_index(path).map_err(|error| format!("{}: {}", shown(path), what(&error)))
}

fn read_headers(inputs: Inputs, path: &Path) -> (Setup, Vec<KnownFile>) {
    let mut setup = Setup::new(&inputs::checkpoint_name(&[path.to_owned()]));
    let files = headers::read(&mut setup, &inputs.indexes, inputs.files);
    (setup, files)
}

/// Reads and multiplies until the pass is over.
fn drive(
    pass: &mut Forward,
    files: &[KnownFile],
    options: &ForwardOptions,
    device: &Device,
) -> Result<(), String> {
    let (_, total_bytes) = pass.progress();
    let bar = progress::bar(total_bytes, !options.no_progress);
    let multiplier = Multiplier {
        device,
        threads: threads::count(options.threads),
    };
    let (mut opened, mut reader) = (Opened::default(), Reader::default());
    while let Some((file, range)) = pass.wants() {
        let file = &files[file];
        let name = || file.place.name();
        let named = |error: io::Error| format!("{}: {}", name(), what(&error));
        let source = opened.file(file).map_err(named)?;
        let mut feed = Feed::new(pass, multiplier, &bar);
        reader.read(source, range, &mut feed).map_err(named)?;
        feed.failed.map_err(|what| format!("{}: {what}", name()))?;
    }
    bar.finish_and_clear();
    Ok(())
}

/// Feeds a pass, and multiplies what is ready.
struct Feed<'a> {
    pass: &'a mut Forward,
    multiplier: Multiplier<'a>,
    bar: &'a ProgressBar,
    /// Bytes of the range that the pass has.
    fed_bytes: u64,
    /// Bytes to leave out, since the range starts over and the pass has them.
    skipped_bytes: u64,
    failed: Result<(), String>,
}

impl<'a> Feed<'a> {
    fn new(pass: &'a mut Forward, multiplier: Multiplier<'a>, bar: &'a ProgressBar) -> Self {
        Self {
            pass,
            multiplier,
            bar,
            fed_bytes: 0,
            skipped_bytes: 0,
            failed: Ok(()),
        }
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        while !bytes.is_empty() {
            let taken = self.pass.feed(bytes)?;
            bytes = &bytes[taken..];
            self.fed_bytes += taken as u64;
            if self.pass.is_ready() {
                let products = self.pass.products();
                let results: Vec<_> = products
                    .iter()
                    .map(|it| self.multiplier.multiply(it))
                    .collect();
                self.pass.supply(&results)?;
            }
        }
        Ok(())
    }
}

impl Sink for Feed<'_> {
    fn restart(&mut self) {
        self.skipped_bytes = self.fed_bytes;
    }

    fn feed(&mut self, bytes: &[u8]) {
        let skipped = self.skipped_bytes.min(bytes.len() as u64);
        self.skipped_bytes -= skipped;
        if self.failed.is_ok() {
            self.failed = self.take(&bytes[skipped as usize..]);
        }
        self.bar.set_position(self.pass.progress().0);
    }
}

/// What multiplies a product.
#[derive(Clone, Copy)]
struct Multiplier<'a> {
    device: &'a Device,
    threads: usize,
}

impl Multiplier<'_> {
    /// By the card, or by the processor where its bits would not be the same for certain.
    fn multiply(self, product: &Product) -> Vec<f32> {
        let task = Task {
            model: product.accumulate,
            dtype: product.dtype(),
            weights: &product.weights,
            rows: product.rows,
            columns: product.columns(),
            inputs: product.values,
        };
        let outputs = self.device.outputs(&task);
        outputs.unwrap_or_else(|| threaded::multiply(product, self.threads))
    }
}
