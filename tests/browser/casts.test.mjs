// @ts-check
// What narrower formats would lose: the sentences, the table, tensors by casts, one
// tensor's casts, and the second look at a file.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isChromium, openTensor, patience_ms, phase, pick, scratch, text, useBrowser } from './harness.mjs';
import { bf16, f32, write } from './support/checkpoint.mjs';
import { openMadeUp } from './support/made-up.mjs';
import { assertSameTensors, nativeReport, savedReport } from './support/native.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

const { open, browser } = useBrowser();
const options = { timeout: patience_ms };
const CASTS = 20;
/** Of these follow from no counts. */
const LATE = 6;

/** The lines of the table: a cast's key, and whether it is missing. @param {Page} page @param {string} [within] */
const lines = (page, within = '#casts-table') => page.$$eval(`${within} [data-cast]`, (lines) => lines.map((line) => ({
  key: line.getAttribute('data-cast') ?? '',
  isMissing: line.classList.contains('missing'),
  cells: [...line.querySelectorAll('td')].map((cell) => cell.textContent ?? ''),
  note: line.querySelector('small')?.textContent ?? '',
})));

/** @param {Page} page @param {string} [within] */
const missing = async (page, within) => (await lines(page, within)).filter(({ isMissing }) => isMissing).length;

/** What the active cell of the matrix says. @param {Page} page */
const active = (page) => page.$eval('#matrix-active', (cell) => cell.getAttribute('aria-label') ?? cell.textContent ?? '');

/** Names of the tensors in the order of the matrix. @param {Page} page */
const order = (page) => page.$$eval('#matrix-grid [data-at]', (lines) => lines
  .map((line) => ({ at: Number(line.getAttribute('data-at')), name: line.children[0].textContent }))
  .sort((a, b) => a.at - b.at).map(({ name }) => name));

/** Puts the focus there as the keyboard does. @param {Page} page */
async function tabToMatrix(page) {
  await page.focus('#matrix-rank');
  await page.keyboard.press('Tab');
  await page.waitForSelector('#matrix-grid:focus #matrix-active');
}

/** @param {Page} page @param {string} pattern of the line above the matrix */
const readout = (page, pattern) => page.waitForFunction((pattern) =>
  new RegExp(pattern).test(document.querySelector('#matrix-readout')?.textContent ?? ''), {}, pattern);

/** @param {Page} page @param {string} key */
async function rank(page, key) {
  await page.select('#matrix-rank', key);
  await page.waitForSelector(key ? `#matrix-grid.ranked [data-rank="${key}"][aria-sort="ascending"]` : '#matrix-grid:not(.ranked)');
}

test('what to do is said first, then what each cast does', options, async () => {
  const { page, errors } = await openMadeUp(browser());
  const levels = await page.$$eval('[data-level]', (entries) => entries.map((entry) => entry.getAttribute('data-level')));
  assert.deepEqual(levels, ['8-bit', '6-bit', '4-bit']);
  assert.match(await text(page, '#casts-advice'), /INT8 per row keeps 36 dB.*2 tensors to keep.*largest thousandth.*FP16 holds all but 314/s);
  const table = await lines(page);
  assert.equal(table.length, CASTS);
  assert.equal(await missing(page), 0);
  assert.deepEqual(table[0].cells.slice(0, 2), ['lossless', '1.98 kB']);
  const e4m3 = table.find(({ key }) => key === 'f8_e4m3');
  assert.deepEqual(e4m3?.cells.slice(2, 5), ['50.00 %', '6.25 %', '2']);
  assert.deepEqual(errors, []);
  await page.close();
});

test('a long second look waits to be asked for; then figures come as tensors are read', options, async () => {
  const { page, errors } = await openMadeUp(browser(), 4, '&casts=waiting');
  assert.equal(await missing(page), LATE);
  assert.equal((await lines(page)).find(({ key }) => key === 'nvfp4')?.cells[0], 'waits for the second look');
  assert.match(await text(page, '#look-why'), /^6 casts need a second look at the file: .*NVFP4/);
  assert.equal(await text(page, '#look-button'), 'Read the 12.3 GB once more for the rest');
  assert.equal((await page.$$('[data-level]')).length, 0);
  await page.click('#look-button');
  await page.waitForFunction(() => /of 31 tensors/.test(document.querySelector('[data-cast="nvfp4"] small')?.textContent ?? ''));
  assert.equal(await text(page, '#look-button'), 'Stop');
  assert.match(await text(page, '#look-pace'), /^[\d.]+ GB of 12\.3 GB · 1\.10 GB\/s · 6\.6 s left$/);
  await page.waitForSelector('#look[hidden]');
  assert.equal(await missing(page), 0);
  assert.match(await page.$eval('#look-spoken', (spoken) => spoken.textContent ?? ''), /every cast is there/);
  await page.waitForSelector('[data-level]');
  assert.deepEqual(errors, []);
  await page.close();
});

