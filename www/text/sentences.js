// @ts-check
// What is seen, in words; built out of the report's figures and nothing else.

import { between } from '../charts/quantiles.js';
import { count, entropy, plural, value } from './numbers.js';

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** What a report says, as a sentence of its own. @param {string} text */
export const sentence = (text) => capital(/[.!?]$/.test(text) ? text : `${text}.`);

/** @typedef {import('../types.js').Statistics} Statistics */
/** @typedef {import('../types.js').Bits} Bits */

/** @param {Statistics} stats */
function finiteness({ nan, pos_inf, neg_inf }) {
  const found = [nan && `${count(nan)} NaN`, pos_inf && `${count(pos_inf)} +Inf`, neg_inf && `${count(neg_inf)} −Inf`].filter(Boolean);
  return found.length ? `with ${found.join(', ')}` : 'all finite';
}

/** @param {Statistics} stats */
function zeros({ count: all, zeros }) {
  if (zeros === 0) return 'none is zero';
  if (zeros === all) return 'all are zero';
  return zeros === 1 ? 'one is zero' : `${count(zeros)} are zero`;
}

/** @param {Statistics} stats */
function spread(stats) {
  if (stats.min === null || stats.count === stats.zeros) return '';
  if (stats.min === stats.max) return `every finite one is ${value(stats.min)}`;
  const half = between(stats, '0.25', '0.75');
  return half ? `${stats.quantiles_exact ? '' : 'at least '}half lie between ${value(half[0], 2)} and ${value(half[1], 2)}` : '';
}

/** @param {Statistics} stats */
export function valuesSentence(stats) {
  if (stats.count === 0) return 'It holds no values.';
  const subnormals = stats.subnormals ? `${count(stats.subnormals)} ${stats.subnormals === 1 ? 'is' : 'are'} subnormal` : '';
  const clauses = [zeros(stats), subnormals, spread(stats)].filter(Boolean);
  return `${plural(stats.count, 'value')}, ${finiteness(stats)}; ${clauses.join('; ')}.`;
}

/** How much of the width carries information. @param {Bits} bits */
export function bitsSentence({ joint_entropy, width, exact }) {
  const atMost = !exact ? 'at most ' : '';
  return `together ${atMost}${entropy(joint_entropy)} of ${width} bits carry information`;
}
