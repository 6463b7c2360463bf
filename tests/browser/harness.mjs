// @ts-check
// One harness for both browsers: a served page, its console, its requests, and
// the few things a person does on it.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { POLL_MS, launch } from './support/launch.mjs';
import { origin, startServer } from './support/server.mjs';

export { downloads, isChromium, isFirefox, scratch } from './support/launch.mjs';
export { dist, origin } from './support/server.mjs';

/**
 * @typedef {import('puppeteer-core').Page} Page
 * @typedef {import('./support/server.mjs').Seen} Seen
 * @typedef {{page: Page, errors: string[]}} Tab
 *   a page, and what its console and its scripts complained about
 */

/** Long enough for a slow machine, short enough to end before a person gives up. */
export const patience_ms = 60_000;

/**
 * A browser for the tests of one file, started before them and ended after.
 *
 * @param {{direct?: string}} [options] `direct` is a host that is reached without the proxy
 * @returns {{open: (before?: () => void, path?: string) => Promise<Tab>, browser: () => import('puppeteer-core').Browser, seen: () => Seen[]}}
 */
export function useBrowser({ direct = '' } = {}) {
  /** @type {import('./support/server.mjs').Server} */
  let server;
  /** @type {import('puppeteer-core').Browser} */
  let browser;
  before(async () => {
    server = await startServer();
    browser = await launch(server.port, [], direct);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });
  return { open: (before, path) => openTab(browser, before, path), browser: () => browser, seen: () => server.seen };
}

/**
 * @param {import('puppeteer-core').Browser} browser
 * @param {() => void} [before] runs in the page before its own code does
 * @param {string} [path] of the document, with what the address says after its #
 * @returns {Promise<Tab>}
 */
async function openTab(browser, before, path = '/') {
  const page = await browser.newPage();
  await withoutServiceWorker(page);
  if (before) await page.evaluateOnNewDocument(before);
  page.setDefaultTimeout(patience_ms);
  /** @type {string[]} */
  const errors = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warn') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(origin + path);
  await page.waitForSelector(path.includes('#') ? 'body[data-phase]' : 'body[data-phase="empty"]');
  return { page, errors };
}

/**
 * What is tested is this build, asked for at the server; nothing of it is kept meanwhile.
 *
 * @param {Page} page
 */
async function withoutServiceWorker(page) {
  await page.evaluateOnNewDocument(() => { delete (/** @type {any} */ (Navigator.prototype).serviceWorker); });
}

/**
 * Picks files as a person does with the button.
 *
 * @param {Page} page
 * @param {...string} paths
 */
export async function pick(page, ...paths) {
  const input = await page.$('#file-input');
  assert(input, 'the page has no #file-input');
  await /** @type {import('puppeteer-core').ElementHandle<HTMLInputElement>} */ (input).uploadFile(...paths);
}

/**
 * Waits until the page is in one of these phases and returns which.
 *
 * @param {Page} page
 * @param {...string} phases
 */
export async function phase(page, ...phases) {
  const there = await page.waitForFunction(
    (phases) => phases.find((phase) => phase === document.body.dataset.phase),
    { polling: POLL_MS },
    phases,
  );
  return there.jsonValue();
}

/**
 * The text of an element, as a person sees it.
 *
 * @param {Page} page
 * @param {string} selector
 * @returns {Promise<string>}
 */
export function text(page, selector) {
  return page.$eval(selector, (element) => /** @type {HTMLElement} */ (element).innerText);
}

/**
 * Opens a tensor as a person does: filters the list by its name, clicks its row.
 *
 * @param {Page} page
 * @param {string} name
 */
export async function openTensor(page, name) {
  await search(page, name);
  const row = `[data-tensor="${quotable(name)}"]`;
  await page.waitForSelector(row);
  // The last letter may still move the lines.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.click(row);
  await page.waitForFunction(
    (name) => document.querySelector('#tensor-name')?.textContent?.includes(name),
    {},
    name,
  );
}

/**
 * Types into the filter in place of what is there.
 *
 * @param {Page} page
 * @param {string} text
 */
export async function search(page, text) {
  await page.$eval('#search', (input) => /** @type {HTMLInputElement} */ (input).select());
  await page.focus('#search');
  await page.keyboard.press('Backspace');
  await page.keyboard.type(text);
}

/** @param {string} name as it can stand between quotes in a selector */
function quotable(name) {
  return name.replace(/["\\]/g, '\\$&');
}

/**
 * The statistics of the open tensor, each as the JSON text the report holds.
 *
 * @param {Page} page
 * @returns {Promise<Record<string, string>>}
 */
export async function statistics(page) {
  await page.waitForSelector('#tensor [data-stat]');
  return page.$$eval('#tensor [data-stat]', (cells) => {
    const values = cells.map((cell) => /** @type {HTMLElement} */ (cell).dataset);
    return Object.fromEntries(values.map(({ stat, value }) => [stat, value]));
  });
}
