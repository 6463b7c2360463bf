// @ts-check
// Comparisons on the page, and the same by the native command.
import { basename, dirname, join } from 'node:path';
import { mkdirSync, symlinkSync } from 'node:fs';
import { pick } from '../harness.mjs';
import { scratch } from './launch.mjs';
import { command, download } from './native.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

/** Picks what the open checkpoint is compared with, as a person does. @param {Page} page @param {...string} paths */
export async function compareWith(page, ...paths) {
  await page.click('#compare-with');
  await page.waitForSelector('#open-dialog[open] #choose-files');
  await pick(page, ...paths);
}

/** Waits until the comparison is at its end, and says which. @param {Page} page */
export async function compared(page) {
  const there = await page.waitForFunction(() => ['done', 'failed', 'cancelled'].find((phase) => phase === document.body.dataset.compare));
  return there.jsonValue();
}

/** The text that is saved. @param {Page} page @param {'json' | 'csv' | 'md'} as */
export const savedDiff = async (page, as = 'json') => (await download(page, `#save-diff-${as}`, `.${as}`)).text;

let folders = 0;

/**
 * The command's comparison. Both files are put into one folder, since the report has
 * the names as they were given.
 *
 * @param {string} a
 * @param {string} b
 * @param {...string} more options
 */
export async function nativeDiff(a, b, ...more) {
  const options = more.length ? more : ['--json', '-'];
  if (dirname(a) === dirname(b)) return command(dirname(a), ['diff', basename(a), basename(b), '--no-progress', ...options]);
  const folder = join(scratch, `pair-${++folders}`);
  mkdirSync(folder);
  for (const path of [a, b]) symlinkSync(path, join(folder, basename(path)));
  return command(folder, ['diff', basename(a), basename(b), '--no-progress', ...options]);
}

/**
 * The workers of a role, by the names that the page gave them.
 *
 * @param {Page} page
 * @param {string} role
 */
export async function workers(page, role) {
  // Others may start meanwhile.
  const there = page.workers();
  const names = await Promise.all(there.map((worker) => worker.evaluate(() => self.name).catch(() => '')));
  return there.filter((_, i) => names[i].startsWith(role));
}
