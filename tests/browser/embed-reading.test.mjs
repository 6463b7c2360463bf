// @ts-check
// The element reads checkpoints on other people's pages, under their policies, and in their frames.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { origin, patience_ms } from './harness.mjs';
import { BOTH, COMPUTING, SHOWING, click, report, server, shown, shows, store, visit, useCards } from './support/cards.mjs';
import { scratch } from './support/launch.mjs';
import { command, nativeReport } from './support/native.mjs';

const options = { timeout: 4 * patience_ms };
useCards();

test('where the policy forbids WebAssembly the report is shown, and that is said', options, async () => {
  const { page } = await visit(BOTH, { policy: SHOWING });
  assert.equal(await shown(page, '#headline'), JSON.parse(report).headline);
  await shows(page, '.says', /policy does not let WebAssembly run, so the checkpoint cannot be read here/);
  await page.$eval('floatscope-viewer', (viewer) => viewer.removeAttribute('report'));
  await shows(page, '[role="alert"]', /policy does not let WebAssembly run, so nothing can be computed here/);
  const link = await page.$eval('floatscope-viewer', (viewer) => /** @type {HTMLAnchorElement} */ (viewer.shadowRoot?.querySelector('a.away')).href);
  assert.equal(link, `${origin}/remote.html#src=${encodeURIComponent(`${store}/sample.safetensors`)}`);
  await page.close();
});

test('it reads the checkpoint itself when asked, from another origin', options, async () => {
  const { page, errors } = await visit(BOTH, { policy: COMPUTING });
  await shown(page, '#headline');
  await click(page, 'header button');
  await shows(page, '#sub', /came from/);
  assert.equal(await shown(page, '#headline'), JSON.parse(report).headline);
  await click(page, '#tab-tensor');
  await shown(page, '.evidence');
  assert.deepEqual(errors, []);
  await page.close();
});

test('without a report it reads at once, and Trusted Types are no hindrance', options, async () => {
  const { page, errors } = await visit(`<floatscope-viewer src="${store}/sample.safetensors"></floatscope-viewer>`, { policy: `${COMPUTING}; require-trusted-types-for 'script'; trusted-types floatscope` });
  await shows(page, '#sub', /came from/);
  assert.deepEqual(errors, []);
  await page.close();
});

test('a large one is sampled, as by the command, and all of it is one press away', options, async () => {
  const { page, errors } = await visit(`<floatscope-viewer src="${store}/large.safetensors"></floatscope-viewer>`, { policy: COMPUTING });
  await shows(page, '#sub', /came from/);
  const { headline } = JSON.parse(await command(scratch, ['scan', 'large.safetensors', '--sample', '8MiB', '--json', '-', '--no-progress']));
  assert.match(headline, /By a sample of/);
  assert.equal(await shown(page, '#headline'), headline);
  assert.match(await shown(page, '#sample-note'), /Estimates, by a sample of/);
  await click(page, '#tab-tensor');
  assert.match(await shown(page, '.estimate'), /Estimated by/);
  await click(page, '#tab-summary');
  assert.match(await shown(page, '#read-all'), /Read all 24\.0 MB/);
  await click(page, '#read-all');
  await page.waitForFunction(() => document.querySelector('floatscope-viewer')?.shadowRoot?.querySelector('#sample-note')?.hasAttribute('hidden'));
  await shows(page, '#sub', /All of it came from/);
  assert.equal(await shown(page, '#headline'), JSON.parse(await nativeReport(join(scratch, 'large.safetensors'))).headline);
  assert.deepEqual(errors, []);
  await page.close();
});

test('a repository of a hub is read there', options, async () => {
  const { page, errors } = await visit(`<floatscope-viewer src="org/model" hub="${store}"></floatscope-viewer>`, { policy: COMPUTING });
  await shows(page, '#sub', /came from/);
  assert.equal(await shown(page, '#headline'), JSON.parse(report).headline);
  assert.match(await shown(page, 'header .file'), /^org\/model$/);
  assert.deepEqual(errors, []);
  await page.close();
});

