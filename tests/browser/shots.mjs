// @ts-check
// Pictures of the page to look at: `node shots.mjs OUTDIR`, three widths, light
// and dark, in every state a person meets.
import { mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch, scratch } from './support/launch.mjs';
import { bf16, write } from './support/checkpoint.mjs';
import { openMadeUp } from './support/made-up.mjs';
import { origin, startServer } from './support/server.mjs';

const { positionals } = parseArgs({ allowPositionals: true });
const out = positionals[0] ?? 'shots';
const checkpoint = positionals[1];
mkdirSync(out, { recursive: true });

/** @typedef {import('puppeteer-core').Page} Page */

/** @param {Page} page @param {...string} paths */
async function pick(page, ...paths) {
  await /** @type {any} */ (await page.$('#file-input')).uploadFile(...paths);
}

/** @param {Page} page @param {string} phase */
const reached = (page, phase) => page.waitForSelector(`body[data-phase="${phase}"]`);

/** @param {Page} page */
async function openCheckpoint(page) {
  if (checkpoint) await pick(page, checkpoint);
  else await page.click('#open-sample');
  await reached(page, 'done');
}

/** @param {Page} page */
async function openBiggest(page) {
  await openCheckpoint(page);
  // Only lines in the window are drawn.
  await page.$eval('#tensors', (list) => list.scrollIntoView());
  const row = await page.waitForSelector('[data-tensor*="weight"]');
  await row?.click();
  await page.waitForSelector('#tensor:not([hidden])');
}

/** A file whose second tensor is cut off, and one that is no checkpoint. */
function troubled() {
  const cut = write(join(scratch, 'cut.safetensors'), [bf16('whole', [64, 64], 1), bf16('cut', [64, 64], 2)]);
  truncateSync(cut, 12_000);
  const bad = write(join(scratch, 'no-checkpoint.safetensors'), []);
  truncateSync(bad, 5);
  return [cut, bad];
}

/** Zeros enough to be busy while the picture is taken. */
function busy() {
  const tensors = Array.from({ length: 48 }, (_, i) => ({
    name: `model.layers.${i}.mlp.up_proj.weight`,
    dtype: 'BF16',
    shape: [8192, 8192],
    bytes: 2 * 8192 * 8192,
  }));
  return write(join(scratch, 'model.safetensors'), tensors);
}

/** What the page is made to do before each picture. @type {Record<string, (page: Page) => Promise<unknown>>} */
const STATES = {
  empty: async () => {},
  async scanning(page) {
    await pick(page, busy());
    await reached(page, 'scanning');
    await new Promise((resolve) => setTimeout(resolve, 3000));
  },
  done: openCheckpoint,
  tensor: openBiggest,
  async problems(page) {
    await pick(page, ...troubled());
    await reached(page, 'done');
  },
  async failed(page) {
    await pick(page, troubled()[1]);
    await page.waitForSelector('body[data-phase="failed"], body[data-phase="done"]');
  },
};

/** @param {Page} page @param {number} width @param {number} height */
async function settle(page, width, height) {
  await page.setViewport({ width, height });
  await new Promise((resolve) => setTimeout(resolve, 300));
}

const server = await startServer();
const browser = await launch(server.port);
for (const [state, reach] of Object.entries(STATES)) {
  for (const scheme of ['light', 'dark']) {
    const page = await browser.newPage();
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(`${origin}/`);
    await reached(page, 'empty');
    await reach(page);
    for (const width of [390, 820, 1280]) {
      const path = /** @type {`${string}.png`} */ (join(out, `${state}-${width}-${scheme}.png`));
      await settle(page, width, 900);
      // As tall as the page: a list draws only what is in the window.
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      if (state !== 'scanning') await settle(page, width, Math.min(height, 6000));
      await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ path });
    }
    await page.close();
  }
}

/** What is done to a checkpoint that is made up, by how far its casts are. @type {[string, string, (page: Page) => Promise<unknown>][]} */
const CASTS = [
  ['waiting', 'waiting', async () => {}],
  ['looking', 'looking', async () => {}],
  ['done', 'done', async () => {}],
  ['ranked', 'done', (page) => page.select('#matrix-rank', 'nvfp4')],
  ['tensor', 'stopped', (page) => page.click('#matrix-grid [data-at="3"] > :nth-child(9)')],
];
for (const [state, phase, reach] of CASTS) {
  for (const [width, scheme] of /** @type {[number, string][]} */ ([[1280, 'light'], [1280, 'dark'], [768, 'light'], [390, 'dark']])) {
    const { page } = await openMadeUp(browser, 24, `&casts=${phase}&values=3145728`);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await settle(page, width, 900);
    await reach(page);
    await settle(page, width, await page.evaluate(() => Math.ceil(scrollY + (document.querySelector('#matrix')?.getBoundingClientRect().bottom ?? 0)) + 30));
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: /** @type {`${string}.png`} */ (join(out, `casts-${state}-${width}-${scheme}.png`)) });
    await page.close();
  }
}

/** Opens a pair of a comparison that is made up. @param {string} name @returns {(page: Page) => Promise<unknown>} */
const pairOf = (name) => async (page) => {
  await page.type('#pair-search', name);
  await page.$eval('#pair-tensors', (list) => list.scrollIntoView());
  await new Promise((resolve) => setTimeout(resolve, 400));
  await page.$eval('#pair-tensor-list .tensor', (line) => /** @type {HTMLElement} */ (line).click());
  await page.waitForSelector('#pair:not([hidden]) .seen');
};

/** What is done to a comparison that is made up, by how far it is. @type {[string, string, (page: Page) => Promise<unknown>][]} */
const COMPARISONS = [
  ['done', 'done', async () => {}],
  ['scanning', 'scanning', async () => {}],
  ['same', 'same', async () => {}],
  ['cancelled', 'cancelled', async () => {}],
  ['failed', 'failed', async () => {}],
  ['sqnr', 'done', (page) => page.select('#pair-map-by', 'sqnr_db')],
  ['names', 'done', (page) => page.$$eval('#findings details', (all) => all.forEach((details) => { details.open = true; }))],
  ['explained', 'done', pairOf('2.mlp.up_proj')],
  ['unexplained', 'done', pairOf('lm_head')],
  ['not-compared', 'done', pairOf('img')],
];
for (const [state, diff, reach] of COMPARISONS) {
  for (const [width, scheme] of /** @type {[number, string][]} */ ([[1280, 'light'], [1280, 'dark'], [640, 'light'], [390, 'light'], [390, 'dark']])) {
    const { page } = await openMadeUp(browser, 24, `&diff=${diff}#compare`);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await settle(page, width, 900);
    await reach(page);
    await settle(page, width, Math.min(2400, await page.evaluate(() => document.documentElement.scrollHeight)));
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: /** @type {`${string}.png`} */ (join(out, `compare-${state}-${width}-${scheme}.png`)) });
    await page.close();
  }
}
await browser.close();
await server.close();
