// @ts-check
// Two checkpoints side by side: what the view draws, by a comparison that is made up.
// The real ones are in compare.test.mjs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isChromium, patience_ms, text, useBrowser } from './harness.mjs';
import { openMadeUp } from './support/made-up.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

const { browser } = useBrowser();
const options = { timeout: patience_ms };
const LAYERS = 4;
/** Nine modules a layer, and five tensors of no layer. */
const PAIRS = 9 * LAYERS + 5;
const MAP = '#pair-map [role=slider]';
const MAP_DRAWN = '#pair-map:not([hidden]) canvas';

/** @param {string} diff how far it is: see made-up-comparison.js @param {number} [layers] */
async function openDiff(diff, layers = LAYERS) {
  const tab = await openMadeUp(browser(), layers, `&diff=${diff}#compare`);
  await tab.page.waitForSelector('[data-view="compare"]');
  return tab;
}

/** Only lines on the screen are drawn. @param {Page} page @param {string} [name] of one of them */
async function toList(page, name) {
  // The map comes in above the list, and would push it away.
  await page.waitForSelector(MAP_DRAWN);
  await page.$eval('#pair-tensors', (list) => list.scrollIntoView());
  await page.waitForSelector(`#pair-tensor-list [data-tensor${name ? `="${name}"` : ''}]`);
}

/** Names in the order of the list. @param {Page} page */
const order = (page) => page.$$eval('#pair-tensor-list [data-tensor]', (lines) => lines
  .map((line) => ({ at: Number(line.getAttribute('aria-rowindex')), name: line.getAttribute('data-tensor') }))
  .sort((a, b) => a.at - b.at).map(({ name }) => name));

/** @param {Page} page @param {number | string} count of the lines that match */
const matches = (page, count) => page.waitForFunction((count) => document.querySelector('#pair-matches')?.textContent?.startsWith(`${count} of `), {}, count);

/** @param {Page} page @param {string} query */
async function filter(page, query) {
  await page.$eval('#pair-search', (input) => /** @type {HTMLInputElement} */ (input).select());
  await page.focus('#pair-search');
  await page.keyboard.press('Backspace');
  await page.keyboard.type(query);
}

/** @param {Page} page @param {string} name */
async function openPair(page, name) {
  await filter(page, name);
  const line = `#pair-tensor-list [data-tensor="${name}"]`;
  await page.waitForSelector(line);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.click(line);
  await page.waitForFunction((name) => document.querySelector('#pair-name')?.textContent === name, {}, name);
}

/** What the page asked of the comparison. @param {Page} page */
const calls = (page) => page.evaluate(() => /** @type {any} */ (window).madeUpComparison.calls);

/** Presses a button that may lie off the screen. @param {Page} page @param {string} selector */
const press = (page, selector) => page.$eval(selector, (button) => /** @type {HTMLElement} */ (button).click());

test('the sentence comes first, then what is compared and how much differs', options, async () => {
  const { page, errors } = await openDiff('done');
  assert.equal(await text(page, '#compare-headline'), `B is A rounded to the nearest BF16 in 26 of ${PAIRS} tensors; 4 differ otherwise.`);
  assert.match(await text(page, '#compare-sub'), /^41 tensors of A have their counterpart in B\. .* read in 1\.2 s, 650 MB\/s; nothing left this page\. Not part of B: tokenizer\.json\.$/);
  const sides = await page.$$eval('#sides tr', (lines) => lines.map((line) => [...line.children].map((cell) => cell.textContent)));
  assert.deepEqual(sides.map(([letter, name, types, , tensors]) => [letter, name, types, tensors]), [
    ['A', 'model.safetensors', 'F32, I64', '43 tensors'], ['B', 'model-bf16.safetensors', 'BF16, I64', '43 tensors'],
  ]);
  assert.deepEqual(await page.$$eval('#compare-shares li', (keys) => keys.map((key) => key.textContent)), ['1 identical', '9 equal values', '26 explained', '4 unexplained', '1 not compared']);
  assert.deepEqual(errors, []);
  await page.close();
});

