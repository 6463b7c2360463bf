// @ts-check
// The element on other people's pages, and its document in their frames: what it shows, that it works under their
// policies, and that it leaves their pages alone.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dist, isFirefox, origin, patience_ms } from './harness.mjs';
import { f32, write } from './support/checkpoint.mjs';
import { hubFiles } from './support/far.mjs';
import { launch, scratch } from './support/launch.mjs';
import { command, nativeReport } from './support/native.mjs';
import { requestsOfThePage, startServer } from './support/server.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

const options = { timeout: 4 * patience_ms };
/** Somebody else's page, and where they keep their checkpoint. */
const card = 'http://card.localhost';
const store = 'http://store.localhost';

/** A checkpoint of 24 MB, of which a sample is read. */
const large = () => write(join(scratch, 'large.safetensors'), [f32('h.0.weight', [2000, 1500], 1), f32('h.1.weight', [2000, 1500], 2)]);

/** The policy in docs/embedding.md, to the letter but for the names, without what WebAssembly needs. */
const SHOWING = ["default-src 'none'", `script-src ${origin}`, `connect-src 'self' ${origin} ${store}`].join('; ');
const COMPUTING = SHOWING.replace('script-src', "worker-src blob:; script-src 'wasm-unsafe-eval'");

/** @type {Record<string, {body: string, policy?: string}>} what the page's server has, by path */
const pages = {};
/** @type {Record<string, string>} */
const reports = {};
/** @type {import('./support/server.mjs').Server} */
let server;
/** @type {import('puppeteer-core').Browser} */
let browser;
/** The sample's, as the command wrote it. */
let report = '';
/** What the store has, by path. @type {Record<string, Buffer>} */
const files = {};

before(async () => {
  report = await nativeReport(join(dist, 'sample.safetensors'));
  const sample = await readFile(join(dist, 'sample.safetensors'));
  Object.assign(files, { '/sample.safetensors': sample, '/large.safetensors': await readFile(large()) }, hubFiles('org/model', { 'model.safetensors': sample }));
  reports['/report.json'] = report;
  server = await startServer(undefined, {
    [card](path, response) {
      if (reports[path] !== undefined) return response.writeHead(200, { 'Content-Type': 'application/json' }).end(reports[path]);
      const page = pages[path];
      if (!page) return response.writeHead(404, 'Not Found').end();
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...(page.policy && { 'Content-Security-Policy': page.policy }) }).end(page.body);
    },
    [store](path, response, request) {
      const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Content-Range, ETag', 'Accept-Ranges': 'bytes', ETag: '"1"' };
      if (path === '/report.json') return response.writeHead(200, cors).end(report);
      const file = files[path];
      if (!file) return response.writeHead(404, cors).end();
      const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
      if (!range) return response.writeHead(200, { ...cors, 'Content-Length': file.length }).end(file);
      const [from, to] = [Number(range[1]), Math.min(range[2] ? Number(range[2]) : Infinity, file.length - 1)];
      response.writeHead(206, { ...cors, 'Content-Range': `bytes ${from}-${to}/${file.length}`, 'Content-Length': to + 1 - from }).end(file.subarray(from, to + 1));
    },
  });
  browser = await launch(server.port);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** Opens a page of theirs. @param {string} markup of its body @param {{policy?: string, head?: string, script?: string}} [more] */
