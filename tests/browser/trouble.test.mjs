// @ts-check
// What goes wrong during a scan costs what it must, and nothing hangs.
import assert from 'node:assert/strict';
import { rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFirefox, patience_ms, phase, pick, scratch, text, useBrowser } from './harness.mjs';
import { bf16, write } from './support/checkpoint.mjs';
import { workers } from './support/compare.mjs';
import { assertSameTensors, nativeReport, nativeReportWithoutCasts, savedReport, withoutCasts } from './support/native.mjs';

const { open } = useBrowser();
const options = { timeout: 2 * patience_ms };
const GB = 1e9;

/**
 * A checkpoint of zeros that takes no room on the disk.
 *
 * @param {string} name
 * @param {number} bytes even
 */
function sparse(name, bytes) {
  return write(join(scratch, name), [{ name: `${name}.zeros`, dtype: 'BF16', shape: [bytes / 2], bytes }]);
}

/** @param {string} name */
function small(name) {
  return write(join(scratch, name), [bf16(`${name}.weight`, [64, 64], 7)]);
}

/**
 * Waits until the scan has read something, then returns.
 *
 * @param {import('./harness.mjs').Page} page
 */
async function underWay(page) {
  await phase(page, 'scanning');
  await page.waitForFunction(() => {
    const bar = /** @type {HTMLProgressElement | null} */ (document.querySelector('#progress-bar'));
    return bar !== null && bar.value > 0;
  });
}

/**
 * @param {import('./harness.mjs').Page} page
 * @returns {Promise<any>}
 */
async function reportOnceDone(page) {
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  return JSON.parse(await savedReport(page));
}

/** @param {any} report */
function names(report) {
  return report.tensors.map((/** @type {{name: string}} */ tensor) => tensor.name);
}

test('a scan that is cancelled stops at once, and another can start', options, async (t) => {
  const { page, errors } = await open();
  await pick(page, sparse('endless.safetensors', 64 * GB));
  await underWay(page);
  const start_ms = performance.now();
  await page.click('#cancel');
  await phase(page, 'cancelled');
  t.diagnostic(`cancelled within ${Math.round(performance.now() - start_ms)} ms`);
  const progress = () => page.$eval('#progress-bar', (bar) => /** @type {HTMLProgressElement} */ (bar).value);
  const then = await progress();
  await sleep(500);
  assert.equal(await progress(), then);
  const next = small('after-cancel.safetensors');
  await pick(page, next);
  const saved = await reportOnceDone(page);
  assert.deepEqual(names(saved), ['after-cancel.safetensors.weight']);
  assert.deepEqual(errors, []);
});

const inWorkers = { ...options, skip: isFirefox && 'Firefox lets nobody into a worker' };
const ends = {
  'dies without a word': () => self.close(),
  'ends with an error': () => void setTimeout(() => {
    throw new Error('broken on purpose');
  }),
};
for (const [how, end] of Object.entries(ends)) {
  test(`a worker that ${how} costs nothing`, inWorkers, async () => {
    const { page } = await open();
    const path = sparse('survivor.safetensors', 3 * GB);
    await pick(page, path);
    await underWay(page);
    const scanners = await workers(page, 'scanner');
    assert(scanners.length > 0, 'the scan has workers');
    await scanners[0].evaluate(end);
    assert.equal(await phase(page, 'done', 'failed'), 'done');
    const saved = await savedReport(page);
    assertSameTensors(withoutCasts(saved), await nativeReportWithoutCasts(path));
    assert.deepEqual(JSON.parse(saved).problems, []);
  });
}

test('a worker that dies in a second look costs nothing', inWorkers, async () => {
  const { page } = await open();
  const path = sparse('again.safetensors', GB);
  await pick(page, path);
  await page.waitForFunction(() => /** @type {HTMLProgressElement | null} */ (document.querySelector('[data-look="looking"] #look-bar'))?.value);
  const [scanner] = await workers(page, 'scanner');
  await scanner.evaluate(ends['dies without a word']);
  const saved = await savedReport(page);
  assert.equal(await page.$eval('body', (body) => body.dataset.look), 'done');
  assertSameTensors(saved, await nativeReport(path));
});