test('a hub that is no URL is refused with words', options, async () => {
  const { page, errors } = await visit('<floatscope-viewer src="org/model" hub="foo"></floatscope-viewer>', { policy: COMPUTING });
  await shows(page, '[role="alert"]', /^It could not be read here\. the hub "foo" is no URL: a hub's URL looks like https:\/\/huggingface\.co$/);
  assert.deepEqual(errors, []);
  await page.close();
});

test('what else the policy forbids is named', options, async () => {
  const { page } = await visit(`<floatscope-viewer src="${store}/sample.safetensors"></floatscope-viewer>`, { policy: COMPUTING.replace(' blob:', " 'none'") });
  await shows(page, '[role="alert"]', /^It could not be read here\. This page’s policy forbids it: its worker-src does not allow blob.\.?$/);
  await page.close();
});

/** @type {[string, string, RegExp][]} */
const UNCONNECTED = [
  ['the host of the element', ` ${origin}`, new RegExp(`policy forbids it: its connect-src does not allow ${origin}`)],
  ['the host of the checkpoint', ` ${store}`, new RegExp(`policy of the page forbids it: its connect-src does not allow ${store}`)],
];
for (const [says, host, what] of UNCONNECTED) {
  test(`that it may not connect to ${says} is said`, options, async () => {
    const policy = COMPUTING.replace(/(connect-src[^;]*)/, (said) => said.replace(host, ''));
    const { page } = await visit(`<floatscope-viewer src="${store}/sample.safetensors"></floatscope-viewer>`, { policy });
    await shows(page, '[role="alert"]', what);
    await page.close();
  });
}

test('one that is moved goes on, and one that is cancelled shows the report again', options, async () => {
  const { page, errors } = await visit(`<div id="a">${BOTH.replace('sample.safetensors', 'large.safetensors')}</div><div id="b"></div>`, { policy: COMPUTING });
  await shown(page, '#headline');
  await click(page, 'header button');
  await page.waitForFunction(() => {
    /** @type {HTMLButtonElement | undefined} */
    const cancel = [...(document.querySelector('floatscope-viewer')?.shadowRoot?.querySelectorAll('button') ?? [])].find(({ textContent }) => textContent === 'Cancel');
    if (!cancel || cancel.hidden) return false;
    cancel.click();
    return true;
  });
  await shows(page, '#headline', new RegExp(JSON.parse(report).headline.slice(0, 20)));
  await shows(page, 'header', /Read it yourself/);
  await click(page, 'header button');
  await shows(page, '#sub', /came from/);
  const before = server.seen.length;
  await page.evaluate(() => document.querySelector('#b')?.append(/** @type {Element} */ (document.querySelector('floatscope-viewer'))));
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.match(await shown(page, '#sub'), /came from/);
  assert.equal(server.seen.length, before, 'nothing is read again');
  // What it is told while it is on no page holds when it is on one.
  await page.evaluate(() => {
    const viewer = /** @type {HTMLElement} */ (document.querySelector('floatscope-viewer'));
    viewer.remove();
    viewer.setAttribute('src', 'http://store.localhost/sample.safetensors');
    viewer.removeAttribute('report');
    document.querySelector('#a')?.append(viewer);
  });
  await shows(page, 'header .file', /sample\.safetensors/);
  await shows(page, '#sub', /came from/);
  assert.deepEqual(errors, []);
  await page.close();
});

/** The listener in docs/embedding.md. */
const LISTENER = `<script>addEventListener('message', ({ data, origin, source }) => {
  if (origin !== '${origin}' || data?.type !== 'floatscope:height') return;
  for (const frame of document.querySelectorAll('iframe')) {
    if (frame.contentWindow === source) frame.style.height = Math.min(Number(data.height) || 0, 5000) + 'px';
  }
});</script>`;

test('a frame shows it and tells its height, and listens to nothing', options, async () => {
  const query = new URLSearchParams({ report: `${store}/report.json`, view: 'map', onload: 'x', style: 'color: red' });
  const policy = `default-src 'none'; frame-src ${origin}; script-src 'unsafe-inline'; style-src-attr 'none'`;
  const { page, errors } = await visit(`<iframe src="${origin}/embed.html?${query}" title="Floatscope" width="600" height="10"></iframe>${LISTENER}`, { policy, script: '' });
  const frame = await page.waitForFrame((frame) => frame.url().includes('embed.html'));
  await frame.waitForFunction(() => document.querySelector('floatscope-viewer')?.shadowRoot?.querySelector('#map:not([hidden]) canvas'));
  await page.waitForFunction(() => (document.querySelector('iframe')?.clientHeight ?? 0) > 150);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const [height, inner] = [await page.$eval('iframe', ({ clientHeight }) => clientHeight), await frame.evaluate(() => document.documentElement.scrollHeight)];
  assert.equal(height, inner);
  await page.evaluate(() => /** @type {HTMLIFrameElement} */ (document.querySelector('iframe')).contentWindow?.postMessage({ type: 'floatscope:view', view: 'summary', report: 'x' }, '*'));
  const names = await frame.$eval('floatscope-viewer', (viewer) => viewer.getAttributeNames().map((name) => `${name}=${viewer.getAttribute(name)}`));
  assert.deepEqual(names, [`report=${store}/report.json`, 'view=map']);
  assert.deepEqual(errors, []);
  await page.close();
});

test('a frame reads a checkpoint at an address', options, async () => {
  const { page, errors } = await visit(`<iframe src="${origin}/embed.html?src=${encodeURIComponent(`${store}/sample.safetensors`)}" title="Floatscope" width="600" height="400"></iframe>`, { script: '' });
  const frame = await page.waitForFrame((frame) => frame.url().includes('embed.html'));
  await frame.waitForFunction(() => /came from/.test(document.querySelector('floatscope-viewer')?.shadowRoot?.querySelector('#sub')?.textContent ?? ''));
  assert.deepEqual(errors, []);
  await page.close();
});
