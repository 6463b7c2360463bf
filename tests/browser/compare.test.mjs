// @ts-check
// Two checkpoints side by side, really: what the page saves is what the command
// writes, and what goes wrong costs what it must. The view is in compare-view.test.mjs.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isChromium, isFirefox, origin, patience_ms, phase, pick, scratch, text, useBrowser } from './harness.mjs';
import { asBf16, bf16, f32, write } from './support/checkpoint.mjs';
import { compareWith, compared, nativeDiff, savedDiff, workers } from './support/compare.mjs';
import { drop } from './support/drop.mjs';
import { assertSameTensors, command, nativeReport, savedReport } from './support/native.mjs';
import { watchMemory } from './support/processes.mjs';
import { requestsOfThePage } from './support/server.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

const { open, browser, seen } = useBrowser();
const options = { timeout: 2 * patience_ms };
const GB = 1e9;
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

/** A checkpoint of zeros that takes no room on the disk. @param {string} name @param {number} bytes even */
const sparse = (name, bytes) => write(join(scratch, name), [{ name: 'zeros', dtype: 'BF16', shape: [bytes / 2], bytes }]);

/** A path in a folder of its own, for two files of one name. @param {string} folder @param {string} name */
function inFolder(folder, name) {
  mkdirSync(join(scratch, folder), { recursive: true });
  return join(scratch, folder, name);
}

/** F32 weights of two layers, large enough to be cut among workers. @param {string} [prefix] */
const wide = (prefix = '') => [f32(`${prefix}layers.0.weight`, [2000, 1001], 1), f32(`${prefix}layers.1.weight`, [2000, 1001], 2), f32(`${prefix}norm.weight`, [4097], 3)];

/** The same rounded to BF16; the last layer has one other value. @param {string} [prefix] */
function narrow(prefix = '') {
  const tensors = wide(prefix).map(asBf16);
  /** @type {Uint8Array} */ (tensors[1].data)[2 * 1234 + 1] ^= 1;
  return tensors;
}

/** Two files under names that say who made them. @param {string} [name] */
const twoFiles = (name = 'pair') => [write(join(scratch, `${name}-f32.safetensors`), wide()), write(join(scratch, `${name}-bf16.safetensors`), narrow())];

/** Opens one and compares it with the others. @param {string} a @param {...string} others */
async function comparison(a, ...others) {
  const tab = await open();
  await pick(tab.page, a);
  assert.equal(await phase(tab.page, 'done', 'failed'), 'done');
  await compareWith(tab.page, ...others);
  return { ...tab, ended: await compared(tab.page) };
}

/** Byte for byte, and where they part. @param {string} page @param {string} command */
function assertSame(page, command) {
  if (page === command) return;
  let at = 0;
  while (page[at] === command[at]) at++;
  const near = (/** @type {string} */ text) => text.slice(Math.max(0, at - 200), at + 100);
  assert.equal(near(page), near(command), 'what the page saved differs from what the command wrote');
}

test('the report is the command’s, byte for byte, and so are CSV and Markdown', options, async () => {
  const [a, b] = twoFiles();
  const { page, errors, ended } = await comparison(a, b);
  assert.equal(ended, 'done');
  const native = await nativeDiff(a, b);
  assertSame(await savedDiff(page), native);
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
  assert.match(await text(page, '#sub'), /Not part of it: config\.json/, 'a scan has no use for it');
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
  for (const { method, url, bytes } of requestsOfThePage(seen().slice(before))) {
    assert.equal(`${method} ${bytes}`, 'GET 0');
    assert.match(url, new RegExp(`^(${origin}/[a-z/_]+\\.(js|wasm)|blob:.*)$`));
  }
  await page.close();
});

