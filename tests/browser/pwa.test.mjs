// @ts-check
// The hosted page is kept by the browser: it starts without a network, and is of one build from top to bottom.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dist, isFirefox, origin, patience_ms, phase, pick, scratch } from './harness.mjs';
import { copyOfBuild, deploy, hashOf, listed } from './support/builds.mjs';
import { bf16, write } from './support/checkpoint.mjs';
import { launch } from './support/launch.mjs';
import { assertSameTensors, nativeReport, savedReport } from './support/native.mjs';
import { requestsOfThePage, startServer } from './support/server.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

const options = { timeout: 3 * patience_ms };
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const folder = copyOfBuild(join(scratch, 'hosted'));

/** @type {import('./support/server.mjs').Server} */
let server;
/** @type {import('puppeteer-core').Browser} */
let browser;
before(async () => {
  server = await startServer(folder);
  browser = await launch(server.port);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** @param {string} [path] */
async function open(path = '') {
  const page = await browser.newPage();
  page.setDefaultTimeout(patience_ms);
  /** @type {string[]} */
  const errors = [];
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(`${origin}/${path}`);
  await page.waitForSelector('body[data-phase="empty"]');
  return { page, errors };
}

/** The builds that the browser keeps. @param {Page} page */
const kept = (page) => page.evaluate(async () => (await caches.keys()).map((name) => name.split(' ').pop()).sort());

/** Waits until the browser keeps these builds and no others. @param {Page} page @param {string[]} builds */
async function keeps(page, ...builds) {
  for (let waited_ms = 0; waited_ms < patience_ms; waited_ms += 100) {
    if ((await kept(page)).join() === builds.sort().join()) return;
    await sleep(100);
  }
  assert.deepEqual(await kept(page), builds);
}

/** Waits until a build is used from now on, or waits for its turn. @param {Page} page @param {'active' | 'waiting'} state */
const isThere = (page, state) => page.waitForFunction(async (state) => {
  const registration = await navigator.serviceWorker.getRegistration();
  const worker = registration?.[state];
  return worker && ['installed', 'activated'].includes(worker.state);
}, { polling: 100 }, state);

/** Which build the document, its script and its style are of. @param {Page} page */
const parts = (page) => page.evaluate(() => [
  document.documentElement.dataset.of ?? 'first',
  document.body.dataset.of ?? 'first',
  getComputedStyle(document.documentElement).getPropertyValue('--of') || 'first',
]);

/** What was asked for since, without the browser's own look for a newer build. @param {number} since */
const asked = (since) => requestsOfThePage(server.seen.slice(since)).map(({ url }) => url.slice(origin.length)).filter((path) => path !== '/service-worker.js');

/** A scan's report, as the page saves it. @param {Page} page @param {string} path */
async function reportOn(page, path) {
  await pick(page, path);
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  return savedReport(page);
}

test('the list has every file of the build, each with its hash', () => {
  const { files } = listed();
  const there = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = there.map(({ parentPath, name }) => join(parentPath, name).slice(dist.length));
  const others = /^(_headers|service-worker\.js|floatscope\.html|embed\.(?:html|js)|frame\.js|.*\.d\.ts)$/;
  assert.deepEqual(Object.keys(files).sort(), paths.filter((path) => !others.test(path)).sort());
  for (const [path, hash] of Object.entries(files)) assert.equal(hash, hashOf(join(dist, path)), path);
});

test('after the first visit the page works without a network, and tells the same', options, async () => {
  const checkpoint = join(fixtures, 'distributions.safetensors');
  const first = await open();
  assert.equal(await first.page.evaluate(() => isSecureContext), true);
  const report = await reportOn(first.page, checkpoint);
  await isThere(first.page, 'active');
  await keeps(first.page, listed().build);
  // It took nothing over in the middle.
  assert.equal(await first.page.evaluate(() => navigator.serviceWorker.controller), null);
  server.cut(true);
  try {
    const since = server.seen.length;
    await first.page.reload();
    await phase(first.page, 'empty');
    assert.equal(await reportOn(first.page, checkpoint), report);
    assertSameTensors(report, await nativeReport(checkpoint));
    await first.page.close();
    for (const path of ['index.html', '?from=home', 'remote.html', '']) {
      const { page, errors } = await open(path);
      await page.click('#open-sample');
      assert.equal(await phase(page, 'done', 'failed'), 'done', path);
      // The rest comes from here, too.
      const rest = await page.evaluate((files) => Promise.all(files.map((file) => fetch(file).then(({ status }) => status))), Object.keys(listed().files));
      assert.deepEqual([...new Set(rest)], [200]);
      assert.deepEqual(errors, []);
      await page.close();
    }
    assert.deepEqual(asked(since), []);
  } finally {
    server.cut(false);
  }
});

test('what is not of the build goes to the network, and parts of files do', options, async () => {
  const { page } = await open();
  const since = server.seen.length;
  const statuses = await page.evaluate(async () => {
    const status = (/** @type {string} */ path, /** @type {RequestInit} */ init) => fetch(path, init).then(({ status }) => status, () => 'refused');
    return [
      await status('sample.safetensors', { headers: { Range: 'bytes=0-7' } }),
      await status('no-such-file', {}),
      await status('main.js?other', {}),
      await status('main.js', { method: 'POST' }),
      await status('https://example.com/main.js', {}),
    ];
  });
  // The tests' server knows no ranges and asks for no method.
  assert.deepEqual(statuses, [200, 404, 200, 200, 'refused']);
  assert.deepEqual(asked(since), ['/sample.safetensors', '/no-such-file', '/main.js?other', '/main.js']);
  await page.close();
});

test('while a file is open nothing is asked for but the build, and nothing is sent', options, async () => {
  const { page, errors } = await open();
  const since = server.seen.length;
  await pick(page, write(join(scratch, 'secret.safetensors'), [bf16('secret', [2000, 1000], 1)]));
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  await sleep(2000);
  for (const { method, url, bytes } of requestsOfThePage(server.seen.slice(since))) assert.equal(`${method} ${url} ${bytes}`, `GET ${origin}/service-worker.js 0`);
  const headers = await page.evaluate(async () => (await fetch('service-worker.js')).headers.get('Content-Security-Policy'));
  assert.match(headers ?? '', /^default-src 'none'; connect-src 'self';/);
  assert.deepEqual(errors, []);
  await page.close();
});

test('a new build waits for its turn, takes over as a whole, and the old one is forgotten', options, async () => {
  const { build } = listed();
  const { page } = await open();
  deploy(folder, 'second');
  await page.reload();
  await phase(page, 'empty');
  assert.deepEqual(await parts(page), ['first', 'first', 'first']);
  await page.evaluate(async () => { await (await navigator.serviceWorker.getRegistration())?.update(); });
  await isThere(page, 'waiting');
  await keeps(page, build, 'second');
  // What an open page asks for later is of its own build.
  const since = server.seen.length;
  assert.equal(await page.evaluate(async () => (await (await fetch('main.js')).text()).includes('"second"')), false);
  await page.reload();
  await phase(page, 'empty');
  assert.deepEqual(await parts(page), ['first', 'first', 'first']);
  assert.deepEqual(asked(since), []);
  await page.close();
  await sleep(1000);
  const next = await open();
  assert.deepEqual(await parts(next.page), ['second', 'second', 'second']);
  await keeps(next.page, 'second');
  await next.page.close();
});

test('a build that is half there is not kept', options, async () => {
  deploy(folder, 'third', false);
  const { page } = await open();
  const outcome = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    const ended = new Promise((resolve) => registration?.addEventListener('updatefound', () => {
      const worker = registration.installing;
      worker?.addEventListener('statechange', () => resolve(worker.state));
    }, { once: true }));
    await registration?.update().catch(() => {});
    return ended;
  });
  assert.equal(outcome, 'redundant');
  await page.close();
  server.cut(true);
  try {
    const next = await open();
    assert.deepEqual(await parts(next.page), ['second', 'second', 'second']);
    await next.page.close();
  } finally {
    server.cut(false);
  }
});

