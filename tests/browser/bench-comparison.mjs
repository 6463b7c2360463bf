// @ts-check
// The comparison of two files in Chromium against bare reads of both in the same
// page, in turn. `node bench-comparison.mjs [FOLDER]`
import { compareFiles, fullScan, secondLook } from './bench/in-page.mjs';
import { ensurePairs } from './bench/pairs.mjs';
import { fastest, gigabytes, inBrowser, line, measured, medians, openPage, read, search } from './bench/reads.mjs';

const ROUNDS = 5;

/** @typedef {import('./bench/reads.mjs').Method} Method */
/** @typedef {import('./bench/reads.mjs').Run} Run */
/** @typedef {import('./bench/reads.mjs').Browser} Browser */
/** @typedef {import('./bench/pairs.mjs').BenchPair} BenchPair */

const pairs = ensurePairs(process.argv[2] ?? 'bench');
await inBrowser(async (browser) => {
  console.log(await browser.version());
  const finalists = await methods(browser, pairs[0]);
  for (const pair of pairs) await bench(browser, pair, finalists);
});

/** The fastest ways to read a pair. @param {Browser} browser @param {BenchPair} pair */
async function methods(browser, { a, b }) {
  const page = await openPage(browser, a, b);
  const finalists = await search(page, await gigabytes(page));
  await page.close();
  return finalists;
}

/** @param {Browser} browser @param {BenchPair} pair @param {Method[]} finalists */
async function bench(browser, { name, a, b }, finalists) {
  const page = await openPage(browser, a, b);
  const GB = await gigabytes(page);
  // A is open and nothing more is read of it when B is dropped.
  await page.evaluate(fullScan);
  await page.evaluate(secondLook);
  const runs = finalists.map(() => /** @type {Run[]} */ ([]));
  const comparisons = /** @type {Run[]} */ ([]);
  await page.evaluate(compareFiles);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, method] of finalists.entries()) runs[i].push(await read(page, method));
    comparisons.push(await measured(browser, () => page.evaluate(compareFiles)));
  }
  await page.close();
  console.log(`\n${name}: ${GB.toFixed(2)} GB, medians of ${ROUNDS} rounds in turn`);
  const bare = fastest(GB, finalists, runs);
  const comparison = medians(comparisons);
  console.log(`  ${line(GB, comparison)}  comparison`);
  console.log(`comparison / fastest bare read of both ${(comparison.ms / bare.ms).toFixed(3)}`);
  console.log(`added CPU-seconds a gigabyte           ${((comparison.cpu_s - bare.cpu_s) / GB).toFixed(3)}`);
}
