// @ts-check
// Two checkpoints side by side, really: what the page saves is what the command
// writes. The view is in compare-view.test.mjs, trouble in compare-trouble.test.mjs.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isChromium, patience_ms, phase, pick, scratch, text, useBrowser } from './harness.mjs';
import { leaving } from './support/builds.mjs';
import { f32, write } from './support/checkpoint.mjs';
import { assertSame, compareWith, compared, inFolder, narrow, nativeDiff, savedDiff, twoFiles, wide } from './support/compare.mjs';
import { drop } from './support/drop.mjs';
import { assertSameTensors, command, download, nativeReport, savedReport } from './support/native.mjs';

const { open, seen } = useBrowser();
const options = { timeout: 2 * patience_ms };
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

/** Opens one and compares it with the others. @param {string} a @param {...string} others */
async function comparison(a, ...others) {
  const tab = await open();
  await pick(tab.page, a);
  assert.equal(await phase(tab.page, 'done', 'failed'), 'done');
  await compareWith(tab.page, ...others);
  return { ...tab, ended: await compared(tab.page) };
}

test('the report is the command’s, byte for byte, and so are CSV and Markdown', options, async () => {
  const [a, b] = twoFiles();
  const { page, errors, ended } = await comparison(a, b);
  assert.equal(ended, 'done');
  const native = await nativeDiff(a, b);
  const { name, text: saved } = await download(page, '#save-diff-json', '.json');
  assert.equal(name, 'diff-pair-f32-pair-bf16.json');
  assertSame(saved, native);
  assertSame(await savedDiff(page, 'csv'), await nativeDiff(a, b, '--csv', '-'));
  assertSame(await savedDiff(page, 'md'), await nativeDiff(a, b, '--markdown', '-'));
  const { headline, pairs } = JSON.parse(native);
  assert.equal(await text(page, '#compare-headline'), headline);
  assert.deepEqual([pairs.explained, pairs.unexplained], [2, 1]);
  assert.deepEqual(errors, []);
  await page.close();
});

for (const name of ['dtypes', 'every_code', 'ragged', 'integers', 'shapes', 'names']) {
  test(`${name} is told to be itself, as the command tells it`, options, async () => {
    const path = join(fixtures, `${name}.safetensors`);
    const { page, errors, ended } = await comparison(path, path);
    assert.equal(ended, 'done');
    assertSame(await savedDiff(page), await nativeDiff(path, path));
    assert.deepEqual(errors, []);
    await page.close();
  });
}

// Trained weights in other types, as the oracle makes them.
const oracle = process.env.ORACLE_DIR ?? '';
for (const [a, b] of [['model', 'BF16'], ['BF16', 'F16'], ['F16', 'F8_E4M3'], ['BF16', 'F4']]) {
  test(`the oracle’s ${a} and ${b} differ as the command says`, options, async () => {
    const paths = [a, b].map((name) => join(oracle, 'real', `${name}.safetensors`));
    const { page, ended } = await comparison(paths[0], paths[1]);
    assert.equal(ended, 'done');
    assertSame(await savedDiff(page), await nativeDiff(paths[0], paths[1]));
    await page.close();
  });
}

test('every pair can be opened, and shows the figures of the report', options, async () => {
  const [a, b] = twoFiles();
  const { page } = await comparison(a, b);
  const { tensors } = JSON.parse(await savedDiff(page));
  await page.$eval('#pair-tensors', (list) => list.scrollIntoView());
  for (const { name, ...report } of tensors) {
    const line = await page.waitForSelector(`#pair-tensor-list [data-tensor="${name}"]`);
    await line?.click();
    await page.waitForFunction((name) => document.querySelector('#pair-name')?.textContent === name && document.querySelector('#pair [data-stat]'), {}, name);
    const shown = await page.$$eval('#pair [data-stat]', (cells) => cells.map((cell) => ({ .../** @type {HTMLElement} */ (cell).dataset })));
    assert(shown.length > 10);
    for (const { stat, value } of shown) assert.equal(value, JSON.stringify(report[stat ?? '']), `${name}: ${stat}`);
    await page.evaluate(() => history.back());
    await page.waitForSelector('#pair[hidden]');
  }
  await page.close();
});

/**
 * F32 weights of some rows, and what INT8 with a scale for each row makes of them.
 *
 * @returns {import('./support/checkpoint.mjs').Tensor[][]}
 */
function castByRow() {
  const [rows, columns] = [600, 1500];
  const tensor = f32('cast', [rows, columns], 5);
  const cast = Float32Array.from(new Float32Array(/** @type {Uint8Array} */ (tensor.data).slice().buffer));
  for (let row = 0; row < rows; row++) {
    const values = cast.subarray(row * columns, (row + 1) * columns);
    const scale = Math.fround(values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0) / 127);
    values.forEach((x, i) => {
      const quotient = Math.fround(x / scale);
      values[i] = nearestEven(quotient) * scale;
    });
  }
  return [[tensor], [{ ...tensor, data: new Uint8Array(cast.buffer) }]];
}

/** @param {number} x */
function nearestEven(x) {
  const below = Math.floor(x);
  const rest = x - below;
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
}

