// @ts-check
// A model of a 7 B shape runs through the lab in bounded memory: the file is sparse and takes no room on the disk.
// Three of its layers here; LAB_LAYERS=32 is all of it, 14.5 GB.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isChromium, patience_ms, pick, scratch, useBrowser } from './harness.mjs';
import { write } from './support/checkpoint.mjs';
import { watchMemory } from './support/processes.mjs';

const { open, browser } = useBrowser();
const MiB = 2 ** 20;
const layers = Number(process.env.LAB_LAYERS ?? 3);
const [hidden, wide, heads, kvHeads, vocabulary] = [4096, 14336, 32, 8, 32000];

/** @param {string} name @param {number[]} shape */
const tensor = (name, shape) => ({ name: `${name}.weight`, dtype: 'BF16', shape, bytes: 2 * shape.reduce((all, size) => all * size, 1) });

/** @param {number} at */
const layer = (at) => [
  ...['input_layernorm', 'post_attention_layernorm'].map((name) => tensor(`model.layers.${at}.${name}`, [hidden])),
  ...[['q', hidden], ['k', (hidden / heads) * kvHeads], ['v', (hidden / heads) * kvHeads], ['o', hidden]].map(([name, rows]) => tensor(`model.layers.${at}.self_attn.${name}_proj`, [Number(rows), hidden])),
  ...['gate', 'up'].map((name) => tensor(`model.layers.${at}.mlp.${name}_proj`, [wide, hidden])),
  tensor(`model.layers.${at}.mlp.down_proj`, [hidden, wide]),
];

const skip = !(isChromium && process.platform === 'linux') && 'renderers are counted in Chromium on Linux';
test('a 7 B shape runs within 1 GiB of the page’s process', { timeout: 10 * patience_ms, skip }, async (t) => {
  const folder = join(scratch, 'seven');
  mkdirSync(folder);
  const path = write(join(folder, 'model.safetensors'), [
    tensor('model.embed_tokens', [vocabulary, hidden]), ...Array.from({ length: layers }, (_, at) => layer(at)).flat(), tensor('model.norm', [hidden]), tensor('lm_head', [vocabulary, hidden]),
  ]);
  writeFileSync(join(folder, 'config.json'), JSON.stringify({
    model_type: 'mistral', hidden_size: hidden, intermediate_size: wide, num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: kvHeads, vocab_size: vocabulary,
    max_position_embeddings: 32768, rope_theta: 1e6, sliding_window: null, rms_norm_eps: 1e-5, tie_word_embeddings: false, hidden_act: 'silu',
  }));
  const { page, errors } = await open();
  await pick(page, path, join(folder, 'config.json'));
  await page.waitForSelector('#to-lab:not([hidden])');
  // What is scanned meanwhile waits for the lab.
  await page.click('#to-lab');
  const watch = watchMemory(browser().process()?.pid ?? 0);
  const start_ms = performance.now();
  await page.click('.lab-form button.primary');
  const ended = await page.waitForFunction(() => ['done', 'failed'].find((phase) => phase === document.querySelector('#forward-view')?.getAttribute('data-phase')), { timeout: 9 * patience_ms, polling: 500 });
  const peak = watch.stop();
  assert.equal(await ended.jsonValue(), 'done', await page.$eval('#forward-view .error', (error) => error.textContent ?? ''));
  t.diagnostic(`${Math.round((performance.now() - start_ms) / 100) / 10} s, at most ${Math.round(peak / MiB)} MiB`);
  rmSync(path);
  assert(peak > 0 && peak <= 1024 * MiB, `${Math.round(peak / MiB)} MiB`);
  assert.deepEqual(errors, []);
});
