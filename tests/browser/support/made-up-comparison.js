// A comparison that is made up: every kind of difference, with figures that no small
// file would give. `?diff=` says how far it is: empty, reading, scanning, done, same,
// cancelled or failed; without it, nothing is compared.

import { PairRows } from '/source/engine/pair-rows.js';

const { searchParams } = new URL(location.href);
const LAYERS = Number(searchParams.get('layers') ?? 4);
const PHASES = { reading: 'reading header', same: 'done' };
const asked = searchParams.get('diff') ?? 'empty';
const phase = PHASES[asked] ?? asked;
const isSame = asked === 'same';
const HOSTILE = '<img src=x onerror="document.body.dataset.owned=1">';

const MODULES = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj', 'input_layernorm', 'post_attention_layernorm'];
const ROUNDED = { conversion: 'nearest_even', direction: 'a>b', says: 'B is A rounded to the nearest BF16' };
const THROUGH = { conversion: 'through:f16', direction: 'a>b', says: 'B is A through FP16, then rounded to the nearest BF16' };
const EXACT = { conversion: 'exact', direction: 'a>b', says: 'BF16 holds every value of A' };
const IDENTITY = { conversion: 'identity', direction: 'a>b', says: 'B is A, bit for bit' };
const LOW_RANK = { like: 'low_rank', says: 'B − A has few directions: about 16, as an adapter that was merged leaves', rank: 16, sampled: 256 };
const FEW_ROWS = { like: 'few_rows', says: '3 of 49,152 rows differ', rows: [17, 30522, 49151] };
const ONE_ULP = { like: 'one_ulp', says: 'No element lies more than 1 ULP apart: another rounding, or noise of the last bit' };

/** Kind, explanation, looks, and the shape of figures, by name. */
function made(name, layer, module) {
  if (isSame) return ['identical', [IDENTITY], null, 0];
  if (name === HOSTILE) return ['failed', [], null, 0];
  if (name === 'position_ids') return ['identical', [IDENTITY], null, 0];
  if (/norm/.test(name)) return ['equal', [EXACT], null, 0];
  if (/embed/.test(name)) return ['unexplained', [], FEW_ROWS, 3];
  if (/lm_head/.test(name)) return ['unexplained', [], { like: 'different', says: 'Another training state: cosine 0.9981' }, 9];
  if (module === 6 && layer === LAYERS - 1) return ['unexplained', [], LOW_RANK, 5];
  if (module === 0 && layer === 1) return ['unexplained', [], ONE_ULP, 1];
  return module === 4 && layer % 3 === 0 ? ['explained', [THROUGH], null, 1] : ['explained', [ROUNDED, { ...ROUNDED, conversion: 'ties_away', says: 'B is A rounded to BF16, ties away from zero' }], null, 0];
}

const tensors = [
  ...['model.embed_tokens.weight', 'model.norm.weight', 'lm_head.weight', 'position_ids', HOSTILE].map((name) => ({ name, pattern: name, layer: -1, module: -1 })),
  ...Array.from({ length: LAYERS }, (_, layer) => MODULES.map((module, i) => ({
    name: `model.layers.${layer}.${module}.weight`, pattern: `model.layers.*.${module}.weight`, layer, module: i,
  }))).flat(),
].map((tensor) => {
  const [kind, explained_by, looks, size] = made(tensor.name, tensor.layer, tensor.module);
  return { ...tensor, kind, explained_by, looks, size };
});
const patterns = [...new Set(tensors.map(({ pattern }) => pattern))];
const places = new Map(patterns.map((pattern, i) => [pattern, i]));
const isNorm = ({ name }) => /norm/.test(name);
const shapeOf = (tensor) => (tensor.name === 'position_ids' ? [2048] : isNorm(tensor) ? [576] : /embed|lm_head/.test(tensor.name) ? [49152, 576] : /mlp/.test(tensor.name) ? [1536, 576] : [576, 576]);
const count = (tensor) => shapeOf(tensor).reduce((a, b) => a * b);
const typesOf = ({ name }) => (name === 'position_ids' ? ['I64', 'I64'] : isSame ? ['F32', 'F32'] : ['F32', 'BF16']);

/** The same on every run. */
const noise = (i) => (Math.imul(i + 7, 2654435761) >>> 0) / 2 ** 32;
const isAlike = ({ kind }) => kind === 'identical' || kind === 'equal';