test('what is no checkpoint is named as B, and another can be compared', options, async () => {
  const [a, b] = twoFiles('good');
  const bad = join(scratch, 'bad.safetensors');
  writeFileSync(bad, 'x');
  const { page, ended } = await comparison(a, bad);
  assert.equal(ended, 'failed');
  assert.match(await text(page, '#failure-text'), /^B, bad\.safetensors: /);
  await compareWith(page, b);
  await page.waitForSelector('[data-compare="done"]');
  assertSame(await savedDiff(page), await nativeDiff(a, b));
  await page.close();
});

/** Waits until something has been compared or at least read. @param {Page} page */
async function underWay(page) {
  await page.waitForFunction(() => document.body.dataset.compare === 'scanning'
    && (/** @type {HTMLProgressElement | null} */ (document.querySelector('#progress-bar'))?.value ?? 0) > 0);
}

for (const [what, harm] of /** @type {[string, (path: string) => void][]} */ ([
  ['vanishes', (path) => rmSync(path)],
  ['shrinks', (path) => truncateSync(path, 4000)],
])) {
  test(`a file of B that ${what} before it is read is a problem of B, and the others are compared`, options, async () => {
    const large = (/** @type {string} */ name) => ({ name, dtype: 'BF16', shape: [GB / 2], bytes: GB });
    const a = write(join(scratch, `a-${what}.safetensors`), [large('a.zeros'), bf16('b.weight', [64, 64], 7)]);
    const b = [write(join(scratch, `b1-${what}.safetensors`), [large('a.zeros')]), write(join(scratch, `b2-${what}.safetensors`), [bf16('b.weight', [64, 64], 7)])];
    const { page } = await open();
    await pick(page, a);
    await page.waitForSelector('#compare-with:not([hidden])');
    await compareWith(page, ...b);
    await underWay(page);
    harm(b[1]);
    assert.equal(await compared(page), 'done');
    const { problems, pairs } = JSON.parse(await savedDiff(page));
    assert.deepEqual([pairs.identical, pairs.failed], [1, 1], JSON.stringify(problems));
    assert.deepEqual(problems.map((/** @type {any} */ problem) => [problem.side, problem.file]), [['b', `b2-${what}.safetensors`]]);
    assert.match(await text(page, '#compare-problems'), new RegExp(`B · b\\.weight · b2-${what}`));
    await page.close();
  });
}

test('a comparison that is cancelled stops at once, keeps what it has, and another can start', options, async () => {
  const a = sparse('endless-a.safetensors', 64 * GB);
  const { page, errors } = await open();
  await pick(page, a);
  await page.waitForSelector('#compare-with:not([hidden])');
  await compareWith(page, sparse('endless-b.safetensors', 64 * GB));
  await underWay(page);
  await page.click('#cancel');
  assert.equal(await compared(page), 'cancelled');
  assert.match(await text(page, '#compare-sub'), /Cancelled after /);
  const before = await text(page, '#compare-sub');
  await sleep(500);
  assert.equal(await text(page, '#compare-sub'), before);
  const { pairs, problems } = JSON.parse(await savedDiff(page));
  assert.deepEqual([pairs.identical, pairs.failed, problems.length], [0, 1, 1]);
  assert.equal(await page.$('#compare-problems:not([hidden])'), null, 'what a person gave up is no problem to look at');
  await page.click('#back');
  await page.waitForSelector('[data-view="scan"]');
  assert.equal(await phase(page, 'scanning', 'done'), 'scanning', 'the scan goes on');
  assert.deepEqual(errors, []);
  await page.close();
});

test('the scan of A waits for the comparison, goes on after it, and is the command’s', options, async () => {
  const a = sparse('waiting-a.safetensors', 2 * GB);
  const b = sparse('waiting-b.safetensors', 2 * GB);
  const { page, errors } = await open();
  await pick(page, a);
  await page.waitForSelector('#compare-with:not([hidden])');
  await compareWith(page, b);
  await underWay(page);
  await page.click('#back');
  await page.waitForSelector('[data-view="scan"]');
  await page.waitForFunction(() => /waits until the comparison is read/.test(document.querySelector('#progress-text')?.textContent ?? ''));
  assert.equal(await compared(page), 'done');
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  await page.click('#to-comparison');
  await page.waitForSelector('[data-view="compare"]');
  assertSame(await savedDiff(page), await nativeDiff(a, b));
  assert.deepEqual(errors, []);
  await page.close();
});