test('weights that went through INT8 by row are known by it', options, async () => {
  const [a, b] = castByRow().map((tensors, i) => write(join(scratch, `int8-${'ab'[i]}.safetensors`), tensors));
  const { page, errors, ended } = await comparison(a, b);
  assert.equal(ended, 'done');
  const native = await nativeDiff(a, b);
  assertSame(await savedDiff(page), native);
  assert.deepEqual(JSON.parse(native).tensors[0].explained_by.map((/** @type {{conversion: string}} */ { conversion }) => conversion), ['through:int8/row']);
  await page.$eval('#pair-tensors', (list) => list.scrollIntoView());
  const line = await page.waitForSelector('#pair-tensor-list [data-tensor="cast"]');
  assert.match(await line?.evaluate((line) => line.textContent) ?? '', /through INT8 per row/);
  assert.deepEqual(errors, []);
  await page.close();
});

/** Writes shards and their index. @param {string} folder @param {import('./support/checkpoint.mjs').Tensor[]} tensors @returns {string[]} */
function sharded(folder, tensors) {
  const names = tensors.map((_, i) => `model-0000${i + 1}-of-0000${tensors.length}.safetensors`);
  const shards = tensors.map((tensor, i) => write(inFolder(folder, names[i]), [tensor]));
  const index = inFolder(folder, 'model.safetensors.index.json');
  writeFileSync(index, JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(tensors.map(({ name }, i) => [name, names[i]])) }));
  return [...shards, index];
}