/** The ULP histogram: all in the first bins, and with a size further out. */
function histogram(tensor) {
  const all = count(tensor);
  if (!tensor.size) return { 0: all };
  const bins = ['0', '1', '2', '3-4', '5-8', '9-16', '17-32', '33-64', '65-128', '129-256'].slice(0, tensor.size + 1);
  const counts = bins.slice(1).map((_, i) => Math.ceil(all / 4 ** (i + 2)));
  const far = tensor.looks?.like === 'different' ? { '1048577-2097152': 2, inf: 1, nan: 3 } : {};
  const rest = all - [...counts, ...Object.values(far)].reduce((a, b) => a + b, 0);
  return { 0: rest, ...Object.fromEntries(bins.slice(1).map((bin, i) => [bin, counts[i]])), ...far };
}

const maxUlp = (tensor) => (tensor.looks?.like === 'different' ? 2097152 : tensor.size ? 2 ** (tensor.size - 1) : 0);
const figures = (tensor, i) => ({
  equal: isAlike(tensor) ? count(tensor) : Math.floor(count(tensor) * (tensor.size > 2 ? 0.99 - 0.1 * tensor.size : 0.004 + 0.002 * noise(i))),
  max_ulp: maxUlp(tensor), max_abs: isAlike(tensor) ? 0 : 0.00021 * (1 + 3 * tensor.size) * (1 + noise(i)), mean_abs: isAlike(tensor) ? 0 : 3.1e-5 * (1 + noise(i)),
  max_rel: isAlike(tensor) ? 0 : 0.0039 * (1 + 20 * tensor.size), cosine: isAlike(tensor) ? 1 : 1 - 1.4e-6 * (1 + 2000 * tensor.size), sqnr_db: isAlike(tensor) ? 'Infinity' : 54.6 - 5 * tensor.size + noise(i),
  not_close: isAlike(tensor) ? 0 : count(tensor) - 1234,
});

const of = (tensor, i) => {
  const shape = shapeOf(tensor);
  const [a, b] = typesOf(tensor);
  const { equal, ...rest } = figures(tensor, i);
  const side = (dtype, file) => ({ name: tensor.name, dtype, shape, file });
  return {
    name: tensor.name, a: side(a, 'model.safetensors'), b: { ...side(b, 'model-bf16.safetensors'), name: tensor.name === 'lm_head.weight' ? 'model.lm_head.weight' : tensor.name },
    identical_bits: tensor.kind === 'identical', count: count(tensor), equal, both_nan: 0, first_difference: isAlike(tensor) ? null : [0, 3], ulp: histogram(tensor),
    ulp_of: b, finite: count(tensor), ...rest, mean_rel: isAlike(tensor) ? 0 : 0.0014, allclose: isAlike(tensor), differing_rows: shape.length > 1 ? { rows: shape[0], differing: isAlike(tensor) ? 0 : shape[0] } : null,
    worst: isAlike(tensor) ? [] : Array.from({ length: 10 }, (_, k) => ({
      index: [17 + 31 * k, 3 + 7 * k], a: k === 0 && tensor.size > 8 ? 'NaN' : 0.34567891 / (k + 1), b: 0.345703125 / (k + 1), abs: k === 0 && tensor.size > 8 ? 'Infinity' : 0.000024215 / (k + 1), ulp: k === 0 && tensor.size > 8 ? null : maxUlp(tensor),
    })),
    explained_by: tensor.explained_by, looks: tensor.looks,
  };
};

/** Of those that are compared so far. */
const sums = (done) => Object.fromEntries(['identical', 'equal', 'explained', 'unexplained', 'failed'].map((kind) => [kind, done.filter((tensor) => tensor.kind === kind).length]));
const explanations = (done) => [ROUNDED, THROUGH, EXACT, IDENTITY]
  .map((way) => ({ ...way, tensors: done.filter(({ explained_by: [best] }) => best?.conversion === way.conversion).length }))
  .filter(({ tensors }) => tensors).sort((a, b) => b.tensors - a.tensors);
const parameters = tensors.reduce((sum, tensor) => sum + count(tensor), 0);
const checkpoint = (name, dtype, width) => ({
  name, files: [{ name, bytes: width * parameters, metadata: {} }], tensors: tensors.length + 2, parameters, bytes: width * parameters,
  dtypes: { [dtype]: { tensors: tensors.length - 1, parameters, bytes: width * parameters }, I64: { tensors: 1, parameters: 2048, bytes: 16384 } }, config: { dtype: 'bfloat16', tie_word_embeddings: false },
});

