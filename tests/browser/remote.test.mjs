// @ts-check
// Checkpoints at an address: the page reads them by ranges from servers of every kind, says what keeps it from
// reading, and estimates by a sample.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openTensor, origin, patience_ms, phase, text, useBrowser } from './harness.mjs';
import { asBf16, f32, header } from './support/checkpoint.mjs';
import { hubFiles, read, withFar } from './support/far.mjs';
import { assertSameTensors, command, savedReport } from './support/native.mjs';

/** @typedef {import('./support/far.mjs').Manners} Manners */

const options = { timeout: 2 * patience_ms };
const { open } = useBrowser({ direct: '127.0.0.1' });

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const FILE = 'distributions.safetensors';
const small = { [`/${FILE}`]: await readFile(fixtures + FILE) };

/** Four matrices, 21 MB. */
function largeFile() {
  const tensors = ['a', 'b', 'c'].map((name, seed) => asBf16(f32(`h.${name}.weight`, [1500, 1000], seed + 1)));
  tensors.push(f32('head.weight', [2000, 1500], 9));
  return Buffer.concat([header(tensors), ...tensors.map(({ data }) => data ?? Buffer.alloc(0))]);
}
const large = { '/large.safetensors': largeFile() };

/** @param {string} address @param {...string} phases */
async function opened(address, ...phases) {
  const tab = await open(undefined, '/remote.html');
  await read(tab.page, address);
  return { ...tab, phase: await phase(tab.page, ...phases) };
}

/** Its tensors by the command, from the disk. @param {string[]} more options */
const fromDisk = (more = []) => command(fixtures, ['scan', FILE, '--json', '-', '--no-progress', ...more]);

/** @type {[string, Manners][]} */
const READABLE = [
  ['a good server', {}],
  ['one that ends every third connection', { drops: 3 }],
  ['one that is slow', { slow_ms: 400 }],
  ['one that is busy at first', { busy: 2 }],
  ['one that shows neither length nor version', { hidesHeaders: true, noTag: true }],
];
for (const [says, manners] of READABLE) {
  test(`the figures are those of the file: ${says}`, options, () => withFar(small, manners, async (far) => {
    const { page, errors, phase } = await opened(far.url(`/${FILE}`), 'done', 'failed');
    assert.equal(phase, 'done', await text(page, '#failure-text'));
    assertSameTensors(await savedReport(page), await fromDisk());
    assert(far.seen.every(({ range }) => range), 'no request asks for the whole file');
    // A browser complains of a connection that ended, of a refusal too.
    if (!manners.drops && !manners.busy) assert.deepEqual(errors, []);
  }));
}

test('another origin to which the server sends us is read from, and asked first from then on', options, () => withFar(large, {}, (store) =>
  withFar({}, { redirects: store.origin }, async (far) => {
    const { page } = await opened(far.url('/large.safetensors'), 'done', 'failed');
    assert.match(await text(page, '#sub'), /came from/);
    // A few requests may have gone before the first answer came.
    assert(far.seen.length <= 3 && store.seen.length > 10, `${far.seen.length} and ${store.seen.length} requests`);
  })));

const PAGE = /the address gave a web page \(HTML\), not a checkpoint: look for the address of the file itself, which its download link has/;
/** @type {[string, Manners, string, RegExp][]} */
const REFUSALS = [
  ['without ranges', { noRanges: true }, FILE, /does not send parts of a file/],
  ['without CORS', { noCors: true }, FILE, /does not let pages of other sites read it/],
  ['that wants a token', { token: 'secret' }, FILE, /may not be read without a token \(status 401\)/],
  ['without the file', {}, 'other.safetensors', /there is no such file \(status 404\)/],
  ['whose file is empty', {}, 'empty.safetensors', /the file is empty/],
  ['whose file is empty, without ranges', { noRanges: true }, 'empty.safetensors', /the file is empty/],
  ['whose address is that of a page', {}, 'page.html', PAGE],
  ['whose address is that of a page, without ranges', { noRanges: true, sendsPages: true }, 'page.html', PAGE],
];
const refused = { ...small, '/empty.safetensors': Buffer.alloc(0), '/page.html': Buffer.from('<!DOCTYPE html><title>A model</title>') };
for (const [says, manners, file, what] of REFUSALS) {
  test(`why it cannot be read is said: a server ${says}`, options, () => withFar(refused, manners, async (far) => {
    const { page, phase } = await opened(far.url(`/${file}`), 'done', 'failed');
    assert.equal(phase, 'failed');
    assert.match(await text(page, '#failure-text'), what);
    assert.match(await text(page, '#failure-text'), new RegExp(file.replace('.', '\\.')));
  }));
}