test('a kind of difference, or what explains it, is one press from the tensors it is about', options, async () => {
  const { page, errors } = await openDiff('done');
  // The map comes in above the list, and would push it away.
  await page.waitForSelector(MAP_DRAWN);
  await page.$$eval('#compare-shares button', (buttons) => buttons.find((button) => /unexplained/.test(button.textContent ?? ''))?.click());
  await matches(page, 4);
  assert.deepEqual(await page.$$eval('#pair-tensor-list [data-tensor] .c-label', (cells) => cells.map((cell) => cell.textContent).sort()), ['a few rows', 'at most 1 ULP', 'different', 'low rank']);
  const explained = await page.$$eval('#findings .counts li', (lines) => lines.map((line) => line.textContent));
  assert.deepEqual(explained.slice(0, 2), ['24B is A rounded to the nearest BF16.', '9BF16 holds every value of A.'], 'tensors by what explains them, most tensors first');
  await press(page, '[data-conversion="through:f16"] button');
  await matches(page, 2);
  assert.deepEqual(errors, []);
  await page.close();
});

test('what is to be looked at is said in sentences, and names without a counterpart are there to open', options, async () => {
  const { page, errors } = await openDiff('done');
  assert.match(await text(page, '#findings .advice'), /rotary frequencies and B does not.*1 tensor.*bfloat16.*stored as F32\..*2 tensors/s);
  assert.match(await text(page, '#findings'), /1 name matches when lm_head is read as model\.lm_head\./);
  const titles = await page.$$eval('#findings [data-names] > summary', (summaries) => summaries.map((summary) => summary.textContent));
  assert.deepEqual(titles.slice(-4), ['1 name only in A', '1,200 names only in B', '1 name with another shape in B', 'Pair names that differ']);
  await press(page, '[data-names="b"] summary');
  const names = await page.$$eval('[data-names="b"] li', (lines) => lines.map((line) => line.textContent));
  assert.equal(names.length, 501, 'a wholly different checkpoint does not fill the page with elements');
  assert.equal(names.at(-1), 'and 700 more');
  assert.equal(await page.$eval('[data-names="shapes"] li', (line) => line.textContent), 'model.wpe.weight F32 1,024 × 768 in A, BF16 2,048 × 768 in B');
  await press(page, '[data-names="table"] summary');
  await page.type('[data-names="table"] textarea', 'lm_head.* head.*');
  await press(page, '#rename');
  assert.deepEqual(await calls(page), [['rename', 'lm_head.* head.*']]);
  assert.deepEqual(errors, []);
  await page.close();
});

test('the largest difference leads the list, and any figure sorts it', options, async () => {
  const { page } = await openDiff('done');
  await toList(page);
  const first = await order(page);
  assert.match(String(first[0]), /^<img/, 'what could not be read is never overlooked');
  assert.deepEqual(first.slice(1, 5), ['lm_head.weight', 'model.layers.3.mlp.down_proj.weight', 'model.embed_tokens.weight', 'model.layers.1.self_attn.q_proj.weight']);
  assert.equal(await page.$eval('#pair-headings [aria-sort="descending"]', (head) => head.textContent), 'Difference');
  await press(page, '#pair-headings .c-cosine button');
  await page.waitForSelector('#pair-headings .c-cosine[aria-sort="ascending"]');
  await page.waitForFunction(() => document.querySelector('#pair-tensor-list [aria-rowindex="2"]')?.getAttribute('data-tensor') === 'lm_head.weight');
  await press(page, '#pair-grouped');
  await page.waitForSelector('#pair-tensor-list .group[aria-expanded="true"]');
  await page.close();
});

