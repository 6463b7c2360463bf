// @ts-check
// Long work on the main thread, cut so that no task is felt.

const BUDGET_MS = 8;

/** @returns {Promise<void>} after the browser had a chance to draw and to take input */
const breathe = () => new Promise((resolve) => setTimeout(resolve, 0));

/**
 * Runs a generator to its end in slices of a few milliseconds. It should yield
 * every thousand steps.
 * @template T
 * @param {Generator<void, T>} work
 * @param {() => boolean} isStale true when nobody wants the result any more
 * @returns {Promise<T | null>} null when it became stale
 */
export async function inSlices(work, isStale) {
  let sliceStart = performance.now();
  for (;;) {
    const { done, value } = work.next();
    if (done) return isStale() ? null : /** @type {T} */ (value);
    if (performance.now() - sliceStart < BUDGET_MS) continue;
    await breathe();
    if (isStale()) return null;
    sliceStart = performance.now();
  }
}

const STEPS = 1024;

/** Yields after every `STEPS` items. @param {number} i */
export const isPause = (i) => i % STEPS === STEPS - 1;

/**
 * A stable bottom-up merge sort that can be run in slices.
 * @param {Uint32Array} items sorted in place, or its twin is
 * @param {(a: number, b: number) => boolean} isAfter true when a belongs after b
 * @returns {Generator<void, Uint32Array>}
 */
export function* mergeSort(items, isAfter) {
  let from = items;
  /** @type {Uint32Array} */
  let to = new Uint32Array(items.length);
  let steps = 0;
  for (let width = 1; width < items.length; width *= 2) {
    for (let low = 0; low < items.length; low += 2 * width) {
      const middle = Math.min(low + width, items.length);
      const high = Math.min(low + 2 * width, items.length);
      for (let out = low, left = low, right = middle; out < high; out++) {
        const takeRight = right < high && (left === middle || isAfter(from[left], from[right]));
        to[out] = from[takeRight ? right++ : left++];
        if (isPause(steps++)) yield;
      }
    }
    [from, to] = [to, from];
  }
  return from;
}
