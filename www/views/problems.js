// @ts-check
// What could not be read, and where. The rest of the checkpoint goes on.

import { count, plural } from '../text/numbers.js';
import { byId, h } from './dom.js';

/** @typedef {import('../types.js').Problem} Problem */

const SHOWN_AT_ONCE = 4;
/** A wholly broken checkpoint must not fill the page with elements. */
const SHOWN_AT_MOST = 1000;

/** @param {Problem} problem */
export const problemItem = ({ file, tensor, where, what }) => h('li', {},
  h('span', { class: 'what' }, what), ' ',
  h('span', { class: 'place' }, [tensor, file, where].filter(Boolean).join(' · ')));

/** @param {Problem[]} problems */
function rest(problems) {
  const hidden = problems.length - SHOWN_AT_MOST;
  return h('details', {},
    h('summary', {}, `${count(problems.length - SHOWN_AT_ONCE)} more`),
    h('ul', {}, ...problems.slice(SHOWN_AT_ONCE, SHOWN_AT_MOST).map(problemItem),
      hidden > 0 && h('li', {}, `and ${count(hidden)} more, all in the saved report`)));
}

let shown = '';

/** @param {Problem[]} problems */
export function showProblems(problems) {
  const section = byId('problems');
  const state = JSON.stringify([problems.length, problems[0], problems.at(-1)]);
  if (state === shown) return;
  shown = state;
  section.replaceChildren(
    h('h2', { id: 'problems-title' }, plural(problems.length, 'problem')),
    h('ul', {}, ...problems.slice(0, SHOWN_AT_ONCE).map(problemItem)),
    ...(problems.length > SHOWN_AT_ONCE ? [rest(problems)] : []));
}