test('what keeps it waiting is said while it waits', options, () => withFar(small, { busy: 4 }, async (far) => {
  const { page } = await opened(far.url(`/${FILE}`), 'reading header');
  await page.waitForFunction(() => /^Reading the header… .*429.*; trying again$/.test(document.querySelector('#progress-text')?.textContent ?? ''));
  assert.equal(await phase(page, 'done', 'failed'), 'done');
}));

test('a server that does not answer is named after a while', options, () => withFar(small, { slow_ms: 5500 }, async (far) => {
  const { page } = await opened(far.url(`/${FILE}`), 'reading header');
  await page.waitForFunction((host) => document.querySelector('#progress-text')?.textContent === `Reading the header… ${host} has not answered yet`, {}, new URL(far.origin).host);
  assert.equal(await phase(page, 'done', 'failed'), 'done');
}));

test('what is no address is refused with words', options, async () => {
  const { page } = await opened('s3://bucket/file', 'failed');
  assert.match(await text(page, '#failure-text'), /^s3:\/\/ is not read, only http:\/\/ and https:\/\/$/);
  for (const [url, what] of [['http://[::/x.safetensors', /^http:\/\/\[::\/x\.safetensors: "\[::" is no name of a host$/], ['http://1.2.3.999/x.safetensors', /^http:\/\/1\.2\.3\.999\/x\.safetensors is no URL$/]]) {
    const other = await opened(/** @type {string} */ (url), 'failed');
    assert.match(await text(other.page, '#failure-text'), /** @type {RegExp} */ (what));
  }
});

test('a hub of a link that is no URL is refused with words', options, async () => {
  const { page } = await open(undefined, '/remote.html#src=org/model&hub=foo');
  assert.equal(await phase(page, 'done', 'failed'), 'failed');
  assert.equal(await text(page, '#failure-text'), 'the hub "foo" is no URL: a hub\'s URL looks like https://huggingface.co');
});

test('a token goes with the requests, and is kept nowhere', options, () => withFar(small, { token: 'secret' }, async (far) => {
  const { page } = await open(undefined, '/remote.html');
  await page.click('#address summary');
  await page.type('#token', 'secret');
  await read(page, far.url(`/${FILE}`));
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  assert(far.seen.every(({ token }) => token === 'Bearer secret'));
  const kept = await page.evaluate(() => JSON.stringify([location.href, { ...localStorage }, { ...sessionStorage }, document.cookie, history.state]));
  assert(!kept.includes('secret'), kept);
}));

for (const [says, manners] of /** @type {[RegExp, Manners][]} */ ([[/its ETag is another one/, { changes: 3 }], [/its first bytes are others now/, { changes: 3, noTag: true }]])) {
  test(`a file that changes meanwhile is noticed: ${says.source}`, options, () => withFar(large, manners, async (far) => {
    const { page } = await opened(far.url('/large.safetensors'), 'done', 'failed');
    assert.match(await text(page, '#problems, #failure-text:not(:empty)'), says);
  }));
}

test('a large one is sampled, as the command does, and all of it is one click away', options, () => withFar(large, { drops: 5 }, async (far) => {
  const { page } = await opened(far.url('/large.safetensors'), 'done', 'failed');
  assert.match(await text(page, '#headline'), /By a sample of \d+\.\d MB of 21\.0 MB/);
  assert.match(await text(page, '#sample-note'), /^Estimates, by a sample of .*: rows of 1 tensor, spread over each; 3 more are small and read whole\. Each figure/);
  const near = await command('/', ['scan', far.url('/large.safetensors'), '--json', '-', '--no-progress']);
  assertSameTensors(await savedReport(page), near);
  const { sample } = JSON.parse(near);
  assert(sample.bytes < 14e6 && sample.of === 21e6, JSON.stringify(sample));
  await page.click('#read-all');
  await page.waitForFunction(() => document.querySelector('#sample-note')?.hasAttribute('hidden') && document.body.dataset.phase === 'done');
  assert.match(await text(page, '#sub'), /All of it came from/);
}));

test('nothing of a sample is asked for twice', options, () => withFar(large, {}, async (far) => {
  const { page } = await opened(far.url('/large.safetensors'), 'done', 'failed');
  await page.waitForFunction(() => document.body.dataset.look === 'done');
  const { tensors } = JSON.parse(await savedReport(page));
  assert(tensors.every((/** @type {any} */ { casts }) => typeof casts.mxfp4.sqnr_db === 'number'), 'there was a second look');
  // After the first bytes, which bring the header.
  const ranges = far.seen.slice(1).map(({ range }) => (/(\d+)-(\d+)/.exec(range ?? '') ?? []).slice(1).map(Number)).sort(([a], [b]) => a - b);
  assert(ranges.length > 10, JSON.stringify(ranges));
  const twice = ranges.filter(([first], at) => at > 0 && first <= ranges[at - 1][1]);
  assert.deepEqual(twice, []);
}));

test('an interval stands beside each estimate', options, () => withFar(large, {}, async (far) => {
  const { page, errors } = await opened(`${far.url('/large.safetensors')}`, 'done', 'failed');
  await openTensor(page, 'head.weight');
  await page.waitForSelector('#tensor [data-stat="mean"]');
  assert.match(await text(page, '#tensor .estimate'), /Estimated by [\d,]+ values of 3,000,000/);
  assert.match(await text(page, '#tensor [data-stat="mean"]'), /^≈ [\s\S]* … /);
  assert(!(await text(page, '#tensor [data-stat="max"]')).includes('…'), 'a largest value has none');
  assert.deepEqual(errors, []);
}));

test('a repository of a hub is found by its name, its page and a revision, and pinned', options, async () => {
  const names = (await readdir(`${fixtures}sharded`)).filter((name) => name.includes('safetensors'));
  const files = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(`${fixtures}sharded/${name}`)])));
  const hub = hubFiles('org/model', { ...files, 'README.md': Buffer.from('x') }, ['main', 'v1']);
  await withFar(hub, {}, async (far) => {
    for (const address of ['org/model', 'org/model@v1', far.url('/org/model'), far.url('/org/model/tree/v1')]) {
      const { page } = await open(undefined, '/remote.html');
      await page.click('#address summary');
      await page.type('#hub', far.origin);
      await read(page, address);
      assert.equal(await phase(page, 'done', 'failed'), 'done', address);
      assert.match(await text(page, '#file'), /model/);
      const report = JSON.parse(await savedReport(page));
      assert.equal(report.checkpoint.name, 'org/model');
      assert.equal(report.checkpoint.files.length, names.length - 1);
    }
    assert(far.seen.filter(({ path }) => path.endsWith('.safetensors')).every(({ path }) => path.includes('/resolve/c0ffee/')));
  });
});

