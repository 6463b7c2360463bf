// @ts-check
// The model of the lab's bench: SmolLM2's shape of 135 million parameters in BF16, the same on every run.
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { header } from '../support/checkpoint.mjs';

const [HIDDEN, WIDE, LAYERS, VOCABULARY, KEYS] = [576, 1536, 30, 49152, 192];
/** Numbers that are written again and again from different places. */
const POOL = 1 << 20;

/** @type {[string, number[]][]} */
const TENSORS = [
  ['model.embed_tokens', [VOCABULARY, HIDDEN]],
  ...Array.from({ length: LAYERS }, (_, layer) => /** @type {[string, number[]][]} */ ([
    ['input_layernorm', [HIDDEN]], ['mlp.down_proj', [HIDDEN, WIDE]], ['mlp.gate_proj', [WIDE, HIDDEN]], ['mlp.up_proj', [WIDE, HIDDEN]], ['post_attention_layernorm', [HIDDEN]],
    ['self_attn.k_proj', [KEYS, HIDDEN]], ['self_attn.o_proj', [HIDDEN, HIDDEN]], ['self_attn.q_proj', [HIDDEN, HIDDEN]], ['self_attn.v_proj', [KEYS, HIDDEN]],
  ].map(([name, shape]) => [`model.layers.${layer}.${name}`, shape]))).flat(),
  ['model.norm', [HIDDEN]],
];

/** Makes the files that are not there. @param {string} folder @returns {[model: string, config: string]} */
export function ensureModel(folder) {
  mkdirSync(join(folder, 'smollm2'), { recursive: true });
  const [model, config] = ['model.safetensors', 'config.json'].map((name) => join(folder, 'smollm2', name));
  if (!existsSync(model)) write(model);
  writeFileSync(config, JSON.stringify({
    model_type: 'llama', hidden_size: HIDDEN, intermediate_size: WIDE, num_hidden_layers: LAYERS, num_attention_heads: 9, num_key_value_heads: 3, vocab_size: VOCABULARY,
    rms_norm_eps: 1e-5, rope_theta: 100000, max_position_embeddings: 8192, tie_word_embeddings: true, hidden_act: 'silu',
  }));
  return [model, config];
}

/** @param {string} path */
function write(path) {
  const [matrices, vectors] = [pool((x) => 0.05 * x), pool((x) => 1 + 0.1 * x)];
  const sizes = TENSORS.map(([name, shape]) => ({ name: `${name}.weight`, dtype: 'BF16', shape, bytes: 2 * shape.reduce((all, size) => all * size, 1) }));
  const file = openSync(`${path}.part`, 'w');
  writeSync(file, header(sizes));
  for (const [at, { shape, bytes }] of sizes.entries()) {
    const values = shape.length === 1 ? vectors : matrices;
    for (let left = bytes / 2; left > 0;) {
      const part = Math.min(left, POOL);
      const first = (at * 9973) % POOL;
      writeSync(file, values.subarray(first, first + part));
      left -= part;
    }
  }
  closeSync(file);
  renameSync(`${path}.part`, path);
}

/** BF16 codes of sums of uniform numbers, near enough to normal. @param {(x: number) => number} scaled */
function pool(scaled) {
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const values = Float32Array.from({ length: 2 * POOL }, () => scaled(uniform() + uniform() + uniform() + uniform() - 2));
  return Uint16Array.from(new Uint32Array(values.buffer), (bits) => (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
}
