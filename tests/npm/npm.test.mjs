// @ts-check
// The package for npm as its users have it: packed, installed, checked and run in Node.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { asBf16, f32, header } from '../browser/support/checkpoint.mjs';
import { hubFiles, startFar } from '../browser/support/far.mjs';
import { command } from '../browser/support/native.mjs';
import { folder, install, made, put, run } from './project.mjs';

/** @typedef {typeof import('../../npm/index.js')} Floatscope */

const options = { timeout: 120_000 };
const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const fixtures = path('../fixtures/');
const malformed = path('../malformed/');
const FILE = 'distributions.safetensors';

/** @type {Floatscope} */
let floatscope;
/** @type {Awaited<ReturnType<typeof install>>} */
let tarball;
before(async () => {
  tarball = await install();
  floatscope = await import(pathToFileURL(join(folder, 'node_modules/floatscope/index.js')).href);
}, options);
/** Names in reports are the paths that were given. */
const home = process.cwd();
before(() => process.chdir(fixtures));
after(() => process.chdir(home));

const matrices = ['a', 'b', 'c'].map((name, seed) => asBf16(f32(`h.${name}.weight`, [1500, 1000], seed + 1)));
/** Three matrices, 9 MB. */
const large = Buffer.concat([header(matrices), ...matrices.map(({ data }) => data ?? Buffer.alloc(0))]);

/** @param {string[]} paths @param {string[]} more */
const byCommand = async (paths, more = []) => JSON.parse(await command(process.cwd(), ['scan', ...paths, '--json', '-', '--no-progress', ...more]));

/** @param {AsyncIterable<any>} scanning */
async function all(scanning) {
  const tensors = [];
  for await (const tensor of scanning) tensors.push(tensor);
  return tensors;
}

/** @param {Record<string, Buffer>} files @param {import('../browser/support/far.mjs').Manners} manners @param {(far: import('../browser/support/far.mjs').Far) => Promise<void>} use */
async function withFar(files, manners, use) {
  const far = await startFar(files, manners);
  try {
    await use(far);
  } finally {
    await far.close();
  }
}

test('the tarball has what a user needs, and no more', async (t) => {
  const text = ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'floatscope.js', 'floatscope_bg.wasm', 'index.d.ts', 'index.js', 'package.json', 'report.d.ts', 'selection.js'];
  assert.deepEqual(tarball.files.sort(), text);
  const wasm = await readFile(join(made, 'floatscope_bg.wasm'));
  t.diagnostic(`tarball ${tarball.bytes} bytes; wasm ${wasm.length}, ${gzipSync(wasm, { level: 9 }).length} as gzip`);
  assert(tarball.bytes < 500_000);
});