async function visit(markup, { policy, head = '', script = `<script src="${origin}/embed.js" async></script>` } = {}) {
  const path = `/${Object.keys(pages).length}.html`;
  pages[path] = { policy, body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A model card</title>${head}</head><body>${markup}${script}</body></html>` };
  const page = await browser.newPage();
  page.setDefaultTimeout(patience_ms);
  /** @type {string[]} */
  const errors = [];
  page.on('console', (message) => {
    // The browsers ask for it by themselves.
    if ((message.type() === 'error' || message.type() === 'warn') && !/favicon/.test(message.text() + message.location().url)) errors.push(message.text());
  });
  page.on('pageerror', (error) => { if (!/favicon/.test(String(error))) errors.push(String(error)); });
  await page.goto(card + path);
  return { page, errors };
}

/** Text that an element in the shadow of the nth viewer shows, once there is some. @param {Page} page @param {string} selector */
async function shown(page, selector, nth = 0) {
  const text = await page.waitForFunction((selector, nth) => {
    const element = /** @type {HTMLElement | null | undefined} */ (document.querySelectorAll('floatscope-viewer')[nth]?.shadowRoot?.querySelector(selector));
    return element && element.checkVisibility() && element.innerText;
  }, {}, selector, nth);
  return /** @type {Promise<string>} */ (text.jsonValue());
}

/** Waits until it shows this. @param {Page} page @param {string} selector @param {RegExp} pattern */
const shows = (page, selector, pattern, nth = 0) => page.waitForFunction((selector, source, nth) => {
  const element = /** @type {HTMLElement | null | undefined} */ (document.querySelectorAll('floatscope-viewer')[nth]?.shadowRoot?.querySelector(selector));
  return element?.checkVisibility() && new RegExp(source).test(element.innerText);
}, {}, selector, pattern.source, nth);

/** @param {Page} page @param {string} selector */
const click = (page, selector, nth = 0) => page.evaluate((selector, nth) => {
  /** @type {HTMLElement} */ (document.querySelectorAll('floatscope-viewer')[nth].shadowRoot?.querySelector(selector)).click();
}, selector, nth);

const REPORT = '<floatscope-viewer report="/report.json"></floatscope-viewer>';

test('a report is shown on another page under a strict policy, without WebAssembly', options, async () => {
  const before = server.seen.length;
  const { page, errors } = await visit(REPORT, { policy: SHOWING });
  assert.equal(await shown(page, '#headline'), JSON.parse(report).headline);
  assert.match(await shown(page, '#sub'), /tensors.*As Floatscope .* reported\./);
  const requests = requestsOfThePage(server.seen.slice(before)).map(({ url }) => url).filter((url) => !url.includes('favicon'));
  assert.deepEqual(requests, [page.url(), `${origin}/embed.js`, `${card}/report.json`]);
  assert.deepEqual(errors, []);
  await page.close();
});

test('a script of a module kind does the same, and a second script is no harm', options, async () => {
  const script = `<script type="module" src="${origin}/embed.js"></script>`;
  for (const scripts of [script, script + script.replace('.js', '.js?again')]) {
    const { page, errors } = await visit(BOTH, { policy: COMPUTING, script: scripts });
    assert.equal(await shown(page, '#headline'), JSON.parse(report).headline);
    await click(page, 'header button');
    await shows(page, '#sub', /came from/);
    assert.deepEqual(errors, []);
    await page.close();
  }
});

test('the figures of a tensor are the report’s', options, async () => {
  const { tensors } = JSON.parse(report);
  const tensor = tensors.find((/** @type {any} */ { dtype, shape }) => dtype === 'BF16' && shape.length === 2);
  const { page, errors } = await visit(`<floatscope-viewer report="/report.json" tensor="${tensor.name}"></floatscope-viewer>`, { policy: SHOWING });
  assert.equal(await shown(page, '#tensor-name'), tensor.name);
  const cells = await page.$eval('floatscope-viewer', (viewer) =>
    Object.fromEntries(Array.from(viewer.shadowRoot?.querySelectorAll('[data-stat]') ?? [], (cell) => [cell.getAttribute('data-stat'), cell.getAttribute('data-value')])));
  assert(Object.keys(cells).length > 12);
  for (const [stat, value] of Object.entries(cells)) assert.equal(value, JSON.stringify(tensor.stats[stat]), stat);
  for (const heading of ['Spectrum', 'Bit planes', 'Evidence', 'Statistics']) assert.match(await shown(page, '.evidence'), new RegExp(heading));
  assert.deepEqual(errors, []);
  await page.close();
});

test('the map shows every module, opens a tensor by the keyboard, and gives the focus back', options, async () => {
  const { page, errors } = await visit('<floatscope-viewer report="/report.json" view="map"></floatscope-viewer>', { policy: SHOWING });
  await shows(page, '#map .readout', /Point at a cell/);
  const focused = () => page.$eval('floatscope-viewer', (viewer) => {
    const active = viewer.shadowRoot?.activeElement;
    return active?.getAttribute('aria-valuetext') ?? active?.id;
  });
  await page.$eval('floatscope-viewer', (viewer) => /** @type {HTMLElement} */ (viewer.shadowRoot?.querySelector('#map [role="slider"]')).focus());
  await page.keyboard.press('Home');
  const [name] = (/^(\S+): /.exec(/** @type {string} */ (await focused())) ?? []).slice(1);
  assert(JSON.parse(report).tensors.some((/** @type {any} */ tensor) => tensor.name === name), name);
  await page.keyboard.press('Enter');
  assert.equal(await shown(page, '#tensor-name'), name);
  assert.equal(await focused(), 'tensor-name');
  await page.keyboard.press('Escape');
  await shown(page, '#map-title');
  assert.match(/** @type {string} */ (await focused()), new RegExp(`^${name}`));
  const ink = await page.$eval('floatscope-viewer', (viewer) => {
    const canvas = /** @type {HTMLCanvasElement} */ (viewer.shadowRoot?.querySelector('canvas'));
    return canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte > 0);
  });
  assert(ink, 'its cells are painted');
  assert.deepEqual(errors, []);
  await page.close();
});

test('attributes may change', options, async () => {
  reports['/other.json'] = JSON.stringify({ ...JSON.parse(report), headline: 'Another one.' });
  const { page, errors } = await visit(REPORT, { policy: SHOWING });
  await shown(page, '#headline');
  const set = (/** @type {string} */ name, /** @type {string | null} */ value) => page.$eval('floatscope-viewer', (viewer, name, value) => {
    if (value === null) viewer.removeAttribute(name);
    else viewer.setAttribute(name, value);
  }, name, value);
  const [first, second] = JSON.parse(report).tensors;
  await set('view', 'map');
  await shown(page, '#map-title');
  await set('tensor', first.name);
  await set('view', 'tensor');
  assert.equal(await shown(page, '#tensor-name'), first.name);
  await set('tensor', second.name);
  await shows(page, '#tensor-name', new RegExp(second.name.replaceAll('.', '\\.')));
  await set('tensor', 'nobody');
  await shows(page, '#no-tensor', /There is no tensor “nobody” in it\./);
  await set('tensor', null);
  await set('view', null);
  await set('report', '/other.json');
  await shows(page, '#headline', /^Another one\.$/);
  const paper = () => page.$eval('floatscope-viewer', (viewer) => getComputedStyle(/** @type {Element} */ (viewer.shadowRoot?.querySelector('.viewer'))).backgroundColor);
  assert.equal(await paper(), 'rgb(252, 252, 250)');
  await set('theme', 'dark');
  assert.equal(await paper(), 'rgb(19, 20, 22)');
  await page.evaluate(() => document.body.append(/** @type {Element} */ (document.querySelector('floatscope-viewer'))));
  await shows(page, '#headline', /^Another one\.$/);
  assert.deepEqual(errors, []);
  await page.close();
});

test('several elements stand on one page', options, async () => {
  const { page, errors } = await visit(`${REPORT}<floatscope-viewer report="/report.json" view="map"></floatscope-viewer><floatscope-viewer report="/report.json" view="tensor"></floatscope-viewer>`, { policy: SHOWING });
  await shown(page, '#headline', 0);
  await shown(page, '#map-title', 1);
  await shown(page, '#tensor-name', 2);
  assert.deepEqual(errors, []);
  await page.close();
});

test('hostile names are text', options, async () => {
  const harm = '<img src=x onerror="document.body.dataset.owned=1">';
  const made = JSON.parse(report.replaceAll('layers', JSON.stringify(harm).slice(1, -1)));
  Object.assign(made, { headline: harm, floatscope: harm, problems: [{ file: harm, tensor: harm, where: harm, what: harm }] });
  made.checkpoint.name = harm;
  Object.assign(made.tensors[0], { name: harm, dtype: harm, duplicate_of: harm });
  made.tensors[0].ancestry.label = '__proto__';
  reports['/hostile.json'] = JSON.stringify(made);
  const { page, errors } = await visit('<floatscope-viewer report="/hostile.json"></floatscope-viewer>', { policy: SHOWING });
  assert.equal(await shown(page, '#headline'), harm);
  assert.match(await shown(page, '.trouble'), /<img src=x/);
  await page.$eval('floatscope-viewer', (viewer, harm) => viewer.setAttribute('tensor', harm), harm);
  await page.$eval('floatscope-viewer', (viewer) => viewer.setAttribute('view', 'tensor'));
  assert.equal(await shown(page, '#tensor-name'), harm);
  await page.$eval('floatscope-viewer', (viewer) => viewer.setAttribute('view', 'map'));
  await shown(page, '#map-title');
  const found = await page.$eval('floatscope-viewer', (viewer) => [document.body.dataset.owned ?? 'no', viewer.shadowRoot?.querySelectorAll('img, script').length]);
  assert.deepEqual(found, ['no', 0]);
  assert.deepEqual(errors, []);
  await page.close();
});

test('what is wrong with a report is said in words', options, async () => {
  const whole = JSON.parse(report);
  /** @type {[string, string, RegExp][]} */
  const cases = [
    ['/no-json.json', report.slice(0, 1000), /no-json\.json is no JSON/],
    ['/list.json', '[1, 2]', /is no report of Floatscope/],
    ['/later.json', JSON.stringify({ ...whole, schema: 'floatscope.report/2' }), /another version \(floatscope\.report\/2\)/],
    ['/bare.json', JSON.stringify({ ...whole, tensors: whole.tensors.map((/** @type {any} */ { name, shape }) => ({ name, shape })) }), /written with --only/],
    ['/nameless.json', JSON.stringify({ ...whole, tensors: [{ shape: [] }] }), /tensor 0 has no name/],
    ['/odd.json', JSON.stringify({ ...whole, checkpoint: { ...whole.checkpoint, parameters: {}, bytes: null, files: [null] } }), /odd\.json is damaged/],
  ];
  const { page, errors } = await visit('<floatscope-viewer></floatscope-viewer>', { policy: SHOWING });
  await shows(page, '[role="alert"]', /its report="…" names a report/);
  for (const [path, body, words] of cases) {
    reports[path] = body;
    await page.$eval('floatscope-viewer', (viewer, path) => viewer.setAttribute('report', path), path);
    await shows(page, '[role="alert"]', words);
  }
  assert.deepEqual(errors, []);
  // Browsers write these down themselves.
  await page.$eval('floatscope-viewer', (viewer) => viewer.setAttribute('report', '/missing.json'));
  await shows(page, '[role="alert"]', /missing\.json could not be loaded: the server says 404 Not Found\./);
  await page.$eval('floatscope-viewer', (viewer) => viewer.setAttribute('report', 'http://elsewhere.localhost/x.json'));
  await shows(page, '[role="alert"]', /elsewhere\.localhost\/x\.json could not be loaded: .*connect-src/);
  await page.close();
});

const BOTH = `<floatscope-viewer report="/report.json" src="${store}/sample.safetensors"></floatscope-viewer>`;

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
  await shows(page, '#sub', /all of it, came from/);
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

test('it is as wide as its place wherever that is, and never narrower than a phone where it is alone', options, async () => {
  const styles = { block: '', flex: 'display: flex', wrap: 'display: flex; flex-wrap: wrap', column: 'display: flex; flex-direction: column; align-items: center', grid: 'display: grid; justify-items: center', fit: 'width: fit-content', float: 'float: left', inline: 'display: inline-block', cell: 'display: table-cell', absolute: 'position: absolute' };
  const { page } = await visit(Object.entries(styles).map(([name, style]) => `<div id="${name}" style="${style}">${REPORT}</div>`).join('<br style="clear: both">'), { head: '<style>body { margin: 0 } floatscope-viewer { margin: 10px }</style>' });
  for (const width of [900, 340]) {
    await page.setViewport({ width, height: 800 });
    await shown(page, '#headline', Object.keys(styles).length - 1);
    const widths = await page.$$eval('floatscope-viewer', (viewers) => viewers.map((viewer) => [/** @type {HTMLElement} */ (viewer.parentElement).id, /** @type {HTMLElement} */ (viewer).offsetWidth]));
    const room = width - 20 - (isFirefox ? 20 : 0);
    for (const [name, is] of widths) assert(Number(is) <= width - 20 && Number(is) >= (['block', 'flex', 'wrap', 'column', 'grid'].includes(String(name)) ? room : Math.min(320, room)), `${name} in ${width}: ${is}`);
    assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `nothing sticks out at ${width}`);
  }
  await page.close();
});

test('the page around looks as it did, and has no say inside', options, async () => {
  const head = '<style>* { color: rgb(200, 0, 0); letter-spacing: 3px } html { font-size: 9px } body { --paper: red; --blue: red; font: italic 30px serif; text-transform: uppercase } h2, button, p, table { background: lime; margin: 50px }</style>';
  const markup = '<h2>Theirs</h2><p>Text</p><button>B</button><table><tr><td>1</td></tr></table><div id="headline">x</div>';
  const look = (/** @type {Page} */ page) => page.evaluate(() => ['html', 'body', 'h2', 'p', 'button', 'table', 'td', '#headline'].map((selector) => {
    const style = getComputedStyle(/** @type {Element} */ (document.querySelector(selector)));
    return [...style].filter((name) => !/block-size|height|origin|perspective|inset|bottom|width|inline-size|^right|^left/.test(name)).map((name) => `${name}: ${style.getPropertyValue(name)}`).join('; ');
  }));
  const globals = (/** @type {Page} */ page) => page.evaluate(() => Object.getOwnPropertyNames(globalThis).sort().filter((name) => !/^\d+$|^(?:puppeteer_)?__/.test(name)));
  const alone = await browser.newPage();
  pages['/alone.html'] = { body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A model card</title>${head}</head><body>${markup}</body></html>` };
  await alone.goto(`${card}/alone.html`);
  const { page, errors } = await visit(markup + REPORT, { head });
  await shown(page, '#headline');
  assert.deepEqual(await look(page), await look(alone));
  assert.deepEqual(await globals(page), await globals(alone));
  const inside = await page.$eval('floatscope-viewer', (viewer) => {
    const style = getComputedStyle(/** @type {Element} */ (viewer.shadowRoot?.querySelector('#sub')));
    return [style.letterSpacing, style.textTransform, style.fontStyle, style.fontSize, style.marginTop, getComputedStyle(/** @type {Element} */ (viewer.shadowRoot?.querySelector('.viewer'))).backgroundColor];
  });
  assert.deepEqual(inside, ['normal', 'none', 'normal', '15px', '0px', 'rgb(252, 252, 250)']);
  assert.deepEqual(errors, []);
  await alone.close();
  await page.close();
});

test('it fits a narrow column and a wide one', options, async () => {
  const { page } = await visit('<floatscope-viewer report="/report.json"></floatscope-viewer>', { policy: SHOWING });
  await shown(page, '#headline');
  for (const width of [320, 500, 800, 1400]) {
    await page.setViewport({ width, height: 900 });
    for (const view of ['summary', 'map', 'tensor']) {
      await page.$eval('floatscope-viewer', (viewer, view) => viewer.setAttribute('view', view), view);
      await new Promise((resolve) => setTimeout(resolve, 250));
      const across = await page.evaluate(() => document.documentElement.scrollWidth);
      assert(across <= width, `${view} at ${width} px is ${across} px wide`);
    }
  }
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
