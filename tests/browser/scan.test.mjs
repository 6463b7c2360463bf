// @ts-check
// The main job: real files on the real page, and the figures read off it.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  isChromium,
  openTensor,
  patience_ms,
  phase,
  pick,
  scratch,
  statistics,
  text,
  useBrowser,
} from './harness.mjs';
import { bf16, f32, write } from './support/checkpoint.mjs';
import { drop } from './support/drop.mjs';
import { assertSameTensors, nativeReport, savedReport } from './support/native.mjs';

const { open } = useBrowser();
const options = { timeout: patience_ms };
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

/**
 * Scans files on the page and with the command and compares every figure.
 *
 * @param {string[]} paths
 * @param {(page: import('./harness.mjs').Page, paths: string[]) => Promise<void>} give
 */
async function compare(paths, give = (page, paths) => pick(page, ...paths)) {
  const { page, errors } = await open();
  await give(page, paths);
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  const saved = await savedReport(page);
  const native = await nativeReport(...paths);
  assertSameTensors(saved, native);
  assert.deepEqual(JSON.parse(saved).problems, JSON.parse(native).problems);
  assert.deepEqual(errors, []);
  return { page, report: JSON.parse(native) };
}

for (const name of ['dtypes', 'every_code', 'distributions', 'ragged', 'integers', 'cancellation', 'shapes']) {
  test(`the report on ${name} is the command’s, byte for byte`, options, async () => {
    const { page } = await compare([join(fixtures, `${name}.safetensors`)]);
    await page.close();
  });
}

test('a dropped file shows its figures, and they are the command’s', { ...options, skip: !isChromium && 'only Chromium can be made to drop a file' }, async () => {
  const path = model();
  const { page, report } = await compare([path], (page, paths) => drop(page, paths));
  await figuresAgree(page, report);
});

test('a picked file shows its figures, and they are the command’s', options, async () => {
  const { page, report } = await compare([model()]);
  await figuresAgree(page, report);
  assert.match(await text(page, '#headline'), /BF16/);
});

/** A file large enough that its tensors are cut and shared among workers. */
function model() {
  return write(join(scratch, 'model.safetensors'), [
    bf16('layers.0.weight', [3000, 4001], 1),
    bf16('layers.1.weight', [3000, 4001], 2),
    f32('norm.weight', [4097], 3),
  ]);
}

/**
 * @param {import('./harness.mjs').Page} page
 * @param {any} report
 */
async function figuresAgree(page, report) {
  for (const tensor of report.tensors) {
    await openTensor(page, tensor.name);
    const shown = await statistics(page);
    for (const [name, value] of Object.entries(shown)) {
      assert.equal(value, JSON.stringify(tensor.stats[name]), `${tensor.name}: ${name}`);
    }
    for (const name of ['count', 'zeros', 'nan', 'min', 'max', 'mean', 'std', 'skewness', 'kurtosis']) {
      assert(name in shown, `${tensor.name} does not show its ${name}`);
    }
  }
}

test('shards and their index make one checkpoint', options, async () => {
  const folder = join(fixtures, 'sharded');
  const names = await readdir(folder);
  const paths = names.map((name) => join(folder, name));
  const { report } = await compare(paths);
  assert.equal(report.checkpoint.files.length, 3);
});

test('a shard the index promises and nobody gave is a problem, the others are read', options, async () => {
  const { page } = await open();
  const folder = join(fixtures, 'sharded');
  const given = ['model-00001-of-00003.safetensors', 'model.safetensors.index.json'];
  await pick(page, ...given.map((name) => join(folder, name)));
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  assert.match(await text(page, '#problems'), /model-00002-of-00003\.safetensors/);
  assert.equal(JSON.parse(await savedReport(page)).checkpoint.files.length, 1);
});

test('a folder is read like its files', { ...options, skip: !isChromium && 'only Chromium can be made to pick a folder' }, async () => {
  const folder = join(fixtures, 'sharded');
  const { page } = await open();
  const input = await page.$('#folder-input');
  await /** @type {any} */ (input).uploadFile(folder);
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  const report = JSON.parse(await savedReport(page));
  assert.equal(report.checkpoint.files.length, 3);
  assert.deepEqual(report.problems, []);
});

test('the sample is one click away', options, async () => {
  const { page, errors } = await open();
  await page.click('#open-sample');
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  assert((await text(page, '#headline')).length > 0);
  await page.$eval('#tensors', (list) => list.scrollIntoView());
  assert(await page.waitForSelector('[data-tensor]'));
  assert.deepEqual(errors, []);
});

test('a second file takes the place of the first', options, async () => {
  const { page } = await compare([model()]);
  await pick(page, join(fixtures, 'dtypes.safetensors'));
  await page.waitForFunction(() => document.querySelector('#file')?.textContent?.includes('dtypes'));
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  const saved = await savedReport(page);
  assertSameTensors(saved, await nativeReport(join(fixtures, 'dtypes.safetensors')));
});

// Trained weights and large tensors of every type, as the oracle makes them.
const oracle = process.env.ORACLE_DIR ?? '';
for (const name of ['real/model', 'real/BF16', 'real/F16', 'real/F8_E4M3', 'real/F4', 'generated']) {
  test(`the report on the oracle’s ${name} is the command’s`, options, async () => {
    const { page } = await compare([join(oracle, `${name}.safetensors`)]);
    await page.close();
  });
}