test('the browser can install it', { ...options, skip: isFirefox && 'Firefox’s driver does not tell' }, async () => {
  const { page } = await open();
  const client = await page.createCDPSession();
  const { errors, data } = await client.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  assert.equal(JSON.parse(data ?? '').name, 'Floatscope');
  const { installabilityErrors } = await client.send('Page.getInstallabilityErrors');
  assert.deepEqual(installabilityErrors, []);
  await page.close();
});

test('a file that the system opens with the page is scanned', options, async () => {
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(() => {
    const bytes = new Uint8Array(78);
    bytes[0] = 66;
    bytes.set(new TextEncoder().encode('{"given":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.padEnd(66)), 8);
    const setConsumer = (/** @type {any} */ take) => take({ files: [{ getFile: async () => new File([bytes], 'given.safetensors') }] });
    Object.defineProperty(globalThis, 'launchQueue', { value: { setConsumer } });
  });
  await page.goto(`${origin}/`);
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  assert.equal(JSON.parse(await savedReport(page)).tensors[0].name, 'given');
  await page.close();
});

test('a page in a frame has nothing kept', options, async () => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  // A document of the page's origin that is not the page.
  await page.goto(`${origin}/style.css`);
  await page.evaluate(() => {
    const frame = document.createElement('iframe');
    frame.src = '/';
    document.body.append(frame);
  });
  const frame = await page.waitForFrame((frame) => frame.url() === `${origin}/`);
  await frame.waitForSelector('body[data-phase="empty"]');
  await sleep(5000);
  assert.deepEqual(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
  await context.close();
});
