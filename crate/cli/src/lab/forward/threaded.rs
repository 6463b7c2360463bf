//! Products by several threads.

use floatscope_core::lab::forward::Product;

/// Fewer rows are not worth a thread.
const LEAST_ROWS: usize = 16;

/// A product, its rows shared out among threads: no sum depends on how many there are.
pub(super) fn multiply(product: &Product, threads: usize) -> Vec<f32> {
    let part = product.rows.div_ceil(threads).max(LEAST_ROWS);
    if part >= product.rows {
        return product.compute();
    }
    let parts = (0..product.rows).step_by(part);
    let parts = parts.map(|first| product.part(first..(first + part).min(product.rows)));
    let parts: Vec<Product> = parts.collect();
    let (mine, others) = parts.split_first().expect("there are several");
    let results = std::thread::scope(|scope| {
        let others: Vec<_> = others
            .iter()
            .map(|part| {
                (
                    part,
                    std::thread::Builder::new().spawn_scoped(scope, || part.compute()),
                )
            })
            .collect();
        let mut results = vec![mine.compute()];
        // Where the system has no more threads, this one does the work.
        results.extend(others.into_iter().map(|(part, thread)| match thread {
            Ok(thread) => thread.join().expect("a product does not panic"),
            Err(_) => part.compute(),
        }));
        results
    });
    joined(&parts, &results, product.tokens())
}

/// The parts' results, `[tokens, rows]` each, side by side.
fn joined(parts: &[Product], results: &[Vec<f32>], tokens: usize) -> Vec<f32> {
    let mut all = Vec::new();
    for token in 0..tokens {
        for (part, result) in parts.iter().zip(results) {
            all.extend_from_slice(&result[token * part.rows..][..part.rows]);
        }
    }
    all
}
