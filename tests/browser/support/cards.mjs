// @ts-check
// Other people's pages with the element on them, and the server where they keep their checkpoints.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { dist, origin, patience_ms } from '../harness.mjs';
import { f32, write } from './checkpoint.mjs';
import { hubFiles } from './far.mjs';
import { launch, scratch } from './launch.mjs';
import { nativeReport } from './native.mjs';
import { startServer } from './server.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

/** Somebody else's page, and where they keep their checkpoint. */
export const card = 'http://card.localhost';
export const store = 'http://store.localhost';

/** A checkpoint of 24 MB, of which a sample is read. */
const large = () => write(join(scratch, 'large.safetensors'), [f32('h.0.weight', [2000, 1500], 1), f32('h.1.weight', [2000, 1500], 2)]);

/** The policy in docs/embedding.md, to the letter but for the names, without what WebAssembly needs. */
export const SHOWING = ["default-src 'none'", `script-src ${origin}`, `connect-src 'self' ${origin} ${store}`].join('; ');
export const COMPUTING = SHOWING.replace('script-src', "worker-src blob:; script-src 'wasm-unsafe-eval'");

/** @type {Record<string, {body: string, policy?: string}>} what the page's server has, by path */
export const pages = {};
/** @type {Record<string, string>} */
export const reports = {};
/** @type {import('./server.mjs').Server} */
export let server;
/** @type {import('puppeteer-core').Browser} */
export let browser;
/** The sample's, as the command wrote it. */
export let report = '';
/** What the store has, by path. @type {Record<string, Buffer>} */
const files = {};

/** For the tests of one file. */
export function useCards() {
  before(async () => {
    report = await nativeReport(join(dist, 'sample.safetensors'));
    const sample = await readFile(join(dist, 'sample.safetensors'));
    Object.assign(files, { '/sample.safetensors': sample, '/large.safetensors': await readFile(large()) }, hubFiles('org/model', { 'model.safetensors': sample }));
    reports['/report.json'] = report;
    server = await startServer(undefined, {
      [card](path, response) {
        if (reports[path] !== undefined) return response.writeHead(200, { 'Content-Type': 'application/json' }).end(reports[path]);
        const page = pages[path];
        if (!page) return response.writeHead(404, 'Not Found').end();
        response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...(page.policy && { 'Content-Security-Policy': page.policy }) }).end(page.body);
      },
      [store](path, response, request) {
        const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Content-Range, ETag', 'Accept-Ranges': 'bytes', ETag: '"1"' };
        if (path === '/report.json') return response.writeHead(200, cors).end(report);
        const file = files[path];
        if (!file) return response.writeHead(404, cors).end();
        const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
        if (!range) return response.writeHead(200, { ...cors, 'Content-Length': file.length }).end(file);
        const [from, to] = [Number(range[1]), Math.min(range[2] ? Number(range[2]) : Infinity, file.length - 1)];
        response.writeHead(206, { ...cors, 'Content-Range': `bytes ${from}-${to}/${file.length}`, 'Content-Length': to + 1 - from }).end(file.subarray(from, to + 1));
      },
    });
    browser = await launch(server.port);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });
}

/** Opens a page of theirs. @param {string} markup of its body @param {{policy?: string, head?: string, script?: string}} [more] */
export async function visit(markup, { policy, head = '', script = `<script src="${origin}/embed.js" async></script>` } = {}) {
  const path = `/${Object.keys(pages).length}.html`;
  pages[path] = { policy, body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A model card</title>${head}</head><body>${markup}${script}</body></html>` };
  const page = await browser.newPage();
  page.setDefaultTimeout(patience_ms);
  /** @type {string[]} */
  const errors = [];
  page.on('console', (message) => {
    // The browsers ask for it by themselves.
    if ((message.type() === 'error' || message.type() === 'warn') && !/favicon/.test(message.text() + message.location().url)) errors.push(message.text());
  });
  page.on('pageerror', (error) => { if (!/favicon/.test(String(error))) errors.push(String(error)); });
  await page.goto(card + path);
  return { page, errors };
}

/** Text that an element in the shadow of the nth viewer shows, once there is some. @param {Page} page @param {string} selector */
export async function shown(page, selector, nth = 0) {
  const text = await page.waitForFunction((selector, nth) => {
    const element = /** @type {HTMLElement | null | undefined} */ (document.querySelectorAll('floatscope-viewer')[nth]?.shadowRoot?.querySelector(selector));
    return element && element.checkVisibility() && element.innerText;
  }, {}, selector, nth);
  return /** @type {Promise<string>} */ (text.jsonValue());
}

/** Waits until it shows this. @param {Page} page @param {string} selector @param {RegExp} pattern */
export const shows = (page, selector, pattern, nth = 0) => page.waitForFunction((selector, source, nth) => {
  const element = /** @type {HTMLElement | null | undefined} */ (document.querySelectorAll('floatscope-viewer')[nth]?.shadowRoot?.querySelector(selector));
  return element?.checkVisibility() && new RegExp(source).test(element.innerText);
}, {}, selector, pattern.source, nth);

/** @param {Page} page @param {string} selector */
export const click = (page, selector, nth = 0) => page.evaluate((selector, nth) => {
  /** @type {HTMLElement} */ (document.querySelectorAll('floatscope-viewer')[nth].shadowRoot?.querySelector(selector)).click();
}, selector, nth);

/** An element that shows a report. */
export const REPORT = '<floatscope-viewer report="/report.json"></floatscope-viewer>';

/** One that can read the checkpoint, too. */
export const BOTH = `<floatscope-viewer report="/report.json" src="${store}/sample.safetensors"></floatscope-viewer>`;
