// @ts-check
// The lab's forward pass in the page: the command's figures, what cannot be run, and how it is left.
import assert from 'node:assert/strict';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { patience_ms, phase, pick, scratch, text, useBrowser } from './harness.mjs';
import { leaving } from './support/builds.mjs';
import { bf16, write } from './support/checkpoint.mjs';
import { assertSameTensors, command, download, nativeReport, savedReport } from './support/native.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

const { open, seen } = useBrowser();
const options = { timeout: 2 * patience_ms };
const fixture = (/** @type {string} */ name) => fileURLToPath(new URL(`../fixtures/forward/${name}`, import.meta.url));
const tokenizers = fileURLToPath(new URL('../fixtures/tokenizer/', import.meta.url));

/** Opens files and then the lab. @param {...string} paths */
const inLab = async (...paths) => toLab(await open(), ...paths);

/** @param {import('./harness.mjs').Tab} tab @param {...string} paths */
async function toLab(tab, ...paths) {
  await pick(tab.page, ...paths);
  assert.equal(await phase(tab.page, 'done', 'failed'), 'done');
  await tab.page.click('#to-lab');
  return tab;
}

/** The wasm that multiplies, of what the page has fetched. @param {Page} page */
const labModules = (page) => page.evaluate(() => performance.getEntriesByType('resource').flatMap(({ name }) => name.match(/lab\w*_bg\.wasm$/) ?? []));

/** @param {Page} page @param {string} tokens */
async function type(page, tokens) {
  await page.$eval('#lab-tokens', (input) => /** @type {HTMLInputElement} */ (input).select());
  await page.type('#lab-tokens', tokens);
}

/** Runs what the form says. @param {Page} page @param {...string} phases that end it */
async function run(page, ...phases) {
  // What ended before is not what is waited for.
  await page.$eval('dialog[open]', (dialog) => dialog.removeAttribute('data-phase'));
  await page.click('.lab-form button.primary');
  const ended = await page.waitForFunction((phases) => phases.find((phase) => phase === document.querySelector('dialog[open]')?.getAttribute('data-phase')), {}, phases.length ? phases : ['done', 'failed']);
  return ended.jsonValue();
}

/** What does not depend on what multiplies. @param {string} json */
const figures = (json) => json.replace(/"device":"[^"]*"/, '');

/** The same of matrix products. @param {string} json */
const withoutDevice = (json) => json.replace(/"device":\{[^}]*\}/, '');

/** @param {string} folder @param {...string} more */
const native = (folder, ...more) => command(folder, ['lab', 'forward', 'model.safetensors', '--json', '-', '--no-progress', ...more]);

for (const name of ['llama', 'qwen3', 'smollm3']) {
  test(`${name} under both policies is what the command tells, byte for byte`, options, async () => {
    const folder = fixture(name);
    const { page, errors } = await inLab(join(folder, 'model.safetensors'), join(folder, 'config.json'));
    await type(page, '3, 1 4,1,5');
    assert.equal(await run(page), 'done');
    const { text: saved } = await download(page, '#forward-view nav button:not(.quiet)', '.forward.json');
    const report = await native(folder, '--tokens', '3,1,4,1,5');
    assert.equal(figures(saved), figures(report));
    assert.match(saved, /"device":"[^"]*browser"/);
    const { headline, modules } = JSON.parse(report);
    assert.equal(await text(page, '#forward-view .headline'), headline);
    const cells = await page.$$eval('#forward-view .cell', (cells) => cells.length);
    assert.equal(cells, modules.filter((/** @type {{name: string}} */ { name }) => name.startsWith('layers.')).length);
    assert.deepEqual(await labModules(page), ['lab_relaxed_bg.wasm']);
    assert.deepEqual(errors, []);
    await page.close();
  });
}

test('a browser without relaxed SIMD runs another module and tells the same', options, async () => {
  const folder = fixture('llama');
  const tab = await open(() => { WebAssembly.validate = () => false; });
  const { page, errors } = await toLab(tab, join(folder, 'model.safetensors'), join(folder, 'config.json'));
  await type(page, '3,1,4,1,5');
  assert.equal(await run(page), 'done');
  const { text: saved } = await download(page, '#forward-view nav button:not(.quiet)', '.forward.json');
  assert.equal(figures(saved), figures(await native(folder, '--tokens', '3,1,4,1,5')));
  assert.deepEqual(await labModules(page), ['lab_bg.wasm']);
  assert.deepEqual(errors, []);
  await page.close();
});

