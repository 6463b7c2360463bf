// @ts-check
// A checkpoint of 100,000 tensors, and a walk through the list by keyboard.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isChromium, patience_ms, phase, pick, scratch, search, useBrowser } from './harness.mjs';
import { write } from './support/checkpoint.mjs';

const { open } = useBrowser();
const options = { timeout: 3 * patience_ms };
const COUNT = 100_000;

/** @type {Promise<import('./harness.mjs').Tab> | undefined} */
let opened;

/** The one tab of these tests, which build on each other. */
const theTab = () => (opened ??= open());

/** Eight BF16 zeros each; names as of 12,500 layers of eight modules. */
function manyTensors() {
  const tensors = Array.from({ length: COUNT }, (_, i) => ({
    name: `model.layers.${Math.floor(i / 8)}.module_${i % 8}.weight`,
    dtype: 'BF16',
    shape: [2, 4],
    bytes: 16,
  }));
  return write(join(scratch, 'many.safetensors'), tensors);
}

test('100,000 tensors are scanned while the page stays responsive', options, async (t) => {
  const { page, errors } = await theTab();
  if (isChromium) await watchLongTasks(page);
  const path = manyTensors();
  const start_ms = performance.now();
  await pick(page, path);
  await page.waitForSelector('[data-tensor], #tensor-list [role=row]');
  t.diagnostic(`first rows after ${Math.round(performance.now() - start_ms)} ms`);
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  t.diagnostic(`done after ${Math.round(performance.now() - start_ms)} ms`);
  if (isChromium) t.diagnostic(await longTasks(page));
  assert.deepEqual(errors, []);
});

/** @param {import('./harness.mjs').Page} page */
function watchLongTasks(page) {
  return page.evaluate(() => {
    const durations = (/** @type {any} */ (window).longTasks_ms = /** @type {number[]} */ ([]));
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) durations.push(entry.duration);
    });
    observer.observe({ type: 'longtask' });
  });
}

/** @param {import('./harness.mjs').Page} page */
async function longTasks(page) {
  const durations = await page.evaluate(() => /** @type {number[]} */ (/** @type {any} */ (window).longTasks_ms));
  return `tasks over 50 ms: ${durations.length}, the longest ${Math.max(0, ...durations)} ms`;
}

test('the list holds few elements however long it is, and scrolls to its end', options, async () => {
  const { page } = await theTab();
  const rows = () => page.$$eval('#tensor-list [role=row]', (rows) => rows.length);
  assert((await rows()) < 500, 'the list is drawn in part');
  await search(page, 'layers.12499.');
  const name = 'model.layers.12499.module_7.weight';
  await page.waitForSelector(`[data-tensor="${name}"]`);
  assert((await rows()) < 500);
});

test('the filter finds and the list returns', options, async () => {
  const { page } = await theTab();
  await search(page, 'layers.777.module_3.weight');
  await page.waitForFunction(() => document.querySelectorAll('[data-tensor]').length === 1);
  await search(page, 'no such tensor');
  await page.waitForSelector('#no-match:not([hidden])');
});

test('the keyboard walks the list and opens a tensor', options, async () => {
  const { page } = await theTab();
  await search(page, 'layers.42.');
  // All of them and no others: with less of the filter there are more.
  await page.waitForFunction(() => Array.from(document.querySelectorAll('[data-tensor]'), (line) => /** @type {HTMLElement} */ (line).dataset.tensor).every((name) => name?.includes('layers.42.')) && document.querySelectorAll('[data-tensor]').length === 8);
  await tabTo(page, '#tensor-list');
  await page.keyboard.press('Home');
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#tensor:not([hidden]) #tensor-name:not(:empty)');
  const name = await page.$eval('#tensor-name', (element) => element.textContent);
  assert.match(name ?? '', /^model\.layers\.42\.module_\d\.weight$/);
});

/**
 * Presses Tab until the focus is on an element or in it.
 *
 * @param {import('./harness.mjs').Page} page
 * @param {string} selector
 */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 30; presses++) {
    const there = await page.evaluate(
      (selector) => document.activeElement?.closest(selector) !== null,
      selector,
    );
    if (there) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${selector}`);
}
