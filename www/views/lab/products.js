// @ts-check
// The bench that multiplies each matrix with the same activations, summed in two ways: which layers
// are sensitive to the order and the width of a sum.

import { matcher } from '../glob.js';
import { h } from '../dom.js';
import { stem } from '../save.js';
import { MODELS } from './models.js';
import { productsResult } from './products-result.js';

/** @typedef {import('../../types.js').NamedRows} NamedRows */

/** The names that a query of the list's kind matches; nothing where it leaves none out. @param {string} query @param {NamedRows} rows */
function namesOf(query, rows) {
  const matches = matcher(query);
  const names = Array.from({ length: rows.length }, (_, row) => rows.name(row));
  return matches ? names.filter((name) => matches(name, '')) : undefined;
}

/**
 * @param {() => NamedRows} rows of the open checkpoint
 * @param {(wanted: import('../../lab.js').ProductsWanted) => void} run
 * @returns {import('./bench.js').Form}
 */
function productsForm(rows, run) {
  /** @param {string} id @param {Record<string, string>} attributes */
  const input = (id, attributes) => h('input', { id, type: 'text', autocomplete: 'off', spellcheck: 'false', ...attributes });
  const tensors = input('products-tensors', { placeholder: 'all; or a part of a name, or *.down_proj.*' });
  const tokens = input('products-tokens', { value: '16', inputmode: 'numeric', size: '6' });
  const seed = input('products-seed', { value: '0', inputmode: 'numeric', size: '6' });
  /** @param {'a' | 'b'} side @param {string} preset */
  const choice = (side, preset) => h('select', { 'data-model': side, 'aria-label': `Sums of ${side}` }, ...MODELS.map(([key, title]) => h('option', { value: key, selected: key === preset }, title)));
  const [a, b] = [choice('a', 'f32'), choice('b', 'bf16')];
  const start = h('button', { type: 'submit', class: 'primary' }, 'Run');
  /** @param {string} title @param {HTMLElement} control */
  const field = (title, control) => h('label', {}, h('span', {}, title), control);
  tensors.addEventListener('input', () => tensors.setCustomValidity(''));
  const element = h('form', {
    class: 'lab-form products-form',
    on: {
      submit: (/** @type {Event} */ event) => {
        event.preventDefault();
        const names = namesOf(tensors.value, rows());
        if (names?.length === 0) {
          tensors.setCustomValidity('No tensor has such a name.');
          tensors.reportValidity();
          return;
        }
        run({ a: a.value, b: b.value, tokens: tokens.value, seed: seed.value, ...(names && { names }) });
      },
    },
  },
  h('p', { class: 'fields' }, field('a: sums in', a), field('b: sums in', b), field('Tokens', tokens), field('Seed', seed), field('Tensors', tensors)),
  h('p', { class: 'actions' }, start));
  return { element, update: ({ canRun }) => { start.disabled = !canRun; } };
}

/** @param {import('../../types.js').Session} session @returns {import('./bench.js').Bench<'products'>} */
export const productsBench = (session) => ({
  id: 'products',
  title: 'Matrix products',
  says: 'Hardware and libraries add the products of a matrix product in different orders and widths. Each matrix is multiplied with the same made-up activations, the sums added in either way, and the outputs held against each other.',
  session: session.products,
  lacks: () => '',
  form: () => productsForm(() => session.state.rows, (wanted) => session.products.run(wanted)),
  result: productsResult,
  file: ({ checkpoint }) => `${stem(checkpoint.name)}.matmul`,
});
