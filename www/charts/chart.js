// @ts-check
// What the pictures share: they are drawn for the width they have, never
// scaled, and a cursor reads them out by pointer, touch and arrow keys.

import { h } from '../views/dom.js';

/**
 * @typedef {object} Drawing
 * @property {Element} svg
 * @property {(x: number, y: number) => number} [markAt] the mark at this place
 * @property {(mark: number) => void} [highlight] -1 for none
 */

/**
 * @typedef {object} Chart
 * @property {string} label what the picture is
 * @property {number} [marks] how many marks the cursor can stand on
 * @property {number} [start] the mark where the arrow keys start
 * @property {(mark: number) => string} [say] reads a mark out
 * @property {number} [down] how many marks the arrow down goes on; otherwise one back, as on a slider
 * @property {(mark: number) => void} [press] what a click and Enter do
 * @property {string} [hint] what stands there when no mark is read
 * @property {(width: number) => Drawing} draw
 */

/** Redraws when the width of its place changes. @param {HTMLElement} place @param {() => void} draw */
function onWidth(place, draw) {
  let drawnWidth = 0;
  new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (width && width !== drawnWidth) {
      drawnWidth = width;
      draw();
    }
  }).observe(place);
}

/** A picture without a cursor. @param {Chart} chart */
export function picture({ label, draw }) {
  const place = h('div', { class: 'plot', role: 'img', 'aria-label': label });
  onWidth(place, () => place.replaceChildren(draw(place.clientWidth).svg));
  return place;
}

/**
 * A picture that is read mark by mark. To assistive software it is a slider
 * whose value is the sentence about the mark.
 * @param {Chart & {marks: number, say: (mark: number) => string}} chart
 */
export function readable({ label, marks, start = 0, down = -1, say, press, hint = '', draw }) {
  const readout = h('p', { class: 'readout figures' }, hint);
  const place = h('div', {
    class: 'plot', role: 'slider', tabindex: 0, 'aria-label': label,
    'aria-valuemin': 0, 'aria-valuemax': marks - 1, 'aria-valuenow': start, 'aria-valuetext': say(start),
  });
  /** @type {Drawing | null} */
  let drawing = null;
  let [mark, last] = [-1, start];
  /** @param {number} next */
  const read = (next) => {
    if (next === mark) return;
    mark = next;
    drawing?.highlight?.(mark);
    readout.textContent = mark < 0 ? hint : say(mark);
    if (mark < 0) return;
    last = mark;
    place.setAttribute('aria-valuenow', String(mark));
    place.setAttribute('aria-valuetext', say(mark));
  };
  listen(place, read, () => last, marks, down, (x, y) => drawing?.markAt?.(x, y) ?? -1);
  place.addEventListener('click', () => { if (mark >= 0) press?.(mark); });
  place.addEventListener('keydown', ({ key }) => { if (key === 'Enter' && mark >= 0) press?.(mark); });
  onWidth(place, () => {
    drawing = draw(place.clientWidth);
    place.replaceChildren(drawing.svg);
    drawing.highlight?.(mark);
  });
  return h('div', { class: 'readable' }, readout, place);
}

/**
 * @param {HTMLElement} place @param {(mark: number) => void} read
 * @param {() => number} last @param {number} marks @param {number} down @param {(x: number, y: number) => number} markAt
 */
function listen(place, read, last, marks, down, markAt) {
  /** @type {Record<string, () => number>} */
  const keys = {
    ArrowLeft: () => last() - 1, ArrowDown: () => last() + down,
    ArrowRight: () => last() + 1, ArrowUp: () => last() - down,
    Home: () => 0, End: () => marks - 1,
  };
  /** @param {PointerEvent} event */
  const point = ({ clientX, clientY }) => {
    const { left, top } = place.getBoundingClientRect();
    read(markAt(clientX - left, clientY - top));
  };
  place.addEventListener('pointermove', point);
  place.addEventListener('pointerdown', point);
  place.addEventListener('pointerleave', () => { if (!place.matches(':focus-visible')) read(-1); });
  place.addEventListener('focus', () => { if (place.matches(':focus-visible')) read(last()); });
  place.addEventListener('blur', () => read(-1));
  place.addEventListener('keydown', (event) => {
    const target = keys[event.key];
    if (!target) return;
    event.preventDefault();
    read(Math.min(Math.max(target(), 0), marks - 1));
  });
}
