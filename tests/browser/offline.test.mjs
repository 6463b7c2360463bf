// @ts-check
// The page as one file, opened from the disk with the network cut: what it does, and that it asks for nothing.
import assert from 'node:assert/strict';
import { cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { dist, isFirefox, openTensor, patience_ms, phase, pick, scratch, text } from './harness.mjs';
import { hashOf } from './support/builds.mjs';
import { assertSame, compareWith, compared, nativeDiff, savedDiff, twoFiles } from './support/compare.mjs';
import { launch } from './support/launch.mjs';
import { EXPORTS, command, download, exported, nativeExport, nativeReport, savedReport } from './support/native.mjs';
import { requestsOfThePage, startServer } from './support/server.mjs';

const options = { timeout: 2 * patience_ms };
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const file = join(dist, 'floatscope.html');

/** It serves nothing here: as the browser's proxy it writes down what is asked for. @type {import('./support/server.mjs').Server} */
let server;
/** @type {import('puppeteer-core').Browser} */
let browser;
before(async () => {
  // A build removes the file, which another command makes.
  const html = await readFile(file, 'utf8').catch(() => '');
  assert(html.includes(hashOf(join(dist, 'main.js'))), `${file} is not there, or of another build: run \`cargo xtask single-file\` first`);
  server = await startServer();
  browser = await launch(server.port, ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']);
});
after(async () => {
  await browser?.close();
  if (!server) return;
  assert.deepEqual(requestsOfThePage(server.seen), [], 'the file asked for something');
  await server.close();
});

/** @param {string} [path] @returns {Promise<import('./harness.mjs').Tab>} */
async function open(path = file) {
  const page = await browser.newPage();
  page.setDefaultTimeout(patience_ms);
  /** @type {string[]} */
  const errors = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warn') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(pathToFileURL(path).href);
  if (path === file) await page.waitForSelector('body[data-phase="empty"]');
  return { page, errors };
}

test('it is small, and names nothing outside itself', options, async () => {
  assert((await stat(file)).size < 1_500_000);
  const html = await readFile(file, 'utf8');
  const markup = html.replace(/<(script|style)[^>]*>[^]*?<\/\1>/g, '');
  assert.deepEqual(markup.match(/(?:src|href|action)="(?!data:|#)[^"]*"/g), null);
});

test('a scan and its exports tell what the command tells, byte for byte', options, async () => {
  const { page, errors } = await open();
  for (const name of ['dtypes', 'every_code', 'distributions']) {
    const path = join(fixtures, `${name}.safetensors`);
    await pick(page, path);
    await page.waitForFunction((name) => document.querySelector('#file')?.textContent?.includes(name), {}, name);
    assert.equal(await phase(page, 'done', 'failed'), 'done');
    assertSame(await savedReport(page), await nativeReport(path));
    for (const [as, option] of EXPORTS) assertSame((await exported(page, as)).text, await nativeExport(path, option));
  }
  assert.deepEqual(errors, []);
  await page.close();
});

test('a comparison tells what the command tells, byte for byte', options, async () => {
  const { page, errors } = await open();
  const [a, b] = twoFiles('offline');
  await pick(page, a);
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  await compareWith(page, b);
  assert.equal(await compared(page), 'done');
  assertSame(await savedDiff(page), await nativeDiff(a, b));
  assertSame(await savedDiff(page, 'csv'), await nativeDiff(a, b, '--csv', '-'));
  assert.deepEqual(errors, []);
  await page.close();
});

/** Runs the lab's form and holds what is saved against the command's. @param {boolean} onGpu @param {string} words */
async function forward(onGpu, words) {
  const folder = join(fixtures, 'forward/llama');
  const tokenizer = join(scratch, `offline-${onGpu}`, 'tokenizer.json');
  await mkdir(join(tokenizer, '..'));
  await cp(join(fixtures, 'tokenizer/byte_level.json'), tokenizer);
  const { page, errors } = await open();
  await pick(page, join(folder, 'model.safetensors'), join(folder, 'config.json'), tokenizer);
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  await page.click('#to-lab');
  await page.click('.lab-form .field label input');
  await page.$eval('#lab-tokens', (input) => /** @type {HTMLInputElement} */ (input).select());
  await page.type('#lab-tokens', words);
  if (onGpu) await page.click('#lab-gpu');
  await page.click('.lab-form button.primary');
  const ended = await page.waitForFunction(() => ['done', 'failed'].find((phase) => phase === document.querySelector('#forward-view')?.getAttribute('data-phase')));
  assert.equal(await ended.jsonValue(), 'done', await page.$eval('#forward-view .error', (error) => error.textContent));
  const { text: saved } = await download(page, '#forward-view nav button:not(.quiet)', '.forward.json');
  const { tokens, device } = JSON.parse(saved);
  const native = await command(folder, ['lab', 'forward', 'model.safetensors', '--tokens', tokens.join(), '--json', '-', '--no-progress']);
  const figures = (/** @type {string} */ json) => json.replace(/"device":"[^"]*"/, '').replace(/"text":[^,]*,"pieces":(?:null|\[[^\]]*\])/, '');
  assert.equal(figures(saved), figures(native));
  assert.deepEqual(errors, []);
  await page.close();
  return { tokens, device };
}

test('a text is made tokens and goes through a model', options, async () => {
  const { tokens, device } = await forward(false, '0123');
  assert.deepEqual(tokens, [0, 19, 20, 21, 22]);
  assert.match(device, /^CPU/);
});

test('the lab multiplies on the GPU', { ...options, skip: isFirefox && 'this Firefox has no WebGPU' }, async () => {
  const { device } = await forward(true, '0123');
  assert.match(device, /^GPU: .+\(WebGPU, in software\)$/);
});

test('matrix products are what the command tells', options, async () => {
  const folder = join(fixtures, 'forward/llama');
  const { page, errors } = await open();
  await pick(page, join(folder, 'model.safetensors'));
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  await page.click('#to-lab');
  await page.click('#lab-tab-products');
  await page.$eval('#products-tokens', (input) => { /** @type {HTMLInputElement} */ (input).value = '2'; });
  await page.click('.products-form button.primary');
  await page.waitForSelector('#forward-view[data-phase="done"]');
  const { text: saved } = await download(page, '#forward-view nav button:not(.quiet)', '.matmul.json');
  const native = await command(folder, ['lab', 'matmul', 'model.safetensors', '--tokens', '2', '--device', 'cpu', '--json', '-', '--no-progress']);
  const withoutDevice = (/** @type {string} */ json) => json.replace(/"device":\{[^}]*\}/, '');
  assertSame(withoutDevice(saved), withoutDevice(native));
  assert.deepEqual(errors, []);
  await page.close();
});

test('a file that was damaged on its way says so, and can do nothing else', options, async () => {
  const html = await readFile(file, 'utf8');
  const packed = html.indexOf('id="packed">') + 'id="packed">'.length;
  const length = html.indexOf('</script>', packed) - packed;
  const other = (/** @type {number} */ at) => html.slice(0, at) + (html[at] === 'a' ? 'b' : 'a') + html.slice(at + 1);
  const at = (/** @type {number} */ share) => packed + Math.floor(share * length);
  const damage = {
    'the page’s script': other(packed + 5000),
    'the wasm of a scan': other(at(0.12)),
    'what is needed last': other(at(0.99)),
    'cut off at the first of what is packed': html.slice(0, packed + 5000),
    'cut off at the last of it': html.slice(0, at(0.99)),
    'cut off before it': html.slice(0, html.indexOf('id="unpacker"')),
    'cut off amid the list of files': html.slice(0, html.indexOf('id="contents"') + 50),
    'cut off amid what unpacks': html.slice(0, html.indexOf('id="decoder"') + 5000),
  };
  for (const [name, damaged] of Object.entries(damage)) {
    const path = join(scratch, 'damaged.html');
    await writeFile(path, damaged);
    const { page } = await open(path);
    await page.waitForSelector('#failure:not([hidden])');
    assert.match(await text(page, '#failure'), /could not be started\.\s+This file is (damaged|cut off)[^]* Get it again/, name);
    // There is nothing to give a checkpoint to.
    assert.deepEqual(await page.$$eval('body[data-phase], #welcome:not([hidden]), #entrance:not([hidden]), header button', (there) => there.map(({ id }) => id)), [], name);
    await page.close();
  }
});

test('its sample and the formats are there', options, async () => {
  const { page, errors } = await open();
  await page.click('#open-sample');
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  await openTensor(page, 'lm_head.weight');
  assert.match(await text(page, '#headline'), /native/);
  await page.click('#show-formats');
  await page.waitForSelector('#formats-view[open]');
  assert.match(await text(page, '#formats-view'), /BF16/);
  assert.deepEqual(errors, []);
  await page.close();
});

test('it may connect nowhere, and its page says so', options, async () => {
  const { page } = await open();
  const promise = await text(page, '.privacy');
  assert.match(promise, /this file may connect nowhere/);
  assert.doesNotMatch(promise, /address you give/);
  const policy = await page.$eval('meta[http-equiv]', (meta) => meta.getAttribute('content') ?? '');
  for (const rule of ["default-src 'none'", "connect-src 'none'", "worker-src blob:", "require-trusted-types-for 'script'"]) assert(policy.split('; ').includes(rule), rule);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:|'self'|\*/);
  const outcome = await page.evaluate(async () => {
    const image = new Promise((resolve) => {
      const element = new Image();
      element.onerror = () => resolve('refused');
      element.onload = () => resolve('sent');
      element.src = 'http://floatscope.localhost/icon.svg';
    });
    const request = fetch('http://floatscope.localhost/').then(() => 'sent', () => 'refused');
    return [await request, await image];
  });
  assert.deepEqual(outcome, ['refused', 'refused']);
  await page.close();
});
