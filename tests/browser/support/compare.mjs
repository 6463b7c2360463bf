// @ts-check
// Comparisons on the page, and the same by the native command.
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pick } from '../harness.mjs';
import { asBf16, f32, write } from './checkpoint.mjs';
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

/** A checkpoint of zeros that takes no room on the disk. @param {string} name @param {number} bytes even */
export const sparse = (name, bytes) => write(join(scratch, name), [{ name: 'zeros', dtype: 'BF16', shape: [bytes / 2], bytes }]);

/** A path in a folder of its own, for two files of one name. @param {string} folder @param {string} name */
export function inFolder(folder, name) {
  mkdirSync(join(scratch, folder), { recursive: true });
  return join(scratch, folder, name);
}

/** F32 weights of two layers, large enough to be cut among workers. @param {string} [prefix] */
export const wide = (prefix = '') => [f32(`${prefix}layers.0.weight`, [2000, 1001], 1), f32(`${prefix}layers.1.weight`, [2000, 1001], 2), f32(`${prefix}norm.weight`, [4097], 3)];

/** The same rounded to BF16; the last layer has one other value. @param {string} [prefix] */
export function narrow(prefix = '') {
  const tensors = wide(prefix).map(asBf16);
  /** @type {Uint8Array} */ (tensors[1].data)[2 * 1234 + 1] ^= 1;
  return tensors;
}

/** Two files under names that say who made them. @param {string} [name] */
export const twoFiles = (name = 'pair') => [write(join(scratch, `${name}-f32.safetensors`), wide()), write(join(scratch, `${name}-bf16.safetensors`), narrow())];

/** Byte for byte, and where they part. @param {string} page @param {string} command */
export function assertSame(page, command) {
  if (page === command) return;
  let at = 0;
  while (page[at] === command[at]) at++;
  const near = (/** @type {string} */ text) => text.slice(Math.max(0, at - 200), at + 100);
  assert.equal(near(page), near(command), 'what the page saved differs from what the command wrote');
}