test('a cell has the colour of its kind, and a figure colours it the deeper the more differs', options, async () => {
  const { page, errors } = await openDiff('done');
  await page.waitForSelector('#pair-map canvas');
  /** The pixel in the middle of a cell. @param {number} line @param {number} column */
  const pixel = (line, column) => page.$eval('#pair-map canvas', (element, line, column) => {
    const canvas = /** @type {HTMLCanvasElement} */ (element);
    const lines = Math.round(canvas.getBoundingClientRect().height / 22);
    return [...(canvas.getContext('2d')?.getImageData(((column + 0.4) / 5) * canvas.width, ((line + 0.4) / lines) * canvas.height, 1, 1).data ?? [])];
  }, line, column);
  /** @param {string} name */
  const colour = (name) => page.evaluate((name) => {
    const context = /** @type {CanvasRenderingContext2D} */ (document.createElement('canvas').getContext('2d'));
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  }, name);
  await page.waitForFunction(() => document.querySelector('#pair-map .readable'));
  assert.deepEqual(await pixel(0, 1), await colour('--orange'), 'q of layer 1 is unexplained');
  assert.deepEqual(await pixel(0, 0), await colour('--blue'), 'q of layer 0 is explained');
  assert.deepEqual(await pixel(7, 0), await colour('--green'), 'norms hold equal values');
  assert.deepEqual(await pixel(9, 3), await colour('--edge'), 'the position ids are identical');
  assert.deepEqual(await pixel(9, 4), await colour('--alert'), 'one could not be read');
  await page.select('#pair-map-by', 'sqnr_db');
  await page.waitForFunction(() => /^pale 55(\.\d)?, deep 1\d(\.\d)?$/.test(document.querySelector('#pair-map-scale')?.textContent ?? ''));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const depth = async (/** @type {number} */ line, /** @type {number} */ column) => (await pixel(line, column))[3];
  assert(await depth(6, 3) > await depth(0, 1), 'a low SQNR is deep');
  assert(await depth(7, 0) < 40, 'where nothing differs it is pale');
  await page.focus(MAP);
  await page.keyboard.press('Home');
  assert.match(await page.$eval(MAP, (map) => map.getAttribute('aria-valuetext') ?? ''), /^model\.layers\.0\.self_attn\.q_proj\.weight: 5\d\.\d+$/);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#pair:not([hidden]) .verdict');
  assert.deepEqual(errors, []);
  await page.close();
});

test('a pair: its sentence, the distances as bars on their bins, all explanations, and the elements that differ most', options, async () => {
  const { page, errors } = await openDiff('done');
  await openPair(page, 'lm_head.weight');
  await page.waitForSelector('#pair .ulps');
  assert.deepEqual(await page.$$eval('#pair .meta', (lines) => lines.map((line) => line.textContent)), ['A F32 · 49,152 × 576 · model.safetensors', 'B model.lm_head.weight · BF16 · 49,152 × 576 · model-bf16.safetensors']);
  assert.equal(await text(page, '#pair .verdict'), 'unexplained Another training state: cosine 0.9981.');
  const bins = await page.$$eval('#pair .ulps tbody tr', (lines) => lines.map((line) => ({
    title: line.children[0].textContent, count: line.children[2].textContent, width: line.querySelector('i')?.getBoundingClientRect().width ?? 0,
  })));
  assert.deepEqual(bins.map(({ title }) => title), ['0', '1', '2', '3–4', '5–8', '9–16', '17–32', '33–64', '65–128', '129–256', '257–2²⁰', '2²⁰–2²¹', 'Inf on one side', 'NaN on one side']);
  assert.deepEqual(bins.slice(9).map(({ count }) => count), ['27', '0', '2', '1', '3'], 'bins that hold nothing are drawn as one');
  assert(bins[0].width > bins[1].width && bins[1].width > bins[2].width && bins[2].width > bins[9].width && bins[9].width > 0 && bins[10].width === 0);
  const worst = await page.$$eval('#pair .worst tbody tr', (lines) => lines.map((line) => [...line.children].map((cell) => cell.textContent)));
  assert.equal(worst.length, 10);
  assert.deepEqual(worst[0], ['[17, 3]', 'NaN', '0.3457031', 'Infinity', '–']);
  assert.equal(await page.$eval('#pair [data-stat="equal"]', (cell) => /** @type {HTMLElement} */ (cell).dataset.value), '2548039');
  await openPair(page, 'model.layers.2.mlp.up_proj.weight');
  await page.waitForSelector('#pair .ways li:nth-child(2)');
  assert.equal(await text(page, '#pair .verdict'), 'explained B is A rounded to the nearest BF16.');
  assert.match(await text(page, '#pair .body'), /rounded to BF16 they are the same/);
  assert.deepEqual(errors, []);
  await page.close();
});

