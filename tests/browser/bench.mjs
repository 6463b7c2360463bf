// @ts-check
// The page end to end in Chromium: bare reads of a file against a full scan of
// the same file in the same page, and the second look that completes the casts, in turn. `node bench.mjs [FILE]`
import { firstFigures, fullScan, secondLook } from './bench/in-page.mjs';
import { ensureFile } from './bench/file.mjs';
import { fastest, gigabytes, inBrowser, line, measured, median, medians, openPage, read, search } from './bench/reads.mjs';
import { printSize } from './bench/size.mjs';

const ROUNDS = 5;

/** @typedef {import('./bench/reads.mjs').Method} Method */
/** @typedef {import('./bench/reads.mjs').Run} Run */
/** @typedef {import('./bench/reads.mjs').Browser} Browser */

const path = ensureFile(process.argv[2] ?? process.env.BENCH_FILE ?? 'bench.safetensors');
await inBrowser(async (browser) => {
  await bench(browser);
  await benchFirstFigures(browser);
});
printSize();

/** @param {Browser} browser */
async function bench(browser) {
  const page = await openPage(browser, path);
  const GB = await gigabytes(page);
  console.log(`${GB.toFixed(2)} GB, ${await browser.version()}`);

  const finalists = await search(page, GB);
  const runs = finalists.map(() => /** @type {Run[]} */ ([]));
  const scans = /** @type {Run[]} */ ([]);
  const looks = /** @type {Run[]} */ ([]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, method] of finalists.entries()) runs[i].push(await read(page, method));
    scans.push(await measured(browser, () => page.evaluate(fullScan)));
    looks.push(await measured(browser, () => page.evaluate(secondLook)));
  }
  await page.close();
  report({ GB, finalists, runs, scans, looks });
}

/** Each on a page that was loaded a second ago, as a visitor's is. @param {Browser} browser */
async function benchFirstFigures(browser) {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const page = await openPage(browser, path);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    times.push(await page.evaluate(firstFigures));
    await page.close();
  }
  const ms = (/** @type {number[]} */ values) => median(values).toFixed(0).padStart(5);
  console.log(`first figure after            ${ms(times.map((time) => time.figure_ms))} ms   (promise 300)`);
  console.log(`first tensor after            ${ms(times.map((time) => time.tensor_ms))} ms`);
}

/**
 * @param {{GB: number, finalists: Method[], runs: Run[][], scans: Run[], looks: Run[]}} results
 */
function report({ GB, finalists, runs, scans, looks }) {
  console.log(`\nmedians of ${ROUNDS} rounds in turn`);
  const bare = fastest(GB, finalists, runs);
  const scan = medians(scans);
  console.log(`  ${line(GB, scan)}  full scan, with ancestry and the casts that follow from counts`);
  const look = medians(looks);
  console.log(`  ${line(GB, look)}  second look, for the other casts`);
  const added = (scan.cpu_s - bare.cpu_s) / GB;
  console.log(`\nscan / fastest bare read      ${(scan.ms / bare.ms).toFixed(3)}   (promise 1.35 with these casts)`);
  console.log(`added CPU-seconds a gigabyte  ${added.toFixed(3)}   (promise 0.6 with these casts)`);
  const both = (scan.ms + look.ms) / bare.ms;
  console.log(`both looks / fastest bare read ${both.toFixed(3)}  (promise 1.7)`);
}
