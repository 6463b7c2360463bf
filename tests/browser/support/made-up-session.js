// A session whose checkpoint is made up: every label, with evidence that no small
// file would give. It takes the place of engine/session.js under the page's own
// views. `?layers=N` says how many layers there are.

import { lab, products } from './made-up-lab.js';
import { Rows } from '/source/engine/rows.js';
import { CASTS, VALUES, furnish } from '/source/engine/made-up-casts.js';
import { comparison } from '/source/engine/made-up-comparison.js';

const LAYERS = Number(new URL(location.href).searchParams.get('layers') ?? 4);
const LABELS = [
  'native', 'inconclusive', 'f16', 'bf16', 'tf32', 'f32', 'f8_e4m3', 'f8_e5m2', 'mxfp8_e4m3', 'mxfp8_e5m2', 'mxfp6_e2m3', 'mxfp6_e3m2',
  'mxfp4', 'nvfp4', 'int8', 'int4', 'nf4', 'few_levels', 'arithmetic', 'unexplained', 'constant', 'empty', 'mixed', 'not_float',
];

/** One tensor of each label that is in no layer, and two modules in every layer: the last layer's `up` went through FP16. */
const tensors = [
  ...LABELS.map((label) => ({ name: label, label, pattern: label })),
  ...Array.from({ length: LAYERS }, (_, layer) => ['up', 'down'].map((module) => ({
    name: `model.layers.${layer}.${module}.weight`,
    label: module === 'up' && layer === LAYERS - 1 ? 'f16' : 'native',
    pattern: `model.layers.*.${module}.weight`,
  }))).flat(),
];
const patterns = [...new Set(tensors.map(({ pattern }) => pattern))];
const places = new Map(patterns.map((pattern, i) => [pattern, i]));

/** The first tensor's is the least, the last one's the greatest. */
const std = tensors.map((_, i) => 0.001 * (i + 1));
const same = (value) => tensors.map(() => value);

const rows = new Rows(tensors.length);
rows.add(0, {
  name: tensors.map(({ name }) => name), pattern: tensors.map(({ pattern }) => places.get(pattern)),
  file: same(0), dtype: same('BF16'), shape: same('4 × 4'), parameters: same(VALUES), bytes: same(2 * VALUES),
});
rows.finish({
  index: Uint32Array.from(tensors.keys()), failed: new Uint32Array(), label: tensors.map(({ label }) => label), std,
  min: same(-1), max: same(1), mean: same(0), abs_max: same(1), zeros: same(0), nan: same(0), inf: same(0), joint_entropy: same(9), wasted_bytes: same(0),
});

const ancestry = {};
for (const { label } of tensors) {
  ancestry[label] ??= { tensors: 0, parameters: 0 };
  ancestry[label].tensors++;
  ancestry[label].parameters += VALUES;
}
const checkpoint = {
  name: 'made up', files: [{ name: 'made-up.safetensors', bytes: 1000, metadata: {} }], tensors: tensors.length, parameters: VALUES * tensors.length,
  bytes: 2 * VALUES * tensors.length, dtypes: { BF16: { tensors: tensors.length, parameters: VALUES * tensors.length, bytes: 2 * VALUES * tensors.length } },
};
const state = {
  phase: 'done', files: [{ name: 'made-up.safetensors', bytes: 1000 }], ignored: [], forLab: [], error: null,
  progress: { bytes: 1000, total: 1000, elapsed_ms: 1, bytes_per_second: 1, remaining_ms: 0 },
  overview: { headline: 'Made up.', checkpoint, problems: [], patterns, ancestry, pools: [], wasted_bytes: 6000 }, rows, isPaused: false,
};

const stats = {
  count: VALUES, zeros: 0, negative_zeros: 0, subnormals: 0, nan: 0, pos_inf: 0, neg_inf: 0, negatives: 8, min: -1, max: 1, abs_min_nonzero: 0.1,
  abs_max: 1, mean: 0, std: 0.5, rms: 0.5, skewness: 0, kurtosis: 3, quantiles: null, quantiles_exact: true, distinct: 16,
};
const bits = { width: 16, sign_entropy: 1, exponent_entropy: 2, mantissa_entropy: 6, joint_entropy: 9, exact: true, plane_ones: Array(16).fill(0.5) };
const exponents = { first: -17, counts: [2, 3, 9, 20], zero: 0 };

