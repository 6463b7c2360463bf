// @ts-check
// The popular witnesses: how many there are, and how many there should be.

import { NOTHING, count, plural, powers, value } from '../text/numbers.js';
import { h } from '../views/dom.js';

/** @typedef {import('../types.js').Witness} Witness */

/** @param {Witness} witness */
const where = ({ threshold }) => (threshold === '65504' ? '> 65,504' : `< ${powers(threshold)}`);

/** What they prove. @param {Witness[]} witnesses */
function proof(witnesses) {
  const [popular] = witnesses;
  const off = Math.max(...witnesses.map(({ off_grid }) => off_grid));
  const any = witnesses.some(({ observed }) => observed);
  const found = off ? `At least ${plural(off, 'value')} cannot have passed through FP16.` : any ? 'FP16 could hold every one of them.' : '';
  if (popular.expected === null || popular.observed) return found;
  return `${found} That none is below ${popular.threshold} proves ${popular.expected < 3 ? 'nothing' : 'little'}: about ${value(popular.expected, 2)} would be expected.`;
}

/** @param {Witness[]} witnesses */
export function witnessTable(witnesses) {
  const most = Math.log1p(Math.max(1, ...witnesses.flatMap(({ observed, expected }) => [observed, expected ?? 0])));
  /** @param {number} n */
  const along = (n) => `${(100 * Math.log1p(n)) / most}%`;
  const rows = witnesses.map((witness) => {
    const { observed, off_grid, expected } = witness;
    return h('tr', {},
      h('th', { scope: 'row' }, where(witness)),
      h('td', { class: 'along' }, h('i', { css: { width: along(observed) } }), expected !== null && h('b', { css: { left: along(expected) } })),
      ...[count(observed), value(expected, 3), observed ? count(off_grid) : NOTHING].map((text) => h('td', {}, text)));
  });
  return [
    h('table', { class: 'stats witnesses' },
      h('thead', {}, h('tr', {}, ...['|x|', '', 'found', 'expected', 'off FP16’s grid'].map((head) => h('th', { scope: 'col' }, head)))),
      h('tbody', {}, ...rows)),
    h('p', { class: 'note' }, proof(witnesses)),
  ];
}
