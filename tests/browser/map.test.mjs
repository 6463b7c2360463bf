// @ts-check
// The map: every tensor has its cell, in its verdict's colour, for eye, pointer,
// keyboard and assistive software.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isChromium, patience_ms, phase, pick, scratch, search, text, useBrowser } from './harness.mjs';
import { bf16, write } from './support/checkpoint.mjs';
import { openMadeUp } from './support/made-up.mjs';
import { savedReport } from './support/native.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

const { open, browser } = useBrowser();
const options = { timeout: patience_ms };

/** The map, which is a slider to assistive software. */
const MAP = '#map [role=slider]';
/** Cells of the made-up checkpoint that are in a layer: two lines, and as many columns as it has other tensors. */
const COLUMNS = 24;
const UP_3 = 3;

/** What the cursor stands on. @param {Page} page */
const said = (page) => page.$eval(MAP, (map) => map.getAttribute('aria-valuetext') ?? '');

/** @param {Page} page @param {...string} keys */
async function press(page, ...keys) {
  await page.focus(MAP);
  for (const key of keys) await page.keyboard.press(/** @type {any} */ (key));
}

/** @param {Page} page all cells, as the keyboard finds them */
async function walk(page) {
  const cells = Number(await page.$eval(MAP, (map) => map.getAttribute('aria-valuemax'))) + 1;
  await press(page, 'Home');
  const found = [await said(page)];
  while (found.length < cells) {
    await page.keyboard.press('ArrowRight');
    found.push(await said(page));
  }
  return found;
}

/**
 * The middle of a cell: where it is on the screen, and its colour on the canvas.
 *
 * @param {Page} page
 * @param {number} line
 * @param {number} column
 */
const cell = (page, line, column) => page.$eval('#map canvas', (element, line, column, columns) => {
  const canvas = /** @type {HTMLCanvasElement} */ (element);
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const lines = Math.round(height / 22);
  const [x, y] = [(column + 0.4) / columns, (line + 0.4) / lines];
  const pixel = canvas.getContext('2d')?.getImageData(x * canvas.width, y * canvas.height, 1, 1).data ?? [];
  return { x: left + x * width, y: top + y * height, pixel: [...pixel] };
}, line, column, COLUMNS);

/** A custom property's colour as a pixel. @param {Page} page @param {string} name */
const colour = (page, name) => page.evaluate((name) => {
  const context = /** @type {CanvasRenderingContext2D} */ (document.createElement('canvas').getContext('2d'));
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data];
}, name);

test('every tensor of a checkpoint has a cell that says its name and its verdict', options, async () => {
  const { page, errors } = await open();
  await page.click('#open-sample');
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  await page.waitForSelector(`${MAP} canvas`);
  const { tensors } = JSON.parse(await savedReport(page));
  const cells = await walk(page);
  for (const { name, ancestry } of tensors) {
    const title = await page.evaluate(async (label) => (await import(/** @type {string} */ ('/source/text/labels.js'))).title(label), ancestry.label);
    assert(cells.includes(`${name}: ${title}`), `${name}: ${title} is not among ${cells.join('; ')}`);
  }
  assert.deepEqual(errors, []);
  await page.close();
});

test('a star in a name is no layer', options, async () => {
  const names = ['alpha.weight', 'a*b', 'beta.weight', 'layers.*.weight', 'layers.0.weight', 'layers.1.weight'];
  const { page, errors } = await open();
  await pick(page, write(join(scratch, 'star.safetensors'), names.map((name, seed) => bf16(name, [8, 8], seed))));
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  await page.waitForSelector('#map:not([hidden]) svg');
  const written = await page.$$eval('#map svg text', (texts) => texts.map(({ textContent }) => textContent));
  assert.deepEqual(written, ['weight', 'in no layer', '0', '1']);
  const marks = await page.$eval('#map [role="slider"]', (map) => Number(map.getAttribute('aria-valuemax')) + 1);
  assert.equal(marks, 8, 'a line of layers and one of the four others');
  assert.deepEqual(errors, []);
  await page.close();
});

test('a cell has the colour of its verdict', options, async () => {
  const { page, errors } = await openMadeUp(browser());
  const [native, f16, int4] = await Promise.all(['--blue', '--orange', '--rose'].map((name) => colour(page, name)));
  await page.waitForFunction(() => document.querySelector('#map canvas'));
  assert.deepEqual((await cell(page, 0, 0)).pixel, native);
  assert.deepEqual((await cell(page, 0, UP_3)).pixel, f16);
  assert.deepEqual((await cell(page, 1, UP_3)).pixel, native);
  assert.deepEqual((await cell(page, 2, 15)).pixel, int4, 'tensors of no layer have a line of their own');
  assert.deepEqual((await cell(page, 0, UP_3 + 1)).pixel, [0, 0, 0, 0], 'no tensor, no cell');
  assert.deepEqual(errors, []);
  await page.close();
});

