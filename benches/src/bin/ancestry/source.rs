//! Values as training or initialisation in FP32 leaves them, traps among them.

use crate::random::Random;

/// A kind of values; its numbers are drawn for every case.
pub(crate) struct Source {
    pub(crate) name: &'static str,
    /// Fills so many rows and columns; what was drawn is added to the text.
    pub(crate) fill: fn(&mut Draw),
}

/// What a source draws from and fills.
pub(crate) struct Draw {
    pub(crate) random: Random,
    pub(crate) columns: usize,
    pub(crate) values: Vec<f32>,
    /// Parameters, for the description.
    pub(crate) text: String,
}

/// Every source; each is as likely as any other.
pub(crate) const SOURCES: &[Source] = &[
    source("normal", |draw| {
        let deviation = draw.number("σ", 1e-4, 2.0);
        draw.each(|random| deviation * random.normal());
    }),
    source("normal, as trained", |draw| {
        let deviation = draw.number("σ", 0.005, 0.1);
        draw.each(|random| deviation * random.normal());
    }),
    source("student", student),
    source("laplace", |draw| {
        let scale = draw.number("b", 1e-3, 0.5);
        draw.each(|random| scale * random.exponential() * sign(random));
    }),
    source("uniform", |draw| {
        let bound = draw.number("bound", 1e-3, 2.0);
        draw.each(|random| bound * random.between(-1.0, 1.0));
    }),
    source("uniform, torch", |draw| {
        let bound = draw.number("bound", 1e-3, 2.0);
        torch_uniform(draw, bound);
    }),
    source("uniform, torch, ±2^k", |draw| {
        let bound = draw
            .random
            .pick(&[0.5, 0.5, 1.0, 1.0, 0.25, 0.125, 0.03125, 2.0]);
        draw.note("bound", bound);
        torch_uniform(draw, bound);
    }),
    source("truncated normal", |draw| {
        let deviation = draw.number("σ", 5e-3, 0.2);
        draw.each(|random| deviation * within(random, 2.0));
    }),
    source("norm, tight", |draw| {
        let spread = draw.number("spread", 2e-4, 0.02);
        draw.each(|random| 1.0 + spread * random.normal());
    }),
    source("norm, wide", |draw| {
        let (middle, spread) = (
            draw.number("mean", 0.1, 8.0),
            draw.number("spread", 0.02, 0.4),
        );
        draw.each(|random| middle * (1.0 + spread * random.normal()));
    }),
    source("norm, mostly one", |draw| {
        let (share, spread) = (
            draw.number("changed", 0.01, 0.5),
            draw.number("spread", 1e-3, 0.2),
        );
        draw.each(|random| {
            if random.chance(share) {
                1.0 + spread * random.normal()
            } else {
                1.0
            }
        });
    }),
    source("offset", |draw| {
        let (middle, spread) = (
            draw.number("mean", 1e-3, 4.0),
            draw.number("spread", 0.05, 2.0),
        );
        draw.each(|random| middle * (1.0 + spread * random.normal()));
    }),
    source("rows of several widths", |draw| {
        by_row(draw, |_, width| width);
    }),
    source("embedding", |draw| {
        by_row(draw, |random, width| match random.below(16) {
            0 | 1 => 0.0,
            2 => 1e-3,
            _ => width,
        });
    }),
    source("outlying columns", outlying_columns),
    source("pruned by magnitude", |draw| {
        let (deviation, threshold) = (
            draw.number("σ", 5e-3, 0.1),
            draw.number("threshold", 0.3, 2.0),
        );
        draw.each(|random| {
            Some(random.normal())
                .filter(|x| x.abs() > threshold)
                .map_or(0.0, |x| deviation * x)
        });
    }),
    source("pruned at random", |draw| {
        let (deviation, share) = (draw.number("σ", 5e-3, 0.1), draw.number("kept", 0.05, 0.9));
        draw.each(|random| {
            if random.chance(share) {
                deviation * random.normal()
            } else {
                0.0
            }
        });
    }),
    source("repeated rows", repeated_rows),
    source("clipped", |draw| {
        let (deviation, bound) = (draw.number("σ", 5e-3, 0.1), draw.number("clip", 0.5, 3.0));
        draw.each(|random| deviation * random.normal().clamp(-bound, bound));
    }),
    source("positive", |draw| {
        let (scale, spread) = (
            draw.number("median", 1e-4, 4.0),
            draw.number("spread", 0.1, 2.0),
        );
        draw.each(|random| scale * libm::exp(spread * random.normal()));
    }),
    source("second moments", |draw| {
        let deviation = draw.number("σ", 1e-6, 1e-2);
        draw.each(|random| {
            let gradient = deviation * random.normal();
            gradient * gradient
        });
    }),
    source("two widths", |draw| {
        let (deviation, share) = (draw.number("σ", 1e-3, 0.1), draw.number("wide", 0.01, 0.5));
        let factor = draw.number("factor", 3.0, 100.0);
        draw.each(|random| {
            deviation * random.normal() * if random.chance(share) { factor } else { 1.0 }
        });
    }),
    source("sines", |draw| {
        let scale = draw.number("scale", 0.01, 2.0);
        draw.each(|random| scale * libm::sin(random.between(-3.2, 3.2)));
    }),
];