test('j and k step through the list, Escape and the browser’s way back close a pair, and the focus returns', options, async () => {
  const { page } = await openDiff('done');
  await toList(page);
  const names = await order(page);
  await page.focus('#pair-tensor-list');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const shown = (/** @type {number} */ i) => page.waitForFunction((name) => document.querySelector('#pair-name')?.textContent === name, {}, names[i]);
  await shown(1);
  await page.keyboard.press('j');
  await shown(2);
  await page.keyboard.press('k');
  await page.keyboard.press('k');
  await shown(0);
  assert.match(await text(page, '#pair .body'), /the file ended early/, 'one that could not be read says why');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#pair[hidden]');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'pair-tensor-list');
  assert.equal(await page.evaluate(() => document.body.dataset.view), 'compare');
  await page.close();
});

test('the way back leads to the scan as it was, and forward to the comparison', options, async () => {
  const { page, errors } = await openDiff('done');
  const view = (/** @type {string} */ name) => page.waitForSelector(`body[data-view="${name}"]`);
  assert.equal(await text(page, '#back'), '← Back to made up');
  await toList(page);
  await openPair(page, 'model.norm.weight');
  await page.click('#back');
  await view('scan');
  assert.equal(await page.evaluate(() => location.hash), '');
  assert.equal(await text(page, '#headline'), 'Made up.');
  await page.$eval('#tensors', (list) => list.scrollIntoView());
  await page.waitForSelector('#tensor-list [data-tensor]');
  assert.equal(await page.$eval('#comparison', (compare) => /** @type {HTMLElement} */ (compare).offsetParent), null);
  await page.click('#to-comparison');
  await view('compare');
  assert.equal(await page.evaluate(() => location.hash), '#compare');
  await page.click('#show-formats');
  await page.waitForSelector('#formats-view[open]');
  await page.evaluate(() => history.back());
  await page.waitForSelector('#formats-view:not([open])');
  assert.equal(await page.evaluate(() => document.body.dataset.view), 'compare', 'the formats stand over the comparison');
  await page.evaluate(() => history.back());
  await view('scan');
  await page.evaluate(() => history.forward());
  await view('compare');
  await page.click('#swap');
  assert.deepEqual(await calls(page), [['swap']]);
  assert.deepEqual(errors, []);
  await page.close();
});

test('while it is read, what holds so far is said to be so far, and it can be cancelled', options, async () => {
  const { page, errors } = await openDiff('scanning');
  assert.match(await text(page, '#compare-headline'), /^So far: B is A rounded/);
  assert.match(await text(page, '#progress-text'), /^[\d.]+ [MG]B of [\d.]+ [MG]B · 18 of 41 tensors · 650 MB\/s · 0\.68 s left$/);
  assert.match(await page.$eval('#progress-spoken', (spoken) => spoken.textContent ?? ''), /18 of 41 tensors/);
  assert.equal(await page.$eval('#compare-shares i', (share) => share.parentElement?.getAttribute('aria-label')?.includes('identical') ?? false), true);
  assert.equal(await page.$eval('#save-diff', (group) => /** @type {HTMLElement} */ (group).hidden), true);
  await page.click('#cancel');
  assert.deepEqual(await calls(page), [['cancel']]);
  assert.deepEqual(errors, []);
  await page.close();
});

