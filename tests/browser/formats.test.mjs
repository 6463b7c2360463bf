// @ts-check
// The formats of numbers: their table, and one number in each of them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTensor, origin, patience_ms, phase, pick, scratch, text, useBrowser } from './harness.mjs';
import { bf16, write } from './support/checkpoint.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

const { open } = useBrowser();
const options = { timeout: patience_ms };

/** @param {Page} page */
async function openFormats(page) {
  await page.click('#show-formats');
  await page.waitForSelector('#formats-view[open] .looks');
}

/** Types in place of what is there and waits for what is said of it. @param {Page} page @param {string} typed @param {string} said */
async function look(page, typed, said) {
  await page.$eval('#number', (input) => /** @type {HTMLInputElement} */ (input).select());
  await page.type('#number', typed);
  await says(page, said);
}

/** @param {Page} page @param {string} said */
const says = (page, said) => page.waitForFunction((said) => document.querySelector('#number-says')?.textContent?.startsWith(said), {}, said);

/** The cells of a format's line, by column. @param {Page} page @param {string} format @returns {Promise<Record<string, string[]>>} */
const line = (page, format) => page.$eval(`#formats-view .looks [data-format="${format}"]`, (row) => {
  const cells = [...row.querySelectorAll('td')].map((cell) => [cell.dataset.column, [...cell.children].map(({ textContent }) => textContent)]);
  return Object.fromEntries(cells);
});

/** @param {Page} page @param {string} format */
const fields = (page, format) => page.$$eval(`#formats-view .looks [data-format="${format}"] .field`, (fields) => fields.map(({ textContent }) => textContent));

/** @param {Page} page */
const isOpen = (page) => page.$eval('#formats-view', (dialog) => /** @type {HTMLDialogElement} */ (dialog).open);

/** @param {Page} page */
const closed = (page) => page.waitForFunction(() => !document.querySelector('#formats-view[open]'));

test('the table has every format', options, async () => {
  const { page, errors } = await open();
  await openFormats(page);
  await page.waitForSelector('#formats-view .stats');
  const rows = await page.$$eval('#formats-view .stats tbody tr', (rows) => rows.map((row) => [...row.children].map(({ textContent }) => textContent)));
  assert.equal(rows.length, 23);
  const bf16 = rows.find(([name]) => name?.startsWith('BF16'));
  assert.deepEqual(bf16?.slice(1, 10), ['16', '1/8/7', '127', '8', '2.4', '3.39e38', '2⁻¹²⁶', '2⁻¹³³', '±∞, NaN']);
  assert.deepEqual(errors, []);
});

test('a number has its bits, value, error and neighbours in every format', options, async () => {
  const { page, errors } = await open();
  await openFormats(page);
  await look(page, '0.1', '0.1, in each format rounded');
  assert.deepEqual(await fields(page, 'BF16'), ['0', '01111011', '1001101']);
  assert.deepEqual(await line(page, 'BF16'), {
    bits: ['0011110111001101', '0x3dcd'],
    value: ['0.10009765625', ''],
    error: ['9.77e−5', '0.2 ULP'],
    'next below': ['0.099609375', '0x3dcc'],
    'next above': ['0.1005859375', '0x3dce'],
  });
  assert.deepEqual((await line(page, 'F4')).error, ['to zero', '−0.2 ULP']);
  assert.deepEqual((await line(page, 'F6_E3M2')).value, ['0.125', 'subnormal']);
  await look(page, '65520', '65520, in each');
  assert.deepEqual((await line(page, 'F16')).value, ['∞', '']);
  assert.deepEqual(errors, []);
});

test('codes are read, of the format that is named or chosen', options, async () => {
  const { page } = await open();
  await openFormats(page);
  await look(page, 'e4m3:0x7e', 'e4m3:0x7e is 448,');
  assert.deepEqual((await line(page, 'BF16')).bits, ['0100001111100000', '0x43e0']);
  await look(page, '0x3c00', '0x3c00 is 0.0078125,');
  await page.select('#code-format', 'F16');
  await says(page, '0x3c00 is 1,');
});

test('nonsense gets a sentence that says where', options, async () => {
  const { page, errors } = await open();
  await openFormats(page);
  await look(page, '1.5x', '“x” is no part of a number (character 4).');
  assert.equal(await page.$eval('#number', (input) => input.getAttribute('aria-invalid')), 'true');
  await look(page, 'bf17:0x1', 'No format is called “bf17”: there are F64,');
  await look(page, '<b>', 'A number should be here');
  await look(page, '1.5', '1.5, in each');
  assert.equal(await page.$eval('#number', (input) => input.getAttribute('aria-invalid')), 'false');
  assert.deepEqual(errors, []);
});

test('the keyboard opens it, walks from number to number, and leaves', options, async () => {
  const { page } = await open();
  await page.focus('#show-formats');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#formats-view[open] .looks');
  // What is typed goes where the focus is, in place of what is there.
  await page.keyboard.type('1');
  await says(page, '1, in each');
  await page.focus('#formats-view .looks [data-format="BF16"] [data-column="next above"] button');
  await page.keyboard.press('Enter');
  await says(page, 'bf16:0x3f81 is 1.0078125,');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'number');
  await page.keyboard.press('Escape');
  await closed(page);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'show-formats');
  // The way back in the history is gone a moment later.
  await page.waitForFunction(() => location.hash === '');
});

test('it has an address, and the way back closes it over a tensor', options, async () => {
  const { page, errors } = await open();
  await pick(page, write(join(scratch, 'one.safetensors'), [bf16('one', [64, 64], 1)]));
  await phase(page, 'done');
  await openTensor(page, 'one');
  const name = await text(page, '#tensor-name');
  await openFormats(page);
  assert.equal(await page.evaluate(() => location.hash), '#formats');
  await page.evaluate(() => history.back());
  await closed(page);
  assert.equal(await text(page, '#tensor-name'), name);
  assert(await page.$eval('#tensor', (tensor) => !(/** @type {HTMLElement} */ (tensor).hidden)));
  await page.goto(`${origin}/?again#formats`);
  await page.waitForSelector('#formats-view[open] .looks');
  // Here, too, what is typed replaces what is there.
  await page.keyboard.type('2');
  await says(page, '2, in each');
  await page.evaluate(() => history.back());
  await closed(page);
  assert.equal(await isOpen(page), false);
  assert.deepEqual(errors, []);
});

test('it fits a phone', options, async () => {
  const { page } = await open();
  await page.setViewport({ width: 390, height: 844 });
  await openFormats(page);
  for (const typed of ['0.1', '-2.2250738585072014e-308', 'nan']) {
    await look(page, typed, typed.replaceAll('-', '−').replace('nan', 'nan is'));
    const [inner, outer] = await page.$eval('#formats-view', ({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
    assert(inner <= outer, `${typed}: ${inner} px in ${outer}`);
  }
});
