// @ts-check
// The engine's small parts, from the page's sources: which files make a
// checkpoint and what it is called, and how fast bytes come.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patience_ms, useBrowser } from './harness.mjs';

const { open } = useBrowser();

const options = { timeout: patience_ms };

/** @type {Promise<import('./harness.mjs').Tab> | undefined} */
let opened;

/** The one tab of these tests. */
const theTab = () => (opened ??= open());

/**
 * What the page makes of files with these names, or with these paths below a
 * folder that was chosen.
 *
 * @param {...string} paths
 * @returns {Promise<{name: string, files: string[], indexes: string[], config: string | null, ignored: string[], error: string | null}>}
 */
async function selected(...paths) {
  const { page } = await theTab();
  return page.evaluate(async (paths) => {
    const { select } = await import(/** @type {string} */ ('/source/engine/selection.js'));
    const given = paths.map((path) => {
      const file = new File([], path.slice(path.lastIndexOf('/') + 1));
      if (path.includes('/')) Object.defineProperty(file, 'webkitRelativePath', { value: path });
      return file;
    });
    const selection = select(given);
    const names = (/** @type {{name: string}[]} */ files) => files.map(({ name }) => name);
    return { ...selection, files: names(selection.files), indexes: names(selection.indexes), config: selection.config?.name ?? null };
  }, paths);
}

test('shards come in natural order under their common name', options, async () => {
  const { name, files } = await selected('model-10.safetensors', 'model-2.safetensors', 'model-1.safetensors');
  assert.equal(name, 'model (3 shards)');
  assert.deepEqual(files, ['model-1.safetensors', 'model-2.safetensors', 'model-10.safetensors']);
});

test('a name that shards share to its digits loses them', options, async () => {
  const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  assert.equal((await selected(...shards)).name, 'model (2 shards)');
  assert.equal((await selected('a.safetensors', 'b.safetensors')).name, 'checkpoint (2 shards)');
});

test('an index is no shard, a config.json is for comparisons and the lab, and other files are ignored', options, async () => {
  const index = 'model.safetensors.index.json';
  const { name, ...selection } = await selected('config.json', index, 'model-1.safetensors', 'README.md');
  assert.equal(name, 'model-1.safetensors');
  assert.deepEqual(selection, {
    files: ['model-1.safetensors'],
    indexes: [index],
    config: 'config.json',
    tokenizer: null,
    ignored: ['config.json', 'README.md'],
    error: null,
  });
});

test('files of one name are told apart by their folders', options, async () => {
  const { name, files } = await selected('pipe/vae/model.safetensors', 'pipe/unet/model.safetensors');
  assert.equal(name, 'pipe');
  assert.deepEqual(files, ['unet/model.safetensors', 'vae/model.safetensors']);
});

test('a folder gives its name, its files keep theirs', options, async () => {
  const { name, files } = await selected('llama/a.safetensors', 'llama/b.safetensors');
  assert.equal(name, 'llama');
  assert.deepEqual(files, ['a.safetensors', 'b.safetensors']);
});

test('a file of another kind is looked into, many are not', options, async () => {
  assert.deepEqual((await selected('model.gguf')).files, ['model.gguf']);
  const { files, error } = await selected('a.txt', 'b.txt', 'c.txt', 'd.txt');
  assert.deepEqual(files, []);
  assert.equal(error, 'None of these 4 files (a.txt, b.txt, …) is a .safetensors file.');
});

test('an index alone, and nothing at all, say what is missing', options, async () => {
  assert.match((await selected('model.safetensors.index.json')).error ?? '', /^model\.safetensors\.index\.json only lists the shards/);
  assert.match((await selected()).error ?? '', /^There is no file in it\./);
});

test('the rate is that of the last seconds', options, async () => {
  const { page, errors } = await theTab();
  const rates = await page.evaluate(async () => {
    const { Rate } = await import(/** @type {string} */ ('/source/engine/rate.js'));
    const rate = new Rate();
    const none = [rate.bytes_per_second, rate.remaining_ms(10)];
    for (let at_ms = 0; at_ms <= 10_000; at_ms += 100) rate.add(at_ms, at_ms < 5000 ? 0 : at_ms - 5000);
    return [...none, rate.bytes_per_second, rate.remaining_ms(500)];
  });
  assert.deepEqual(rates, [0, null, 1000, 500]);
  assert.deepEqual(errors, []);
});
