// @ts-check
// The same scan by the native command, and the report that the page saves.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { POLL_MS, downloads } from './launch.mjs';

/**
 * The command's report on these paths of one folder, as it stands. A problem in
 * a file makes it exit with 2 and is in the report.
 *
 * @param {...string} paths
 * @returns {Promise<string>}
 */
export const nativeReport = (...paths) => reportOf(paths, []);

/** The same without casts, of which a second look at a large file takes long. @param {string} path @returns {Promise<string>} */
export const nativeReportWithoutCasts = (path) => reportOf([path], ['--only', 'stats,ancestry']);

/** @param {string[]} paths @param {string[]} more options @returns {Promise<string>} */
const reportOf = (paths, more) => command(dirname(paths[0]), ['scan', ...paths.map((path) => basename(path)), '--json', '-', '--no-progress', ...more]);

/**
 * What the command writes to its standard output; 2 is its status where something could
 * not be read and the rest is there.
 *
 * @param {string} cwd since a page knows no more of a path than the name
 * @param {string[]} options
 * @returns {Promise<string>}
 */
export async function command(cwd, options) {
  const program = process.env.FLOATSCOPE;
  if (!program) throw new Error('FLOATSCOPE must name the native command');
  const run = promisify(execFile)(program, options, { maxBuffer: 2 ** 30, cwd });
  const { stdout } = await run.catch((error) => {
    if (error.code === 2 && error.stdout) return error;
    throw error;
  });
  return stdout;
}

/**
 * Clicks "save", once a second look that is under way has ended, and returns the
 * text of the file the browser wrote.
 *
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<string>}
 */
export async function savedReport(page) {
  await page.waitForFunction(() => document.body.dataset.look !== 'looking', { polling: POLL_MS });
  return (await exported(page, 'json')).text;
}

/** Exports by their endings, and the command's options. @type {['csv' | 'md' | 'html' | 'svg', string][]} */
export const EXPORTS = [['csv', '--csv'], ['md', '--markdown'], ['html', '--html'], ['svg', '--badge']];

/** @param {string} path @param {string} option */
export const nativeExport = (path, option) => command(dirname(path), ['scan', basename(path), option, '-', '--no-progress']);

/**
 * Saves the scan from the page's menu.
 *
 * @param {import('puppeteer-core').Page} page
 * @param {'json' | 'csv' | 'md' | 'html' | 'svg'} as
 */
export async function exported(page, as) {
  await page.click('#export-open');
  // A menu closes when its window is no longer the one in front, which on a busy machine is any moment.
  const press = () => page.$eval(`#save-${as}`, (item) => /** @type {HTMLElement} */ (item).click());
  return written(press, `.floatscope.${as}`);
}

/**
 * Clicks a button and returns the file that the browser wrote.
 *
 * @param {import('puppeteer-core').Page} page
 * @param {string} button
 * @param {string} ending of the file's name: the browser has others while it writes
 * @returns {Promise<{name: string, text: string}>}
 */
export const download = (page, button, ending) => written(() => page.click(button), ending);

/** @param {() => Promise<void>} press has the browser write a file @param {string} ending */
async function written(press, ending) {
  const before = await readdir(downloads);
  await press();
  let last = '';
  for (let waited_ms = 0; waited_ms < 30_000; waited_ms += 50) {
    await sleep(50);
    const name = (await readdir(downloads)).find((name) => !before.includes(name) && name.endsWith(ending));
    const text = name ? await readFile(join(downloads, name), 'utf8').catch(() => '') : '';
    // Whole when it no longer grows and ends as every one of these texts does.
    if (name && text === last && text.endsWith('\n')) {
      await rm(join(downloads, name));
      return { name, text };
    }
    last = text;
  }
  throw new Error(`no *${ending} was saved`);
}

/**
 * Holds the `tensors` of two reports against each other byte by byte, and shows
 * the place where they part.
 *
 * @param {string} page
 * @param {string} command
 */
export function assertSameTensors(page, command) {
  const [ours, theirs] = [tensors(page), tensors(command)];
  if (ours === theirs) return;
  let at = 0;
  while (ours[at] === theirs[at]) at++;
  const near = (/** @type {string} */ text) => text.slice(Math.max(0, at - 200), at + 100);
  assert.equal(near(ours), near(theirs), 'the page’s tensors differ from the command’s');
}

/**
 * The report without casts, for a file whose second look waits to be asked for.
 *
 * @param {string} report
 */
export const withoutCasts = (report) => report.replace(/,"casts":(?:null|\{(?:"[^"]+":\{[^{}]*\},?)*\}),"outliers_db":[^,}]*/g, '');

/** @param {string} report */
function tensors(report) {
  const text = /"tensors":\s*\[[\s\S]*(?=,\s*"problems")/.exec(report);
  assert(text, `no tensors in ${report.slice(0, 500)}`);
  return text[0];
}
