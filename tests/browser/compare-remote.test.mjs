// @ts-check
// Two checkpoints that are at addresses, side by side: all of both is read, which is said before.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { origin, patience_ms, phase, pick, text, useBrowser } from './harness.mjs';
import { assertSame, compared, nativeDiff, savedDiff, twoFiles } from './support/compare.mjs';
import { hubFiles, read, withFar } from './support/far.mjs';

const options = { timeout: 2 * patience_ms };
const { open } = useBrowser({ direct: '127.0.0.1' });

const [a, b] = twoFiles('far');
const files = Object.fromEntries([a, b].map((path) => [`/${basename(path)}`, readFileSync(path)]));

/** @param {import('puppeteer-core').Page} page */
const isAsking = (page) => page.waitForSelector('#open-dialog[open] #address-input');

/** What is open is compared with what is at an address. @param {import('puppeteer-core').Page} page @param {string} address */
async function compareWith(page, address) {
  await page.click('#compare-with');
  await isAsking(page);
  await read(page, address);
  return compared(page);
}

/** @param {string} address */
async function opened(address) {
  const tab = await open(undefined, '/remote.html');
  await read(tab.page, address);
  assert.equal(await phase(tab.page, 'done', 'failed'), 'done', await text(tab.page, '#failure-text'));
  return tab;
}

test('they are compared as the command compares them on the disk, byte for byte', options, () => withFar(files, { drops: 7 }, async (far) => {
  const { page } = await opened(far.url(`/${basename(a)}`));
  await page.click('#compare-with');
  await isAsking(page);
  assert.match(await text(page, '#asked'), /reads all of both: 16\.0 MB of this one/);
  assert.equal(await page.$eval('#chooser', (chooser) => getComputedStyle(chooser).display), 'none', 'files of one’s own are read elsewhere');
  await read(page, far.url(`/${basename(b)}`));
  assert.equal(await compared(page), 'done', await text(page, '#failure-text'));
  assertSame(await savedDiff(page), await nativeDiff(a, b));
  // The other way round, without being asked again.
  await page.click('#swap');
  await page.waitForFunction((name) => document.body.dataset.compare === 'done' && document.title.startsWith(name), {}, basename(b));
  assertSame(await savedDiff(page), await nativeDiff(b, a));
}));

test('a comparison has an address; who follows it is asked before all is read', options, () => withFar(files, {}, async (far) => {
  const [urlA, urlB] = [a, b].map((path) => far.url(`/${basename(path)}`));
  const { page, errors } = await opened(urlA);
  assert.equal(await compareWith(page, urlB), 'done');
  const address = await page.evaluate(() => location.href);
  const said = new URLSearchParams(new URL(address).hash.slice(1));
  assert.deepEqual([said.get('src'), said.get('with')], [urlA, urlB]);
  await page.goBack();
  await page.waitForFunction(() => document.body.dataset.view === 'scan');
  assert.equal(await page.evaluate(() => location.hash.includes('with=')), false);
  await page.goForward();
  await page.waitForFunction(() => document.body.dataset.view === 'compare');
  assert.deepEqual(errors, []);

  const other = await open(undefined, `/remote.html${new URL(address).hash}`);
  await isAsking(other.page);
  assert.equal(await other.page.$eval('#address-input', (input) => /** @type {HTMLInputElement} */ (input).value), urlB);
  const before = far.seen.filter(({ path }) => path.endsWith(basename(b))).length;
  await other.page.click('#address button[type="submit"]');
  assert.equal(await compared(other.page), 'done');
  assert(far.seen.filter(({ path }) => path.endsWith(basename(b))).length > before);
  assert.equal(await other.page.evaluate(() => location.href), address);
  // The way back leads to the scan.
  await other.page.click('#back');
  await other.page.waitForFunction(() => document.body.dataset.view === 'scan');
}));

