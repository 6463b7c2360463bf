//! The command end to end: `floatscope scan` of a cached BF16 checkpoint and `floatscope diff`
//! of it with itself and with a noisy copy, beside bare reads of the same file with the same
//! threads, in turn.
//!
//! ```text
//! cargo build --release --package floatscope --package floatscope-benches
//! target/release/command [--gigabytes 1.5] [--rounds 5] [FILE]
//! ```
//!
//! A bare read copies the file into one buffer of 1 MiB a thread, which stays in
//! cache, or maps it and adds up its words. The command is the one beside this
//! program, or the one named by FLOATSCOPE.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use floatscope_benches::{bf16_bytes, normal_weights};

/// Bytes that a thread takes at a time, as the command does at most.
const RUN_BYTES: u64 = 64 << 20;
const CHUNK_BYTES: usize = 1 << 20;

fn main() -> io::Result<()> {
    let options = Options::parse();
    let made = options.file.is_none();
    let file = options.file.clone().unwrap_or_else(scratch_path);
    let noisy = made.then(|| file.with_extension("noisy.safetensors"));
    if let Some(noisy) = &noisy {
        make_checkpoint(&file, options.gigabytes, 0)?;
        make_checkpoint(noisy, options.gigabytes, 1)?;
    }
    for threads in thread_counts() {
        compare(&file, noisy.as_deref(), threads, options.rounds)?;
    }
    if let Some(noisy) = noisy {
        std::fs::remove_file(file)?;
        std::fs::remove_file(noisy)?;
    }
    Ok(())
}

struct Options {
    gigabytes: f64,
    rounds: usize,
    file: Option<PathBuf>,
}

impl Options {
    fn parse() -> Self {
        let mut options = Self {
            gigabytes: 1.5,
            rounds: 5,
            file: None,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut number = || words.next().and_then(|word| word.parse().ok());
            match &*word {
                "--gigabytes" => options.gigabytes = number().expect("a number of gigabytes"),
                "--rounds" => options.rounds = number().expect("a number of rounds") as usize,
                file => options.file = Some(file.into()),
            }
        }
        options
    }
}

fn scratch_path() -> PathBuf {
    let name = format!("floatscope-bench-{}.safetensors", std::process::id());
    std::env::temp_dir().join(name)
}

/// One, and all cores.
fn thread_counts() -> Vec<usize> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores == 1 { vec![1] } else { vec![1, cores] }
}

/// One way of looking at the file, and how long each round took.
struct Row<'a> {
    name: &'static str,
    run: Box<dyn Fn() -> io::Result<()> + 'a>,
    /// How many times the file's bytes are read.
    files: u64,
    times: Vec<Cost>,
}

fn compare(path: &Path, noisy: Option<&Path>, threads: usize, rounds: usize) -> io::Result<()> {
    let bytes = std::fs::metadata(path)?.len();
    let mut rows = vec![
        Row::new("read into a buffer", 1, || read(path, threads)),
        Row::new("map and add up", 1, || map(path, threads)),
        Row::new("floatscope scan", 1, || command("scan", &[path], threads)),
        Row::new("diff with itself", 2, || {
            command("diff", &[path, path], threads)
        }),
    ];
    if let Some(noisy) = noisy {
        let run = move || command("diff", &[path, noisy], threads);
        rows.push(Row::new("diff, noise of 1 ULP", 2, run));
    }
    // The first round brings the file into the cache.
    for round in 0..=rounds {
        for row in &mut rows {
            let cost = Cost::of(&row.run)?;
            if round > 0 {
                row.times.push(cost);
            }
        }
    }
    println!(
        "{:.2} GB, {threads} thread(s), best and median of {rounds}",
        bytes as f64 / 1e9
    );
    for row in &rows {
        row.print(bytes);
    }
    let [read, map] = [rows[0].best(), rows[1].best()];
    for row in &rows[2..] {
        let (best, files) = (row.best(), row.files as f64);
        println!(
            "  {:20} {:.2} of a read, {:.2} of a mapped sum (wall), {:.2} and {:.2} (CPU)",
            row.name,
            files * read.seconds / best.seconds,
            files * map.seconds / best.seconds,
            files * read.cpu_seconds / best.cpu_seconds,
            files * map.cpu_seconds / best.cpu_seconds,
        );
    }
    Ok(())
}

impl<'a> Row<'a> {
    fn new(name: &'static str, files: u64, run: impl Fn() -> io::Result<()> + 'a) -> Self {
        Self {
            name,
            run: Box::new(run),
            files,
            times: Vec::new(),
        }
    }

    /// The least of each, which need not be of one round.
    fn best(&self) -> Cost {
        let least = |of: fn(&Cost) -> f64| self.times.iter().map(of).fold(f64::INFINITY, f64::min);
        Cost {
            seconds: least(|cost| cost.seconds),
            cpu_seconds: least(|cost| cost.cpu_seconds),
        }
    }

