// @ts-check
// What casts are told apart by: steps of quality, and families.

import { NOTHING } from './numbers.js';

/** @typedef {import('../types.js').Figure} Figure */

/** Steps of quality, the best first: from so many dB on, and what that means. @type {[number, string][]} */
export const STEPS = [
  [Infinity, 'lossless'],
  [36, '36 dB and more: 8-bit quality'],
  [30, '30 to 36 dB: 6-bit quality'],
  [18, '18 to 30 dB: 4-bit quality'],
  [-Infinity, 'below 18 dB'],
];

/** Which step; -1 where there is no figure. @param {number} sqnr_db */
export const stepOf = (sqnr_db) => STEPS.findIndex(([from]) => sqnr_db >= from);

/** A report's figure as a number: NaN for none. @param {Figure} figure */
export const numberOf = (figure) => Number(figure ?? NaN);

/** @param {Figure} sqnr_db */
export function decibels(sqnr_db) {
  const n = numberOf(sqnr_db);
  if (Number.isNaN(n)) return NOTHING;
  return n === Infinity ? 'lossless' : `${n.toFixed(1).replace('-', '−')} dB`;
}

const FAMILIES = [/^f8.*\//, /^mx/, /^(nv|int|nf)/];

/** Formats by themselves, and scales by kind. @param {string} key */
const familyOf = (key) => FAMILIES.findIndex((family) => family.test(key));

/** Whether codes have no scale: what is too large is lost there, and elsewhere it is cut. @param {string} key */
export const isBare = (key) => familyOf(key) < 0;

/** Whether a family begins at this place. @param {{key: string}[]} casts @param {number} i */
export const isGap = (casts, i) => i > 0 && familyOf(casts[i].key) !== familyOf(casts[i - 1].key);
