// @ts-check
// The tokenizer's wasm, run by Node: tokens of texts against transformers', as expected.json has them.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { runInThisContext } from 'node:vm';

/** @typedef {{ text: string, tokens: number[], pieces: string[] }} Case */

/** @param {string} path */
const repository = (path) => new URL(`../../${path}`, import.meta.url);

/** @returns {Promise<{ tokenise: (json: Uint8Array, text: string) => string }>} */
async function loaded() {
  // It is part of the workers' script, of which nothing else is run.
  const worker = await readFile(repository('dist/engine/worker.js'), 'utf8');
  const module = await readFile(repository('dist/engine/tokenizer_bg.wasm'));
  const bindgen = runInThisContext(`(() => { const self = {}; ${worker}; return tokenizer_bindgen; })()`);
  bindgen.initSync({ module });
  return bindgen;
}

test('texts have the tokens that transformers gives them', async () => {
  const { tokenise } = await loaded();
  /** @type {Record<string, Case[]>} */
  const expected = JSON.parse(await readFile(repository('tests/fixtures/tokenizer/expected.json'), 'utf8'));
  for (const [make, cases] of Object.entries(expected)) {
    const json = await readFile(repository(`tests/fixtures/tokenizer/${make}.json`));
    for (const { text, tokens, pieces } of cases) assert.deepEqual(JSON.parse(tokenise(json, text)), { tokens, pieces }, `${make}: ${text}`);
  }
  assert.equal(Object.values(expected).flat().length, 48);
});

test('what is wrong is named', async () => {
  const { tokenise } = await loaded();
  const nothing = { error: 'this is no tokenizer.json: there is no entry model' };
  assert.deepEqual(JSON.parse(tokenise(new TextEncoder().encode('{}'), 'a')), nothing);
});
