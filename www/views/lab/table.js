// @ts-check
import { h } from '../dom.js';

/** A table of figures behind its first column's names, which scrolls by itself. @param {string} caption @param {string[]} titles @param {(string | Node)[][]} rows */
export const table = (caption, titles, rows) => h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
  h('table', { class: 'stats' },
    h('caption', { class: 'spoken' }, caption),
    h('thead', {}, h('tr', {}, ...titles.map((title) => h('th', { scope: 'col' }, title)))),
    h('tbody', {}, ...rows.map(([first, ...cells]) => h('tr', {}, h('th', { scope: 'row' }, first), ...cells.map((cell) => h('td', {}, cell)))))));