test('a second look can be stopped and taken up again', options, async () => {
  const { page } = await openMadeUp(browser(), 400, '&casts=waiting');
  await page.click('#look-button');
  await page.waitForFunction(() => document.querySelector('#look-button')?.textContent === 'Stop');
  await page.click('#look-button');
  await page.waitForFunction(() => /^The second look was stopped/.test(document.querySelector('#look-why')?.textContent ?? ''));
  await page.click('#look-button');
  await page.waitForSelector('#look[hidden]');
  assert.equal(await missing(page), 0);
  await page.close();
});

test('a cell of the matrix has the colour of its step, and its counts are read out', options, async () => {
  const { page, errors } = await openMadeUp(browser());
  await page.waitForSelector('#matrix-grid [data-at]');
  const cell = await page.waitForSelector('#matrix-grid [data-at="0"] > :nth-child(16)');
  assert.equal(await cell?.evaluate((cell) => `${cell.className} ${cell.textContent}`), 'cell q3 19');
  await cell?.hover();
  await readout(page, '^arithmetic · MXFP4: 19\\.3 dB \\(4-bit quality\\); 6\\.25 % exact, no overflow, no underflow$');
  await cell?.click();
  await page.waitForSelector('#tensor:not([hidden]) .verdict');
  assert.equal(await page.$eval('#tensor-name', (name) => name.textContent), 'arithmetic');
  assert.deepEqual(errors, []);
  await page.close();
});

test('the keyboard walks the matrix, opens a tensor, comes back, and ranks from a heading', options, async () => {
  const { page } = await openMadeUp(browser());
  await page.waitForSelector('#matrix-grid [data-at]');
  await tabToMatrix(page);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  assert.match(await active(page), /^bf16 · FP16: 1\d\d\.\d dB/);
  await page.keyboard.press('End');
  assert.match(await active(page), /^bf16 · NF4 in blocks of 64/);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#tensor:not([hidden]) .verdict');
  assert.equal(await page.$eval('#tensor-name', (name) => name.textContent), 'bf16');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#tensor[hidden]');
  assert(await page.$eval('#matrix-grid', (grid) => grid === document.activeElement), 'the focus returns to where it was');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await readout(page, '^NF4 in blocks of 64: Enter ranks');
  // The counts of the cell that was passed are on their way by now, and say nothing.
  await new Promise((resolve) => { setTimeout(resolve, 400); });
  await readout(page, '^NF4 in blocks of 64: Enter ranks');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#matrix-grid.ranked [data-rank="nf4/64"][aria-sort="ascending"]');
  await page.close();
});

test('a cast ranks the tensors, those that lose most first, with their figures', options, async () => {
  const { page } = await openMadeUp(browser());
  await page.click('[data-cast="nvfp4"] button');
  await page.waitForSelector('#matrix-grid.ranked [data-at]');
  assert.deepEqual((await order(page)).slice(0, 2).sort(), ['f16', 'model.layers.3.up.weight']);
  await page.waitForFunction(() => document.querySelector('[data-at="0"] .f-exact')?.textContent);
  const figures = await page.$$eval('[data-at="0"] .figure', (cells) => cells.map((cell) => cell.textContent));
  assert.deepEqual(figures.slice(0, 4), ['11.4 dB', '6.25 %', '0', '0']);
  await rank(page, '');
  assert.equal((await order(page))[0], 'arithmetic');
  await page.close();
});

test('the matrix has its own filter', options, async () => {
  const { page } = await openMadeUp(browser());
  await page.type('#matrix-filter', 'label:f16');
  await page.waitForFunction(() => document.querySelector('#matrix-count')?.textContent?.startsWith('2 of '));
  assert.deepEqual(await order(page), ['f16', 'model.layers.3.up.weight']);
  await page.close();
});

test('a tensor shows its casts, and those of a second look when they come', options, async () => {
  const { page, errors } = await openMadeUp(browser(), 4, '&casts=waiting');
  await openTensor(page, 'model.layers.2.up.weight');
  await page.waitForSelector('#tensor .casts');
  assert.equal(await missing(page, '#tensor'), LATE);
  await page.$eval('#look-button', (button) => /** @type {HTMLElement} */ (button).click());
  await page.waitForFunction(() => !document.querySelector('#tensor .missing'));
  assert.equal((await lines(page, '#tensor'))[0].cells.length, 9);
  await openTensor(page, 'not_float');
  assert.equal(await page.$('#tensor .casts'), null);
  assert.deepEqual(errors, []);
  await page.close();
});

