// @ts-check
// The formats of numbers: one number in each of them, and the table. A dialog
// that has an address, so that the browser's own way back closes it.

import { NOTHING, powerOfTwo, value } from '../text/numbers.js';
import { byId, h } from './dom.js';
import { microscopeView } from './microscope.js';

/** @typedef {import('../types.js').FormatRange} FormatRange */

/** No element's name: the browser would take the focus there. */
const ADDRESS = '#formats';

/** @param {number | null | undefined} figure */
const figure = (figure) => (figure == null ? NOTHING : value(figure));

/** @param {number | null | undefined} exponent */
const power = (exponent) => (exponent == null ? NOTHING : powerOfTwo(exponent));

/** @param {FormatRange} format */
function specials({ infinity, nan }) {
  if (nan == null) return NOTHING;
  return [infinity && '±∞', nan && 'NaN'].filter(Boolean).join(', ') || 'none';
}

/** @type {[string, string, (format: FormatRange) => string][]} title, what it means, cell */
const COLUMNS = [
  ['bits', 'Width of one element', ({ bits }) => String(bits)],
  ['s/e/m', 'Bits of sign, exponent and mantissa', (it) => (it.sign_bits == null ? NOTHING : [it.sign_bits, it.exponent_bits, it.mantissa_bits].join('/'))],
  ['bias', 'What is taken from the exponent field', ({ bias }) => (bias == null ? NOTHING : String(bias))],
  ['precision', 'Significant bits, the hidden one counted', ({ precision }) => figure(precision)],
  ['digits', 'These in decimal digits', ({ decimal_digits }) => decimal_digits?.toFixed(1) ?? NOTHING],
  ['largest', 'The largest finite number', ({ largest }) => value(Number(largest))],
  ['smallest normal', 'The smallest normal number above zero', ({ exponent_min_normal }) => power(exponent_min_normal)],
  ['subnormal', 'The smallest subnormal number above zero', (it) => power(it.smallest_subnormal == null ? null : it.exponent_min_subnormal)],
  ['specials', 'Which codes stand for no finite number', specials],
  ['defined by', 'Where the format is defined', ({ source }) => source ?? ''],
];

/** @param {FormatRange} format */
const line = (format) => h('tr', { 'data-format': format.name },
  h('th', { scope: 'row' }, h('span', { class: 'code' }, format.name), h('span', { class: 'title' }, format.title === format.name ? '' : ` ${format.title}`)),
  ...COLUMNS.map(([title, , cell]) => h('td', { 'data-column': title }, cell(format))));

/** @param {FormatRange[]} formats */
const table = (formats) => h('table', { class: 'stats' },
  h('caption', { class: 'spoken' }, 'The formats of numbers'),
  h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'format'), ...COLUMNS.map(([title, meaning]) => h('th', { scope: 'col', title: meaning }, title)))),
  h('tbody', {}, ...formats.map(line)));

/** @param {import('../types.js').Session} session */
export function formatsView(session) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('formats-view'));
  const microscope = microscopeView(session);
  const place = h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'The formats of numbers' });
  const leave = () => history.back();
  dialog.append(
    h('nav', {}, h('h2', { id: 'formats-title' }, 'One number in every format'), h('button', { type: 'button', class: 'quiet', on: { click: leave } }, 'Close')),
    ...microscope.elements, h('h3', {}, 'The formats'), place);

  function fill() {
    if (!place.hasChildNodes() && session.formats.length) place.append(table(session.formats));
    microscope.update();
  }

  function show() {
    dialog.showModal();
    dialog.scrollTo(0, 0);
    fill();
    microscope.focus();
  }

  /** The address leads; whether it led here or away from here. */
  function follow() {
    const [isHere, isOpen] = [location.hash === ADDRESS, dialog.open];
    if (isHere && !isOpen) show();
    if (!isHere && isOpen) dialog.close();
    return isHere || isOpen;
  }

  byId('show-formats').addEventListener('click', () => {
    history.pushState({ formats: true }, '', ADDRESS);
    follow();
  });
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    leave();
  });
  dialog.addEventListener('click', (event) => { if (event.target === dialog) leave(); });
  session.onchange(({ phase }) => {
    if (!dialog.open) return;
    // A dropped checkpoint is what is wanted now.
    if (phase === 'reading header') leave();
    else fill();
  });
  // An address from elsewhere has the empty page behind it.
  if (location.hash === ADDRESS) {
    history.replaceState(null, '', location.pathname + location.search);
    history.pushState({ formats: true }, '', ADDRESS);
    show();
  }
  return { follow };
}
