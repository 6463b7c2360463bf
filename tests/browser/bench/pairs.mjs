// @ts-check
// The pairs of the comparison's bench, the same on every run: half a gigabyte and what it is compared with.
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { header } from '../support/checkpoint.mjs';

const ROWS = 5000;
const COLUMNS = 1000;
const ELEMENTS = ROWS * COLUMNS;

/** @typedef {{name: string, a: string, b: string}} BenchPair */
/** @typedef {Float32Array | Uint16Array} Values */

/**
 * Makes the files that are not there.
 *
 * @param {string} folder
 * @returns {BenchPair[]}
 */
export function ensurePairs(folder) {
  mkdirSync(folder, { recursive: true });
  const path = (/** @type {string} */ name) => join(folder, `pair-${name}.safetensors`);
  const [bf16, same, noisy, f32, rounded] = ['bf16', 'same', 'noisy', 'f32', 'rounded'].map(path);
  if (![bf16, same, noisy, f32, rounded].every((path) => existsSync(path))) {
    const wide = normalValues(2 * ELEMENTS);
    const narrow = asBf16(wide);
    for (const path of [bf16, same]) writeFile(path, 'BF16', narrow, 50);
    writeFile(noisy, 'BF16', withNoise(narrow), 50);
    writeFile(f32, 'F32', wide, 25);
    writeFile(rounded, 'BF16', narrow, 25);
  }
  return [
    { name: 'BF16 and the same again', a: bf16, b: same },
    { name: 'BF16 and 1 ULP of noise in two of three values', a: bf16, b: noisy },
    { name: 'FP32 and its BF16 rounding', a: f32, b: rounded },
  ];
}

/** @param {string} path @param {string} dtype @param {Values} pool of twice as many values @param {number} tensors */
function writeFile(path, dtype, pool, tensors) {
  const bytes = ELEMENTS * pool.BYTES_PER_ELEMENT;
  const file = openSync(`${path}.part`, 'w');
  const entries = Array.from({ length: tensors }, (_, layer) => ({ name: `model.layers.${layer}.mlp.weight`, dtype, shape: [ROWS, COLUMNS], bytes }));
  writeSync(file, header(entries));
  for (let layer = 0; layer < tensors; layer++) {
    const first = (layer * 9973) % ELEMENTS;
    writeSync(file, pool.subarray(first, first + ELEMENTS));
  }
  closeSync(file);
  renameSync(`${path}.part`, path);
}

/** Numbers from 0 to 1, the same on every run. @param {number} state */
function uniform(state) {
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

/** Values of a normal distribution. @param {number} count even */
function normalValues(count) {
  const random = uniform(1);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = 0.02 * Math.sqrt(-2 * Math.log(random()));
    const angle = 2 * Math.PI * random();
    values[i] = radius * Math.cos(angle);
    values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** Rounded to the nearest, ties to even. @param {Float32Array} values */
function asBf16(values) {
  return Uint16Array.from(new Uint32Array(values.buffer), (bits) => (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
}

/** Each code one more, one less or as it was. @param {Uint16Array} codes */
function withNoise(codes) {
  const random = uniform(2);
  return codes.map((code) => code + Math.floor(3 * random()) - 1);
}