test('headers come first: names and sizes are there before any weight', options, () => withFar(large, { slow_ms: 300 }, async (far) => {
  const { page } = await open(undefined, '/remote.html');
  await read(page, far.url('/large.safetensors'));
  await page.waitForSelector('[data-tensor="head.weight"]');
  const { phase, requests } = { phase: await page.evaluate(() => document.body.dataset.phase), requests: far.seen.length };
  assert.equal(phase, 'scanning');
  assert(requests < 20, `${requests} requests`);
  await page.click('#cancel');
}));

test('a link says what is open and which tensor of it', options, () => withFar(small, {}, async (far) => {
  const url = far.url(`/${FILE}`);
  const { page } = await open(undefined, `/index.html#src=${encodeURIComponent(url)}&tensor=normal.bf16`);
  await page.waitForFunction(() => location.pathname === '/remote.html');
  const { name } = JSON.parse(await fromDisk()).tensors[0];
  await page.goto(`${origin}/remote.html?again#src=${encodeURIComponent(url)}&tensor=${encodeURIComponent(name)}`);
  await page.waitForFunction((name) => document.querySelector('#tensor-name')?.textContent === name, {}, name);
  // The next one has an address, too, and the way back leads to all of them.
  await page.keyboard.press('j');
  await page.waitForFunction((name) => {
    const named = new URLSearchParams(location.hash.slice(1)).get('tensor');
    return named !== name && document.querySelector('#tensor-name')?.textContent === named;
  }, {}, name);
  await page.goBack();
  await page.waitForFunction(() => document.querySelector('#tensor')?.hasAttribute('hidden'));
  assert.equal(await page.evaluate(() => new URLSearchParams(location.hash.slice(1)).get('src')), url);
}));