test('other policies, and each change by itself', options, async () => {
  const folder = fixture('llama');
  const { page } = await inLab(join(folder, 'model.safetensors'), join(folder, 'config.json'));
  await page.select('[data-policy="b.softmax"]', 'bf16');
  await page.select('[data-policy="b.weights"]', 'mxfp4');
  await page.click('.lab-form .actions input');
  await type(page, '3,1,4,1,5');
  assert.equal(await run(page), 'done');
  const { text: saved } = await download(page, '#forward-view nav button:not(.quiet)', '.forward.json');
  const report = await native(folder, '--tokens', '3,1,4,1,5', '--b', 'inv_freq=bf16,softmax=bf16,weights=mxfp4', '--attribute');
  assert.equal(figures(saved), figures(report));
  assert.equal(await page.$$eval('.attribution li', (lines) => lines.length), 3);
  await page.close();
});

test('a text is made tokens by tokenizer.json', options, async () => {
  const folder = fixture('llama');
  const tokenizer = join(scratch, 'with-tokenizer', 'tokenizer.json');
  await mkdir(join(tokenizer, '..'));
  await cp(join(tokenizers, 'byte_level.json'), tokenizer);
  const { page } = await inLab(join(folder, 'model.safetensors'), join(folder, 'config.json'), tokenizer);
  assert.match(await text(page, '#sub'), / config\.json and tokenizer\.json are for the lab\.$/);
  await page.click('.lab-form .field label input');
  // Of single bytes, which have small ids: the model's vocabulary is small.
  await type(page, '01 23');
  assert.equal(await run(page, 'failed', 'done'), 'failed');
  assert.match(await text(page, '#forward-view .error'), /token 224, at position 3, is outside the vocabulary/i);
  await type(page, '0123');
  const ended = await run(page);
  assert.equal(ended, 'done', await text(page, '#forward-view .error'));
  const { text: saved } = await download(page, '#forward-view nav button:not(.quiet)', '.forward.json');
  const { tokens, pieces } = JSON.parse(saved);
  assert.deepEqual([tokens, pieces], [[0, 19, 20, 21, 22], ['<s>', '0', '1', '2', '3']]);
  await page.close();
});

test('without config.json it says what is missing', options, async () => {
  const { page } = await inLab(join(fixture('llama'), 'model.safetensors'));
  assert.match(await text(page, '#forward-view'), /needs the model’s config\.json/);
  assert.equal(await page.$eval('.lab-form', (form) => form.checkVisibility()), false);
  await page.close();
});

test('what cannot be run is said at the form, and the next run is right', options, async () => {
  const folder = fixture('llama');
  const { page } = await inLab(join(folder, 'model.safetensors'), join(folder, 'config.json'));
  for (const [tokens, says] of [['1, 64', /token 64, at position 1, is outside the vocabulary/i], ['1, x', /"x" is no token/], ['-1', /"-1" is no token/]]) {
    await type(page, String(tokens));
    assert.equal(await run(page, 'failed'), 'failed');
    assert.match(await text(page, '#forward-view .error'), /** @type {RegExp} */ (says));
  }
  await type(page, '1, 2');
  assert.equal(await run(page, 'done'), 'done');
  assert.equal(await text(page, '#forward-view .error'), '');
  await page.close();
});

test('a model of another kind is refused by name', options, async () => {
  const config = join(scratch, 'config.json');
  await writeFile(config, JSON.stringify({ ...JSON.parse(await readFile(join(fixture('llama'), 'config.json'), 'utf8')), model_type: 'gpt2' }));
  const { page } = await inLab(join(fixture('llama'), 'model.safetensors'), config);
  assert.equal(await run(page), 'failed');
  assert.match(await text(page, '#forward-view .error'), /config\.json: model_type is "gpt2": supported are llama/i);
  await page.close();
});

/** A checkpoint's tensors, as `write` takes them. @param {string} path */
async function tensorsOf(path) {
  const file = await readFile(path);
  const length = Number(file.readBigUInt64LE());
  const header = JSON.parse(file.toString('utf8', 8, 8 + length));
  return Object.entries(header).filter(([name]) => name !== '__metadata__').map(([name, { dtype, shape, data_offsets: [begin, end] }]) => (
    { name, dtype, shape, data: new Uint8Array(file.subarray(8 + length + begin, 8 + length + end)) }));
}

