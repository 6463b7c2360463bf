//! Decoders in memory, and a pass over them.

use std::collections::BTreeMap;

use floatscope_core::lab::forward::{Forward, Options, Policy, Setup};
use floatscope_core::report::to_json;
use serde_json::{Value, json};

/// A decoder in the making: its config, and its tensors as FP32 numbers.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) config: Value,
    pub(crate) tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

pub(crate) const VOCABULARY: usize = 40;
const HIDDEN: usize = 16;

impl Model {
    /// Llama's shape: two layers, two heads of queries on one of keys.
    pub(crate) fn llama() -> Self {
        let mut model = Self {
            config: json!({
                "model_type": "llama", "hidden_size": HIDDEN, "intermediate_size": 24,
                "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
                "vocab_size": VOCABULARY, "rms_norm_eps": 1e-5, "rope_theta": 100.0,
                "max_position_embeddings": 64, "tie_word_embeddings": false
            }),
            tensors: BTreeMap::new(),
        };
        model.add("model.embed_tokens.weight", &[VOCABULARY, HIDDEN]);
        for layer in 0..2 {
            let of = |part: &str| format!("model.layers.{layer}.{part}.weight");
            model.add(&of("input_layernorm"), &[HIDDEN]);
            model.add(&of("self_attn.q_proj"), &[16, HIDDEN]);
            model.add(&of("self_attn.k_proj"), &[8, HIDDEN]);
            model.add(&of("self_attn.v_proj"), &[8, HIDDEN]);
            model.add(&of("self_attn.o_proj"), &[HIDDEN, 16]);
            model.add(&of("post_attention_layernorm"), &[HIDDEN]);
            model.add(&of("mlp.gate_proj"), &[24, HIDDEN]);
            model.add(&of("mlp.up_proj"), &[24, HIDDEN]);
            model.add(&of("mlp.down_proj"), &[HIDDEN, 24]);
        }
        model.add("model.norm.weight", &[HIDDEN]);
        model.add("lm_head.weight", &[VOCABULARY, HIDDEN]);
        model
    }

    /// Adds a tensor of numbers between −1 and 1 that BF16 has.
    pub(crate) fn add(&mut self, name: &str, shape: &[usize]) {
        let mut state = name.bytes().fold(0x9e37_79b9_7f4a_7c15u64, |state, byte| {
            (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        let count = shape.iter().product();
        let numbers = std::iter::repeat_with(|| {
            // Xorshift64* (Vigna 2016).
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let number = (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as f32;
            bf16(number / 8_388_608.0 - 1.0)
        });
        let numbers = numbers.take(count).collect();
        self.tensors
            .insert(name.to_owned(), (shape.to_vec(), numbers));
    }

    /// A safetensors file of BF16.
    pub(crate) fn file(&self) -> Vec<u8> {
        let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
        for (name, (shape, numbers)) in &self.tensors {
            let begin = data.len();
            for number in numbers {
                data.extend_from_slice(&number.to_bits().to_le_bytes()[2..]);
            }
            let entry =
                json!({"dtype": "BF16", "shape": shape, "data_offsets": [begin, data.len()]});
            header.insert(name.clone(), entry);
        }
        let header = Value::Object(header).to_string().into_bytes();
        let length = (header.len() as u64).to_le_bytes();
        [length.as_slice(), &header, &data].concat()
    }

    /// A pass that has read nothing but headers.
    pub(crate) fn start(&self, options: Options) -> Result<Forward, String> {
        let file = self.file();
        let mut setup = Setup::new("made up");
        let at = setup.add_file("model.safetensors", file.len() as u64);
        while let Some(range) = setup.header_wants(at) {
            setup.header_feed(at, &file[range.start as usize..range.end as usize]);
        }
        setup.start(self.config.to_string().as_bytes(), options)
    }

    /// A pass to its end, fed so many bytes at a time.
    pub(crate) fn run(&self, options: Options, step_bytes: usize) -> Result<Forward, String> {
        let file = self.file();
        let mut pass = self.start(options)?;
        while let Some((_, range)) = pass.wants() {
            let bytes = &file[range.start as usize..range.end as usize];
            let mut bytes = &bytes[..bytes.len().min(step_bytes)];
            while !bytes.is_empty() {
                let taken = pass.feed(bytes)?;
                bytes = &bytes[taken..];
                if pass.is_ready() {
                    pass.multiply()?;
                }
            }
        }
        Ok(pass)
    }

    /// The report of a pass, as JSON.
    pub(crate) fn report(&self, options: Options) -> Value {
        let pass = self.run(options, usize::MAX).expect("a good model");
        serde_json::from_str(&to_json(&pass.report("a test"))).expect("JSON")
    }

    /// What is wrong with the model or the options.
    pub(crate) fn error(&self, options: Options) -> String {
        match self.run(options, usize::MAX) {
            Ok(_) => panic!("nothing is wrong with it"),
            Err(error) => error,
        }
    }
}

/// Five tokens under the two policies that PyTorch has.
pub(crate) fn usual() -> Options {
    of("", "inv_freq=bf16")
}

/// Five tokens under two policies.
pub(crate) fn of(a: &str, b: &str) -> Options {
    let policy = |text| Policy::parse(text).expect("a policy");
    Options {
        tokens: vec![3, 1, 4, 1, 5],
        text: None,
        pieces: None,
        a: policy(a),
        b: policy(b),
        attribute: true,
    }
}

/// The nearest BF16 number.
fn bf16(number: f32) -> f32 {
    half::bf16::from_f32(number).to_f32()
}
