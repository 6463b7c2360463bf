// @ts-check
// What is to be run: tokens, and two policies.

import { h } from '../dom.js';
import { MODELS } from './models.js';

/** @typedef {import('../../lab.js').PolicyKey} PolicyKey */

const PRECISIONS = ['f32', 'bf16', 'f16'];

/** Keys, what they rule, and their values; the first is what PyTorch does. @param {string[]} casts @returns {[PolicyKey, string, string[]][]} */
const keys = (casts) => [
  ['inv_freq', 'Rotary frequencies', PRECISIONS],
  ['activations', 'Results of modules', ['bf16', 'f16', 'f32']],
  ['norm', 'RMSNorm', PRECISIONS],
  ['softmax', 'Softmax', PRECISIONS],
  ['accumulate', 'Sums of products', MODELS.map(([key]) => key)],
  ['weights', 'Weights', ['stored', ...casts]],
];

/** What is preselected. @type {Record<'a' | 'b', Partial<Record<PolicyKey, string>>>} */
const PRESET = { a: {}, b: { inv_freq: 'bf16' } };
const TITLES = { a: 'from_pretrained(dtype=bfloat16)', b: '.to(bfloat16)' };

/** What PyTorch's call for a policy is, if there is one. @param {import('../../lab.js').Policy} policy */
export function titleOf(policy) {
  const isOf = (/** @type {'a' | 'b'} */ side) => keys([]).every(([key, , values]) => policy[key] === (PRESET[side][key] ?? values[0]));
  return isOf('a') ? TITLES.a : isOf('b') ? TITLES.b : null;
}

/** A call whose arguments stay together; where even they have no room, they may be broken behind the equals sign. @param {string} call */
export function breakable(call) {
  const [name, ...of] = call.split(/(?=\()|(?<==)/);
  return [name, of.length > 0 && h('span', { class: 'arguments' }, ...of.flatMap((part, at) => (at ? [h('wbr'), part] : [part])))].filter((part) => part !== false);
}

/** Few ids that nearly every vocabulary has. */
const TOKENS = '1, 2, 3, 5, 8, 13';

/**
 * @param {string[]} casts keys of the casts that weights may go through
 * @param {(wanted: import('../../lab.js').Wanted) => void} run
 */
export function labForm(casts, run) {
  const tokens = h('input', { id: 'lab-tokens', type: 'text', value: TOKENS, autocomplete: 'off', spellcheck: 'false', required: true });
  const label = h('label', { for: 'lab-tokens' }, 'Tokens, by id');
  const asText = h('input', { type: 'checkbox' });
  const textChoice = h('label', { hidden: true }, asText, ' as text');
  const attribute = h('input', { type: 'checkbox' });
  const gpu = h('input', { type: 'checkbox', id: 'lab-gpu' });
  /** @param {'a' | 'b'} side @param {[PolicyKey, string, string[]]} row */
  const choice = (side, [key, title, values]) => h('select', { 'data-policy': `${side}.${key}`, 'aria-label': `${title}, ${side}` },
    ...values.map((value) => h('option', { value, selected: value === PRESET[side][key] }, value)));
  const rows = keys(casts).map((row) => ({ key: row[0], title: row[1], a: choice('a', row), b: choice('b', row) }));
  /** @param {'a' | 'b'} side */
  const policy = (side) => rows.map((row) => `${row.key}=${row[side].value}`).join();
  const titles = { a: h('small', { class: 'code' }), b: h('small', { class: 'code' }) };
  /** A policy is called what PyTorch's call for it is only while it is that. */
  const entitle = () => {
    for (const side of /** @type {const} */ (['a', 'b'])) {
      const chosen = /** @type {import('../../lab.js').Policy} */ (Object.fromEntries(rows.map((row) => [row.key, row[side].value])));
      titles[side].replaceChildren(...breakable(titleOf(chosen) ?? 'chosen below'));
    }
  };
  const start = h('button', { type: 'submit', class: 'primary' }, 'Run');
  asText.addEventListener('change', () => {
    label.textContent = asText.checked ? 'Text' : 'Tokens, by id';
    tokens.value = asText.checked ? 'The capital of France is' : TOKENS;
  });
  const element = h('form', {
    class: 'lab-form',
    on: {
      change: entitle,
      submit: (/** @type {Event} */ event) => {
        event.preventDefault();
        const said = asText.checked ? { tokens: '', text: tokens.value } : { tokens: tokens.value };
        run({ ...said, a: policy('a'), b: policy('b'), attribute: attribute.checked, gpu: gpu.checked });
      },
    },
  },
  h('p', { class: 'field' }, label, tokens, textChoice),
  h('table', { class: 'policies' },
    h('thead', {}, h('tr', {}, h('td'), h('th', { scope: 'col' }, 'a', titles.a), h('th', { scope: 'col' }, 'b', titles.b))),
    h('tbody', {}, ...rows.map(({ title, a, b }) => h('tr', {}, h('th', { scope: 'row' }, title), h('td', {}, a), h('td', {}, b))))),
  h('p', { class: 'actions' }, start, h('label', {}, attribute, ' each change by itself, too'), 'gpu' in navigator && h('label', { title: 'WebGPU, where the adapter gives the processor’s bits; it is tried out first' }, gpu, ' multiply on the GPU')));
  entitle();
  return {
    element,
    /** @param {{canRun: boolean, hasTokenizer: boolean}} state */
    update({ canRun, hasTokenizer }) {
      start.disabled = !canRun;
      textChoice.hidden = !hasTokenizer;
      if (!hasTokenizer && asText.checked) asText.click();
    },
  };
}
