//! Random numbers that are the same everywhere: xoshiro256++ and a ziggurat.

use std::sync::LazyLock;

/// The generator of one case.
pub(crate) struct Random {
    state: [u64; 4],
}

impl Random {
    /// Seeds are spread by splitmix64, so that neighbours have nothing in common.
    pub(crate) fn new(seed: u64, case: u64) -> Self {
        let mut at = seed ^ case.wrapping_mul(0xd134_2543_de82_ef95);
        let state = std::array::from_fn(|_| {
            at = at.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (at ^ (at >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        });
        Self { state }
    }

    pub(crate) fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// In [0, 1), a multiple of 2^-53.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * UNIT_53
    }

    /// A multiple of 2^-24 in [0, 1): what torch fills FP32 with.
    pub(crate) fn unit_f32(&mut self) -> f32 {
        (self.bits() >> 40) as f32 * UNIT_24
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(end)) >> 64) as u64
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Log-uniform: every factor as likely as any other.
    pub(crate) fn factor(&mut self, low: f64, high: f64) -> f64 {
        libm::exp(self.between(libm::log(low), libm::log(high)))
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    pub(crate) fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.unit())
    }

    /// A standard normal value (Marsaglia and Tsang's ziggurat, 256 layers).
    pub(crate) fn normal(&mut self) -> f64 {
        loop {
            let bits = self.bits();
            let layer = (bits & 0xff) as usize;
            let signed = (bits as i64 >> 11) as f64 * UNIT_52;
            let x = signed * ZIGGURAT.edges[layer];
            if x.abs() < ZIGGURAT.edges[layer + 1] {
                return x;
            }
            if layer == 0 {
                return self.tail().copysign(x);
            }
            let (low, high) = (ZIGGURAT.heights[layer], ZIGGURAT.heights[layer + 1]);
            if low + (high - low) * self.unit() < libm::exp(-0.5 * x * x) {
                return x;
            }
        }
    }

    /// Beyond the ziggurat's base.
    fn tail(&mut self) -> f64 {
        loop {
            let beyond = self.exponential() / BASE;
            if 2.0 * self.exponential() > beyond * beyond {
                return BASE + beyond;
            }
        }
    }
}

const UNIT_53: f64 = 1.0 / (1u64 << 53) as f64;
const UNIT_52: f64 = 1.0 / (1u64 << 52) as f64;
const UNIT_24: f32 = 1.0 / (1u32 << 24) as f32;

/// Where the tail begins, and the area of every layer, for 256 layers.
const BASE: f64 = 3.654_152_885_361_009;
const AREA: f64 = 0.004_928_673_233_974_655;

struct Ziggurat {
    /// Right edges, from the base (stretched so that its area is that of the others) up.
    edges: [f64; 257],
    /// The density at the edges.
    heights: [f64; 257],
}

static ZIGGURAT: LazyLock<Ziggurat> = LazyLock::new(|| {
    let density = |x: f64| libm::exp(-0.5 * x * x);
    let mut edges = [0.0; 257];
    edges[0] = AREA / density(BASE);
    edges[1] = BASE;
    for layer in 2..256 {
        let height: f64 = AREA / edges[layer - 1] + density(edges[layer - 1]);
        edges[layer] = libm::sqrt(-2.0 * libm::log(height));
    }
    let heights = edges.map(density);
    Ziggurat { edges, heights }
});

#[cfg(test)]
mod tests {
    use super::{BASE, Random};

    #[test]
    fn the_ziggurat_is_normal() {
        let mut random = Random::new(1, 2);
        let values: Vec<f64> = (0..2_000_000).map(|_| random.normal()).collect();
        let share = |test: fn(f64) -> bool| {
            values.iter().filter(|x| test(**x)).count() as f64 / values.len() as f64
        };
        let near = |found: f64, expected: f64| {
            let error = (expected * (1.0 - expected) / values.len() as f64).sqrt();
            assert!((found - expected).abs() < 5.0 * error, "{found} {expected}");
        };
        near(share(|x| x < 0.0), 0.5);
        near(share(|x| x.abs() < 1.0), 0.682_689_492);
        near(share(|x| x.abs() < 1e-3), 7.978_844e-4);
        near(share(|x| x.abs() > 2.5), 0.012_419_331);
        near(share(|x| x.abs() > BASE), 2.580_2e-4);
    }
}
