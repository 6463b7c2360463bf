// @ts-check
// The pairs of a comparison as columns.

import { NamedRows } from './rows.js';

/** @typedef {import('./messages.js').PairColumns} PairColumns */
/** @typedef {import('./messages.js').DifferenceColumns} DifferenceColumns */
/** @typedef {import('../comparison.js').Kind} Kind */

const NUMBERS = /** @type {const} */ (['equal', 'max_ulp', 'max_abs', 'mean_abs', 'max_rel', 'cosine', 'sqnr_db', 'not_close']);
const TEXTS = /** @type {const} */ (['kind', 'conversion', 'direction', 'looks']);

export class PairRows extends NamedRows {
  /** Where it is another than in A. @type {Map<number, string>} */
  #namesInB = new Map();
  /** @type {string[]} */
  #dtypes = [];

  /** @param {number} [total] pairs that will come */
  constructor(total = 0) {
    super(total);
    this.numbers = NUMBERS.map(() => new Float64Array(total).fill(NaN));
    this.texts = TEXTS.map(() => /** @type {string[]} */ ([]));
  }

  /** @param {number} first @param {PairColumns} columns */
  add(first, columns) {
    super.add(first, columns);
    columns.name_b.forEach((name, i) => { if (name !== null) this.#namesInB.set(first + i, name); });
    columns.dtype_a.forEach((a, i) => {
      const b = columns.dtype_b[i];
      this.#dtypes.push(this.once(a === b ? a : `${a} → ${b}`));
    });
  }

  /** @param {DifferenceColumns} columns @param {boolean} isCancelled what was given up stays as it was */
  finish(columns, isCancelled) {
    columns.index.forEach((row, i) => {
      if (isCancelled && columns.kind[i] === 'failed') return;
      NUMBERS.forEach((id, column) => (this.numbers[column][row] = columns[id][i]));
      TEXTS.forEach((id, column) => (this.texts[column][row] = this.once(columns[id][i])));
      this.settle(row, columns.kind[i] === 'failed');
    });
  }

  /** @param {number} row */
  nameInB = (row) => this.#namesInB.get(row) ?? this.name(row);
  /** @param {number} row */
  dtype = (row) => this.#dtypes[row];
  /** @param {number} row */
  kind = (row) => /** @type {Kind | ''} */ (this.texts[0][row] ?? '');
  /** @param {number} row */
  conversion = (row) => this.texts[1][row] ?? '';
  /** @param {number} row */
  direction = (row) => this.texts[2][row] ?? '';
  /** @param {number} row */
  looks = (row) => this.texts[3][row] ?? '';
  /** @param {number} row */
  label = (row) => `${this.kind(row)} ${this.conversion(row)} ${this.looks(row)}`;

  /** @param {number} row */
  equal = (row) => this.numbers[0][row];
  /** @param {number} row */
  max_ulp = (row) => this.numbers[1][row];
  /** @param {number} row */
  max_abs = (row) => this.numbers[2][row];
  /** @param {number} row */
  mean_abs = (row) => this.numbers[3][row];
  /** @param {number} row */
  max_rel = (row) => this.numbers[4][row];
  /** @param {number} row */
  cosine = (row) => this.numbers[5][row];
  /** @param {number} row */
  sqnr_db = (row) => this.numbers[6][row];
  /** @param {number} row */
  not_close = (row) => this.numbers[7][row];
}
