// @ts-check
// The columns of the tensor list, one row of this table each.

import { title } from '../text/labels.js';
import { NOTHING, brief, briefBytes, briefValue } from '../text/numbers.js';

/** @typedef {import('../types.js').Rows} Rows */
/**
 * @typedef {object} Column
 * @property {string} id
 * @property {string} title the heading
 * @property {string} [hint] the heading in full
 * @property {(rows: Rows, row: number) => string | number} key what it is sorted by
 * @property {(rows: Rows, row: number) => string} text
 * @property {boolean} [live] its figures arrive during the scan
 */

/** "layer.2" before "layer.10". @param {string} name */
const natural = (name) => name.replace(/\d+/g, (digits) => digits.padStart(12, '0'));

/** @param {number} n @param {(n: number) => string} write */
const unlessMissing = (n, write) => (Number.isNaN(n) ? '' : write(n));

/**
 * @param {import('../types.js').NumberColumn} id
 * @param {string} title @param {(n: number) => string} write @param {string} [hint]
 * @returns {Column}
 */
const figure = (id, title, write, hint) => ({
  id, title, hint, live: true,
  key: (rows, row) => rows[id](row),
  text: (rows, row) => (rows.status(row) === 'done' ? unlessMissing(rows[id](row), write) || NOTHING : ''),
});

/** @type {Column[]} */
export const COLUMNS = [
  { id: 'name', title: 'Name', key: (rows, row) => natural(rows.name(row)), text: (rows, row) => rows.name(row) },
  { id: 'label', title: 'Verdict', live: true, key: (rows, row) => title(rows.label(row)), text: (rows, row) => title(rows.label(row)) },
  { id: 'dtype', title: 'Type', key: (rows, row) => rows.dtype(row), text: (rows, row) => rows.dtype(row) },
  { id: 'shape', title: 'Shape', key: (rows, row) => natural(rows.shape(row)), text: (rows, row) => rows.shape(row) },
  { id: 'parameters', title: 'Params', hint: 'Parameters', key: (rows, row) => rows.parameters(row), text: (rows, row) => brief(rows.parameters(row)) },
  { id: 'bytes', title: 'Bytes', key: (rows, row) => rows.bytes(row), text: (rows, row) => briefBytes(rows.bytes(row)) },
  figure('wasted_bytes', 'Wasted', briefBytes, 'Bytes that a smaller form would save without losing anything'),
  figure('min', 'Min', briefValue),
  figure('max', 'Max', briefValue),
  figure('mean', 'Mean', briefValue),
  figure('std', 'Std', briefValue, 'Standard deviation'),
  figure('zeros', 'Zeros', brief),
  figure('nan', 'NaN', brief),
  figure('inf', 'Inf', brief, 'Infinities'),
  figure('joint_entropy', 'Bits used', (n) => n.toFixed(1), 'Entropy of the stored codes: how many of the bits carry information'),
];
