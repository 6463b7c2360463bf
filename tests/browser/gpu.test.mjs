// @ts-check
// The lab's products by WebGPU in a worker, on Chromium's software adapter: to the bit of sums written down
// in JavaScript, by the browser's own count of what was started, and with a sentence where there is no GPU.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isFirefox, origin, patience_ms, phase, pick } from './harness.mjs';
import { startGpuWorker } from './support/gpu.mjs';
import { launch } from './support/launch.mjs';
import { command, download } from './support/native.mjs';
import { startServer } from './support/server.mjs';
import { bf16, outputs, rules } from './support/sums.mjs';

const options = { timeout: 2 * patience_ms, skip: isFirefox && 'this Firefox has no WebGPU' };

/** Chromium's own driver, which needs no graphics card. */
const SOFTWARE = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** @type {import('./support/server.mjs').Server} */
let server;
/** @type {import('puppeteer-core').Browser} */
let browser;
/** @type {import('puppeteer-core').Browser | undefined} */
let without;
before(async () => {
  if (isFirefox) return;
  server = await startServer();
  browser = await launch(server.port, SOFTWARE);
});
after(async () => {
  await browser?.close();
  await without?.close();
  await server?.close();
});

/** Numbers without rhyme or reason, the same each time. */
function* random(state = 1) {
  for (;;) {
    state = Math.imul(state, 1664525) + 1013904223;
    yield (state >>> 8) / 2 ** 23 - 1;
  }
}

const numbers = random();

/** @type {Promise<import('./support/gpu.mjs').Ask> | undefined} */
let opened;

/** One worker for tests that leave it as it was: to try the software adapter out takes seconds. */
const theWorker = () => (opened ??= startGpuWorker(browser).then(async (ask) => {
  ({ adapter } = await ask('open', true));
  return ask;
}));

/** What it tells of itself. @type {any} */
let adapter;

/** @param {number} rows @param {number} columns */
const matrix = (rows, columns) => Array.from({ length: rows }, () => Array.from({ length: columns }, () => bf16(/** @type {number} */ (numbers.next().value) || 0)));

/** Small whole numbers, which FP16 has, too. @param {number} rows @param {number} columns */
const eighths = (rows, columns) => matrix(rows, columns).map((row) => row.map((number) => Math.round(number * 64) / 8));

/** @param {number} number one that FP16 has and that is not subnormal */
function f16Code(number) {
  if (number === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(number)));
  const mantissa = (Math.abs(number) / 2 ** exponent - 1) * 1024;
  return (number < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | mantissa;
}

/** As a file has them. @type {Record<string, (weights: number[]) => Uint8Array>} */
const stored = {
  F32: (weights) => new Uint8Array(new Float32Array(weights).buffer),
  BF16: (weights) => new Uint8Array(new Uint16Array([...new Uint32Array(new Float32Array(weights).buffer)].map((bits) => bits >>> 16)).buffer),
  F16: (weights) => new Uint8Array(new Uint16Array(weights.map(f16Code)).buffer),
};

/** The bits, so that −0 is not 0. @param {number[]} all */
const bits = (all) => [...new Uint32Array(new Float32Array(all).buffer)];

test('the adapter passes its test, and the browser has counted what was started', options, async () => {
  const ask = await theWorker();
  assert.equal(adapter.backend, 'webgpu');
  assert.equal(adapter.is_software, true);
  assert.match(await ask('adapter'), /swiftshader/);
  const first = await ask('counts');
  assert(first.told > 0 && first.submissions > 0);
  assert.equal(first.dispatches, first.told);
  await ask('product', 'BF16', stored.BF16([1, 2, 3]), new Float32Array([4, 5, 6]), 1, 'f32');
  const second = await ask('counts');
  assert(second.dispatches > first.dispatches && second.submissions > first.submissions);
  assert.equal(second.dispatches, second.told);
});

test('each rule’s sums are those of its definition, to the bit', options, async () => {
  const ask = await theWorker();
  for (const [dtype, made] of /** @type {const} */ ([['BF16', matrix], ['F16', eighths]])) {
    const [weights, inputs] = [made(37, 83), matrix(5, 83)];
    for (const [rule, sum] of Object.entries(rules)) {
      const got = await ask('product', dtype, stored[dtype](weights.flat()), new Float32Array(inputs.flat()), 5, rule);
      assert.deepEqual(bits(got), bits(outputs(weights, inputs, sum)), `${dtype} under ${rule}`);
    }
  }
});

test('the plain product keeps its bound', options, async () => {
  const ask = await theWorker();
  for (const [dtype, tokens] of /** @type {const} */ ([['BF16', 1], ['F16', 6], ['F32', 1], ['F32', 19]])) {
    const columns = 301;
    const weights = dtype === 'F32'
      ? matrix(41, columns).map((row) => row.map((weight) => Math.fround(weight * Math.PI)))
      : eighths(41, columns);
    const inputs = matrix(tokens, columns).map((row) => row.map((input) => Math.fround(input / 3)));
    const got = await ask('product', dtype, stored[dtype](weights.flat()), new Float32Array(inputs.flat()), tokens);
    const inFp64 = (/** @type {number[]} */ products) => products.reduce((sum, product) => sum + product, 0);
    const exact = outputs(weights, inputs, inFp64);
    const magnitudes = outputs(weights, inputs, (products) => inFp64(products.map(Math.abs)));
    const relative = (columns * 2 ** -24) / (1 - columns * 2 ** -24);
    assert.equal(got.length, exact.length);
    got.forEach((/** @type {number} */ sum, /** @type {number} */ at) => assert(Math.abs(sum - exact[at]) <= relative * magnitudes[at], `${dtype}: ${sum} for ${exact[at]}`));
  }
});