test('100,000 tensors are ranked and scrolled with few elements and no long task', { timeout: 3 * patience_ms }, async (t) => {
  const { page } = await openMadeUp(browser(), 50_000);
  await page.waitForSelector('#matrix-grid [data-at]');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  if (isChromium) {
    await page.evaluate(() => {
      const durations = (/** @type {any} */ (window).longTasks_ms = /** @type {number[]} */ ([]));
      new PerformanceObserver((list) => durations.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
    });
  }
  await rank(page, 'mxfp4');
  assert.equal((await order(page))[0], 'f16');
  await page.$eval('#matrix-grid', async (grid) => {
    for (let i = 1; i <= 40; i++) {
      grid.scrollTop = (grid.scrollHeight * i) / 40;
      await new Promise(requestAnimationFrame);
    }
  });
  await page.waitForSelector('[data-at="100022"]');
  assert((await page.$$('#matrix-grid [data-at]')).length < 60);
  const longest_ms = await page.evaluate(() => Math.max(0, ...(/** @type {any} */ (window).longTasks_ms ?? [])));
  t.diagnostic(`the longest task over 50 ms: ${longest_ms} ms`);
  assert(longest_ms < 150, `a task of ${longest_ms} ms`);
  await page.close();
});

test('table and matrix fit a phone', options, async () => {
  const { page } = await openMadeUp(browser());
  await page.setViewport({ width: 390, height: 800 });
  for (const key of ['', 'mxfp4']) {
    await rank(page, key);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const across = await page.evaluate(() => document.documentElement.scrollWidth);
    const right = await page.$eval('#matrix-grid [data-at] > :nth-child(21)', (cell) => cell.getBoundingClientRect().right);
    assert(across <= 390 && right <= 390, `the page ends at ${across}, the last cast at ${right}`);
  }
  await page.close();
});

/** A file of both kinds: FP32 has no census of its codes, BF16 has one. */
function model() {
  return write(join(scratch, 'casts.safetensors'), [bf16('a.weight', [700, 1000], 1), f32('b.weight', [300, 1000], 2), f32('norm.weight', [1000], 3)]);
}

test('a short second look begins by itself, and the report is the command’s', options, async () => {
  const { page, errors } = await open();
  const path = model();
  await pick(page, path);
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  await page.waitForSelector('[data-look="done"] [data-cast]');
  assert.equal(await page.$('#casts-table :is(.missing, small:not(:empty))'), null, 'every cast of every tensor is there');
  const saved = await savedReport(page);
  assertSameTensors(saved, await nativeReport(path));
  const { tensors } = JSON.parse(saved);
  for (const { name, casts } of tensors) {
    await openTensor(page, name);
    const shown = await lines(page, '#tensor');
    assert.deepEqual(shown.map(({ key }) => key).sort(), Object.keys(casts).sort());
    assert.deepEqual(shown.map(({ key, cells }) => [key, cells[4]]), shown.map(({ key }) => [key, casts[key].overflow.toLocaleString('en')]));
  }
  assert.deepEqual(errors, []);
  await page.close();
});

test('a few values that decide every ratio are told of', options, async () => {
  const { page, errors } = await open();
  const [plain, huge] = [f32('plain.weight', [64, 64], 1), f32('huge.weight', [64, 64], 2)];
  const { buffer, byteOffset } = /** @type {Uint8Array} */ (huge.data);
  new DataView(buffer, byteOffset).setFloat32(4000, 1e6, true);
  await pick(page, write(join(scratch, 'huge.safetensors'), [plain, huge]));
  await page.waitForFunction(() => document.body.dataset.look === 'done');
  await page.waitForFunction(() => /^.*In huge\.weight the largest thousandth/s.test(document.querySelector('#casts-advice')?.textContent ?? ''));
  const says = /largest thousandth of the values hold half of the energy or more.* up to \d+\.\d dB lower/;
  await openTensor(page, 'huge.weight');
  assert.match(await text(page, '#tensor'), says);
  await openTensor(page, 'plain.weight');
  assert.doesNotMatch(await text(page, '#tensor'), says);
  assert.deepEqual(errors, []);
});

test('neither all nor none is said of less or more', options, async () => {
  const { page } = await open();
  const said = await page.evaluate(async () => {
    const { percent } = await import(/** @type {string} */ ('/source/text/numbers.js'));
    return [0, 1, 2, 1e-6, 0.5013, 0.9997, 0.999999, 1.000001].map(percent);
  });
  assert.deepEqual(said, ['0 %', '100 %', '200 %', '< 0.01 %', '50.13 %', '99.97 %', '> 99.99 %', '100.00 %']);
});
