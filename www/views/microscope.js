// @ts-check
// One number as every format has it: bits, value, error, neighbours. All of it
// is computed in core; here it is only drawn.

import { exact, NOTHING, value } from '../text/numbers.js';
import { capital } from '../text/sentences.js';
import { h, setText } from './dom.js';

/** @typedef {import('../types.js').Figure} Figure */
/** @typedef {import('../types.js').Look} Look */
/** @typedef {import('../types.js').Neighbour} Neighbour */
/** @typedef {import('../types.js').Microscope} Microscope */

const EXAMPLES = ['0.1', '65520', '2^-24', '1e-8', 'bf16:0x3f80', 'inf'];
/** How outcomes that are no error are called. @type {Partial<Record<Look['outcome'], string>>} */
const OUTCOMES = { exact: 'exact', underflow: 'to zero', overflow: 'overflow', none: 'has none' };
const ALARMS = ['underflow', 'overflow', 'none'];

/** All digits: they tell the number from others. @param {Figure} figure */
const digits = (figure) => exact(figure).replaceAll('-', '−').replace('Infinity', '∞').replace('e+', 'e');

/** @param {Look} look the fields of its code, in their colours */
function bits({ stored, title }) {
  if (!stored) return h('span', { class: 'bits' }, NOTHING);
  const { sign, exponent, mantissa } = stored;
  /** @type {[string, string][]} */
  const fields = [['sign', sign], ['exponent', exponent], ['mantissa', mantissa]];
  const spoken = fields.filter(([, field]) => field).map(([name, field]) => `${name} ${field}`).join(', ');
  return h('span', { class: 'bits', role: 'img', 'aria-label': `${title}: ${spoken}` },
    ...fields.map(([name, field]) => h('span', { class: `field ${name}` }, field)));
}

/** @param {Look} look @returns {[string, string]} the error, and its share of a step */
function errorOf({ outcome, error, ulps }) {
  const said = OUTCOMES[outcome];
  if (outcome === 'exact' || outcome === 'none' || outcome === 'overflow') return [said ?? '', ''];
  return [said ?? value(error, 3), `${value(ulps, 3)} ULP`];
}

/** Two lines, the second one faint. @param {string} title @param {import('./dom.js').Child} first @param {import('./dom.js').Child} second */
const cell = (title, first, second, kind = '') =>
  h('td', { role: 'cell', 'data-column': title, class: kind }, h('div', {}, first), h('small', {}, second));

/** @param {string} title @param {Look} look @param {Neighbour | null | undefined} neighbour @param {(text: string) => void} type */
function besideCell(title, look, neighbour, type) {
  if (!neighbour) return cell(title, NOTHING, '');
  const click = () => type(`${look.name.toLowerCase()}:${neighbour.code}`);
  const label = `${look.title}, ${title}: ${digits(neighbour.value)}`;
  return cell(title, h('button', { type: 'button', class: 'step', 'aria-label': label, title: 'Look at this one', on: { click } }, digits(neighbour.value)), neighbour.code);
}

/** @param {Look} look @param {string | null} typed the format of a code that was typed @param {(text: string) => void} type */
function line(look, typed, type) {
  const { name, title, outcome, stored } = look;
  const [error, share] = errorOf(look);
  const alarm = ALARMS.includes(outcome) ? 'bad' : '';
  return h('tr', { role: 'row', 'data-format': name, class: name === typed ? 'typed' : null },
    h('th', { role: 'rowheader', scope: 'row' }, title),
    cell('bits', bits(look), stored?.code ?? ''),
    cell('value', stored ? digits(stored.value) : NOTHING, stored?.class === 'subnormal' ? 'subnormal' : '', alarm),
    cell('error', error, share, outcome === 'rounded' ? 'off' : alarm),
    besideCell('next below', look, stored?.below, type),
    besideCell('next above', look, stored?.above, type));
}

const TITLES = ['format', 'bits and code', 'value', 'error', 'next below', 'next above'];

/** @param {Microscope} seen @param {(text: string) => void} type */
const table = ({ input, formats }, type) => h('table', { class: 'looks figures', role: 'table', 'aria-label': `${input.text} in every format` },
  h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...TITLES.map((title) => h('th', { role: 'columnheader', scope: 'col' }, title)))),
  h('tbody', { role: 'rowgroup' }, ...formats.map((look) => line(look, input.format, type))));

/** @param {Microscope} seen */
function sentence({ input }) {
  const { text, value, note, format } = input;
  const isPlain = format === null && digits(value) === text.replaceAll('-', '−');
  return [`${isPlain ? digits(value) : `${text} is ${digits(value)}`}, in each format rounded to nearest, ties to even.`, note].filter(Boolean).join(' ');
}

/** @param {import('../types.js').Session} session */
export function microscopeView(session) {
  const typed = h('input', { id: 'number', type: 'text', value: EXAMPLES[0], autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', 'aria-describedby': 'number-says', on: { input: () => look() } });
  const format = h('select', { id: 'code-format', on: { change: () => look() } });
  const says = h('p', { id: 'number-says', class: 'says', 'aria-live': 'polite' });
  const place = h('div', { class: 'looks-place' });
  /** Counts what was asked: an answer to an earlier question is late. */
  let asked = 0;

  /** @param {string} text */
  function type(text) {
    typed.value = text;
    typed.focus({ preventScroll: true });
    return look();
  }

  async function look() {
    const question = ++asked;
    const seen = await session.microscope(typed.value, format.value || 'BF16').catch((error) => ({ error: String(error.message) }));
    if (question !== asked) return;
    const isRefused = 'error' in seen;
    typed.setAttribute('aria-invalid', String(isRefused));
    says.classList.toggle('bad', isRefused);
    // What was seen stays, faint, while something else is being typed.
    place.classList.toggle('stale', isRefused);
    setText(says, isRefused ? capital(`${seen.error}.`) : sentence(seen));
    if (!isRefused) place.replaceChildren(table(seen, type));
  }

  return {
    elements: [
      h('div', { class: 'tools typing' },
        h('label', {}, 'Number or code ', typed),
        h('label', {}, 'codes 0x… are of ', format),
        h('span', { class: 'examples' }, ...EXAMPLES.map((text) => h('button', { type: 'button', class: 'quiet code', on: { click: () => type(text) } }, text)))),
      says, place,
    ],
    focus() {
      typed.focus({ preventScroll: true });
      typed.select();
    },
    update() {
      const floats = session.formats.filter(({ kind }) => kind === 'float');
      if (format.options.length || !floats.length) return;
      format.append(...floats.map(({ name, title }) => h('option', { value: name, selected: name === 'BF16' }, title)));
      look();
    },
  };
}
