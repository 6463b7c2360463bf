// @ts-check
// What the lab draws, by a forward pass that is made up. Real ones are in lab.test.mjs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patience_ms, text, useBrowser } from './harness.mjs';
import { openMadeUp } from './support/made-up.mjs';

const { browser } = useBrowser();
const options = { timeout: patience_ms };

/** @param {string} state see made-up-lab.js @param {number} [width] of the window */
async function inLab(state, width = 1280) {
  const tab = await openMadeUp(browser(), 4, `&lab=${state}`);
  await tab.page.setViewport({ width, height: 800 });
  await tab.page.click('#to-lab');
  await tab.page.waitForSelector('#forward-view[open]');
  return tab;
}

test('what is asked for is what the form says, and it can be cancelled', options, async () => {
  const { page, errors } = await inLab('form');
  const titles = () => page.$$eval('.policies small', (titles) => titles.map((title) => title.textContent));
  assert.deepEqual(await titles(), ['from_pretrained(dtype=bfloat16)', '.to(bfloat16)']);
  await page.select('[data-policy="b.softmax"]', 'f16');
  assert.deepEqual(await titles(), ['from_pretrained(dtype=bfloat16)', 'chosen below']);
  await page.click('.lab-form button.primary');
  const [wanted] = await page.evaluate(() => /** @type {any} */ (window).madeUpLab.calls);
  assert.equal(wanted.a, 'inv_freq=f32,activations=bf16,norm=f32,softmax=f32,accumulate=f32,weights=stored');
  assert.equal(wanted.b, 'inv_freq=bf16,activations=bf16,norm=f32,softmax=f16,accumulate=f32,weights=stored');
  assert.equal(wanted.attribute, false);
  await page.click('#forward-view .running button');
  assert.match(await text(page, '#forward-view .ended'), /^The run was cancelled\.$/);
  assert.deepEqual(errors, []);
  await page.close();
});

/** How many lines the name of a policy takes, before its bracket and behind. @param {import('puppeteer-core').Page} page @param {string} selector */
const linesOf = (page, selector) => page.$eval(selector, (call) => [call, call.querySelector('.arguments')].map((element) => {
  const range = document.createRange();
  range.selectNode(/** @type {Node} */ (element?.firstChild));
  return new Set([...range.getClientRects()].map(({ top }) => top)).size;
}));

test('the name of a policy breaks at its bracket', options, async () => {
  for (const width of [1280, 640, 390]) {
    const { page } = await inLab('form', width);
    assert.deepEqual(await linesOf(page, '.policies small'), [1, 1], `at ${width}`);
    await page.close();
  }
});

test('the result says what it is of, and what the colours mean', options, async () => {
  const { page } = await inLab('done');
  const said = await page.$$eval('.subject :is(dt, dd)', (parts) => parts.map((part) => part.textContent));
  assert.deepEqual(said, [
    'a', 'from_pretrained(dtype=bfloat16)inv_freq=f32, activations=bf16, norm=f32, softmax=f32, accumulate=f32, weights=stored',
    'b', 'inv_freq=bf16, softmax=bf16, else as a', 'tokens', '1 “<b>”, 2 “ bold”, 3 “\n”',
  ]);
  const key = await page.$$eval('.parting .legend li', (parts) => parts.map((part) => part.textContent));
  assert.deepEqual(key, ['all results are equal', 'differ by 0.00064 to 0.012 on average', 'the first to differ']);
  await page.close();
});

test('in a low window a pass that has begun is in sight', options, async () => {
  const { page } = await inLab('form', 640);
  await page.setViewport({ width: 640, height: 400 });
  await page.click('.lab-form button.primary');
  const isSeen = await page.$eval('#forward-view .running button', (button) => button.getBoundingClientRect().bottom <= innerHeight);
  assert.equal(isSeen, true);
  await page.close();
});

test('how far it is, and at which module', options, async () => {
  const { page } = await inLab('running');
  assert.equal(await text(page, '#forward-view .running p'), '62.0 MB of 325 MB · 62.0 MB/s · 4.2 s left · layers.4.mlp.up_proj');
  assert.equal(await page.$eval('.lab-form button.primary', (button) => /** @type {HTMLButtonElement} */ (button).disabled), true);
  await page.close();
});

test('without config.json, and a refusal', options, async () => {
  const bare = await inLab('no-config');
  assert.equal(await bare.page.$('.lab-form').then((form) => form?.isVisible()), false);
  await bare.page.close();
  const { page } = await inLab('failed');
  assert.match(await text(page, '#forward-view [role=alert]'), /^Token 99,999, at position 1, is outside the vocabulary\.$/);
  await page.close();
});

test('the pictures say where it starts and how it grows, for the width they have', options, async () => {
  for (const width of [1280, 390]) {
    const { page, errors } = await inLab('done', width);
    await page.waitForSelector('.growth .mean circle');
    assert.equal(await page.$eval('.parting .begins', (label) => label.textContent), 'starts at layer 0, o_proj');
    assert.equal(await page.$$eval('.parting .first', (cells) => cells.length), 1);
    assert.equal(await page.$$eval('.growth .mean circle', (dots) => dots.length), 4);
    await page.focus('.growth [role=slider]');
    await page.keyboard.press('Home');
    assert.match(await page.$eval('.growth [role=slider]', (slider) => slider.getAttribute('aria-valuetext') ?? ''), /^Layer 0: differs by 0\.0004 on average, at most 0\.02; 50\.00 % are equal$/);
    assert.equal(await page.$eval('#forward-view', (dialog) => dialog.scrollWidth <= dialog.clientWidth), true, `nothing is cut off at ${width}`);
    assert.equal(await page.$('#forward-view b:not(.bar)'), null);
    assert.deepEqual(errors, []);
    await page.close();
  }
});
