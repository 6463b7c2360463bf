// @ts-check
// The lab's first bench: what rounding the rotary frequencies does to the angles by which
// positions are turned. It is where two checkpoints with the same weights lead.

import { count, percent, value } from '../../text/numbers.js';
import { sentence } from '../../text/sentences.js';
import { byId, h } from '../dom.js';

/** @typedef {import('../../comparison.js').Rotary} Rotary */
/** @typedef {import('../../comparison.js').Comparing} Comparing */

/** @param {Rotary} rotary */
const angles = ({ bf16, f16, frequencies }) => h('table', { class: 'stats' },
  h('thead', {}, h('tr', {}, ...['position', 'BF16 off by', '> ¼ turn', 'FP16 off by', '> ¼ turn'].map((title) => h('th', { scope: 'col' }, title)))),
  h('tbody', {}, ...bf16.angles.map(({ position, error, turned }, i) => h('tr', { 'data-position': String(position) },
    h('th', { scope: 'row' }, count(position)),
    ...[`${value(error)} rad`, `${turned} of ${frequencies.length}`, `${value(f16.angles[i].error)} rad`, `${f16.angles[i].turned} of ${frequencies.length}`].map((cell) => h('td', {}, cell))))));

/** @param {Rotary} rotary */
const frequencies = ({ frequencies }) => h('details', {},
  h('summary', {}, `All ${frequencies.length} frequencies`),
  h('table', { class: 'stats' },
    h('thead', {}, h('tr', {}, ...['', 'FP32', 'BF16', 'off by'].map((title) => h('th', { scope: 'col' }, title)))),
    h('tbody', {}, ...frequencies.map(({ index, f32, bf16, relative_error }) => h('tr', {},
      h('th', { scope: 'row' }, String(index)), ...[value(f32), value(bf16), percent(Math.abs(relative_error))].map((cell) => h('td', {}, cell)))))));

/** @param {Rotary | {error: string}} rotary */
const bench = (rotary) => ('error' in rotary
  ? [h('p', { class: 'lead' }, sentence(rotary.error))]
  : [h('p', { class: 'lead' }, rotary.bf16.says.join(' ')),
    h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Angles by position' }, angles(rotary)),
    h('p', { class: 'note' }, 'Off by: the error of the worst angle. > ¼ turn: how many frequencies are off by more than that.'), ...rotary.notes.map((note) => h('p', { class: 'note' }, note)), frequencies(rotary)]);

/** @param {Comparing} comparing @returns {() => void} opens it */
export function labView(comparing) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('lab-view'));
  const place = h('div', { class: 'figures' });
  dialog.append(
    h('nav', {}, h('h2', { id: 'lab-title' }, 'The lab: rotary frequencies'), h('button', { type: 'button', class: 'quiet', on: { click: () => dialog.close() } }, 'Close')), place);
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  comparing.onchange(({ phase }) => { if (phase === 'reading header') dialog.close(); });
  return async () => {
    place.replaceChildren();
    dialog.showModal();
    place.replaceChildren(...bench(await comparing.rotary()));
  };
}
