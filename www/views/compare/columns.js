// @ts-check
// The columns of the list of pairs, and what their map is coloured by.

import { decibels } from '../../text/casts.js';
import { KIND_KEYS, conversionText, kindColour, kindTitle, likeText } from '../../text/differences.js';
import { brief, briefValue, cosine, percent } from '../../text/numbers.js';
import { NAME, SIZES, figure } from '../columns.js';

/** @typedef {import('../../comparison.js').PairRows} PairRows */
/** @typedef {import('../../comparison.js').PairColumn} PairColumn */

/** Decibels beyond these are no different to the eye; within a kind they decide the order. */
const FAR_DB = 1000;

/** The kind decides; among equals what is left of the signal. @param {PairRows} rows @param {number} row */
function sizeOf(rows, row) {
  const kind = rows.kind(row);
  if (!kind) return NaN;
  const sqnr_db = rows.sqnr_db(row);
  const noise = Number.isNaN(sqnr_db) ? FAR_DB : Math.min(Math.max(sqnr_db, -FAR_DB), FAR_DB);
  return 4 * FAR_DB * -KIND_KEYS.indexOf(kind) - noise;
}

/** What explains it or what it looks like; else its kind. @param {PairRows} rows @param {number} row */
function differenceText(rows, row) {
  const kind = rows.kind(row);
  if (kind === 'explained') return conversionText(rows.conversion(row), rows.direction(row));
  return kind === 'unexplained' && rows.looks(row) ? likeText(rows.looks(row)) : kind && kindTitle(kind);
}

/** @param {PairColumn} id @param {string} title @param {(n: number) => string} write @param {Partial<import('../columns.js').Column<PairRows>>} [more] */
const number = (id, title, write, more) => figure(id, title, (/** @type {PairRows} */ rows, row) => rows[id](row), write, more);

/** Nothing differs: nothing to see. @param {PairColumn} id @returns {import('../columns.js').Column<PairRows>['mark']} */
const fadeNone = (id) => (cell, rows, row) => void cell.classList.toggle('none', rows[id](row) === 0);

/** @type {import('../columns.js').Column<PairRows>} */
export const DIFFERENCE = {
  id: 'label', title: 'Difference', hint: 'What explains it, or what it looks like; the largest difference first', isLive: true, key: sizeOf, text: differenceText,
  mark(cell, rows, row) {
    cell.style.setProperty('--c', `var(--${kindColour(rows.kind(row))})`);
    cell.title = `${kindTitle(rows.kind(row))}: ${differenceText(rows, row)}`;
  },
};

/** @type {import('../columns.js').Column<PairRows>[]} */
export const COLUMNS = [
  NAME,
  DIFFERENCE,
  { id: 'dtype', title: 'Types', isRising: true, key: (rows, row) => rows.dtype(row), text: (rows, row) => rows.dtype(row) },
  SIZES[0], SIZES[1],
  number('equal', 'Equal', percent, { hint: 'Share of the elements whose values are equal', isRising: true }),
  number('max_ulp', 'Max ULP', brief, { hint: 'The largest distance in units in the last place', mark: fadeNone('max_ulp') }),
  number('max_abs', 'Max |a−b|', briefValue, { mark: fadeNone('max_abs') }),
  number('mean_abs', 'Mean', briefValue, { hint: 'Mean |a−b|', mark: fadeNone('mean_abs') }),
  number('max_rel', 'Max rel', briefValue, { hint: 'Max |a−b| / |b|', mark: fadeNone('max_rel') }),
  number('cosine', 'Cosine', cosine, { hint: 'Cosine of the angle between A and B', isRising: true }),
  number('sqnr_db', 'SQNR', (n) => (n === Infinity ? '∞' : decibels(n)), { hint: '10 log₁₀(Σa² / Σ(a − b)²)', isRising: true }),
  number('not_close', 'Not close', brief, { hint: 'Elements that are not close by the tolerance of allclose', mark: fadeNone('not_close') }),
];

/** @type {import('../map.js').Scheme<PairRows>} */
export const KINDS = {
  by: 'kind of difference', title: kindTitle, colour: kindColour,
  label: (rows, row) => rows.kind(row),
  measures: [
    ['max_ulp', 'max ULP', (rows, row) => rows.max_ulp(row)],
    ['sqnr_db', 'SQNR in dB', (rows, row) => rows.sqnr_db(row), true],
    ['equal', 'share of equal elements', (rows, row) => rows.equal(row), true],
  ],
};
