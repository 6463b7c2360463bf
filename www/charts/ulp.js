// @ts-check
// How many elements lie how many ULPs apart: a bar a bin, as long as the logarithm
// of its count.

import { count, percent, powerOfTwo } from '../text/numbers.js';
import { h } from '../views/dom.js';

/**
 * A bin, or several that hold nothing.
 * @typedef {{title: string, exact: string, count: number, kind: string}} Bin
 */

/** Digits of larger distances say less than their power of two. */
const PLAIN = 65536;
/** So many empty bins in a row are drawn as one. */
const FEW = 3;

/** The bins of numbers in their order: "0", "1", "2", "3-4", … @param {number} i @returns {[number, number]} the least and the greatest distance */
const bounds = (i) => (i < 3 ? [i, i] : [2 ** (i - 2) + 1, 2 ** (i - 1)]);

/** @param {[number, number]} bounds */
const keyOf = ([from, to]) => (from === to ? `${from}` : `${from}-${to}`);

/** @param {[number, number]} bounds the upper one is a power of two, and the lower one is past one */
function titleOf([from, to]) {
  const high = to <= PLAIN ? count(to) : powerOfTwo(Math.log2(to));
  if (from === to) return high;
  return `${from <= PLAIN ? count(from) : powerOfTwo(Math.log2(from - 1))}–${high}`;
}

/** @param {Record<string, number>} ulp @returns {Bin[]} */
function binsOf(ulp) {
  const last = Math.max(0, ...Object.keys(ulp).map((key) => Number(key.split('-').at(-1))).filter((n) => !Number.isNaN(n)));
  /** @type {Bin[]} */
  const bins = [];
  /** The bins without a count before this one. @type {[number, number][]} */
  let empty = [];
  const flush = () => {
    const parts = empty.length > FEW ? [/** @type {[number, number]} */ ([empty[0][0], empty[empty.length - 1][1]])] : empty;
    bins.push(...parts.map((place) => ({ title: titleOf(place), exact: keyOf(place), count: 0, kind: '' })));
    empty = [];
  };
  for (let i = 0; bounds(i)[1] <= last; i++) {
    const place = bounds(i);
    const here = ulp[keyOf(place)];
    if (here) {
      flush();
      bins.push({ title: titleOf(place), exact: keyOf(place), count: here, kind: i ? 'apart' : 'same' });
    } else empty.push(place);
  }
  flush();
  for (const [key, title] of [['inf', 'Inf on one side'], ['nan', 'NaN on one side']]) {
    if (ulp[key]) bins.push({ title, exact: key, count: ulp[key], kind: 'alarm' });
  }
  return bins;
}

/**
 * @param {Record<string, number>} ulp @param {string} of the type whose ULPs they are @param {number} elements
 */
export function ulpPicture(ulp, of, elements) {
  const bins = binsOf(ulp);
  const most = Math.log1p(Math.max(...bins.map(({ count }) => count)));
  return [
    h('p', { class: 'note' }, `Elements by their distance in units in the last place of ${of}. A bar is as long as the logarithm of its count.`),
    h('table', { class: 'stats ulps' },
      h('thead', {}, h('tr', {}, ...['ULP apart', '', 'elements', 'share'].map((head) => h('th', { scope: 'col' }, head)))),
      h('tbody', {}, ...bins.map(({ title, exact, count: n, kind }) => h('tr', { 'data-bin': exact, class: kind || 'none' },
        h('th', { scope: 'row', title: exact }, title),
        h('td', { class: 'along' }, n > 0 && h('i', { css: { '--part': String(Math.log1p(n) / most) } })),
        h('td', {}, count(n)), h('td', {}, percent(n / elements)))))),
  ];
}