const judged = {
  f16: {
    path: 'f32>f16>bf16', granularity: 'element', scale: 'none', fraction: { value: 1, low: 1, high: 1 }, log10_odds: 9012,
    evidence: [
      { test: 'parity', n: 3145728, expected: 0.5625, observed: 0.5618, log10_p: -9012, power: 1, says: 'More last bits are even than one rounding leaves.' },
      { test: 'fp16_grid', n: 382, expected: 190, observed: 0, log10_p: -57, power: 0.999, says: 'No value lies between FP16’s steps.' },
    ],
    blind_spots: ['Later training erases these traces.'],
  },
  int4: { path: 'int4>bf16', granularity: '128', scale: 'real', fraction: { value: 0.983, low: 0.979, high: 0.986 }, log10_odds: 120 },
  f8_e4m3: { path: 'f8_e4m3>bf16', granularity: '128x128', scale: 'real' },
  mxfp4: { path: 'mxfp4>bf16', granularity: '32', scale: 'power_of_two' },
  int8: { path: 'int8>f16>bf16', granularity: 'row', scale: 'real' },
};
const verdict = (label) => ({ label, path: 'bf16', granularity: null, scale: null, fraction: null, log10_odds: 0, evidence: [], blind_spots: [], ...judged[label] });

/** What some labels' tensors have besides. */
const besides = {
  mixed: { rows: { count: 600, zero: 12, constant: 15, examined: 512, ancestry: { native: 100, inconclusive: 28, f16: 384 } } },
  bf16: { wasted_bytes: 16, smaller_form: 'BF16' },
  constant: { duplicate_of: 'empty' },
  empty: { stats: { ...stats, count: 0, zeros: 0 } },
  f32: { stats: { re: stats, im: stats }, bits: { re: bits, im: bits }, exponents: { re: exponents, im: exponents } },
  not_float: { dtype: 'I32', layout: { scheme: 'gptq', role: 'codes', says: 'packed INT4, GPTQ, group 128' }, rows: null, parity: null, witnesses: [] },
};
const report = ({ name, label }) => ({
  name, file: 'made-up.safetensors', dtype: 'BF16', shape: [4, 4], bytes: 2 * VALUES, stats, bits, exponents, ancestry: verdict(label), layout: null,
  rows: { count: 4, zero: 0, constant: 0, examined: 4, ancestry: { [label]: 4 } },
  parity: { first: -17, even: [null, 0.75, 0.625, 0.5625], error: [null, 0.2, 0.01, 0.002] },
  witnesses: [
    { threshold: '1e-10', observed: 0, off_grid: 0, expected: 0.005 }, { threshold: '2^-24', observed: 2, off_grid: 0, expected: 6.4 },
    { threshold: '2^-17', observed: 382, off_grid: label === 'native' ? 192 : 0, expected: 406 }, { threshold: '65504', observed: 0, off_grid: 0, expected: null },
  ],
  duplicate_of: null, wasted_bytes: 0, smaller_form: null, ...besides[label],
});

const BF16 = { name: 'BF16', title: 'BF16', bits: 16, exponent_bits: 8, mantissa_bits: 7, exponent_min_subnormal: -133, exponent_min_normal: -126, exponent_max: 127 };

let tell = () => {};
const made = furnish(state, tensors, () => requestAnimationFrame(() => tell()));

export const createSession = () => ({
  state, comparison, lab, products, formats: [BF16], casts: CASTS, open() {}, openSample() {}, cancel() {}, look: made.look, endLook: made.endLook,
  onchange(callback) { tell = () => callback(state); },
  tensor: async (row) => ({ ...report(tensors[row]), casts: made.casts(row) }),
  saveReport: async () => new Blob(),
});
