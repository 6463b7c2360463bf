// @ts-check
// A line a cast: what it would lose, of one tensor or of all of them.

import { castBar } from '../charts/cast-bar.js';
import { decibels, isBare, isGap } from '../text/casts.js';
import { NOTHING, bytes, count, exact, percent, value } from '../text/numbers.js';
import { h, setText } from './dom.js';

/** @typedef {import('../types.js').Cast} Cast */
/** @typedef {import('../types.js').CastFigures} CastFigures */
/**
 * @typedef {object} Whole
 * @property {number} values in all
 * @property {number | null} bytes today
 * @property {string} [note] on the figures
 */

/** Heading, the text of a cell, its figure to all digits. @type {[string, string, (figures: CastFigures, whole: Whole) => string, (figures: CastFigures) => import('../types.js').Figure][]} */
const COLUMNS = [
  ['sqnr_db', 'SQNR', ({ sqnr_db }) => decibels(sqnr_db), ({ sqnr_db }) => sqnr_db],
  ['bytes', 'Bytes', (figures) => bytes(figures.bytes), (figures) => figures.bytes],
  ['share', 'of today’s', (figures, whole) => (whole.bytes ? percent(figures.bytes / whole.bytes) : NOTHING), (figures) => figures.bytes],
  ['exact', 'Exact', (figures, { values }) => (values ? percent(figures.exact / values) : NOTHING), (figures) => figures.exact],
  ['overflow', 'Overflow', ({ overflow }) => count(overflow), ({ overflow }) => overflow],
  ['underflow', 'Underflow', ({ underflow }) => count(underflow), ({ underflow }) => underflow],
  ['subnormal', 'Subnormal', ({ subnormal }) => count(subnormal), ({ subnormal }) => subnormal],
  ['max_abs_error', 'Max error', ({ max_abs_error }) => value(max_abs_error, 3), ({ max_abs_error }) => max_abs_error],
  ['mse', 'MSE', ({ mse }) => value(mse, 3), ({ mse }) => mse],
];

/** @type {Record<string, string>} */
const HINTS = {
  sqnr_db: 'Signal to quantisation noise: 10 log₁₀(Σx² / Σ(x − x′)²)',
  exact: 'Values that stay what they are',
  overflow: 'Finite values that become infinite or NaN, or are cut to the largest code',
  underflow: 'Values that become zero',
  subnormal: 'Values whose code is a subnormal number',
  mse: 'Mean of (x − x′)²',
};

/**
 * @param {Cast[]} casts @param {string[]} without columns that are left out
 * @param {(key: string) => void} [press] what a click on a cast does
 */
export function castTable(casts, without, press) {
  const columns = COLUMNS.filter(([id]) => !without.includes(id));
  const lines = casts.map((cast, i) => {
    const note = h('small');
    // Twenty stops of the Tab key would be in the way; the matrix has a box that does the same.
    const name = press
      ? h('button', { type: 'button', class: 'quiet', tabindex: -1, title: `${cast.says}. Ranks the tensors by what they lose.`, on: { click: () => press(cast.key) } }, cast.title)
      : h('span', { title: cast.says }, cast.title);
    const bar = castBar();
    const cells = columns.map(([id, heading], column) => h('td', { role: 'cell', class: `k-${id}`, 'data-says': heading }, h('span'), column === 0 && bar.element));
    const line = h('tr', { role: 'row', 'data-cast': cast.key, class: isGap(casts, i) && 'gap' }, h('th', { scope: 'row', role: 'rowheader' }, name, note), ...cells);
    return { cast, line, note, cells, bar };
  });

  return {
    // The roles are said, since a phone shows lines and no table.
    element: h('table', { class: 'stats casts', role: 'table' },
      h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, h('th', { scope: 'col', role: 'columnheader' }, 'Cast to'),
        ...columns.map(([id, heading]) => h('th', { scope: 'col', role: 'columnheader', class: `k-${id}`, title: HINTS[id] }, heading)))),
      h('tbody', { role: 'rowgroup' }, ...lines.map(({ line }) => line))),
    /**
     * @param {Record<string, CastFigures>} figures
     * @param {string} missing what stands for figures that are not there
     * @param {(figures: any) => Whole} wholeOf
     */
    update(figures, missing, wholeOf) {
      for (const { cast, line, note, cells, bar } of lines) {
        const here = figures[cast.key];
        const whole = here && wholeOf(here);
        line.classList.toggle('missing', !here);
        setText(note, whole?.note ?? '');
        bar.set(here ? here.sqnr_db : null);
        columns.forEach(([id, , write, figure], i) => {
          const cell = cells[i];
          const isNone = here && figure(here) === 0;
          setText(/** @type {Node} */ (cell.firstChild), here ? write(here, whole) : i === 0 ? missing : '');
          cell.title = here ? exact(figure(here)) : '';
          cell.classList.toggle('none', isNone);
          cell.classList.toggle('bad', id === 'overflow' && here?.overflow > 0 && isBare(cast.key));
        });
      }
    },
  };
}
