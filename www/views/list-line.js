// @ts-check
// One line of the tensor list: the head of a group, or a tensor.

import { legible, visible } from '../text/names.js';
import { plural } from '../text/numbers.js';
import { h, setText } from './dom.js';
import { groupOf } from './list-index.js';

/**
 * @typedef {object} LineContext
 * @property {import('../types.js').NamedRows} rows
 * @property {import('./columns.js').Column<any>[]} columns
 * @property {string} id in front of a line's number
 * @property {string[]} patterns
 * @property {Uint32Array} sizes
 * @property {Set<number>} collapsed
 * @property {boolean} grouped
 */

/** Makes lines with all their cells; they are recycled between tensors and groups. @param {import('./columns.js').Column<any>[]} columns */
export function lineMaker(columns) {
  const empty = h('div', { class: 'line', role: 'row' }, ...columns.map(({ id }) => h('div', { class: `c-${id}`, role: 'gridcell' })));
  return () => /** @type {HTMLElement} */ (empty.cloneNode(true));
}

/**
 * The name, with what its group has in common in a softer ink: the eye finds
 * the layer.
 * @param {Element} cell @param {string} name @param {string} pattern "" when it stands alone
 */
function drawName(cell, name, pattern) {
  const isDrawn = cell.firstChild && cell.getAttribute('title') === legible(name);
  if (isDrawn && cell.getAttribute('data-pattern') === pattern) return;
  cell.setAttribute('title', legible(name));
  cell.setAttribute('data-pattern', pattern);
  const common = pattern.split('*');
  if (common.length < 2) return cell.replaceChildren(h('span', {}, visible(name)));
  const parts = [];
  let at = 0;
  for (const piece of common) {
    const found = name.indexOf(piece, at);
    if (found < 0) return cell.replaceChildren(h('span', {}, visible(name)));
    parts.push(h('b', {}, legible(name.slice(at, found))), legible(piece));
    at = found + piece.length;
  }
  cell.replaceChildren(h('span', {}, ...parts, h('b', {}, legible(name.slice(at)))));
}

/** @param {HTMLElement} line @param {number} pattern @param {LineContext} context */
function fillGroup(line, pattern, { patterns, sizes, collapsed }) {
  line.className = 'line group';
  line.removeAttribute('data-tensor');
  line.setAttribute('aria-level', '1');
  line.setAttribute('aria-expanded', String(!collapsed.has(pattern)));
  const [name, ...cells] = line.children;
  drawName(name, patterns[pattern], '');
  setText(cells[0], plural(sizes[pattern], 'tensor'));
  for (const cell of cells.slice(1)) setText(cell, '');
}

/** @param {HTMLElement} line @param {number} row @param {LineContext} context */
function fillTensor(line, row, { rows, columns, patterns, sizes, grouped }) {
  const pattern = rows.pattern(row);
  const isMember = grouped && sizes[pattern] > 1;
  const status = rows.status(row);
  line.className = `line tensor ${status}${isMember ? ' member' : ''}${rows.isEstimate?.(row) ? ' estimate' : ''}`;
  line.setAttribute('data-tensor', rows.name(row));
  line.setAttribute('aria-level', isMember ? '2' : '1');
  line.removeAttribute('aria-expanded');
  drawName(line.children[0], rows.name(row), isMember ? patterns[pattern] : '');
  columns.forEach(({ id, text, mark }, i) => {
    if (id === 'name') return;
    const cell = /** @type {HTMLElement} */ (line.children[i]);
    setText(cell, text(rows, row));
    mark?.(cell, rows, row);
  });
}

/**
 * @param {HTMLElement} element @param {number} line @param {number} position
 * @param {LineContext} context
 */
export function fillLine(element, line, position, context) {
  element.id = context.id + position;
  // The headings are row 1.
  element.setAttribute('aria-rowindex', String(position + 2));
  const pattern = groupOf(line);
  if (pattern >= 0) fillGroup(element, pattern, context);
  else fillTensor(element, line, context);
}