const begun = ['scanning', 'done', 'cancelled'].includes(phase);
const isPart = phase === 'scanning' || phase === 'cancelled';
const part = tensors.slice(0, isPart ? Math.ceil(tensors.length * 0.45) : tensors.length);
const rows = new PairRows(begun ? tensors.length : 0);
if (begun) {
  rows.add(0, {
    name: tensors.map(({ name }) => name), name_b: tensors.map(({ name }) => (name === 'lm_head.weight' ? 'model.lm_head.weight' : null)), pattern: tensors.map(({ pattern }) => places.get(pattern)),
    dtype_a: tensors.map((tensor) => typesOf(tensor)[0]), dtype_b: tensors.map((tensor) => typesOf(tensor)[1]),
    shape: tensors.map((tensor) => shapeOf(tensor).join(' × ')), parameters: tensors.map(count), bytes: tensors.map((tensor) => 6 * count(tensor)),
  });
  const all = part.map((tensor, i) => ({ ...figures(tensor, i), equal: figures(tensor, i).equal / count(tensor) }));
  rows.finish({
    index: Uint32Array.from(part.keys()), kind: part.map(({ kind }) => kind), conversion: part.map(({ explained_by: [best] }) => best?.conversion ?? ''), direction: part.map(({ explained_by: [best] }) => best?.direction ?? ''),
    looks: part.map(({ looks }) => looks?.like ?? ''),
    ...Object.fromEntries(['equal', 'max_ulp', 'max_abs', 'mean_abs', 'max_rel', 'cosine', 'sqnr_db', 'not_close'].map((id) => [id, Float64Array.from(all, (one, i) => (part[i].kind === 'failed' ? NaN : Number(one[id])))])),
  });
}

const problem = { side: 'b', file: 'model-bf16.safetensors', tensor: HOSTILE, where: null, what: 'the file ended early: it was cut after it was chosen' };
const odd = {
  headline: `B is A rounded to the nearest BF16 in ${sums(part).explained} of ${tensors.length} tensors; ${sums(part).unexplained} differ otherwise.`, differ: true,
  renames: [{ a: 'lm_head', b: 'model.lm_head', tensors: 1 }],
  only_in_a: ['model.rotary_emb.inv_freq'], only_in_b: Array.from({ length: 1200 }, (_, i) => `quant.scale.${i}`),
  shape_mismatch: [{ name: 'model.wpe.weight', a: { name: 'model.wpe.weight', dtype: 'F32', shape: [1024, 768], file: 'a' }, b: { name: 'model.wpe.weight', dtype: 'BF16', shape: [2048, 768], file: 'b' } }],
  triage: [
    { about: 'inv_freq', says: 'A stores its rotary frequencies and B does not: what computes them decides the logits.', tensors: ['model.rotary_emb.inv_freq'], count: 1 },
    { about: 'config_dtype', says: 'config.json of A says bfloat16, and its tensors are stored as F32.', tensors: [], count: 0 },
    { about: 'untied', says: 'B holds lm_head apart from the embedding it is tied to in A, and the two differ.', tensors: ['lm_head.weight', 'model.embed_tokens.weight'], count: 2 },
  ],
  problems: part.some(({ kind }) => kind === 'failed') ? [problem] : [],
};
const same = { headline: `A and B are the same: all ${tensors.length} tensors have the same bits.`, differ: false, renames: [], only_in_a: [], only_in_b: [], shape_mismatch: [], triage: [], problems: [] };
const total = 6 * parameters;
const state = {
  phase, names: { a: 'model.safetensors', b: isSame ? 'copy.safetensors' : 'model-bf16.safetensors' }, ignored: phase === 'done' && !isSame ? ['tokenizer.json'] : [],
  error: phase === 'failed' ? 'B: None of these 4 files (tokenizer.json, vocab.json, …) is a .safetensors file.' : null,
  progress: { bytes: isPart ? 0.45 * total : begun ? total : 0, total: begun ? total : 0, elapsed_ms: 1234, bytes_per_second: 6.5e8, remaining_ms: 680 },
  overview: begun ? {
    a: checkpoint('model.safetensors', 'F32', 4), b: isSame ? checkpoint('copy.safetensors', 'F32', 4) : checkpoint('model-bf16.safetensors', 'BF16', 2), tolerance: { rtol: 1e-5, atol: 1e-8, equal_nan: false },
    pairs: { compared: part.length, ...sums(part) }, explanations: explanations(part), patterns, ...(isSame ? same : odd),
  } : null,
  rows,
};

export const comparison = {
  state, renames: '', calls: [],
  compare(files) { this.calls.push(['compare', files.map(({ name }) => name)]); },
  swap() { this.calls.push(['swap']); },
  rename(table) { this.calls.push(['rename', table]); },
  cancel() { this.calls.push(['cancel']); },
  pair: async (row) => (tensors[row].kind === 'failed' || row >= part.length ? undefined : of(tensors[row], row)),
  save: async (as) => new Blob([as]),
  onchange(callback) { this.tell = () => callback(state); },
};
globalThis.madeUpComparison = comparison;