test('the colours follow the colour scheme', { ...options, skip: !isChromium && 'only Chromium can be made to change the scheme' }, async () => {
  const { page } = await openMadeUp(browser());
  const light = (await cell(page, 0, 0)).pixel;
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const dark = (await cell(page, 0, 0)).pixel;
  assert.notDeepEqual(dark, light);
  assert.deepEqual(dark, await colour(page, '--blue'));
  await page.close();
});

test('pointing at a cell says what it is, and a click opens it', options, async () => {
  const { page } = await openMadeUp(browser());
  await page.$eval('#map', (map) => map.scrollIntoView());
  const { x, y } = await cell(page, 0, UP_3);
  await page.mouse.move(x, y);
  await page.waitForFunction(() => /^model\.layers\.3\.up\.weight: FP16$/.test(document.querySelector('#map .readout')?.textContent ?? ''));
  await page.mouse.click(x, y);
  await page.waitForSelector('#tensor:not([hidden]) .verdict');
  assert.equal(await page.$eval('#tensor-name', (name) => name.textContent), 'model.layers.3.up.weight');
  await page.close();
});

test('the keyboard goes through layers and modules, and opens a tensor', options, async () => {
  const { page } = await openMadeUp(browser());
  await press(page, 'Home', 'ArrowRight', 'ArrowRight', 'ArrowRight');
  assert.equal(await said(page), 'model.layers.3.up.weight: FP16');
  await press(page, 'ArrowDown');
  assert.equal(await said(page), 'model.layers.3.down.weight: native');
  await press(page, 'ArrowUp', 'Enter');
  await page.waitForSelector('#tensor:not([hidden]) .verdict');
  assert.equal(await page.$eval('#tensor-name', (name) => name.textContent), 'model.layers.3.up.weight');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#tensor[hidden]');
  assert(await page.$eval(MAP, (map) => map === document.activeElement), 'the focus returns to where it was');
  await page.close();
});

test('a number colours the map from pale to deep and says its ends', options, async () => {
  const { page } = await openMadeUp(browser());
  await page.select('#map-by', 'std');
  await page.waitForFunction(() => document.querySelector('#map-scale')?.textContent === 'pale 0.001, deep 0.032');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const [pale, deep] = [await cell(page, 2, 0), await cell(page, 1, UP_3)];
  assert(pale.pixel[3] < 60 && deep.pixel[3] > 250, `the least is ${pale.pixel}, the greatest ${deep.pixel}`);
  await press(page, 'Home');
  assert.equal(await said(page), 'model.layers.0.up.weight: 0.025');
  await page.close();
});

test('100,000 tensors share cells; the few odd ones show, and a click finds them', options, async () => {
  const { page } = await openMadeUp(browser(), 50_000);
  const elements = await page.$$eval('#map *', (elements) => elements.length);
  assert(elements < 200, `${elements} elements`);
  await press(page, 'Home', 'End', 'ArrowUp', 'ArrowUp');
  assert.match(await said(page), /^model\.layers\.49999\.up\.weight and \d+ more: \d+ native, 1 FP16$/);
  await press(page, 'Enter');
  await page.waitForSelector('#tensor:not([hidden]) .verdict');
  assert.equal(await page.$eval('#tensor-name', (name) => name.textContent), 'model.layers.49999.up.weight');
  await page.close();
});

test('the map fits a phone', options, async () => {
  const { page } = await openMadeUp(browser());
  await page.setViewport({ width: 390, height: 800 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { right, across } = await page.$eval('#map canvas', (canvas) => ({ right: canvas.getBoundingClientRect().right, across: document.documentElement.scrollWidth }));
  assert(right <= 390 && across <= 390, `the map ends at ${right}, the page at ${across}`);
  await page.close();
});

test('verdicts are summed up, and one of them filters the list', options, async () => {
  const { page } = await openMadeUp(browser());
  assert.match(await text(page, '#sub'), /Smaller forms would save 6\.00 kB and lose nothing/);
  const [f16] = await page.$$eval('.legend button', (buttons) => buttons.flatMap((button) => (button.textContent?.includes(' FP16, ') ? [button.textContent] : [])));
  assert.equal(f16, '32 FP16, 2 tensors');
  await page.$$eval('.legend button', (buttons) => buttons.find((button) => button.textContent?.includes(' FP16, '))?.click());
  await page.waitForFunction(() => document.querySelector('#matches')?.textContent?.startsWith('2 of '));
  const verdicts = await page.$$eval('[data-tensor] .c-label', (cells) => cells.map((cell) => cell.textContent));
  assert.deepEqual(verdicts, ['FP16', 'FP16']);
  await search(page, 'label:native layers.2');
  // Two tensors matched before as well, and none while it was typed: only the names tell when the list is the new one.
  const expected = ['model.layers.2.down.weight', 'model.layers.2.up.weight'].join();
  await page.waitForFunction((expected) => Array.from(document.querySelectorAll('[data-tensor]'), (line) => line.getAttribute('data-tensor')).sort().join() === expected, {}, expected);
  await page.close();
});
