//! No figure depends on how bytes come or who multiplies.

use floatscope_core::lab::forward::Product;
use floatscope_core::report::to_json;

use crate::support::{Model, of, usual};

#[test]
fn bytes_may_be_cut_anywhere() {
    for options in [
        usual(),
        of("weights=int4/128", "activations=f32,weights=nvfp4"),
    ] {
        let model = Model::llama();
        let text = |step| {
            let pass = model.run(options.clone(), step).expect("a good model");
            (
                to_json(&pass.report("a test")),
                pass.logits().map(<[f32]>::to_vec),
            )
        };
        let whole = text(usize::MAX);
        for step in [1, 7, 100] {
            assert_eq!(text(step), whole, "{step} bytes at a time");
        }
    }
}

#[test]
fn reads_are_known_before_the_first_byte() {
    let model = Model::llama();
    let file = model.file();
    let mut pass = model.start(usual()).expect("a good model");
    let reads = pass.reads().to_vec();
    let (_, total) = pass.progress();
    let bytes = |range: &std::ops::Range<u64>| &file[range.start as usize..range.end as usize];
    for read in &reads {
        assert_eq!(pass.wants(), Some((read.file, read.range.clone())));
        let mut bytes = bytes(&read.range);
        while !bytes.is_empty() {
            let taken = pass.feed(bytes).expect("good weights");
            bytes = &bytes[taken..];
            if pass.is_ready() {
                assert_eq!(pass.feed(&[1]), Ok(0), "a block waits");
                pass.multiply().expect("good weights");
            }
        }
    }
    assert!(pass.is_done());
    assert_eq!((pass.wants(), pass.progress()), (None, (total, total)));
    // Two of five tokens are the same, and their rows are read twice.
    let rows: u64 = reads
        .iter()
        .map(|read| read.range.end - read.range.start)
        .sum();
    assert_eq!(rows, total);
}

#[test]
fn products_may_be_shared_out_by_rows() {
    let model = Model::llama();
    let file = model.file();
    let alone = model.run(usual(), usize::MAX).expect("a good model");
    let mut pass = model.start(usual()).expect("a good model");
    while let Some((_, range)) = pass.wants() {
        pass.feed(&file[range.start as usize..range.end as usize])
            .expect("good weights");
        if !pass.is_ready() {
            continue;
        }
        let results: Vec<Vec<f32>> = pass
            .products()
            .iter()
            .map(|product| {
                let first = product.rows / 3;
                let parts = [0..first, first..product.rows].map(|rows| product.part(rows));
                let results = parts.each_ref().map(Product::compute);
                (0..product.tokens())
                    .flat_map(|token| {
                        let of = |at: usize| {
                            let rows = parts[at].rows;
                            results[at][token * rows..(token + 1) * rows].to_vec()
                        };
                        [of(0), of(1)].concat()
                    })
                    .collect()
            })
            .collect();
        pass.supply(&results).expect("good weights");
    }
    assert_eq!(pass.logits(), alone.logits());
}

/// Equal rows of activations are multiplied once: at position 0 the two runs share them.
#[test]
fn what_is_the_same_is_multiplied_once() {
    let model = Model::llama();
    let file = model.file();
    let mut pass = model.start(usual()).expect("a good model");
    let mut tokens = Vec::new();
    while let Some((_, range)) = pass.wants() {
        pass.feed(&file[range.start as usize..range.end as usize])
            .expect("good weights");
        if pass.is_ready() {
            tokens.push(pass.products()[0].tokens());
            pass.multiply().expect("good weights");
        }
    }
    // q, k and v of layer 0 see four different tokens; behind them position 0, at least, is the same
    // in both runs.
    assert_eq!(tokens[..3], [4; 3]);
    assert!(
        tokens[3..].iter().all(|tokens| (5..10).contains(tokens)),
        "{tokens:?}"
    );
}
