// @ts-check
// A 12 GB checkpoint, with one tensor over 1 GiB and one beyond 4 GiB, is
// scanned in constant memory. The file is sparse and takes no room on the disk.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isChromium, patience_ms, phase, pick, scratch, useBrowser } from './harness.mjs';
import { bf16, write } from './support/checkpoint.mjs';
import { assertSameTensors, nativeReportWithoutCasts, savedReport, withoutCasts } from './support/native.mjs';
import { watchMemory } from './support/processes.mjs';

const { open, browser } = useBrowser();
const MiB = 2 ** 20;
const GiB = 2 ** 30;

const skip = !(isChromium && process.platform === 'linux') && 'renderers are counted in Chromium on Linux';
test('12 GB are scanned within 512 MiB of the page’s process', { timeout: 10 * patience_ms, skip }, async (t) => {
  const path = write(join(scratch, 'twelve.safetensors'), [
    // Rows as long as a model's: what casts need of a matrix of few and endless rows takes memory by its columns.
    { name: 'over.one.gib', dtype: 'F32', shape: [2 ** 18, 4096], bytes: 4 * GiB },
    bf16('beyond.four.gib', [1000, 1000], 5),
    { name: 'the.rest', dtype: 'BF16', shape: [7 * 2 ** 17, 4096], bytes: 7 * GiB },
  ]);
  const { page, errors } = await open();
  const start_ms = performance.now();
  const watch = watchMemory(browser().process()?.pid ?? 0);
  await pick(page, path);
  await page.waitForSelector('#tensors:not([hidden])');
  const toList = () => page.$eval('#tensors', (list) => list.scrollIntoView());
  await toList();
  const ended = await page
    .waitForFunction(() => /** @type {any} */ (['done', 'failed']).includes(document.body.dataset.phase), {
      timeout: 9 * patience_ms,
      polling: 500,
    })
    .then(() => phase(page, 'done', 'failed'));
  const peak = watch.stop();
  assert.equal(ended, 'done');
  // What came in above may have pushed it away, and only lines in the window are drawn.
  await toList();
  await page.waitForSelector('#tensor-list .line.tensor');
  // These lines were on the screen before their tensors were finished.
  const isDone = await page.$$eval('#tensor-list .line.tensor', (lines) => lines.map((line) => line.classList.contains('done')));
  assert.ok(isDone.length > 0 && isDone.every(Boolean), `finished lines: ${isDone}`);
  t.diagnostic(`${Math.round(performance.now() - start_ms) / 1000} s, at most ${Math.round(peak / MiB)} MiB`);
  const saved = await savedReport(page);
  assertSameTensors(withoutCasts(saved), await nativeReportWithoutCasts(path));
  rmSync(path);
  assert(peak > 0 && peak <= 512 * MiB, `${Math.round(peak / MiB)} MiB`);
  assert.deepEqual(errors, []);
});