test('another checkpoint ends a second look', options, async () => {
  const { page, errors } = await open();
  await pick(page, sparse('left.safetensors', GB));
  await page.waitForSelector('[data-look="looking"]');
  await pick(page, small('opened-meanwhile.safetensors'));
  await page.waitForFunction(() => document.querySelector('#file')?.textContent?.startsWith('opened-meanwhile'));
  await page.waitForSelector('[data-look="done"]');
  assert.deepEqual(names(await reportOnceDone(page)), ['opened-meanwhile.safetensors.weight']);
  assert.deepEqual(errors, []);
});

test('a scan whose every worker fails ends and says why', inWorkers, async () => {
  const { page } = await open();
  await pick(page, sparse('hopeless.safetensors', 64 * GB));
  await underWay(page);
  const stop = new AbortController();
  const killing = killAll(page, stop.signal);
  const ended = await phase(page, 'done', 'failed');
  stop.abort();
  await killing;
  assert.match(await text(page, ended === 'done' ? '#problems' : '#failure'), /worker/);
});

/**
 * @param {import('./harness.mjs').Page} page
 * @param {AbortSignal} signal
 */
async function killAll(page, signal) {
  while (!signal.aborted) {
    const scanners = await workers(page, 'scanner');
    await Promise.allSettled(scanners.map((scanner) => scanner.evaluate(ends['ends with an error'])));
    await sleep(100);
  }
}

test('the loss of the coordinator is a message, and another file can be opened', inWorkers, async () => {
  const { page } = await open();
  await pick(page, sparse('headless.safetensors', 64 * GB));
  await underWay(page);
  const [coordinator] = await workers(page, 'coordinator');
  await coordinator.evaluate(ends['ends with an error']);
  assert.equal(await phase(page, 'done', 'failed'), 'failed');
  assert((await text(page, '#failure-text')).length > 0);
  await pick(page, small('after-failure.safetensors'));
  await phase(page, 'done');
});

test('a truncated file keeps the tensors it still has', options, async () => {
  const { page } = await open();
  const path = write(join(scratch, 'cut.safetensors'), [bf16('whole', [64, 64], 1), bf16('cut', [64, 64], 2)]);
  truncateSync(path, 12_000);
  await pick(page, path);
  const report = await reportOnceDone(page);
  assert.deepEqual(names(report), ['whole']);
  assert.match(await text(page, '#problems'), /cut/);
});

test('a file that is no checkpoint is named, the others are read', options, async () => {
  const { page } = await open();
  const bad = join(scratch, 'bad.safetensors');
  write(bad, []);
  truncateSync(bad, 5);
  await pick(page, bad, small('good.safetensors'));
  const report = await reportOnceDone(page);
  assert.deepEqual(names(report), ['good.safetensors.weight']);
  assert.match(await text(page, '#problems'), /bad\.safetensors/);
});

for (const [what, harm] of /** @type {[string, (path: string) => void][]} */ ([
  ['vanishes', (path) => rmSync(path)],
  ['shrinks', (path) => truncateSync(path, 4000)],
])) {
  test(`a file that ${what} before it is read is a problem, the others are read`, options, async () => {
    const { page } = await open();
    const first = sparse(`a-${what}.safetensors`, 3 * GB);
    const last = small(`b-${what}.safetensors`);
    await pick(page, first, last);
    await underWay(page);
    harm(last);
    const report = await reportOnceDone(page);
    assert.deepEqual(names(report), [`a-${what}.safetensors.zeros`]);
    assert.equal(report.problems.length, 1, JSON.stringify(report.problems));
    assert.equal(report.problems[0].file, `b-${what}.safetensors`);
    assert.match(await text(page, '#problems'), new RegExp(`b-${what}`));
  });
}

test('a file that shrinks while it is read is a problem, the others are read', options, async () => {
  const { page } = await open();
  const first = sparse('shrinking.safetensors', 3 * GB);
  const last = small('steady.safetensors');
  await pick(page, first, last);
  await underWay(page);
  truncateSync(first, 1_000_000);
  const report = await reportOnceDone(page);
  assert.deepEqual(names(report), ['steady.safetensors.weight']);
  assert.equal(report.problems[0].file, 'shrinking.safetensors');
});