test('a tensor that is missing is named, and what was expected of it, as by the command', options, async () => {
  const folder = join(scratch, 'incomplete');
  await mkdir(folder);
  const missing = 'model.layers.1.mlp.up_proj.weight';
  const tensors = await tensorsOf(join(fixture('llama'), 'model.safetensors'));
  const path = write(join(folder, 'model.safetensors'), tensors.filter(({ name }) => name !== missing));
  await cp(join(fixture('llama'), 'config.json'), join(folder, 'config.json'));
  const { page, errors } = await inLab(path, join(folder, 'config.json'));
  assert.equal(await run(page), 'failed');
  const says = await text(page, '#forward-view .error');
  assert.equal(says, `There is no tensor "${missing}": by config.json, which has 2 layers, it has the shape [64, 32].`);
  const { stderr } = await native(folder, '--tokens', '1,2').then(() => ({ stderr: '' }), (error) => error);
  assert(stderr.trim().toLowerCase().endsWith(`model.safetensors: ${says.slice(0, -1).toLowerCase()}`), stderr);
  assert.deepEqual(errors, []);
  await page.close();
});

/** A model that many tokens keep busy for seconds. @param {string} name of its folder */
async function busyModel(name) {
  const [hidden, wide, layers, vocabulary] = [512, 2048, 2, 64];
  const folder = join(scratch, name);
  await mkdir(folder);
  const layer = (/** @type {number} */ at) => [
    ...['input_layernorm', 'post_attention_layernorm'].map((part) => ({ part, shape: [hidden] })),
    ...['q', 'k', 'v', 'o'].map((part) => ({ part: `self_attn.${part}_proj`, shape: [hidden, hidden] })),
    ...['gate', 'up'].map((part) => ({ part: `mlp.${part}_proj`, shape: [wide, hidden] })),
    { part: 'mlp.down_proj', shape: [hidden, wide] },
  ].map(({ part, shape }, seed) => bf16(`model.layers.${at}.${part}.weight`, shape, 16 * at + seed));
  const path = write(join(folder, 'model.safetensors'), [
    bf16('model.embed_tokens.weight', [vocabulary, hidden], 101), ...Array.from({ length: layers }, (_, at) => layer(at)).flat(), bf16('model.norm.weight', [hidden], 102),
  ]);
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify({
    model_type: 'llama', hidden_size: hidden, intermediate_size: wide, num_hidden_layers: layers, num_attention_heads: 8, vocab_size: vocabulary,
    max_position_embeddings: 4096, rope_theta: 10000, rms_norm_eps: 1e-5, tie_word_embeddings: true, hidden_act: 'silu',
  }));
  return { folder, path, config };
}

/** Starts a pass that takes long, and waits until it is under way. @param {Page} page */
async function begin(page) {
  await page.$eval('#lab-tokens', (input) => { /** @type {HTMLInputElement} */ (input).value = Array.from({ length: 1024 }, (_, at) => (5 * at) % 64).join(); });
  assert.equal(await run(page, 'running', 'done', 'failed'), 'running', await text(page, '#forward-view .error'));
}

test('a running pass is cancelled at once, and the next one gives the right figures', options, async () => {
  const { folder, path, config } = await busyModel('cancelled');
  const { page, errors } = await inLab(path, config);
  await begin(page);
  const start_ms = performance.now();
  await page.click('#forward-view .running button');
  await page.waitForSelector('#forward-view[data-phase="cancelled"]');
  assert(performance.now() - start_ms < 2000, 'the pass is not waited for');
  assert.match(await text(page, '#forward-view'), /The run was cancelled\./);
  assert.equal(await page.$('#forward-view .headline'), null);
  await type(page, '3,1,4');
  assert.equal(await run(page), 'done');
  const { text: saved } = await download(page, '#forward-view nav button:not(.quiet)', '.forward.json');
  assert.equal(figures(saved), figures(await native(folder, '--tokens', '3,1,4')));
  assert.deepEqual(errors, []);
  await page.close();
});

test('another checkpoint that is opened ends a running pass and is scanned', options, async () => {
  const { path, config } = await busyModel('left');
  const { page, errors } = await inLab(path, config);
  await begin(page);
  const next = join(fixture('qwen2'), 'model.safetensors');
  await pick(page, next, join(fixture('qwen2'), 'config.json'));
  await page.waitForSelector('#forward-view[data-phase="empty"]');
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  // Nothing of the pass that was left comes after.
  await type(page, '1,2');
  assert.equal(await run(page), 'done');
  const { text: ran } = await download(page, '#forward-view nav button:not(.quiet)', '.forward.json');
  assert.equal(figures(ran), figures(await native(fixture('qwen2'), '--tokens', '1,2')));
  await page.click('#forward-view nav .quiet');
  assertSameTensors(await savedReport(page), await nativeReport(next));
  assert.deepEqual(errors, []);
  await page.close();
});

