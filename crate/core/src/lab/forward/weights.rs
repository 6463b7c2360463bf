//! Which tensors a forward pass reads, in which order, and where they are.

use std::collections::HashMap;

use super::config::Config;
use crate::checkpoint::{TensorInfo, shown};
use crate::format::Dtype;

/// What is done with a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Rows of it are the tokens' embeddings.
    Embedding,
    /// The weights of a norm over the hidden state, or over each head.
    Norm(Norm),
    /// What is added to the projection that follows.
    Bias,
    /// A matrix that activations are multiplied by.
    Projection(Projection),
}

/// Which norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Norm {
    Input,
    Query,
    Key,
    PostAttention,
    Final,
}

/// Which matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Projection {
    Q,
    K,
    V,
    O,
    Gate,
    Up,
    Down,
    Head,
}

/// A tensor that is read, once for each time that it is used.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Use {
    pub(super) role: Role,
    pub(super) layer: usize,
    /// The module's name in reports, such as `layers.0.self_attn.q_proj`.
    pub(super) module: String,
    /// Rows and columns; a vector is one row.
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) file: usize,
    pub(super) tensor: TensorInfo,
}

impl Use {
    /// Bytes of an element.
    pub(super) fn element_bytes(&self) -> usize {
        self.tensor.dtype.bits() as usize / 8
    }

    /// Bytes of a row.
    pub(super) fn row_bytes(&self) -> usize {
        self.columns * self.element_bytes()
    }
}

/// The tensors of a checkpoint's files, by name.
#[derive(Default)]
pub(super) struct Tensors(HashMap<String, (usize, TensorInfo)>);

impl Tensors {
    pub(super) fn add(&mut self, file: usize, tensors: Vec<TensorInfo>) {
        let named = tensors.into_iter();
        self.0
            .extend(named.map(|tensor| (tensor.name.clone(), (file, tensor))));
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// Everything that is read, in the order of execution.
///
/// # Errors
/// Names the tensor that is missing or of another shape or type than config.json makes it.
pub(super) fn listed(config: &Config, tensors: &Tensors) -> Result<Vec<Use>, String> {
    let mut list = List {
        config,
        tensors,
        prefix: prefix(tensors)?,
        uses: Vec::new(),
    };
    list.embedding()?;
    for layer in 0..config.layers.len() {
        list.layer(layer)?;
    }
    list.norm(Norm::Final, 0, "norm", config.hidden)?;
    list.head()?;
    Ok(list.uses)
}

/// What stands before the names of the decoder's modules: `model.`, or nothing in a file of the
/// decoder alone.
fn prefix(tensors: &Tensors) -> Result<&'static str, String> {
    let found = ["model.", ""]
        .into_iter()
        .find(|prefix| tensors.has(&format!("{prefix}{EMBEDDING}.weight")));
    found.ok_or_else(|| {
        format!(
            "there is no tensor model.{EMBEDDING}.weight: the tokens' embeddings are expected there"
        )
    })
}

const EMBEDDING: &str = "embed_tokens";

struct List<'a> {
    config: &'a Config,
    tensors: &'a Tensors,
    prefix: &'static str,
    uses: Vec<Use>,
}

