//! What the benches share: data that looks like weights, and a clock.

use std::time::Instant;

/// Runs `work` several times over `bytes` and returns the median in GB/s.
pub fn gb_per_s(bytes: usize, rounds: usize, mut work: impl FnMut()) -> f64 {
    work();
    let mut seconds: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    bytes as f64 / seconds[rounds / 2] / 1e9
}

/// Normally distributed FP32 values with a standard deviation of 0.02, as weights have.
pub fn normal_weights(count: usize) -> Vec<f32> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f32 / (1u64 << 53) as f32
    };
    // Twelve uniforms less six: near enough to a normal, and without a logarithm.
    (0..count)
        .map(|_| 0.02 * ((0..12).map(|_| uniform()).sum::<f32>() - 6.0))
        .collect()
}

/// The same values in BF16, truncated.
pub fn bf16_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| [value.to_le_bytes()[2], value.to_le_bytes()[3]])
        .collect()
}

/// The same values in FP32.
pub fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}