test('products that are not exact are refused under a rule', options, async () => {
  const ask = await theWorker();
  const product = ask('product', 'F32', stored.F32([1 / 3]), new Float32Array([1 / 3]), 1, 'f32');
  await assert.rejects(product, { message: /^products of weights in F32 and of these inputs are not exact/ });
});

test('a forward pass on the GPU says what the CPU says, and goes on where the GPU is lost', options, async () => {
  const ask = await theWorker();
  const folder = new URL('../fixtures/forward/llama/', import.meta.url);
  const [file, config] = ['model.safetensors', 'config.json'].map((name) => new Uint8Array(readFileSync(new URL(name, folder))));
  const policies = ['1, 2, 3, 5, 8', '', 'inv_freq=bf16'];
  const cpu = await ask('forward', file, config, policies, false);
  const gpu = await ask('forward', file, config, policies, true);
  assert.equal(gpu.report, cpu.report);
  assert(gpu.facts.products > 0 && gpu.facts.dispatches > cpu.facts.dispatches);
  assert.equal(gpu.facts.lost, null);
  await ask('destroy');
  const lost = await ask('forward', file, config, policies, true);
  assert.equal(lost.report, cpu.report);
  assert.match(lost.facts.lost, /^the GPU was lost: ./);
  assert.equal(lost.facts.products, gpu.facts.products);
  // Whoever asks for a product alone is told so, each time.
  const product = () => ask('product', 'BF16', stored.BF16([1]), new Float32Array([1]), 1, 'f32');
  await assert.rejects(product, { message: /^the GPU was lost: ./ });
  await assert.rejects(product, { message: /^the GPU was lost: ./ });
  opened = undefined;
});

test('the page’s lab multiplies on the GPU and says so; its figures are the command’s', options, async () => {
  const page = await browser.newPage();
  await page.goto(`${origin}/`);
  await page.waitForSelector('body[data-phase="empty"]');
  const folder = fileURLToPath(new URL('../fixtures/forward/llama/', import.meta.url));
  await pick(page, join(folder, 'model.safetensors'), join(folder, 'config.json'));
  await phase(page, 'done');
  await page.click('#to-lab');
  await page.click('#lab-gpu');
  await page.click('.lab-form button.primary');
  const ended = await page.waitForFunction(() => ['done', 'failed'].find((phase) => phase === document.querySelector('#forward-view')?.getAttribute('data-phase')), { timeout: patience_ms });
  assert.equal(await ended.jsonValue(), 'done', await page.$eval('#forward-view .error', (error) => error.textContent));
  const { text } = await download(page, '#forward-view nav button:not(.quiet)', '.forward.json');
  const native = await command(folder, ['lab', 'forward', 'model.safetensors', '--tokens', JSON.parse(text).tokens.join(), '--json', '-', '--no-progress']);
  const figures = (/** @type {string} */ json) => json.replace(/"device":"[^"]*"/, '');
  assert.equal(figures(text), figures(native));
  assert.match(JSON.parse(text).device, /^GPU: .+\(WebGPU, in software\)$/);
  await page.close();
});

test('weights larger than a binding are multiplied in pieces', options, async () => {
  const ask = await startGpuWorker(browser);
  const { adapter } = await ask('open', true, 512 * 1024);
  assert.equal(adapter.largest_binding_bytes, 512 * 1024);
  const before = await ask('counts');
  const [weights, inputs] = [matrix(700, 801), matrix(2, 801)];
  const got = await ask('product', 'BF16', stored.BF16(weights.flat()), new Float32Array(inputs.flat()), 2, 'f32_pairwise');
  assert.deepEqual(bits(got), bits(outputs(weights, inputs, rules.f32_pairwise)));
  assert((await ask('counts')).dispatches >= before.dispatches + Math.ceil((700 * 801 * 2) / (512 * 1024)));
});

test('a shader that adds something else is found out', options, async () => {
  const ask = await startGpuWorker(browser);
  await ask('break', 'plus(s15, s37)', 'plus(s37, s37)');
  await assert.rejects(ask('open', true), { message: /was refused: its product under f32 has .+ at token \d+, row \d+, where .+ is right$/ });
});

test('where there is no GPU, or none but software, a sentence says so', options, async () => {
  const software = await startGpuWorker(browser);
  await assert.rejects(software('open', false), { message: /^there is no GPU to use: .+ computes on the CPU$/ });
  const hidden = await startGpuWorker(browser);
  await hidden('hide');
  await assert.rejects(hidden('open', true), { message: /^there is no GPU to use: ./ });
  without = await launch(server.port);
  const unflagged = await startGpuWorker(without);
  await assert.rejects(unflagged('open', false), { message: /^there is no GPU to use: ./ });
});
