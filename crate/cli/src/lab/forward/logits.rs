//! Both logit matrices as a safetensors file.

use std::io::{self, Write};

use floatscope_core::lab::forward::Forward;
use safetensors::tensor::{Dtype, TensorView};

/// Writes tensors `a` and `b`, F32 `[tokens, vocabulary]`.
pub(super) fn write(pass: &Forward, out: &mut dyn Write) -> io::Result<()> {
    let shape = pass.logits_shape();
    let bytes = pass.logits().map(|logits| {
        let bytes = logits.iter().flat_map(|number| number.to_le_bytes());
        bytes.collect::<Vec<u8>>()
    });
    let views = ["a", "b"].into_iter().zip(&bytes).map(|(name, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.to_vec(), bytes);
        (name, view.expect("the logits have their shape"))
    });
    let file = safetensors::serialize(views, None).map_err(io::Error::other)?;
    out.write_all(&file)
}