/** A report without the names of its checkpoints and without folders, of which a page knows nothing. @param {string} report */
const unnamed = (report) => report.replaceAll(/^("[ab]":\{"name":)"[^"]*"/gm, '$1""').replaceAll(/"(?:shards|config-[ab])\//g, '"');

test('shards and their index are one checkpoint beside a single file', options, async () => {
  const a = write(join(scratch, 'single.safetensors'), wide());
  const shards = sharded('shards', narrow());
  const { page, errors, ended } = await comparison(a, ...shards);
  assert.equal(ended, 'done');
  const native = await command(scratch, ['diff', basename(a), join('shards', 'model.safetensors.index.json'), '--json', '-', '--no-progress']);
  assertSame(unnamed(await savedDiff(page)), unnamed(native));
  assert.equal(JSON.parse(native).b.files.length, 3);
  assert.deepEqual(errors, []);
  await page.close();
});

test('a folder is compared like its files', { ...options, skip: !isChromium && 'only Chromium can be made to pick a folder' }, async () => {
  const a = write(join(scratch, 'beside-folder.safetensors'), wide());
  sharded('whole', narrow());
  const { page } = await open();
  await pick(page, a);
  await phase(page, 'done');
  await page.click('#compare-with');
  await /** @type {any} */ (await page.$('#folder-input')).uploadFile(join(scratch, 'whole'));
  assert.equal(await compared(page), 'done');
  assert.match(await text(page, '[data-side="B"]'), /^B\s+whole · 3 files/);
  await page.close();
});

test('a config.json beside the files is read, and is not left out', options, async () => {
  const config = (/** @type {string} */ folder, /** @type {object} */ says) => {
    const path = inFolder(folder, 'config.json');
    writeFileSync(path, JSON.stringify(says));
    return path;
  };
  const a = write(inFolder('config-a', 'model.safetensors'), wide());
  const b = write(inFolder('config-b', 'model.safetensors'), narrow());
  const { page } = await open();
  await pick(page, a, config('config-a', { torch_dtype: 'float32', tie_word_embeddings: true }));
  await phase(page, 'done');
  assert.match(await text(page, '#sub'), /; nothing left this page\..* config\.json is for the lab\.$/, 'a scan has no use for it');
  writeFileSync(inFolder('config-b', 'tokenizer.json'), '{}');
  await compareWith(page, b, config('config-b', { torch_dtype: 'float16' }), join(scratch, 'config-b', 'tokenizer.json'));
  assert.equal(await compared(page), 'done');
  assert.match(await text(page, '#compare-sub'), /Not part of B: tokenizer\.json\.$/);
  const saved = await savedDiff(page);
  assert.deepEqual(JSON.parse(saved).a.config, { dtype: 'float32', tie_word_embeddings: true });
  assert.equal(JSON.parse(saved).b.config.dtype, 'float16');
  const native = await command(scratch, ['diff', 'config-a', 'config-b', '--json', '-', '--no-progress']);
  assertSame(unnamed(saved), unnamed(native));
  assert.match(await text(page, '#findings'), /config\.json says float16/);
  await page.close();
});

test('the same weights lead to the lab, which has the command’s figures', options, async () => {
  const path = write(inFolder('same', 'model.safetensors'), wide());
  writeFileSync(inFolder('same', 'config.json'), JSON.stringify({ head_dim: 64, rope_theta: 10000, max_position_embeddings: 2048 }));
  const { page, errors } = await open();
  await pick(page, path);
  await phase(page, 'done');
  await compareWith(page, path);
  assert.equal(await compared(page), 'done');
  assert.match(await text(page, '#findings'), /the difference is made at run time/);
  await page.click('#open-lab');
  await page.waitForSelector('#lab-view[open] .lead');
  assert.match(await text(page, '#lab-view .lead'), /from a config\.json/, 'without one it says what it needs');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#lab-view:not([open])');
  await compareWith(page, path, inFolder('same', 'config.json'));
  assert.equal(await compared(page), 'done');
  await page.click('#open-lab');
  await page.waitForSelector('#lab-view[open] table');
  const native = JSON.parse(await command(join(scratch, 'same'), ['lab', 'rotary', 'config.json', '--json', '-']));
  assert.equal(await text(page, '#lab-view .lead'), native.bf16.says.join(' '));
  const rows = await page.$$eval('#lab-view [data-position] :nth-child(3)', (cells) => cells.map((cell) => cell.textContent));
  assert.deepEqual(rows, native.bf16.angles.map((/** @type {{turned: number}} */ { turned }) => `${turned} of ${native.frequencies.length}`));
  assert.deepEqual(errors, []);
  await page.close();
});

test('names that differ by a prefix are found, and others are paired by a table', options, async () => {
  const a = write(join(scratch, 'prefixed.safetensors'), wide('model.'));
  const renamed = narrow().map((tensor) => ({ ...tensor, name: tensor.name.replace('layers.', 'h.') }));
  const b = write(join(scratch, 'renamed.safetensors'), renamed);
  const { page, errors } = await comparison(a, b);
  assertSame(await savedDiff(page), await nativeDiff(a, b));
  const table = 'model.layers.* h.*\nmodel.norm.weight norm.weight';
  const rename = async (/** @type {string} */ table) => {
    await page.$eval('[data-names="table"]', (details) => { /** @type {HTMLDetailsElement} */ (details).open = true; });
    await page.$eval('[data-names="table"] textarea', (area, table) => { /** @type {HTMLTextAreaElement} */ (area).value = table; }, table);
    await page.$eval('#rename', (button) => /** @type {HTMLElement} */ (button).click());
  };
  await rename('one two three');
  await page.waitForSelector('[data-compare="failed"]');
  assert.match(await text(page, '#failure-text'), /line 1: two names must stand there, and 3 do/);
  await rename(table);
  await page.waitForSelector('[data-compare="done"]');
  writeFileSync(join(scratch, 'renames.txt'), table);
  const native = await nativeDiff(a, b, '--rename', join(scratch, 'renames.txt'), '--json', '-');
  assertSame(await savedDiff(page), native);
  assert.equal(JSON.parse(native).pairs.compared, 3);
  await page.click('#swap');
  await page.waitForFunction(() => document.querySelector('[data-side="A"]')?.textContent?.includes('renamed'));
  await page.waitForSelector('[data-compare="done"]');
  const swapped = JSON.parse(await savedDiff(page));
  assert.deepEqual([swapped.pairs.compared, swapped.a.name], [3, 'renamed.safetensors']);
  assert.deepEqual(errors, []);
  await page.close();
});

test('swapped, it is the command’s the other way round', options, async () => {
  const [a, b] = twoFiles('swapped');
  const { page } = await comparison(a, b);
  await page.click('#swap');
  await page.waitForFunction(() => document.querySelector('[data-side="A"]')?.textContent?.includes('bf16'));
  await page.waitForSelector('[data-compare="done"]');
  assertSame(await savedDiff(page), await nativeDiff(b, a));
  assert.match(await text(page, '#back'), /swapped-f32/, 'what is open stays the same');
  await page.close();
});

test('a drop has two places: to compare, and to open instead', { ...options, skip: !isChromium && 'only Chromium can be made to drop a file' }, async () => {
  const [a, b] = twoFiles('dropped');
  const { page, errors } = await open();
  const hint = () => page.$$eval('#drop-hint:not([hidden]) p:not([hidden])', (places) => places.map((place) => place.textContent));
  const shown = await drop(page, [a], { hint });
  assert.deepEqual(shown, ['Drop here'], 'with nothing open there is one');
  await phase(page, 'done');
  assert.deepEqual(await drop(page, [b], { hint }), ['Compare with dropped-f32.safetensors', 'Open instead']);
  assert.equal(await compared(page), 'done');
  assertSame(await savedDiff(page), await nativeDiff(a, b));
  assert.deepEqual(await hint(), []);
  await drop(page, [b], { y: 560 });
  await page.waitForFunction(() => document.querySelector('#file')?.textContent?.startsWith('dropped-bf16'));
  await phase(page, 'done');
  assert.deepEqual(await page.evaluate(() => [document.body.dataset.view, document.body.dataset.compare, location.hash]), ['scan', 'empty', '']);
  assertSameTensors(await savedReport(page), await nativeReport(b));
  assert.deepEqual(errors, []);
  await page.close();
});

test('no request leaves the page while two files are compared', options, async () => {
  const [a, b] = twoFiles('secret');
  const { page } = await open();
  const before = seen().length;
  await pick(page, a);
  await phase(page, 'done');
  await compareWith(page, b);
  assert.equal(await compared(page), 'done');
  await savedDiff(page);
  assert.deepEqual(leaving(seen().slice(before)), []);
  await page.close();
});