test('a repository of a hub is compared with another one, and one that is not there is said', options, async () => {
  const hub = { ...hubFiles('org/plain', { 'model.safetensors': files[`/${basename(a)}`] }), ...hubFiles('org/narrow', { 'model.safetensors': files[`/${basename(b)}`] }) };
  await withFar(hub, {}, async (far) => {
    const { page } = await open(undefined, '/remote.html');
    await page.click('#address summary');
    await page.type('#hub', far.origin);
    await read(page, 'org/plain');
    assert.equal(await phase(page, 'done', 'failed'), 'done');
    assert.equal(await compareWith(page, 'org/nothing'), 'failed');
    assert.match(await text(page, '#failure-text'), /B, .*org\/nothing.*404/);
    await page.click('#back');
    await page.waitForFunction(() => document.body.dataset.view === 'scan');
    assert.equal(await compareWith(page, 'org/narrow'), 'done');
    const { a: sideA, b: sideB, pairs } = JSON.parse(await savedDiff(page));
    assert.deepEqual([sideA.name, sideB.name, pairs.explained, pairs.unexplained], ['org/plain', 'org/narrow', 2, 1]);
    assert.equal(await compareWith(page, 's3://bucket/b'), 'failed');
    assert.match(await text(page, '#failure-text'), /only http:\/\/ and https:\/\//);
    assert.equal(await page.$eval('#swap', (swap) => /** @type {HTMLElement} */ (swap).hidden), true, 'there are no two to swap');
    // The browser's way back leads by the comparisons before, which are asked for again.
    await page.goBack();
    await isAsking(page);
    assert.equal(await page.$eval('#address-input', (input) => /** @type {HTMLInputElement} */ (input).value), 'org/narrow');
    assert.equal(await page.evaluate(() => document.body.dataset.view), 'scan');
    await page.keyboard.press('Escape');
    // The page's own leads to the scan, past all of them.
    assert.equal(await compareWith(page, 'org/narrow'), 'done');
    assert.equal(await compareWith(page, 'org/plain'), 'done');
    await page.click('#back');
    await page.waitForFunction(() => document.body.dataset.view === 'scan');
    assert.equal(await page.$eval('#open-dialog', (dialog) => /** @type {HTMLDialogElement} */ (dialog).open), false);
  });
});

test('a link that asks for a comparison takes no token with it', options, () => withFar(files, { token: 'secret' }, (closed) => withFar(files, {}, async (other) => {
  const { page } = await open(undefined, '/remote.html');
  await page.click('#address summary');
  await page.type('#token', 'secret');
  await read(page, closed.url(`/${basename(a)}`));
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  await page.evaluate((url) => { location.hash += `&with=${url}`; }, other.url(`/${basename(b)}`));
  await isAsking(page);
  await page.click('#address button[type="submit"]');
  assert.equal(await compared(page), 'done');
  assert(other.seen.length > 0 && other.seen.every(({ token }) => token === undefined), JSON.stringify(other.seen[0]));
  // What was read with it is read with it again.
  assert(closed.seen.every(({ token }) => token === 'Bearer secret'));
})));

for (const noTag of [false, true]) {
  test(`a file that changes meanwhile is noticed, ${noTag ? 'without' : 'by'} an ETag`, options, () => withFar(files, {}, (good) => withFar(files, { changes: 3, noTag }, async (far) => {
    const { page } = await opened(good.url(`/${basename(a)}`));
    await compareWith(page, far.url(`/${basename(b)}`));
    assert.match(await text(page, '#compare-problems, #failure-text:not(:empty)'), noTag ? /its first bytes are others now/ : /its ETag is another one/);
  })));
}

test('where the page may connect, no file of one’s own is compared, and what is open stays', options, () => withFar(files, {}, async (far) => {
  const { page } = await opened(far.url(`/${basename(a)}`));
  await page.click('#compare-with');
  await isAsking(page);
  await pick(page, b);
  assert.equal(await page.evaluate(() => document.body.dataset.compare), 'empty');
  assert.equal(await page.evaluate(() => document.body.dataset.phase), 'done');
}));

test('where it may not, a comparison takes files alone', options, async () => {
  const { page } = await open();
  await pick(page, a);
  assert.equal(await phase(page, 'done'), 'done');
  await page.click('#compare-with');
  await page.waitForSelector('#open-dialog[open] #choose-files');
  assert.equal(await page.$eval('#address', (form) => getComputedStyle(form).display), 'none');
  await page.keyboard.press('Escape');
  await page.click('#open');
  await page.waitForSelector('#open-dialog[open] #choose-files');
  await read(page, 'org/model');
  await page.waitForFunction((page) => location.href === page, {}, `${origin}/remote.html#src=org/model`);
});
