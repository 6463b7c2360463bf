// @ts-check
// The package for npm in a browser: plain modules from a server of the tests, in a page and in a worker.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { made } from '../npm/project.mjs';
import { patience_ms, useBrowser } from './harness.mjs';
import { startFar } from './support/far.mjs';
import { command } from './support/native.mjs';

const options = { timeout: 2 * patience_ms };
const { browser } = useBrowser({ direct: '127.0.0.1' });

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const FILE = 'distributions.safetensors';

/** What a page and a worker run: `ask` has a source made, and tells what came of it. */
const ASK = `
import { FloatscopeError, scan } from './package/index.js';
globalThis.ask = async (url, kind, options) => {
  const source = kind === 'url' ? url : await fetch(url).then((answer) => (kind === 'blob' ? answer.blob() : answer.arrayBuffer()));
  const name = url.split('/').pop();
  const tensors = {};
  const scanning = scan(kind === 'url' ? source : [{ name, blob: source }], options);
  try {
    for await (const tensor of scanning) tensors[tensor.name] = tensor;
    const report = await scanning.report();
    return { report: JSON.stringify(report), tensors: JSON.stringify(report.tensors.map(({ name }) => tensors[name])) };
  } catch (error) {
    return { error: error.message, isOurs: error instanceof FloatscopeError };
  }
};`;
const FILES = /** @type {Record<string, string>} */ ({
  '/index.html': '<!doctype html><link rel="icon" href="data:,"><title>npm</title><script type="module" src="page.js"></script>',
  '/page.js': `${ASK}\nglobalThis.isReady = true;`,
  '/worker.js': `${ASK}\nonmessage = async ({ data }) => postMessage(await ask(...data));\npostMessage('ready');`,
});
const TYPES = /** @type {Record<string, string>} */ ({ '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' });
/** The least that the package asks of a page. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src data:; connect-src http://127.0.0.1:*";

/** @type {import('node:http').Server} */
let server;
/** @type {import('./support/far.mjs').Far} */
let far;
let address = '';
before(async () => {
  server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    const body = FILES[path] ?? (await readFile(join(made, path.replace('/package/', ''))).catch(() => undefined));
    response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': TYPES[extname(path)] ?? 'text/plain', 'Content-Security-Policy': POLICY });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  address = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/index.html`;
  far = await startFar({ [`/${FILE}`]: await readFile(fixtures + FILE), '/not.safetensors': Buffer.from('<!doctype html>') });
});
after(async () => {
  server?.closeAllConnections();
  server?.close();
  await far?.close();
});

/** @typedef {{report?: string, tensors?: string, error?: string, isOurs?: boolean}} Said */

/** @param {boolean} inWorker @param {...any} what @returns {Promise<Said>} */
async function ask(inWorker, ...what) {
  const page = await browser().newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(address);
  await page.waitForFunction(() => /** @type {any} */ (globalThis).isReady);
  const said = inWorker
    ? await page.evaluate((what) => new Promise((resolve, reject) => {
      const worker = new Worker('worker.js', { type: 'module' });
      worker.onerror = () => reject(new Error('the worker does not start'));
      worker.onmessage = ({ data }) => (data === 'ready' ? worker.postMessage(what) : resolve(data));
    }), what)
    : await page.evaluate((what) => /** @type {any} */ (globalThis).ask(...what), what);
  assert.deepEqual(errors, []);
  await page.close();
  return /** @type {Said} */ (said);
}

for (const [inWorker, kind] of /** @type {[boolean, string][]} */ ([[false, 'blob'], [false, 'url'], [true, 'blob'], [true, 'buffer'], [true, 'url']])) {
  test(`the package gives the command's tensors: ${kind} in a ${inWorker ? 'worker' : 'page'}`, options, async () => {
    const said = await ask(inWorker, far.url(`/${FILE}`), kind, { sample: false });
    assert.equal(said.error, undefined);
    const theirs = JSON.parse(await command(fixtures, ['scan', FILE, '--json', '-', '--no-progress']));
    assert.equal(said.tensors, JSON.stringify(theirs.tensors));
    assert.equal(JSON.stringify(JSON.parse(said.report ?? '').tensors), said.tensors);
  });
}

test('what cannot be read is said', options, async () => {
  const { error, isOurs } = await ask(false, far.url('/not.safetensors'), 'url', {});
  assert.match(error ?? '', /not\.safetensors: /);
  assert(isOurs);
});
