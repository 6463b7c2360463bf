// @ts-check
// What goes wrong while two checkpoints are compared costs what it must, nothing
// hangs, and memory stays bounded.
import assert from 'node:assert/strict';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isChromium, isFirefox, patience_ms, phase, pick, scratch, text, useBrowser } from './harness.mjs';
import { bf16, write } from './support/checkpoint.mjs';
import { assertSame, compareWith, compared, nativeDiff, savedDiff, sparse, twoFiles, workers } from './support/compare.mjs';
import { assertSameTensors, nativeReport, savedReport } from './support/native.mjs';
import { watchMemory } from './support/processes.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

const { open, browser } = useBrowser();
const options = { timeout: 2 * patience_ms };
const GB = 1e9;

test('what is no checkpoint is named as B, and another can be compared', options, async () => {
  const [a, b] = twoFiles('good');
  const bad = join(scratch, 'bad.safetensors');
  writeFileSync(bad, 'x');
  const { page } = await open();
  await pick(page, a);
  await phase(page, 'done');
  await compareWith(page, bad);
  assert.equal(await compared(page), 'failed');
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