for (const [module, resolution] of [['nodenext', 'nodenext'], ['es2022', 'bundler']]) {
  test(`its types hold strictly (${resolution})`, options, async () => {
    put('example.ts', await readFile(path('example.ts'), 'utf8'));
    const compiler = path('../browser/node_modules/typescript/bin/tsc');
    await run(process.execPath, [compiler, '--noEmit', '--skipDefaultLibCheck', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--target', 'es2022', '--lib', 'es2023,dom,dom.iterable', '--module', module, '--moduleResolution', resolution, 'example.ts']);
  });
}

test('the example of its README runs as it stands', options, async () => {
  const [, example] = /```js\n([\s\S]*?)```/.exec(await readFile(join(folder, 'node_modules/floatscope/README.md'), 'utf8')) ?? [];
  put('example.mjs', example ?? '');
  await symlink(join(fixtures, FILE), join(folder, 'model.safetensors'));
  const { stdout, stderr } = await run(process.execPath, ['example.mjs']);
  const report = await byCommand([FILE]);
  assert.equal(stderr, '');
  for (const { name, dtype, ancestry } of report.tensors) assert(stdout.includes(`${name} ${dtype} ${ancestry.label}\n`), name);
  assert(stdout.endsWith(`${report.headline}\n`));
});

const FIXTURES = ['casts', 'distributions', 'dtypes', 'every_code', 'integers', 'names', 'package_dtypes', 'ragged', 'shapes'].map((name) => `${name}.safetensors`);
for (const given of [...FIXTURES, 'sharded', 'sharded/model.safetensors.index.json']) {
  test(`the report is the command's, to the digit: ${given}`, options, async () => {
    const scanning = floatscope.scan(given);
    const tensors = new Map((await all(scanning)).map((tensor) => [tensor.name, tensor]));
    const [ours, theirs] = [await scanning.report(), await byCommand([given])];
    assert.equal(JSON.stringify(ours), JSON.stringify(theirs));
    assert.equal(JSON.stringify(ours.tensors.map(({ name }) => tensors.get(name))), JSON.stringify(theirs.tensors));
    assert.equal(scanning.overview?.headline, theirs.headline);
  });
}

test('what is held in memory, as a Blob, as shards, or on the disk is the same', options, async () => {
  const bytes = await readFile(FILE);
  const { tensors } = await byCommand([FILE]);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  for (const source of [bytes, buffer, new Blob([bytes]), new File([bytes], FILE), { name: FILE, blob: buffer }, [FILE], pathToFileURL(FILE)]) {
    const found = (await floatscope.scan(/** @type {any} */ (source)).report()).tensors;
    assert.equal(JSON.stringify(found.map((tensor) => ({ ...tensor, file: FILE }))), JSON.stringify(tensors));
  }
  const names = ['model-00001-of-00003.safetensors', 'model-00002-of-00003.safetensors', 'model-00003-of-00003.safetensors', 'model.safetensors.index.json'];
  const shards = await Promise.all(names.map(async (name) => ({ name, blob: new Blob([await readFile(`sharded/${name}`)]) })));
  process.chdir(join(fixtures, 'sharded'));
  const sharded = await byCommand(names);
  process.chdir(fixtures);
  assert.equal(JSON.stringify((await floatscope.scan(shards).report()).tensors), JSON.stringify(sharded.tensors));
});

test('what is wanted of the report is what the command gives', options, async () => {
  const casts = 'casts.safetensors';
  /** @type {[import('../../npm/index.js').ScanOptions, string[]][]} */
  const wanted = [
    [{ only: 'stats' }, ['--only', 'stats']], [{ casts: false }, ['--only', 'stats,ancestry']],
    [{ casts: ['f16', 'f8_e4m3/row'] }, ['--cast', 'f16,f8_e4m3/row']], [{ sample: 20_000 }, ['--sample', '20000']],
  ];
  for (const [options, more] of wanted) assert.equal(JSON.stringify(await floatscope.scan(casts, options).report()), JSON.stringify(await byCommand([casts], more)), more.join(' '));
  const csv = await (await floatscope.scan(casts).blob('csv')).text();
  assert.equal(csv, await command(fixtures, ['scan', casts, '--csv', '-', '--no-progress']));
});

test('what is at an address is read by ranges, which may be cut off', options, () => withFar({ [`/${FILE}`]: readFileSync(fixtures + FILE) }, { drops: 3 }, async (far) => {
  const { tensors } = await floatscope.scan(new URL(far.url(`/${FILE}`)), { sample: false }).report();
  assert.equal(JSON.stringify(tensors), JSON.stringify((await byCommand([FILE])).tensors));
  assert(far.seen.every(({ range }) => range), 'no request asks for the whole file');
}));

test('a repository of a hub is sampled as the command samples it', options, async () => {
  const files = hubFiles('org/model', { 'model.safetensors': large, 'config.json': Buffer.from('{}') });
  await withFar(files, {}, async (far) => {
    /** @type {string[]} */
    const asked = [];
    const sampled = await floatscope.scan('org/model', { hub: far.origin, sample: 1e6, fetch: (url, init) => (asked.push(String(url)), fetch(url, init)) }).report();
    assert.equal(JSON.stringify(sampled), JSON.stringify(await byCommand(['org/model'], ['--sample', '1000000', '--endpoint', far.origin])));
    assert.equal(sampled.sample?.sampled, 3);
    assert(asked.length > 3);
  });
});

test('a token goes where it belongs, and the next scan does not have it', options, () => withFar({ [`/${FILE}`]: readFileSync(fixtures + FILE) }, { token: 'secret' }, async (far) => {
  const url = far.url(`/${FILE}`);
  assert.equal((await floatscope.scan(url, { token: 'secret' }).report()).problems.length, 0);
  await assert.rejects(floatscope.scan(url).report(), /may not be read without a token/);
}));

test('what is no checkpoint at an address is told for what it is', options, async () => {
  const files = { '/empty.safetensors': Buffer.alloc(0), '/page': Buffer.from('<!DOCTYPE html><title>A model</title>') };
  for (const manners of [{}, { noRanges: true, sendsPages: true }]) {
    await withFar(files, manners, async (far) => {
      await assert.rejects(floatscope.scan(far.url('/empty.safetensors')).report(), { message: 'empty.safetensors: the file is empty' });
      await assert.rejects(floatscope.scan(far.url('/page')).report(), { message: 'page: the address gave a web page (HTML), not a checkpoint: look for the address of the file itself, which its download link has' });
    });
  }
});

test('what is neither on the disk nor on the hub is said to be on neither, as by the command', options, () => withFar({}, {}, async (far) => {
  const message = `models/x: there is nothing of this name here, and on ${far.origin}: there is no such file (status 404)`;
  await assert.rejects(floatscope.scan('models/x', { hub: `${far.origin}/` }).report(), { name: 'FloatscopeError', file: 'models/x', message });
  await assert.rejects(command(fixtures, ['scan', 'models/x', '--endpoint', `${far.origin}/`, '--no-progress']), (/** @type {any} */ { stderr }) => stderr.includes(message));
  // A URL can be no file's here.
  await assert.rejects(floatscope.scan('hf://models/x', { hub: far.origin }).report(), { message: 'models/x: there is no such file (status 404)' });
}));

test('a hub that is no URL is refused with words', options, async () => {
  await assert.rejects(floatscope.scan('org/model', { hub: 'foo' }).report(), { name: 'FloatscopeError', message: 'the hub "foo" is no URL: a hub\'s URL looks like https://huggingface.co' });
});

test('a kind of report that there is not is refused before anything is read', options, async () => {
  let told = 0;
  const scanning = floatscope.scan(large, { onprogress: () => told++ });
  for (const kind of ['xml', 'toString']) await assert.rejects(scanning.blob(/** @type {any} */ (kind)), { name: 'FloatscopeError', message: `there is no report as "${kind}"` });
  assert.equal(told, 0);
  assert.equal(scanning.overview, null);
});

test('progress is told of both looks, and ends at the end', options, async () => {
  /** @type {import('../../npm/index.js').Progress[]} */
  const told = [];
  await floatscope.scan('casts.safetensors', { onprogress: (progress) => told.push(progress) }).report();
  for (const look of [1, 2]) {
    const last = told.filter((progress) => progress.look === look).at(-1);
    assert(last && last.total > 0 && last.bytes === last.total, JSON.stringify(told));
  }
});

test('the thread has turns while a scan goes on', options, async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await floatscope.scan(large).report();
  clearInterval(timer);
  assert(turns > 2, `${turns} turns`);
});

test('a scan can be stopped, before it and in its middle, and says why', options, async () => {
  const why = new Error('enough');
  await assert.rejects(floatscope.scan(FILE, { signal: AbortSignal.abort(why) }).report(), why);
  const stop = new AbortController();
  const scanning = floatscope.scan(large, { signal: stop.signal, onprogress: () => stop.abort(why) });
  await assert.rejects(all(scanning), why);
  await assert.rejects(scanning.report(), why);
  await withFar({ '/x.safetensors': large }, { slow_ms: 4000 }, async (far) => {
    const since = performance.now();
    await assert.rejects(floatscope.scan(far.url('/x.safetensors'), { signal: AbortSignal.timeout(300) }).report(), { name: 'TimeoutError' });
    assert(performance.now() - since < 3000);
  });
});

test('a loop that is left ends the scan; one that is not can be followed by the report', options, async () => {
  const scanning = floatscope.scan(FILE);
  assert.equal(scanning.overview, null);
  const both = await Promise.all([scanning.report(), scanning.next()]);
  assert.equal(both[0].tensors.length, 1 + (await all(scanning)).length);
  const left = floatscope.scan('sharded');
  for await (const tensor of left) if (tensor.name) break;
  await assert.rejects(left.report(), /left before its end/);
  assert((await left.next()).done);
});

test('a file that cannot be read is an error that says where; one tensor is a problem, and the rest goes on', options, async () => {
  const { FloatscopeError, scan } = floatscope;
  const file = join(malformed, 'length_too_long.safetensors');
  await assert.rejects(scan(file).report(), (/** @type {any} */ error) => error instanceof FloatscopeError && error.file === file && error.where === 'header byte 56' && error.message.startsWith(file));
  const cut = scan(join(malformed, 'cut_in_the_last_tensor.safetensors'));
  assert((await all(cut)).length > 0);
  assert((cut.overview?.problems.length ?? 0) > 0);
  await assert.rejects(scan('no-such.safetensors').report(), /no-such\.safetensors: there is no such file or folder/);
  for (const source of [5, null, {}, [], 's3://bucket/file']) await assert.rejects(scan(/** @type {any} */ (source)).report(), FloatscopeError);
  await assert.rejects(scan(FILE, { casts: 'f17' }).report(), /there is no cast "f17"/);
  await assert.rejects(scan(FILE, { only: /** @type {any} */ ('weights') }).report(), /there is no part "weights"/);
  await assert.rejects(scan(FILE, /** @type {any} */ ({ cast: false })).report(), /there is no option "cast", only sample, casts/);
  await assert.rejects(scan(FILE, { sample: -1 }).report(), /a sample has 1 byte or more/);
});

test('a file that changes under the scan is noticed', options, async () => {
  const changing = join(folder, 'changing.safetensors');
  await writeFile(changing, large);
  const scanning = floatscope.scan(changing, { casts: false, only: 'stats' });
  await scanning.next();
  await writeFile(changing, large);
  assert.match(String((await scanning.report()).problems[0]?.what), /changed while it was read/);
});

test('a module that was compiled elsewhere can be started', options, async () => {
  put('compiled.mjs', `import { readFile } from 'node:fs/promises';
import { init, scan } from 'floatscope';
await init(WebAssembly.compile(await readFile(new URL(import.meta.resolve('floatscope/floatscope_bg.wasm')))));
console.log((await scan('model.safetensors').report()).tensors.length);`);
  const { stdout } = await run(process.execPath, ['compiled.mjs']);
  assert(Number(stdout) > 100);
});