test('another checkpoint ends a comparison', options, async () => {
  const a = sparse('left-a.safetensors', 8 * GB);
  const next = write(join(scratch, 'opened-meanwhile.safetensors'), [bf16('w', [64, 64], 7)]);
  const { page, errors } = await open();
  await pick(page, a);
  await page.waitForSelector('#compare-with:not([hidden])');
  await compareWith(page, a);
  await underWay(page);
  await pick(page, next);
  await page.waitForFunction(() => document.querySelector('#file')?.textContent?.startsWith('opened-meanwhile'));
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  assert.deepEqual(await page.evaluate(() => [document.body.dataset.view, document.body.dataset.compare, location.hash]), ['scan', 'empty', '']);
  assertSameTensors(await savedReport(page), await nativeReport(next));
  assert.deepEqual(errors, []);
  await page.close();
});

const counted = isChromium && process.platform === 'linux';
test('two of 5 GB are compared within 512 MiB of the page’s process', { timeout: 8 * patience_ms, skip: !counted && 'renderers are counted in Chromium on Linux' }, async (t) => {
  const [a, b] = ['large-a.safetensors', 'large-b.safetensors'].map((name) => write(join(scratch, name), [
    { name: 'over.one.gib', dtype: 'BF16', shape: [5, GB / 2], bytes: 5 * GB }, bf16('beyond.four.gib', [1000, 1000], 5),
  ]));
  const { page, errors } = await open();
  await pick(page, a);
  await page.waitForSelector('#compare-with:not([hidden])');
  const watch = watchMemory(browser().process()?.pid ?? 0);
  await compareWith(page, b);
  await page.waitForFunction(() => document.body.dataset.compare === 'done', { timeout: 7 * patience_ms, polling: 500 });
  const peak = watch.stop();
  t.diagnostic(`at most ${Math.round(peak / 2 ** 20)} MiB; ${await text(page, '#compare-sub')}`);
  assertSame(await savedDiff(page), await nativeDiff(a, b));
  assert(peak > 0 && peak <= 512 * 2 ** 20, `${Math.round(peak / 2 ** 20)} MiB`);
  assert.deepEqual(errors, []);
  await page.close();
});

const inWorkers = { ...options, skip: isFirefox && 'Firefox lets nobody into a worker' };

test('a worker that dies costs nothing', inWorkers, async () => {
  const [a, b] = ['survivor-a.safetensors', 'survivor-b.safetensors'].map((name) => sparse(name, 2 * GB));
  const { page } = await open();
  await pick(page, a);
  await phase(page, 'done');
  await compareWith(page, b);
  await underWay(page);
  const scanners = await workers(page, 'scanner');
  // Those of the scan have ended: they are the comparison's.
  await scanners[0].evaluate(() => self.close());
  assert.equal(await compared(page), 'done');
  const saved = await savedDiff(page);
  assert.deepEqual(JSON.parse(saved).problems, []);
  assertSame(saved, await nativeDiff(a, b));
  await page.close();
});

test('the loss of the coordinator is a message, and the scan is still there', inWorkers, async () => {
  const a = sparse('headless.safetensors', 8 * GB);
  const { page } = await open();
  await pick(page, a);
  await page.waitForSelector('#compare-with:not([hidden])');
  await compareWith(page, a);
  await underWay(page);
  const coordinators = await workers(page, 'coordinator');
  await coordinators[coordinators.length - 1].evaluate(() => void setTimeout(() => { throw new Error('broken on purpose'); }));
  assert.equal(await compared(page), 'failed');
  assert.match(await text(page, '#failure-text'), /^The comparison stopped: /);
  await page.click('#back');
  await page.waitForSelector('[data-view="scan"] #summary:not([hidden])');
  await page.close();
});