test('another checkpoint ends it, and no request leaves the page', options, async () => {
  const folder = fixture('llama');
  const { page, errors } = await inLab(join(folder, 'model.safetensors'), join(folder, 'config.json'));
  const before = seen().length;
  assert.equal(await run(page), 'done');
  assert.deepEqual(leaving(seen().slice(before)), []);
  await page.click('#forward-view nav .quiet');
  await pick(page, join(fixture('qwen2'), 'model.safetensors'));
  await page.waitForSelector('#forward-view[data-phase="empty"]');
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  await page.click('#to-lab');
  assert.equal(await page.$('#forward-view .headline'), null);
  assert.deepEqual(errors, []);
  await page.close();
});

test('matrix products are what the command tells, byte for byte, and the map says which layer is sensitive', options, async () => {
  const folder = fixture('llama');
  const { page, errors } = await inLab(join(folder, 'model.safetensors'));
  await page.click('#lab-tab-products');
  await page.select('[data-model="b"]', 'tensor_core');
  await page.$eval('#products-tokens', (input) => { /** @type {HTMLInputElement} */ (input).value = '5'; });
  await page.$eval('#products-seed', (input) => { /** @type {HTMLInputElement} */ (input).value = '7'; });
  await page.click('.products-form button.primary');
  await page.waitForSelector('#forward-view[data-phase="done"]');
  const { text: saved } = await download(page, '#forward-view nav button:not(.quiet)', '.matmul.json');
  const report = await command(folder, ['lab', 'matmul', 'model.safetensors', '--b', 'tensor_core', '--tokens', '5', '--seed', '7', '--device', 'cpu', '--json', '-', '--no-progress']);
  assert.equal(withoutDevice(saved), withoutDevice(report));
  const { headline, tensors } = JSON.parse(report);
  assert.equal(await text(page, '#lab-products .headline'), headline);
  await page.waitForSelector('.sensitivity canvas');
  await page.focus('.sensitivity [role=slider]');
  await page.keyboard.press('Home');
  const said = await page.$eval('.sensitivity [role=slider]', (slider) => slider.getAttribute('aria-valuetext') ?? '');
  const name = said.split(':')[0];
  const { sums } = tensors.find((/** @type {{name: string}} */ tensor) => tensor.name === name);
  assert.match(said, new RegExp(`relative RMS of a − b ${String(sums.relative_rms).slice(0, 4)}`));
  await page.setViewport({ width: 390, height: 800 });
  // The map is drawn anew for its width; then nothing may be cut off.
  await page.waitForFunction(() => {
    const dialog = document.querySelector('#forward-view');
    return innerWidth === 390 && dialog && dialog.scrollWidth <= dialog.clientWidth;
  });
  assert.deepEqual(errors, []);
  await page.close();
});

test('matrix products of some tensors, and what does not do', options, async () => {
  const { page, errors } = await inLab(join(fixture('llama'), 'model.safetensors'));
  await page.click('#lab-tab-products');
  await page.type('#products-tensors', 'no such name');
  await page.click('.products-form button.primary');
  assert.equal(await page.$eval('#products-tensors', (input) => /** @type {HTMLInputElement} */ (input).validationMessage), 'No tensor has such a name.');
  await page.$eval('#products-tensors', (input) => { /** @type {HTMLInputElement} */ (input).value = ''; });
  await page.type('#products-tensors', '*.down_proj.*');
  await page.$eval('#products-tokens', (input) => { /** @type {HTMLInputElement} */ (input).value = '16x'; });
  await page.click('.products-form button.primary');
  await page.waitForSelector('#forward-view[data-phase="failed"]');
  assert.equal(await text(page, '#lab-products [role=alert]'), 'Tokens "16x": a whole number from 1 to 1,024 is expected.');
  await page.$eval('#products-tokens', (input) => { /** @type {HTMLInputElement} */ (input).value = '2'; });
  await page.click('.products-form button.primary');
  await page.waitForSelector('#forward-view[data-phase="done"]');
  const { text: saved } = await download(page, '#forward-view nav button:not(.quiet)', '.matmul.json');
  const report = await command(fixture('llama'), ['lab', 'matmul', 'model.safetensors', '--tensor', '*.down_proj.*', '--tokens', '2', '--device', 'cpu', '--json', '-', '--no-progress']);
  assert.equal(withoutDevice(saved), withoutDevice(report));
  await page.click('#lab-tab-forward');
  assert.match(await text(page, '#lab-forward .lead'), /config\.json/);
  assert.deepEqual(errors, []);
  await page.close();
});
