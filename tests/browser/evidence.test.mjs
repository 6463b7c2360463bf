// @ts-check
// The tensor view's verdict: what the report says of it is on the page, whatever the label.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTensor, patience_ms, phase, pick, scratch, text, useBrowser } from './harness.mjs';
import { bf16, f32, write } from './support/checkpoint.mjs';
import { openMadeUp } from './support/made-up.mjs';
import { savedReport } from './support/native.mjs';

const { open, browser } = useBrowser();
const options = { timeout: patience_ms };

/** @type {Promise<import('./harness.mjs').Tab> | undefined} */
let opened;

/** The one tab with the made-up checkpoint. */
const theTab = () => (opened ??= openMadeUp(browser()));

/** Opens the made-up tensor that has this label. @param {string} label */
async function show(label) {
  const { page, errors } = await theTab();
  if (await page.$('#tensor:not([hidden])')) await close(page);
  await openTensor(page, label);
  await page.waitForSelector(`#tensor .chip[data-label="${label}"]`);
  assert.deepEqual(errors, []);
  return text(page, '#tensor');
}

/** @param {import('./harness.mjs').Page} page */
async function close(page) {
  await page.click('#tensor nav button');
  await page.waitForSelector('#tensor[hidden]');
}

/** What stands in the open tensor, on one line. @param {string} selector */
async function part(selector) {
  const { page } = await theTab();
  return (await text(page, `#tensor ${selector}`)).replace(/\s+/g, ' ');
}

/** @param {string} selector */
async function isThere(selector) {
  const { page } = await theTab();
  return (await page.$(`#tensor ${selector}`)) !== null;
}

/** What a slider says at its mark. @param {string} label @param {number} mark */
async function read(label, mark) {
  const { page } = await theTab();
  const picture = `#tensor [role=slider][aria-label^="${label}"]`;
  await page.focus(picture);
  await page.keyboard.press('Home');
  for (let i = 0; i < mark; i++) await page.keyboard.press('ArrowRight');
  return page.$eval(picture, (element) => element.getAttribute('aria-valuetext'));
}

for (const [label, says] of Object.entries({
  native: /native Made in this type/,
  inconclusive: /inconclusive Too little to tell/,
  f16: /FP16 FP32 → FP16 → BF16, 100 % of the values\. Odds against native values: 109,012 to 1\./,
  int4: /INT4 INT4 → BF16, one scale for each 128 neighbours, 98\.30 % of the values \(97\.90 % to 98\.60 % with 95 % confidence\)/,
  f8_e4m3: /FP8 E4M3 FP8 E4M3 → BF16, one scale for each 128 × 128\./,
  mxfp4: /MXFP4 MXFP4 → BF16, one power of two for each 32 neighbours\./,
  int8: /INT8 INT8 → FP16 → BF16, one scale for each row\./,
  arithmetic: /arithmetic Averages/,
  few_levels: /few levels Few levels/,
  unexplained: /unexplained Not native/,
  constant: /Every value is the same/,
  empty: /It holds no values/,
  mixed: /Its parts have different histories/,
  not_float: /not floating-point numbers/,
})) {
  test(`a tensor that is ${label} says so in words`, options, async () => {
    await show(label);
    assert.match(await part('.verdict'), says);
  });
}

test('each test stands with its sentence and its figures, and so does what it cannot know', options, async () => {
  await show('f16');
  assert.equal(await part('[data-test=parity]'), 'More last bits are even than one rounding leaves. n 3,145,728 · expected 0.5625 · observed 0.5618 · log₁₀ p −9,012 · power 1');
  assert(await isThere('[data-test=fp16_grid]'));
  assert.match(await part('.tests'), /What this cannot know Later training erases these traces\./);
});

test('the parity picture has a mark a binade, at the height of its share', options, async () => {
  await show('f16');
  const { page } = await theTab();
  const heights = await page.$$eval('#tensor .parity circle', (marks) => marks.map((mark) => Number(mark.getAttribute('cy'))));
  assert.equal(heights.length, 3, 'a binade about which nothing can be said has no mark');
  assert(heights[0] < heights[1] && heights[1] < heights[2], `${heights}`);
  assert.equal(await read('Share of even last bits', 0), '2⁻¹⁷: too few values');
  assert.equal(await read('Share of even last bits', 3), '2⁻¹⁴: 56.25 % even, standard error 0.20 %');
  assert(await isThere('.parity path.f16'), 'what FP16 predicts is drawn');
});