impl List<'_> {
    fn embedding(&mut self) -> Result<(), String> {
        let (rows, columns) = (self.config.vocabulary, self.config.hidden);
        let name = format!("{}{EMBEDDING}.weight", self.prefix);
        self.add(
            Role::Embedding,
            0,
            EMBEDDING.to_owned(),
            &name,
            &[rows, columns],
        )
    }

    fn layer(&mut self, layer: usize) -> Result<(), String> {
        let config = self.config;
        let (hidden, wide) = (config.hidden, config.intermediate);
        let (queries, keys, head) = (config.query_width(), config.key_width(), config.head_dim);
        let at = |part: &str| format!("layers.{layer}.{part}");
        let qkv = config.has_qkv_biases;
        self.norm(Norm::Input, layer, &at("input_layernorm"), hidden)?;
        self.projection(
            Projection::Q,
            layer,
            &at("self_attn.q_proj"),
            [queries, hidden],
            qkv,
        )?;
        if config.has_head_norms {
            self.norm(Norm::Query, layer, &at("self_attn.q_norm"), head)?;
        }
        self.projection(
            Projection::K,
            layer,
            &at("self_attn.k_proj"),
            [keys, hidden],
            qkv,
        )?;
        if config.has_head_norms {
            self.norm(Norm::Key, layer, &at("self_attn.k_norm"), head)?;
        }
        self.projection(
            Projection::V,
            layer,
            &at("self_attn.v_proj"),
            [keys, hidden],
            qkv,
        )?;
        let o = config.has_o_bias;
        self.projection(
            Projection::O,
            layer,
            &at("self_attn.o_proj"),
            [hidden, queries],
            o,
        )?;
        self.norm(
            Norm::PostAttention,
            layer,
            &at("post_attention_layernorm"),
            hidden,
        )?;
        let mlp = config.has_mlp_biases;
        self.projection(
            Projection::Gate,
            layer,
            &at("mlp.gate_proj"),
            [wide, hidden],
            mlp,
        )?;
        self.projection(
            Projection::Up,
            layer,
            &at("mlp.up_proj"),
            [wide, hidden],
            mlp,
        )?;
        self.projection(
            Projection::Down,
            layer,
            &at("mlp.down_proj"),
            [hidden, wide],
            mlp,
        )
    }

    fn norm(&mut self, norm: Norm, layer: usize, module: &str, size: usize) -> Result<(), String> {
        let name = format!("{}{module}.weight", self.prefix);
        self.add(Role::Norm(norm), layer, module.to_owned(), &name, &[size])
    }

    fn projection(
        &mut self,
        projection: Projection,
        layer: usize,
        module: &str,
        shape: [usize; 2],
        has_bias: bool,
    ) -> Result<(), String> {
        if has_bias {
            let name = format!("{}{module}.bias", self.prefix);
            self.add(Role::Bias, layer, module.to_owned(), &name, &shape[..1])?;
        }
        let name = format!("{}{module}.weight", self.prefix);
        self.add(
            Role::Projection(projection),
            layer,
            module.to_owned(),
            &name,
            &shape,
        )
    }

    /// The head, which is the embeddings where they are tied and the file has none.
    fn head(&mut self) -> Result<(), String> {
        let head = "lm_head.weight";
        let name = match self.config.is_tied && !self.tensors.has(head) {
            true => format!("{}{EMBEDDING}.weight", self.prefix),
            false => head.to_owned(),
        };
        let shape = [self.config.vocabulary, self.config.hidden];
        let role = Role::Projection(Projection::Head);
        self.add(role, 0, "lm_head".to_owned(), &name, &shape)
    }

    fn add(
        &mut self,
        role: Role,
        layer: usize,
        module: String,
        name: &str,
        shape: &[usize],
    ) -> Result<(), String> {
        let Some((file, tensor)) = self.tensors.0.get(name) else {
            let layers = match module.starts_with("layers.") {
                true => format!(", which has {} layers", self.config.layers.len()),
                false => String::new(),
            };
            return Err(format!(
                "there is no tensor {}: by config.json{layers}, it has the shape {shape:?}",
                shown(name)
            ));
        };
        check(tensor, shape)?;
        let (rows, columns) = match *shape {
            [rows, columns] => (rows, columns),
            _ => (1, shape[0]),
        };
        self.uses.push(Use {
            role,
            layer,
            module,
            rows,
            columns,
            file: *file,
            tensor: tensor.clone(),
        });
        Ok(())
    }
}

fn check(tensor: &TensorInfo, shape: &[usize]) -> Result<(), String> {
    let name = shown(&tensor.name);
    if !tensor
        .shape
        .iter()
        .copied()
        .eq(shape.iter().map(|&size| size as u64))
    {
        return Err(format!(
            "tensor {name} has the shape {:?}: by config.json it has {shape:?}",
            tensor.shape
        ));
    }
    match tensor.dtype {
        Dtype::BF16 | Dtype::F16 | Dtype::F32 => Ok(()),
        other => Err(format!(
            "tensor {name} is {}: supported are BF16, F16 and F32",
            other.name()
        )),
    }
}
