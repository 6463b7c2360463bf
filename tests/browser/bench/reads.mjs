// @ts-check
// Bare reads: every way that a page has, the fastest few of them, and how a run is measured and written.
import { readFile } from 'node:fs/promises';
import { launch } from '../support/launch.mjs';
import { cpuSeconds } from '../support/processes.mjs';
import { origin, startServer } from '../support/server.mjs';
import { bareRead, prepare } from './in-page.mjs';

const FINALISTS = 3;
const MiB = 2 ** 20;

/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('puppeteer-core').Browser} Browser */
/** @typedef {import('./in-page.mjs').Method} Method */
/** @typedef {{ms: number, cpu_s: number}} Run */

/** Every way to read a file that a page has, with the sizes worth trying. */
const METHODS = [1, 2].flatMap((readers) => [
  ...[1, 2, 4, 8].map((size) => ({ way: 'byob stream', chunk: size * MiB, readers })),
  { way: 'default stream', chunk: 0, readers },
  ...[1, 4, 16].map((size) => ({ way: 'slice arrayBuffer', chunk: size * MiB, readers })),
  ...[1, 4, 16].map((size) => ({ way: 'FileReaderSync', chunk: size * MiB, readers })),
]);

/** Runs a bench in a browser of its own. @param {(browser: Browser) => Promise<void>} bench */
export async function inBrowser(bench) {
  const server = await startServer();
  const browser = await launch(server.port);
  try {
    await bench(browser);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** The page, with these files at hand for the bench. @param {Browser} browser @param {...string} paths */
export async function openPage(browser, ...paths) {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  // The readers of the bench are workers of its own.
  await page.setBypassCSP(true);
  await page.goto(`${origin}/`);
  const worker = await readFile(new URL('./reader-worker.js', import.meta.url), 'utf8');
  await page.evaluate(prepare, worker);
  await /** @type {any} */ (await page.$('#bench-files')).uploadFile(...paths);
  return page;
}

/** Gigabytes of the files at hand. @param {Page} page */
export async function gigabytes(page) {
  const sizes = await page.$eval('#bench-files', (input) => [.../** @type {HTMLInputElement} */ (input).files ?? []].map(({ size }) => size));
  return sizes.reduce((sum, size) => sum + size, 0) / 1e9;
}

/** @param {Browser} browser @param {() => Promise<number>} action returns milliseconds @returns {Promise<Run>} */
export async function measured(browser, action) {
  const pid = browser.process()?.pid ?? 0;
  const before = cpuSeconds(pid);
  const ms = await action();
  return { ms, cpu_s: cpuSeconds(pid) - before };
}

/** Reads the files at hand. @param {Page} page @param {Method} method */
export const read = (page, method) => measured(page.browser(), () => page.evaluate(bareRead, method));

/**
 * Tries every method twice and returns the fastest few.
 *
 * @param {Page} page
 * @param {number} GB
 */
export async function search(page, GB) {
  const best = METHODS.map(() => Infinity);
  for (let round = 0; round < 2; round++) {
    for (const [i, method] of METHODS.entries()) best[i] = Math.min(best[i], (await read(page, method)).ms);
  }
  const order = METHODS.map((_, i) => i).sort((a, b) => best[a] - best[b]);
  console.log('\nbare reads, the better of two');
  for (const i of order) console.log(`  ${rate(GB, best[i])}  ${says(METHODS[i])}`);
  return order.slice(0, FINALISTS).map((i) => METHODS[i]);
}

/** Prints the medians of bare reads and returns the fastest. @param {number} GB @param {Method[]} methods @param {Run[][]} runs of each */
export function fastest(GB, methods, runs) {
  const bare = runs.map(medians);
  for (const [i, run] of bare.entries()) console.log(`  ${line(GB, run)}  bare read, ${says(methods[i])}`);
  return bare.reduce((best, run) => (run.ms < best.ms ? run : best));
}

/** @param {Run[]} runs @returns {Run} */
export function medians(runs) {
  return { ms: median(runs.map((run) => run.ms)), cpu_s: median(runs.map((run) => run.cpu_s)) };
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle - 0.5)] + sorted[Math.floor(middle - 0.5)]) / 2;
}

/** @param {number} GB @param {Run} run */
export function line(GB, { ms, cpu_s }) {
  return `${ms.toFixed(0).padStart(6)} ms ${rate(GB, ms)} ${cpu_s.toFixed(2).padStart(5)} CPU-s`;
}

/** @param {number} GB @param {number} ms */
function rate(GB, ms) {
  return `${((GB * 1000) / ms).toFixed(2)} GB/s`;
}

/** @param {Method} method */
function says({ way, chunk, readers }) {
  const size = chunk ? ` ${chunk / MiB} MiB` : '';
  return `${way}${size}, ${readers} reader${readers > 1 ? 's' : ''}`;
}
