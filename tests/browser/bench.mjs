// @ts-check
// The page end to end in Chromium: bare reads of a file against a full scan of
// the same file in the same page, and the second look that completes the casts, in turn. `node bench.mjs [FILE]`
import { readFile } from 'node:fs/promises';
import { bareRead, firstFigures, fullScan, prepare, secondLook } from './bench/in-page.mjs';
import { ensureFile } from './bench/file.mjs';
import { printSize } from './bench/size.mjs';
import { launch } from './support/launch.mjs';
import { cpuSeconds } from './support/processes.mjs';
import { origin, startServer } from './support/server.mjs';

const ROUNDS = 5;
const FINALISTS = 3;
const MiB = 2 ** 20;

/** @typedef {import('./bench/in-page.mjs').Method} Method */
/** @typedef {{ms: number, cpu_s: number}} Run */

/** Every way to read a file that a page has, with the sizes worth trying. */
const METHODS = [1, 2].flatMap((readers) => [
  ...[1, 2, 4, 8].map((size) => ({ way: 'byob stream', chunk: size * MiB, readers })),
  { way: 'default stream', chunk: 0, readers },
  ...[1, 4, 16].map((size) => ({ way: 'slice arrayBuffer', chunk: size * MiB, readers })),
  ...[1, 4, 16].map((size) => ({ way: 'FileReaderSync', chunk: size * MiB, readers })),
]);

const path = ensureFile(process.argv[2] ?? process.env.BENCH_FILE ?? 'bench.safetensors');
const server = await startServer();
const browser = await launch(server.port);
try {
  await bench();
} finally {
  await browser.close();
  await server.close();
}
printSize();

async function bench() {
  const page = await openPage();
  const pid = browser.process()?.pid ?? 0;
  const bytes = await page.$eval('#bench-file', (input) => /** @type {HTMLInputElement} */ (input).files?.[0].size ?? 0);
  const GB = bytes / 1e9;
  console.log(`${GB.toFixed(2)} GB, ${await browser.version()}`);

  /** @param {() => Promise<number>} action @returns {Promise<Run>} */
  const measured = async (action) => {
    const before = cpuSeconds(pid);
    const ms = await action();
    return { ms, cpu_s: cpuSeconds(pid) - before };
  };
  /** @param {Method} method */
  const read = (method) => measured(() => page.evaluate(bareRead, method));

  const finalists = await search(read, GB);
  const runs = finalists.map(() => /** @type {Run[]} */ ([]));
  const scans = /** @type {Run[]} */ ([]);
  const looks = /** @type {Run[]} */ ([]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, method] of finalists.entries()) runs[i].push(await read(method));
    scans.push(await measured(() => page.evaluate(fullScan)));
    looks.push(await measured(() => page.evaluate(secondLook)));
  }
  await page.close();
  report({ GB, finalists, runs, scans, looks });
  await benchFirstFigures();
}

/** Each on a page that was loaded a second ago, as a visitor's is. */
async function benchFirstFigures() {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const page = await openPage();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    times.push(await page.evaluate(firstFigures));
    await page.close();
  }
  const ms = (/** @type {number[]} */ values) => median(values).toFixed(0).padStart(5);
  console.log(`first figure after            ${ms(times.map((time) => time.figure_ms))} ms   (promise 300)`);
  console.log(`first tensor after            ${ms(times.map((time) => time.tensor_ms))} ms`);
}

async function openPage() {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  // The readers of the bench are workers of its own.
  await page.setBypassCSP(true);
  await page.goto(`${origin}/`);
  const worker = await readFile(new URL('./bench/reader-worker.js', import.meta.url), 'utf8');
  await page.evaluate(prepare, worker);
  await /** @type {any} */ (await page.$('#bench-file')).uploadFile(path);
  return page;
}

/**
 * Tries every method twice and returns the fastest few.
 *
 * @param {(method: Method) => Promise<Run>} read
 * @param {number} GB
 */
async function search(read, GB) {
  const best = METHODS.map(() => Infinity);
  for (let round = 0; round < 2; round++) {
    for (const [i, method] of METHODS.entries()) best[i] = Math.min(best[i], (await read(method)).ms);
  }
  const order = METHODS.map((_, i) => i).sort((a, b) => best[a] - best[b]);
  console.log('\nbare reads, the better of two');
  for (const i of order) console.log(`  ${rate(GB, best[i])}  ${says(METHODS[i])}`);
  return order.slice(0, FINALISTS).map((i) => METHODS[i]);
}

/**
 * @param {{GB: number, finalists: Method[], runs: Run[][], scans: Run[], looks: Run[]}} results
 */
function report({ GB, finalists, runs, scans, looks }) {
  console.log(`\nmedians of ${ROUNDS} rounds in turn`);
  const bare = runs.map(medians);
  for (const [i, run] of bare.entries()) console.log(`  ${line(GB, run)}  bare read, ${says(finalists[i])}`);
  const fastest = bare.reduce((best, run) => (run.ms < best.ms ? run : best));
  const scan = medians(scans);
  console.log(`  ${line(GB, scan)}  full scan, with ancestry and the casts that follow from counts`);
  const look = medians(looks);
  console.log(`  ${line(GB, look)}  second look, for the other casts`);
  const added = (scan.cpu_s - fastest.cpu_s) / GB;
  console.log(`\nscan / fastest bare read      ${(scan.ms / fastest.ms).toFixed(3)}   (promise 1.35 with these casts)`);
  console.log(`added CPU-seconds a gigabyte  ${added.toFixed(3)}   (promise 0.6 with these casts)`);
  const both = (scan.ms + look.ms) / fastest.ms;
  console.log(`both looks / fastest bare read ${both.toFixed(3)}  (promise 1.7)`);
}

/** @param {Run[]} runs @returns {Run} */
function medians(runs) {
  return { ms: median(runs.map((run) => run.ms)), cpu_s: median(runs.map((run) => run.cpu_s)) };
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle - 0.5)] + sorted[Math.floor(middle - 0.5)]) / 2;
}

/** @param {number} GB @param {Run} run */
function line(GB, { ms, cpu_s }) {
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
