// @ts-check
// A bar as long as the SQNR is high, in the colour of its step.

import { STEPS, numberOf, stepOf } from '../text/casts.js';
import { h } from '../views/dom.js';

/** Where the bar is full: what is better by far is lossless for every purpose here. */
const FULL_DB = 60;

/** @typedef {import('../types.js').Figure} Figure */

export function castBar() {
  const bar = h('i');
  return {
    element: h('b', { class: 'bar', 'aria-hidden': 'true' }, bar),
    /** @param {Figure} sqnr_db */
    set(sqnr_db) {
      const n = numberOf(sqnr_db);
      bar.className = `q${stepOf(n)}`;
      bar.style.setProperty('width', `${(100 * Math.min(Math.max(n || 0, 0), FULL_DB)) / FULL_DB}%`);
    },
  };
}

/** The steps with their colours. @param {string} missing what has none */
export const castKey = (missing) => h('ul', { class: 'legend' },
  ...[...STEPS.map(([, says]) => says), missing].map((says, i) => h('li', {}, h('i', { class: `q${i < STEPS.length ? i : -1}` }), says)));
