// @ts-check
// The page's own views over a checkpoint that is made up.
import { readFileSync } from 'node:fs';
import { origin } from './server.mjs';

const session = readFileSync(new URL('made-up-session.js', import.meta.url), 'utf8');
const casts = readFileSync(new URL('made-up-casts.js', import.meta.url), 'utf8');
const lab = readFileSync(new URL('made-up-lab.js', import.meta.url), 'utf8');
const comparison = readFileSync(new URL('made-up-comparison.js', import.meta.url), 'utf8');

/**
 * @param {import('puppeteer-core').Browser} browser
 * @param {number} [layers]
 * @param {string} [more] of the address: see made-up-casts.js, made-up-comparison.js and made-up-lab.js
 * @returns {Promise<import('../harness.mjs').Tab>}
 */
export async function openMadeUp(browser, layers = 4, more = '') {
  const page = await browser.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    const body = /** @type {Record<string, string>} */ ({ session, 'made-up-casts': casts, 'made-up-comparison': comparison, 'made-up-lab': lab })[/\/source\/engine\/([\w-]+)\.js$/.exec(request.url())?.[1] ?? ''];
    if (body) request.respond({ contentType: 'text/javascript', body });
    else request.continue();
  });
  await page.goto(`${origin}/source/index.html?layers=${layers}${more}`);
  await page.waitForSelector('#map:not([hidden]) canvas, #comparison:not([hidden])');
  return { page, errors };
}
