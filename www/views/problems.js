// @ts-check
// What could not be read, and where. The rest of the checkpoint goes on.

import { visible } from '../text/names.js';
import { count, plural } from '../text/numbers.js';
import { h, redrawer } from './dom.js';

/** Of a scan, or of one side of a comparison. @typedef {Omit<import('../types.js').Problem, 'file'> & {side?: 'a' | 'b' | null, file: string | null}} Problem */

const SHOWN_AT_ONCE = 4;
/** A wholly broken checkpoint must not fill the page with elements. */
const SHOWN_AT_MOST = 1000;

/** @param {Problem} problem */
export const problemItem = ({ side, file, tensor, where, what }) => h('li', {},
  h('span', { class: 'what' }, what), ' ',
  h('span', { class: 'place' }, [side?.toUpperCase(), tensor !== null && visible(tensor), file, where].filter(Boolean).join(' · ')));

/** @param {Problem[]} problems */
function rest(problems) {
  const hidden = problems.length - SHOWN_AT_MOST;
  return h('details', {},
    h('summary', {}, `${count(problems.length - SHOWN_AT_ONCE)} more`),
    h('ul', {}, ...problems.slice(SHOWN_AT_ONCE, SHOWN_AT_MOST).map(problemItem),
      hidden > 0 && h('li', {}, `and ${count(hidden)} more, all in the saved report`)));
}

/** What keeps a section's list up to date. @param {HTMLElement} section */
export function problemsIn(section) {
  const redraw = redrawer(section);
  /** @param {Problem[]} problems */
  return (problems) => {
    section.hidden = !problems.length;
    redraw([problems.length, problems[0], problems.at(-1)], () => [
      h('h2', { id: `${section.id}-title` }, plural(problems.length, 'problem')),
      h('ul', {}, ...problems.slice(0, SHOWN_AT_ONCE).map(problemItem)),
      problems.length > SHOWN_AT_ONCE && rest(problems)]);
  };
}