test('its end is spoken', options, async () => {
  const { page } = await openDiff('scanning');
  assert.equal(await page.$eval('#compare-spoken', (spoken) => spoken.textContent), '');
  await page.evaluate(() => {
    const { madeUpComparison } = /** @type {any} */ (window);
    madeUpComparison.state.phase = 'done';
    madeUpComparison.tell();
  });
  await page.waitForFunction(() => /^The comparison is done\. B is A rounded/.test(document.querySelector('#compare-spoken')?.textContent ?? ''));
  await page.close();
});

test('two that are the same need no explanation', options, async () => {
  const { page } = await openDiff('same');
  assert.equal(await text(page, '#compare-headline'), 'A and B are the same: all 41 tensors have the same bits.');
  assert.equal(await text(page, '#findings'), '');
  assert.equal(await page.$('#compare-problems:not([hidden])'), null);
  await page.close();
});

test('what could not be compared says why, and the scan is one press away', options, async () => {
  const { page } = await openDiff('failed');
  assert.equal(await text(page, '#failure-title'), 'This could not be compared.');
  assert.match(await text(page, '#failure-text'), /^B: None of these 4 files/);
  assert.equal(await page.$('#entrance:not([hidden])'), null);
  await page.click('#back');
  await page.waitForSelector('body[data-view="scan"] #failure[hidden]');
  await page.close();
});

test('hostile names are text', options, async () => {
  const { page, errors } = await openDiff('done');
  await toList(page);
  assert.match(String((await order(page))[0]), /^<img/);
  assert.match(await text(page, '#compare-problems'), /<img src=x/);
  const harm = await page.evaluate(() => [document.body.dataset.owned ?? null, document.querySelectorAll('main img').length]);
  assert.deepEqual(harm, [null, 0]);
  assert.deepEqual(errors, []);
  await page.close();
});

for (const [width, what] of /** @type {[number, string][]} */ ([[390, 'a phone'], [640, 'twice the size']])) {
  test(`everything fits ${what}`, options, async () => {
    const { page } = await openDiff('done');
    await page.setViewport({ width, height: 800 });
    await openPair(page, 'lm_head.weight');
    await page.waitForSelector('#pair .worst');
    await page.$$eval('#findings details', (all) => all.forEach((details) => { details.open = true; }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const across = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(across <= width, `the page ends at ${across}`);
    const cut = await page.$$eval('#comparison :is(h1, p, li, summary, button, .sides td)', (all, width) => all
      .filter((one) => /** @type {HTMLElement} */ (one).offsetParent && one.getBoundingClientRect().right > width + 1).map((one) => one.textContent?.slice(0, 40)), width);
    assert.deepEqual(cut, []);
    await page.close();
  });
}

test('100,000 pairs are sorted, filtered and scrolled with few elements and no long task', { timeout: 3 * patience_ms }, async (t) => {
  const { page } = await openDiff('done', 11_110);
  await toList(page, 'lm_head.weight');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  if (isChromium) {
    await page.evaluate(() => {
      const durations = (/** @type {any} */ (window).longTasks_ms = /** @type {number[]} */ ([]));
      new PerformanceObserver((list) => durations.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
    });
  }
  await press(page, '#pair-headings .c-max_abs button');
  await page.waitForSelector('#pair-headings .c-max_abs[aria-sort="descending"]');
  await filter(page, 'kind:explained up_proj');
  await matches(page, '11,110');
  await page.evaluate(async () => {
    for (let i = 1; i <= 40; i++) {
      scrollTo(0, (document.documentElement.scrollHeight * i) / 40);
      await new Promise(requestAnimationFrame);
    }
  });
  assert((await page.$$('#pair-tensor-list .line')).length < 80);
  const longest_ms = await page.evaluate(() => Math.max(0, ...(/** @type {any} */ (window).longTasks_ms ?? [])));
  t.diagnostic(`the longest task over 50 ms: ${longest_ms} ms`);
  assert(longest_ms < 150, `a task of ${longest_ms} ms`);
  await page.close();
});
