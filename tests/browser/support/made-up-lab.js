// A forward pass that is made up: `lab=STATE` in the address says how it stands, `layers=N` how many there are.

const asked = new URLSearchParams(location.search);
const stands = asked.get('lab') ?? 'form';
const LAYERS = Number(asked.get('layers') ?? 4);
/** All is equal before this module of the first layer. */
const FIRST = 5;
const PARTS = ['input_layernorm', 'self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj', 'post_attention_layernorm', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'];

const differing = (name, at, of) => ({ name, mean_abs: 0.0004 * 40 ** (at / of), max_abs: 0.02 * 60 ** (at / of), equal: 0.5 - (0.3 * at) / of });
const equal = (name) => ({ name, mean_abs: 0, max_abs: 0, equal: 1 });
const names = ['embed_tokens', ...Array.from({ length: LAYERS }, (_, layer) => PARTS.map((part) => `layers.${layer}.${part}`)).flat(), 'norm', 'lm_head'];
const modules = names.map((name, at) => (at < FIRST ? equal(name) : differing(name, at, names.length)));
const layers = Array.from({ length: LAYERS }, (_, layer) => ({ ...differing('', layer, LAYERS), layer }));
const policy = { inv_freq: 'f32', activations: 'bf16', norm: 'f32', softmax: 'f32', accumulate: 'f32', weights: 'stored' };
const tokens = [1, 2, 3];
const top = [29, 198, 3, 7, 11].map((token, i) => ({ token, logit: 2.625 - i / 4 }));
const report = {
  checkpoint: 'made up', tokens, pieces: ['<b>', ' bold', '\n'], a: policy, b: { ...policy, inv_freq: 'bf16', softmax: 'bf16' }, device: 'CPU of the browser',
  model: { family: 'llama', layers: LAYERS, hidden: 576, heads: 9, kv_heads: 3, head_dim: 64, vocabulary: 49152, is_tied: true, parameters: 162826560 },
  first_difference: names[FIRST], modules, layers, buffers: [differing('rotary_emb.cos', 1, 9), differing('rotary_emb.sin', 1, 9)], position_0_equal: 1,
  logits: {
    equal: 0.382, allclose: false, mean_abs: 0.0035, max_abs: 0.125, kl: [0, 5.8e-6, 'NaN'],
    top_k: tokens.map(() => ({ a: top, b: top })), rows: tokens.map(() => ({ a: [1.5, 2, -3, 0.25, 1, 'NaN'], b: [1.5, 2, -3, 0.25, 1, 2] })),
  },
  attribution: [{ change: 'inv_freq=bf16', logits_mean_abs: 0.0031, share: 0.88 }, { change: 'softmax=bf16', logits_mean_abs: 0.0009, share: 0.26 }],
  headline: 'The weights are the same, and 61.8 % of the logits differ.', notes: ['config.json has no head_dim.'],
};

const phase = { running: 'running', done: 'done', failed: 'failed' }[stands] ?? 'empty';
const state = {
  phase, hasConfig: stands !== 'no-config', hasTokenizer: asked.has('tokenizer'), error: phase === 'failed' ? 'token 99,999, at position 1, is outside the vocabulary' : null,
  progress: { bytes: 62_000_000, total: 325_000_000, elapsed_ms: 1000, bytes_per_second: 62_000_000, remaining_ms: 4200 },
  module: phase === 'running' ? 'layers.4.mlp.up_proj' : '', report: phase === 'done' ? report : null,
};
const calls = [];
let tell = () => {};
globalThis.madeUpLab = { calls };

export const lab = {
  state,
  run(wanted) { calls.push(wanted); Object.assign(state, { phase: 'running', error: null, report: null }); tell(); },
  warm() {},
  cancel() { state.phase = 'cancelled'; tell(); },
  close() {}, save: async () => new Blob(['{}']),
  onchange(callback) { tell = () => callback(state); },
};

/** The other bench: nothing has been run. */
export const products = { state: { ...state, phase: 'empty', error: null, report: null }, run() {}, warm() {}, cancel() {}, close() {}, save: async () => new Blob(['{}']), onchange() {} };