test('witnesses stand beside what would be expected, and say what they prove', options, async () => {
  await show('f16');
  const { page } = await theTab();
  const cells = await page.$$eval('#tensor .witnesses tbody tr', (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
  assert.deepEqual(cells[2], ['< 2⁻¹⁷', '', '382', '406', '0']);
  assert.equal(cells.length, 4);
  assert.match(await part('.evidence'), /FP16 could hold every one of them\. That none is below 1e-10 proves nothing: about 0\.005 would be expected\./);
  await show('native');
  assert.match(await part('.evidence'), /At least 192 values cannot have passed through FP16\./);
});

test('rows that differ are counted by their histories', options, async () => {
  const view = await show('mixed');
  assert.match(view, /384 of 512 rows: FP16\./);
  assert.match(view, /512 of 600 rows were examined\./);
  assert.match(view, /15 rows of one value, 12 of them all zeros\./);
  assert.match(view, /384 FP16/);
});

test('what is wasted, duplicated and packed is said', options, async () => {
  assert.match(await show('bf16'), /16 bytes of its 32 bytes carry nothing: BF16 holds the same values\./);
  assert.match(await show('constant'), /The same values as empty\./);
  assert.match(await show('not_float'), /Stored as packed INT4, GPTQ, group 128\./);
});

test('that a tensor holds nothing is said once', options, async () => {
  assert.equal((await show('empty')).split('It holds no values.').length, 2);
});

/** What the note says of a sample of two large tensors and of so many besides. @param {{whole: number, left_out: number}} besides */
async function note(besides) {
  const { page } = await theTab();
  return page.evaluate(async (besides) => {
    const view = '/source/views/sample-note.js';
    const { sampleNote } = await import(view);
    const root = new DocumentFragment();
    const place = root.appendChild(Object.assign(document.createElement('div'), { id: 'sample-note' }));
    sampleNote(null, root)({ overview: { sample: { bytes: 1e6, of: 2e7, sampled: 2, ...besides } }, phase: 'done' });
    return place.textContent ?? '';
  }, besides);
}

test('a sample’s note counts what there is, and nothing else', options, async () => {
  assert.match(await note({ whole: 0, left_out: 0 }), /rows of 2 tensors, spread over each\. Each figure/);
  assert.match(await note({ whole: 1, left_out: 1 }), /; 1 more is small and read whole; 1 is left out, since others of a kind stand for it\. Each figure/);
  assert.match(await note({ whole: 3, left_out: 2 }), /; 3 more are small and read whole; 2 are left out, since others of a kind stand for them\. Each figure/);
});

test('where there is nothing to show, nothing is drawn', options, async () => {
  await show('not_float');
  for (const selector of ['.parity', '.witnesses', '.tests', '.share']) assert(!(await isThere(selector)), selector);
  const complex = await show('f32');
  assert.match(complex, /The real part:[^]*The imaginary part:/);
});

test('what tensors show together stands in each of them', options, async () => {
  const names = Array.from({ length: 40 }, (_, layer) => `layers.${layer}.norm.weight`);
  const path = write(join(scratch, 'norms.safetensors'), names.map((name, seed) => bf16(name, [1200], seed + 1)));
  const { page, errors } = await open();
  await pick(page, path);
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  const { pools } = JSON.parse(await savedReport(page));
  const [, pool] = pools;
  assert.equal(pool.pattern, 'layers.*.norm.weight');
  assert.notEqual(pool.ancestry.label, 'inconclusive');
  await openTensor(page, names[7]);
  await page.waitForSelector(`#tensor [data-pool="${pool.pattern}"] .chip[data-label="${pool.ancestry.label}"]`);
  assert.match(await text(page, '#tensor'), /Taken together, the 40 BF16 tensors of layers\.\*\.norm\.weight that are inconclusive alone/);
  assert.deepEqual(errors, []);
  await page.close();
});

test('the evidence of a real checkpoint is the report’s, word for word', options, async () => {
  const { page, errors } = await open();
  await page.click('#open-sample');
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  const { tensors } = JSON.parse(await savedReport(page));
  for (const { name, ancestry } of tensors) {
    await openTensor(page, name);
    await page.waitForSelector(`#tensor .chip[data-label="${ancestry.label}"]`);
    // 2^-17 is written as 2⁻¹⁷.
    const plain = (/** @type {string | null | undefined} */ text) => text?.replace(/2(\^-?\d+|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g, '2^');
    const said = await page.$$eval('#tensor [data-test]', (entries) => entries.map((entry) => [/** @type {HTMLElement} */ (entry).dataset.test, entry.firstChild?.textContent]));
    const reported = ancestry.evidence.map((/** @type {{test: string, says: string}} */ { test, says }) => [test, plain(says)]);
    assert.deepEqual(said.map(([test, says]) => [test, plain(says)]), reported, name);
    await close(page);
  }
  assert.deepEqual(errors, []);
  await page.close();
});

test('quantiles with two bounds fit at every width', options, async () => {
  const { page, errors } = await open();
  await pick(page, write(join(scratch, 'bounds.safetensors'), [f32('wide.weight', [64, 64], 1), { ...f32('complex.weight', [64, 64], 2), dtype: 'C64', shape: [32, 64] }]));
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  for (const name of ['wide.weight', 'complex.weight']) {
    await openTensor(page, name);
    await page.waitForSelector('#tensor .tables.bounded');
    for (const width of [390, 600, 800, 1024, 1280, 1440]) {
      await page.setViewport({ width, height: 800 });
      const places = await page.evaluate(() => ({
        page: document.documentElement.scrollWidth,
        tables: Array.from(document.querySelectorAll('#tensor .tables > *'), ({ scrollWidth, clientWidth }) => scrollWidth - clientWidth),
      }));
      assert(places.page <= width, `${name} at ${width}: the page is ${places.page} wide`);
      // Four columns of a complex tensor do not fit a phone: they are scrolled.
      if (name === 'wide.weight' || width > 600) assert(Math.max(...places.tables) <= 0, `${name} at ${width}: ${places.tables}`);
    }
    await page.setViewport({ width: 1280, height: 800 });
  }
  assert.deepEqual(errors, []);
  await page.close();
});