const fn source(name: &'static str, fill: fn(&mut Draw)) -> Source {
    Source { name, fill }
}

impl Draw {
    /// A parameter, log-uniform.
    fn number(&mut self, name: &str, low: f64, high: f64) -> f64 {
        let number = self.random.factor(low, high);
        self.note(name, number);
        number
    }

    fn note(&mut self, name: &str, number: f64) {
        self.text += &format!(" {name} {number:.4}");
    }

    fn each(&mut self, mut value: impl FnMut(&mut Random) -> f64) {
        let Self { random, values, .. } = self;
        values
            .iter_mut()
            .for_each(|slot| *slot = value(random) as f32);
    }
}

fn sign(random: &mut Random) -> f64 {
    if random.bits() >> 63 == 0 { 1.0 } else { -1.0 }
}

fn within(random: &mut Random, bound: f64) -> f64 {
    loop {
        let x = random.normal();
        if x.abs() <= bound {
            return x;
        }
    }
}

/// In FP32 throughout: a 24-bit fraction, scaled and shifted.
fn torch_uniform(draw: &mut Draw, bound: f64) {
    let (width, low) = ((2.0 * bound) as f32, -bound as f32);
    let Draw { random, values, .. } = draw;
    values
        .iter_mut()
        .for_each(|slot| *slot = random.unit_f32() * width + low);
}

fn student(draw: &mut Draw) {
    let freedom = draw.random.pick(&[3, 4, 5]);
    draw.note("freedom", f64::from(freedom));
    let scale = draw.number("scale", 1e-3, 0.5);
    draw.each(|random| {
        let squares = (0..freedom)
            .map(|_| random.normal())
            .map(|x| x * x)
            .sum::<f64>();
        scale * random.normal() / (squares / f64::from(freedom)).sqrt()
    });
}

/// Normal rows of different widths, which `adjust` may change.
fn by_row(draw: &mut Draw, adjust: fn(&mut Random, f64) -> f64) {
    let (deviation, spread) = (draw.number("σ", 2e-3, 0.2), draw.number("spread", 0.1, 1.2));
    let Draw {
        random,
        values,
        columns,
        ..
    } = draw;
    for row in values.chunks_mut(*columns) {
        let width = deviation * libm::exp(spread * random.normal());
        let width = adjust(random, width);
        if width == 0.0 {
            row.fill(0.0); // no negative zeros, which would make two codes of one value
            continue;
        }
        row.iter_mut()
            .for_each(|slot| *slot = (width * random.normal()) as f32);
    }
}

fn outlying_columns(draw: &mut Draw) {
    let (deviation, factor) = (
        draw.number("σ", 2e-3, 0.2),
        draw.number("factor", 3.0, 30.0),
    );
    let Draw {
        random,
        values,
        columns,
        ..
    } = draw;
    let widths: Vec<f64> = (0..*columns)
        .map(|_| {
            if random.chance(0.02) {
                factor * deviation
            } else {
                deviation
            }
        })
        .collect();
    for row in values.chunks_mut(*columns) {
        for (slot, width) in row.iter_mut().zip(&widths) {
            *slot = (width * random.normal()) as f32;
        }
    }
}

/// A few rows over and over.
fn repeated_rows(draw: &mut Draw) {
    let deviation = draw.number("σ", 2e-3, 0.2);
    let rows = draw.values.len().div_ceil(draw.columns) as u64;
    let distinct = 1 + draw.random.below(rows.min(64)) as usize;
    draw.note("distinct", distinct as f64);
    let period = (distinct * draw.columns).min(draw.values.len());
    for at in 0..draw.values.len() {
        draw.values[at] = match at.checked_sub(period) {
            Some(before) => draw.values[before],
            None => (deviation * draw.random.normal()) as f32,
        };
    }
}
