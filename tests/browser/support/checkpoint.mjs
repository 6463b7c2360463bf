// @ts-check
// Writes small checkpoints for the tests, and sparse ones of any size.
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/**
 * @typedef {{name: string, dtype: string, shape: number[], data?: Uint8Array, bytes?: number}} Tensor
 *   with `data`, or with `bytes` and then a hole in the file: zeros that take no room
 */

/**
 * The header of a safetensors file: length, then JSON padded to eight bytes.
 *
 * @param {Tensor[]} tensors
 * @returns {Buffer}
 */
export function header(tensors) {
  /** @type {Record<string, unknown>} */
  const entries = {};
  let at = 0;
  for (const { name, dtype, shape, ...body } of tensors) {
    const end = at + length(body);
    entries[name] = { dtype, shape, data_offsets: [at, end] };
    at = end;
  }
  const json = JSON.stringify(entries);
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text]);
}

/** @param {{data?: Uint8Array, bytes?: number}} body */
function length(body) {
  return body.data?.length ?? body.bytes ?? 0;
}

/**
 * Writes a checkpoint and returns its path.
 *
 * @param {string} path
 * @param {Tensor[]} tensors
 */
export function write(path, tensors) {
  const file = openSync(path, 'w');
  let at = writeSync(file, header(tensors), 0, undefined, 0);
  for (const tensor of tensors) {
    if (tensor.data) writeSync(file, tensor.data, 0, undefined, at);
    at += length(tensor);
  }
  ftruncateSync(file, at);
  closeSync(file);
  return path;
}

/**
 * Numbers that look like weights and are the same on every run.
 *
 * @param {number} count
 * @param {number} seed
 */
export function weights(count, seed) {
  const values = new Float32Array(count);
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (let i = 0; i < count; i++) {
    values[i] = 0.05 * (uniform() + uniform() + uniform() + uniform() - 2);
  }
  return values;
}

/**
 * A tensor of F32 weights.
 *
 * @param {string} name
 * @param {number[]} shape
 * @param {number} seed
 * @returns {Tensor}
 */
export function f32(name, shape, seed) {
  const values = weights(elements(shape), seed);
  return { name, dtype: 'F32', shape, data: new Uint8Array(values.buffer) };
}

/**
 * A tensor of BF16 weights: the upper halves of F32 ones.
 *
 * @param {string} name
 * @param {number[]} shape
 * @param {number} seed
 * @returns {Tensor}
 */
export function bf16(name, shape, seed) {
  const wide = new Uint16Array(weights(elements(shape), seed).buffer);
  const upper = Uint16Array.from({ length: wide.length / 2 }, (_, i) => wide[2 * i + 1]);
  return { name, dtype: 'BF16', shape, data: new Uint8Array(upper.buffer) };
}

/** @param {number[]} shape */
function elements(shape) {
  return shape.reduce((product, extent) => product * extent, 1);
}

/**
 * A tensor of F32 as BF16, each value rounded to the nearest, ties to even.
 *
 * @param {Tensor} tensor
 * @returns {Tensor}
 */
export function asBf16({ name, shape, data = new Uint8Array() }) {
  const wide = new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  const narrow = Uint16Array.from(wide, (bits) => (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  return { name, dtype: 'BF16', shape, data: new Uint8Array(narrow.buffer) };
}
