// @ts-check
// The file of the bench: a gigabyte of BF16 in a hundred tensors.
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { header } from '../support/checkpoint.mjs';

const TENSORS = 100;
const SHAPE = [5000, 1000];
const BYTES = 2 * SHAPE[0] * SHAPE[1];

/**
 * Makes the file unless it is there.
 *
 * @param {string} path
 */
export function ensureFile(path) {
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true });
  const pool = normalValues(2 * BYTES);
  const file = openSync(`${path}.part`, 'w');
  const tensors = Array.from({ length: TENSORS }, (_, i) => tensor(i));
  writeSync(file, header(tensors));
  for (let i = 0; i < TENSORS; i++) {
    const from = 2 * ((i * 9973) % (BYTES / 2));
    writeSync(file, pool.subarray(from, from + BYTES));
  }
  closeSync(file);
  renameSync(`${path}.part`, path);
  return path;
}

/** @param {number} layer */
function tensor(layer) {
  return { name: `model.layers.${layer}.mlp.weight`, dtype: 'BF16', shape: SHAPE, bytes: BYTES };
}

/**
 * BF16 values of a normal distribution, as bytes. Drawn once: how long a scan
 * takes depends on the distribution, not on the values' order.
 *
 * @param {number} bytes a multiple of 4
 */
function normalValues(bytes) {
  const values = new Float32Array(bytes / 2);
  for (let i = 0; i < values.length; i += 2) {
    const radius = 0.02 * Math.sqrt(-2 * Math.log(1 - Math.random()));
    const angle = 2 * Math.PI * Math.random();
    values[i] = radius * Math.cos(angle);
    values[i + 1] = radius * Math.sin(angle);
  }
  const halves = new Uint16Array(values.buffer);
  const upper = new Uint16Array(bytes / 2);
  for (let i = 0; i < upper.length; i++) upper[i] = halves[2 * i + 1];
  return new Uint8Array(upper.buffer);
}
