// @ts-check
// A forward pass under both policies over 135 million BF16 parameters in Chromium, against bare reads of the
// same file in the same page, in turn. `node bench-forward.mjs [FOLDER]`
import { fullScan, runForward, secondLook } from './bench/in-page.mjs';
import { ensureModel } from './bench/model.mjs';
import { fastest, gigabytes, inBrowser, line, measured, medians, openPage, read, search } from './bench/reads.mjs';

const ROUNDS = 5;
/** Few, as for a look at where two runs part; and as many as a short prompt has. */
const TOKENS = [3, 32];

const files = ensureModel(process.argv[2] ?? 'bench');
await inBrowser(async (browser) => {
  console.log(await browser.version());
  const page = await openPage(browser, ...files);
  const GB = await gigabytes(page);
  const finalists = await search(page, GB);
  await page.evaluate(fullScan);
  await page.evaluate(secondLook);
  await page.click('#to-lab');
  const bare = finalists.map(() => /** @type {import('./bench/reads.mjs').Run[]} */ ([]));
  const passes = TOKENS.map(() => /** @type {import('./bench/reads.mjs').Run[]} */ ([]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, method] of finalists.entries()) bare[i].push(await read(page, method));
    for (const [i, tokens] of TOKENS.entries()) passes[i].push(await measured(browser, () => page.evaluate(runForward, tokens)));
  }
  await page.close();
  console.log(`\nSmolLM2's shape: ${GB.toFixed(2)} GB, medians of ${ROUNDS} rounds in turn`);
  const best = fastest(GB, finalists, bare);
  for (const [i, tokens] of TOKENS.entries()) {
    const pass = medians(passes[i]);
    console.log(`  ${line(GB, pass)}  both policies, ${tokens} tokens: ${(pass.ms / best.ms).toFixed(3)} of the fastest bare read`);
  }
});
