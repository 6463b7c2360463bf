// @ts-check
// What is opened out of a list or a map, and the way back to where one was.

import { h } from './dom.js';
import { linkIn } from './permalink.js';

/**
 * @typedef {object} Actions
 * @property {(row: number) => Promise<void>} open
 * @property {() => void} close
 * @property {(direction: 1 | -1) => void} step
 */
/** The ways out of what is opened; it is closed as the browser goes back, unless that is said. @typedef {Pick<Actions, 'step'> & {close?: () => void}} WaysOut */
/**
 * What draws one of the rows; -1 is none.
 * @typedef {{row: number, show: (row: number) => Promise<unknown>, hide: () => void}} View
 */

/** A long name breaks after a dot. @param {string} name */
export const breakable = (name) => name.split(/(?<=\.)/).flatMap((piece) => [piece, h('wbr')]);

/**
 * Furnishes an article: the ways out of it, a name that takes the focus, and a body.
 * @param {HTMLElement} article @param {string} label @param {WaysOut} actions
 */
export function furnishArticle(article, label, { step, close = () => history.back() }) {
  const name = h('h2', { id: `${article.id}-name`, class: 'name', tabindex: '-1' });
  const body = h('div', { class: 'body' });
  /** @param {string} text @param {string} key @param {() => void} click */
  const button = (text, key, click) => h('button', { type: 'button', class: 'quiet', 'aria-keyshortcuts': key, title: `Key: ${key}`, on: { click } }, text);
  article.append(
    h('nav', { 'aria-label': label },
      button('Close', 'Escape', close), h('span', { class: 'space' }), button('Previous', 'k', () => step(-1)), button('Next', 'j', () => step(1))),
    name, body);
  return { name, body };
}

/**
 * @param {HTMLElement} article that the view fills
 * @param {Pick<import('./tensor-list.js').TensorList<any>, 'select' | 'redraw' | 'neighbour'>} list
 * @param {View} view
 * @param {(row: number) => string | undefined} [address] of what is opened, where it has one
 * @returns {Actions}
 */
export function openedFrom(article, list, view, address = () => undefined) {
  /** Where the page stood. */
  let returnTo_px = 0;
  /** What had the focus. @type {HTMLElement | null} */
  let opener = null;

  /** @param {number} row */
  function show(row) {
    list.select(row);
    const shown = view.show(row);
    /** @type {HTMLElement | null} */ (article.querySelector('.name'))?.focus({ preventScroll: true });
    return shown;
  }

  return {
    async open(row) {
      if (view.row < 0) {
        returnTo_px = scrollY;
        opener = /** @type {HTMLElement | null} */ (document.activeElement);
        // The browser's own way back, which a phone has at hand, closes it. Who comes by its address is there already.
        const to = address(row);
        if (to === undefined || linkIn(to)?.tensor !== linkIn()?.tensor) history.pushState({ row }, '', to);
      }
      await show(row);
      if (view.row === row) article.scrollIntoView();
    },
    close() {
      if (view.row < 0) return;
      view.hide();
      list.redraw();
      scrollTo(0, returnTo_px);
      opener?.focus({ preventScroll: true });
    },
    /** The page stays where it is, so that one picture can be compared. */
    step(direction) {
      const next = view.row < 0 ? null : list.neighbour(view.row, direction);
      if (next === null) return;
      history.replaceState({ row: next }, '', address(next));
      show(next);
    },
  };
}
