//! Native tensors by the thousand, each of which must be called native or nothing.
//!
//! ```text
//! cargo build --release --package floatscope-benches --bin ancestry
//! target/release/ancestry [--cases 10000] [--threads N] [--seed 1]
//! target/release/ancestry --case 1234 [--seed 1] [--save FILE]
//! ```
//!
//! Every case is drawn from its number alone: a source, its parameters, a shape of
//! 1,000 to 10 million values, and one rounding from FP32. A false alarm is printed with
//! its number and its evidence; `--case` judges it again. The exit status is 1 where there was one.

mod case;
mod random;
mod source;
mod table;

use case::Case;
use floatscope_core::report::TensorFigures;
use floatscope_core::scan::Scanner;
use std::cell::Cell;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use table::{Outcome, Table};

fn main() -> ExitCode {
    let options = Options::parse();
    name_the_case_of_a_panic();
    match options.case {
        Some(number) => show(&options, number),
        None => simulate(&options),
    }
}

struct Options {
    cases: u64,
    threads: usize,
    seed: u64,
    case: Option<u64>,
    save: Option<String>,
}

impl Options {
    fn parse() -> Self {
        let mut options = Self {
            cases: 10_000,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            seed: 1,
            case: None,
            save: None,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let value = words.next().expect("a value after every option");
            let number = || value.parse::<u64>().expect("a number");
            match &*word {
                "--cases" => options.cases = number(),
                "--threads" => options.threads = number() as usize,
                "--seed" => options.seed = number(),
                "--case" => options.case = Some(number()),
                "--save" => options.save = Some(value),
                other => panic!("no option {other}"),
            }
        }
        options
    }
}

thread_local! {
    /// The case that this thread is at.
    static AT: Cell<u64> = const { Cell::new(0) };
}

/// A panic ends the program; the case that did it must not be lost.
fn name_the_case_of_a_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        eprintln!("in case {}:", AT.get());
        before(panic);
    }));
}

/// Judges every case and prints tables.
fn simulate(options: &Options) -> ExitCode {
    let (next, table) = (AtomicU64::new(0), Mutex::new(Table::default()));
    std::thread::scope(|scope| {
        for _ in 0..options.threads {
            scope.spawn(|| work(options, &next, &table));
        }
    });
    let table = table.into_inner().expect("a panic ends the program");
    table.print();
    ExitCode::from(u8::from(table.alarms() > 0))
}

fn work(options: &Options, next: &AtomicU64, table: &Mutex<Table>) {
    let mut scanner = Scanner::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= options.cases {
            return;
        }
        AT.set(number);
        let case = Case::draw(options.seed, number);
        let figures = case.judge(&mut scanner);
        let outcome = Outcome {
            source: case.source,
            rounding: case.rounding,
            elements: case.elements(),
            label: figures.ancestry.label,
            alarm: !case.may_be(figures.ancestry.label),
        };
        let mut table = table.lock().expect("a panic ends the program");
        if outcome.alarm {
            describe(&case, &figures);
        }
        table.add(outcome);
    }
}

fn describe(case: &Case, figures: &TensorFigures) {
    let verdict = &figures.ancestry;
    println!(
        "case {}: {},{} {}, {:?} is called {} ({}), odds {:.1}",
        case.number,
        case.source,
        case.text,
        case.rounding,
        case.shape,
        verdict.label.name(),
        verdict.path,
        verdict.log10_odds,
    );
    for evidence in &verdict.evidence {
        println!("    {}: {}", evidence.test, evidence.says);
    }
}

/// One case with its evidence, and its file where that is wanted.
fn show(options: &Options, number: u64) -> ExitCode {
    AT.set(number);
    let case = Case::draw(options.seed, number);
    if let Some(path) = &options.save {
        std::fs::write(path, case.safetensors()).expect("the file can be written");
    }
    let figures = case.judge(&mut Scanner::new());
    describe(&case, &figures);
    ExitCode::from(u8::from(!case.may_be(figures.ancestry.label)))
}
