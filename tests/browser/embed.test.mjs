// @ts-check
// The element on other people's pages: what it shows of a report, and that it leaves their pages alone.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { dist, isFirefox, origin, patience_ms } from './harness.mjs';
import { BOTH, COMPUTING, REPORT, SHOWING, browser, card, click, pages, report, reports, server, shown, shows, visit, useCards } from './support/cards.mjs';
import { command } from './support/native.mjs';
import { requestsOfThePage } from './support/server.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

const options = { timeout: 4 * patience_ms };
useCards();

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
  const sample = join(dist, 'sample.safetensors');
  const comparison = await command(dist, ['diff', sample, sample, '--json', '-', '--no-progress']);
  /** @type {[string, string, RegExp][]} */
  const cases = [
    ['/no-json.json', report.slice(0, 1000), /no-json\.json is no JSON/],
    ['/list.json', '[1, 2]', /is no report of Floatscope/],
    ['/comparison.json', comparison, /comparison\.json tells of a comparison of two checkpoints \(floatscope diff\); this element shows reports of one \(floatscope scan\)\./],
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
  await page.$eval('floatscope-viewer', (viewer) => viewer.setAttribute('report', 'http://[::'));
  await shows(page, '[role="alert"]', /^report="http:\/\/\[::" is no address: it has to be a URL, or a path of this page’s site\.$/);
  assert.deepEqual(errors, []);
  // Browsers write these down themselves.
  await page.$eval('floatscope-viewer', (viewer) => viewer.setAttribute('report', '/missing.json'));
  await shows(page, '[role="alert"]', /missing\.json could not be loaded: the server says 404 Not Found\./);
  await page.$eval('floatscope-viewer', (viewer) => viewer.setAttribute('report', 'http://elsewhere.localhost/x.json'));
  await shows(page, '[role="alert"]', /elsewhere\.localhost\/x\.json could not be loaded: .*connect-src/);
  await page.$eval('floatscope-viewer', (viewer) => { viewer.removeAttribute('report'); viewer.setAttribute('src', '//[::/x.safetensors'); });
  await shows(page, '[role="alert"]', /could not be read here|policy does not let WebAssembly run/);
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