    fn print(&self, bytes: u64) {
        let gigabytes = (bytes * self.files) as f64 / 1e9;
        let mut seconds: Vec<f64> = self.times.iter().map(|cost| cost.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        println!(
            "  {:20} {:6.2} {:6.2} GB/s   {:.3} CPU-seconds a GB",
            self.name,
            gigabytes / seconds[0],
            gigabytes / seconds[seconds.len() / 2],
            self.best().cpu_seconds / gigabytes,
        );
    }
}

#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    /// Of this process and those it has waited for; NaN where the system has no /proc.
    cpu_seconds: f64,
}

impl Cost {
    fn of(run: &dyn Fn() -> io::Result<()>) -> io::Result<Self> {
        let (start, cpu_start) = (Instant::now(), cpu_seconds());
        run()?;
        Ok(Self {
            seconds: start.elapsed().as_secs_f64(),
            cpu_seconds: cpu_seconds() - cpu_start,
        })
    }
}

/// The times in `/proc/self/stat`, fields 14 to 17 counted from 1, in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let times: Option<Vec<f64>> = behind_name
        .split(' ')
        .skip(11)
        .take(4)
        .map(|ticks| ticks.parse().ok())
        .collect();
    match times {
        Some(times) if times.len() == 4 => times.iter().sum::<f64>() / 100.0,
        _ => f64::NAN,
    }
}

/// Hands out runs of the file to threads until none is left.
fn in_runs(
    path: &Path,
    threads: usize,
    look: impl Fn(&File, u64, usize) -> io::Result<u64> + Sync,
) -> io::Result<()> {
    let bytes = std::fs::metadata(path)?.len();
    let next = AtomicU64::new(0);
    let work = || -> io::Result<()> {
        let file = File::open(path)?;
        loop {
            let begin = next.fetch_add(RUN_BYTES, Ordering::Relaxed);
            if begin >= bytes {
                return Ok(());
            }
            let length = RUN_BYTES.min(bytes - begin) as usize;
            black_box(look(&file, begin, length)?);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            thread.join().expect("no thread panics")?;
        }
        Ok(())
    })
}

fn read(path: &Path, threads: usize) -> io::Result<()> {
    in_runs(path, threads, |file, begin, length| {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = file;
        let mut buffer = vec![0; CHUNK_BYTES];
        file.seek(SeekFrom::Start(begin))?;
        let mut left = length;
        while left > 0 {
            let chunk = left.min(CHUNK_BYTES);
            file.read_exact(&mut buffer[..chunk])?;
            black_box(&buffer);
            left -= chunk;
        }
        Ok(length as u64)
    })
}

fn map(path: &Path, threads: usize) -> io::Result<()> {
    in_runs(path, threads, |file, begin, length| {
        #[allow(unsafe_code)]
        // SAFETY: nobody writes to the file while this bench runs, and its bytes
        // are only added up.
        let map = unsafe {
            memmap2::MmapOptions::new()
                .offset(begin)
                .len(length)
                .map(file)?
        };
        let words = map.as_chunks::<8>().0;
        let sum = words.iter().map(|word| u64::from_le_bytes(*word));
        Ok(sum.fold(0, u64::wrapping_add))
    })
}

fn command(name: &str, paths: &[&Path], threads: usize) -> io::Result<()> {
    let mut command = Command::new(floatscope()?);
    command
        .arg(name)
        .args(paths)
        .args(["--no-progress", "--threads"]);
    let status = command
        .arg(threads.to_string())
        .stdout(Stdio::null())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("floatscope {name}: {status}")))
    }
}

fn floatscope() -> io::Result<PathBuf> {
    if let Some(path) = std::env::var_os("FLOATSCOPE") {
        return Ok(path.into());
    }
    let name = format!("floatscope{}", std::env::consts::EXE_SUFFIX);
    Ok(std::env::current_exe()?.with_file_name(name))
}

/// A BF16 checkpoint with normally distributed weights in tensors of 32 MiB, of which every
/// fourth has these bits turned.
fn make_checkpoint(path: &Path, gigabytes: f64, noise: u8) -> io::Result<()> {
    const TENSOR_BYTES: u64 = 32 << 20;
    let tensors = (gigabytes * 1e9 / TENSOR_BYTES as f64).ceil() as u64;
    let entries = (0..tensors).map(|at| {
        let (begin, end) = (at * TENSOR_BYTES, (at + 1) * TENSOR_BYTES);
        format!(r#""layers.{at}.weight":{{"dtype":"BF16","shape":[4096,4096],"data_offsets":[{begin},{end}]}}"#)
    });
    let header = format!("{{{}}}", entries.collect::<Vec<_>>().join(","));
    let mut tensor = bf16_bytes(&normal_weights((TENSOR_BYTES / 2) as usize));
    tensor.iter_mut().step_by(8).for_each(|byte| *byte ^= noise);
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for _ in 0..tensors {
        file.write_all(&tensor)?;
    }
    file.flush()
}
