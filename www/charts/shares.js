// @ts-check
// A bar of shares with its key under it.

import { h } from '../views/dom.js';

/**
 * @typedef {object} Share
 * @property {string} colour a custom property
 * @property {number} size as a part of the whole; where the sum is below 1 the bar is not full
 * @property {string} amount
 * @property {string} text
 * @property {() => void} [press]
 */

/** @param {Share} share */
function key({ colour, amount, text, press }) {
  const says = [h('i', { css: { background: `var(--${colour})` } }), h('b', {}, amount), ` ${text}`];
  return h('li', {}, ...(press ? [h('button', { type: 'button', class: 'quiet', on: { click: press } }, ...says)] : says));
}

/** @param {string} label @param {Share[]} shares */
export const shareBar = (label, shares) => [
  h('div', { class: 'share', role: 'img', 'aria-label': `${label}: ${shares.map(({ amount, text }) => `${amount} ${text}`).join(', ')}` },
    ...shares.map(({ colour, size }) => h('i', { css: { 'flex-grow': String(size), background: `var(--${colour})` } }))),
  h('ul', { class: 'legend' }, ...shares.map(key)),
];