test('on an open page links lead on, and back and forth', options, () => withFar(small, {}, async (far) => {
  const { page } = await open(undefined, '/remote.html');
  await read(page, far.url(`/${FILE}`));
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  const base = await page.evaluate(() => location.hash);
  const go = (/** @type {string} */ more) => page.evaluate((hash) => { location.hash = hash; }, base + more);
  for (const view of ['tensors', 'casts']) {
    await page.evaluate(() => scrollTo(0, 0));
    await go(`&view=${view}`);
    await page.waitForFunction((view) => Math.abs(document.getElementById(view)?.getBoundingClientRect().top ?? 1e9) < 200, {}, view);
  }
  const { name } = JSON.parse(await fromDisk()).tensors[1];
  const isOpen = () => page.waitForFunction((name) => document.querySelector('#tensor-name')?.textContent === name && !document.querySelector('#tensor')?.hasAttribute('hidden'), {}, name);
  await go(`&tensor=${encodeURIComponent(name)}`);
  await isOpen();
  await page.goBack();
  await page.waitForFunction(() => document.querySelector('#tensor')?.hasAttribute('hidden'));
  await page.goForward();
  await isOpen();
  await go('&tensor=not.there');
  await page.waitForFunction(() => document.querySelector('#no-match')?.checkVisibility());
  assert.equal(await page.$eval('#search', (input) => /** @type {HTMLInputElement} */ (input).value), 'not.there');
}));

test('a link names a hub that is not the usual one, and takes no token with it', options, async () => {
  const hub = hubFiles('org/model', { 'model.safetensors': small[`/${FILE}`] });
  await withFar(hub, { token: 'secret' }, (closed) => withFar(hub, {}, async (other) => {
    const { page } = await open(undefined, '/remote.html');
    await page.click('#address summary');
    await page.type('#hub', closed.origin);
    await page.type('#token', 'secret');
    await read(page, 'org/model');
    assert.equal(await phase(page, 'done', 'failed'), 'done');
    const said = await page.evaluate(() => Object.fromEntries(new URLSearchParams(location.hash.slice(1))));
    assert.deepEqual(said, { src: 'org/model', hub: closed.origin });
    // Another place's link on the same page.
    await page.evaluate((hub) => { location.hash = `#src=org/model&hub=${hub}`; }, other.origin);
    await page.waitForFunction((hub) => document.body.dataset.phase === 'done' && /** @type {HTMLInputElement | null} */ (document.querySelector('#hub'))?.value === hub, {}, other.origin);
    assert(other.seen.length > 2 && other.seen.every(({ token }) => token === undefined), JSON.stringify(other.seen));
    const count = other.seen.length;
    await page.evaluate((url) => { location.hash = `#src=${url}`; }, other.url('/org/model/resolve/c0ffee/model.safetensors'));
    await page.waitForFunction(() => document.body.dataset.phase === 'done' && location.hash.includes('resolve'));
    assert(other.seen.length > count && other.seen.every(({ token }) => token === undefined));
  }));
});

test('the sample has an address, and a place of it', options, async () => {
  const { page, errors } = await open(undefined, '/#src=sample&view=tensors');
  assert.equal(await phase(page, 'done'), 'done');
  await page.waitForFunction(() => scrollY > 0);
  assert.deepEqual(errors, []);
});

test('files of one’s own are not read where the page may connect', options, async () => {
  const { page } = await open(undefined, '/remote.html');
  const input = await page.$('#file-input');
  await /** @type {import('puppeteer-core').ElementHandle<HTMLInputElement>} */ (input).uploadFile(fixtures + FILE);
  assert.equal(await phase(page, 'failed', 'done'), 'failed');
  assert.match(await text(page, '#failure-text'), /reads no files of yours/);
});

test('the lab runs a model that is on a hub', options, async () => {
  const folder = `${fixtures}forward/llama/`;
  const names = ['model.safetensors', 'config.json'];
  const files = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(folder + name)])));
  await withFar(hubFiles('org/llama', files), {}, async (far) => {
    const { page } = await open(undefined, '/remote.html');
    await page.click('#address summary');
    await page.type('#hub', far.origin);
    await read(page, 'org/llama');
    assert.equal(await phase(page, 'done', 'failed'), 'done');
    await page.waitForFunction(() => document.querySelector('#sub')?.textContent?.includes('for the lab'));
    await page.click('#to-lab');
    await page.click('.lab-form button.primary');
    const ended = await page.waitForFunction(() => ['done', 'failed'].find((phase) => phase === document.querySelector('#forward-view')?.getAttribute('data-phase')));
    assert.equal(await ended.jsonValue(), 'done', await page.$eval('#forward-view .error', (error) => error.textContent));
  });
});
