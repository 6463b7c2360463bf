// @ts-check
// What the page saves for model cards: the command's bytes, and figures that are the JSON's.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isFirefox, patience_ms, phase, pick, scratch, useBrowser } from './harness.mjs';
import { bf16, f32, write } from './support/checkpoint.mjs';
import { EXPORTS, exported, nativeExport, nativeReport } from './support/native.mjs';

const { open, browser } = useBrowser();
const options = { timeout: patience_ms };
const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const sample = fileURLToPath(new URL('../../www/sample.safetensors', import.meta.url));

/** @param {string} path */
async function scanned(path) {
  const { page, errors } = await open();
  await pick(page, path);
  assert.equal(await phase(page, 'done'), 'done');
  await page.waitForFunction(() => document.body.dataset.look !== 'looking');
  return { page, errors };
}

for (const path of [sample, ...['dtypes', 'names', 'casts', 'every_code'].map((name) => join(fixtures, `${name}.safetensors`))]) {
  test(`what the page saves of ${basename(path)} is what the command writes, byte for byte`, options, async () => {
    const { page, errors } = await scanned(path);
    for (const [as, option] of EXPORTS) {
      const { name, text } = await exported(page, as);
      assert.equal(name, `${basename(path, '.safetensors')}.floatscope.${as}`);
      assert.equal(text, await nativeExport(path, option), `${as} differs`);
    }
    assert.deepEqual(errors, []);
    await page.close();
  });
}

/** A file with names that are hostile and layers that a map shows. */
function hostile() {
  const layers = Array.from({ length: 6 }, (_, layer) => bf16(`model.layers.${layer}.mlp.up_proj.weight`, [64, 96], layer + 1));
  return write(join(scratch, 'hostile.safetensors'), [
    ...layers,
    f32('<script>document.title="bad"</script>', [40, 3], 3),
    f32('" onload="x', [40, 3], 4),
    f32('a|b`c\n\u202ed', [40, 3], 5),
  ]);
}

/** A figure of the JSON as a table shortens it, read back. @param {string} shown */
const numberOf = (shown) => Number(shown.replaceAll('−', '-').replaceAll(',', '').replaceAll('≤ ', ''));

/** @param {string} shown @param {number} figure */
const agree = (shown, figure) => Math.abs(numberOf(shown) - figure) <= 6e-4 * Math.abs(figure);

for (const path of [sample, join(fixtures, 'casts.safetensors'), hostile()]) {
  test(`the page saved of ${basename(path)} opens under its policy, and its figures are the JSON’s`, options, async () => {
    const html = await nativeExport(path, '--html');
    const report = JSON.parse(await nativeReport(path));
    const file = join(scratch, 'report.html');
    writeFileSync(file, html);
    const page = await browser().newPage();
    /** @type {string[]} */
    const errors = [];
    page.on('console', (message) => errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(pathToFileURL(file).href);
    const seen = await page.evaluate((source) => {
      const strict = new DOMParser().parseFromString(source, 'application/xhtml+xml');
      const text = (/** @type {Element | null} */ element) => element?.textContent ?? '';
      const tables = [...document.querySelectorAll('table')];
      return {
        fault: text(strict.querySelector('parsererror')),
        isStyled: getComputedStyle(document.querySelector('h1') ?? document.body).fontWeight === '600',
        scripts: document.querySelectorAll('script, img, iframe, object, link').length,
        handlers: [...document.querySelectorAll('*')].flatMap((element) => element.getAttributeNames()).filter((name) => /^on|^style$/.test(name)),
        addresses: [...document.querySelectorAll('[href], [src]')].map((element) => element.getAttribute('href') ?? element.getAttribute('src')),
        title: document.title,
        headline: text(document.querySelector('h1')),
        pictures: [...document.querySelectorAll('svg:not([aria-hidden])')].every((svg) => svg.getAttribute('role') === 'img' && svg.getAttribute('aria-label')),
        scopes: [...document.querySelectorAll('th')].every((th) => th.hasAttribute('scope')),
        rows: [...(tables.at(-1)?.tBodies[0].rows ?? [])].map((row) => [...row.cells].map(text)),
        casts: [...document.querySelectorAll('tr[data-cast]')].map((row) => [row.getAttribute('data-cast') ?? '', ...[...row.children].map(text)]),
        isWide: document.documentElement.scrollWidth > innerWidth,
      };
    }, html);
    assert.deepEqual(errors, []);
    assert.equal(seen.fault, '');
    assert(seen.isStyled, 'the policy lets the style in');
    assert.deepEqual([seen.scripts, seen.handlers, seen.isWide], [0, [], false]);
    assert.deepEqual(seen.addresses, ['https://github.com/floatscope/floatscope']);
    assert.equal(seen.title, `${report.checkpoint.name} · Floatscope`);
    assert.equal(seen.headline, report.headline);
    assert(seen.pictures && seen.scopes);
    const rows = report.tensors.flatMap((/** @type {any} */ tensor) => (tensor.stats.re ? ['re', 'im'] : ['']).map((part) => ({ tensor, stats: tensor.stats[part] ?? tensor.stats, bits: tensor.bits[part] ?? tensor.bits })));
    assert.equal(seen.rows.length, rows.length);
    for (const [at, { tensor, stats, bits }] of rows.entries()) {
      const cells = seen.rows[at];
      for (const [cell, key] of /** @type {[number, string][]} */ ([[5, 'min'], [6, 'max'], [7, 'mean'], [8, 'std'], [9, 'zeros'], [10, 'nan']])) {
        const figure = stats[key];
        if (typeof figure === 'number') assert(agree(cells[cell], figure), `${tensor.name}: ${key} is ${figure} and not ${cells[cell]}`);
        else if (figure === null) assert.equal(cells[cell], '–');
      }
      assert(agree(cells[11], stats.pos_inf + stats.neg_inf), `${tensor.name}: infinite`);
      assert(Math.abs(numberOf(cells[12]) - bits.joint_entropy) <= 5e-3 * bits.joint_entropy, `${tensor.name}: ${cells[12]}`);
    }
    assert.deepEqual(seen.casts.map(([key]) => key), Object.keys(report.casts));
    for (const [key, , , , sqnr, , , overflow, to_zero] of seen.casts) {
      const cast = report.casts[key];
      if (typeof cast.sqnr_db === 'number') assert(Math.abs(numberOf(sqnr.replace(' dB', '')) - cast.sqnr_db) <= 0.051, `${key}: ${sqnr}`);
      assert.deepEqual([numberOf(overflow), numberOf(to_zero)], [cast.overflow, cast.underflow], key);
    }
    await page.close();
  });
}

/** Long names, four sizes, long counts, a verdict of several parts, and both parts of complex numbers. */
function wide() {
  const expert = (/** @type {number} */ layer) => `model.layers.${layer}.self_attn.very_long_projection_name.block_sparse_moe.experts.weight_scale`;
  const layers = Array.from({ length: 6 }, (_, layer) => bf16(expert(layer), [(layer % 3) * 40 + 24, 96], layer + 1));
  const convolution = f32('down_blocks.0.resnets.1.conv_shortcut.weight', [1280, 160, 3, 3], 4);
  convolution.data?.fill(0, 0, 4 * 1_234_567);
  const rotary = { ...f32('rotary', [128], 3), dtype: 'C64', shape: [16, 4] };
  return write(join(scratch, 'wide.safetensors'), [...layers, convolution, f32('up_blocks.0.conv.weight', [320, 160, 3, 3], 5), rotary]);
}

/** A page with what the command saves of it. @param {string} path */
async function saved(path) {
  const file = join(scratch, 'saved.html');
  writeFileSync(file, await nativeExport(path, '--html'));
  const page = await browser().newPage();
  await page.goto(pathToFileURL(file).href);
  return page;
}

/** By how many pixels the tables are wider than their places, the widest last. @param {import('./harness.mjs').Page} page */
const excesses = (page) => page.$$eval('.scroll:has(table)', (boxes) => boxes.map((box) => box.scrollWidth - box.clientWidth).sort((a, b) => a - b));

for (const path of [sample, wide()]) {
  test(`the tables of the page saved of ${basename(path)} fit a window, and scroll in a narrow one`, options, async () => {
    const page = await saved(path);
    for (const width of [1440, 1280, 1024]) {
      await page.setViewport({ width, height: 900 });
      assert.equal((await excesses(page)).at(-1), 0, `${width} px`);
    }
    await page.setViewport({ width: 390, height: 800 });
    assert(Number((await excesses(page)).at(-1)) > 0, 'there is more to the right');
    assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page itself does not scroll');
    const shade = await page.$eval('.scroll:has(table)', (box) => getComputedStyle(box).backgroundAttachment);
    assert.equal(shade, 'local, local, scroll, scroll', 'a shade at the edge says so');
    await page.close();
  });

  // Only Chromium lets a style open what is folded; Firefox has no way to see a page as on paper.
  test(`on paper the page saved of ${basename(path)} is unfolded, and fits`, { ...options, skip: isFirefox }, async () => {
    const page = await saved(path);
    const shown = () => page.$$eval('details li, details svg', (parts) => parts.map((part) => part.checkVisibility()));
    assert(!(await shown()).includes(true));
    await page.emulateMediaType('print');
    // A4, without its margins.
    await page.setViewport({ width: Math.floor((210 - 2 * 12) * 96 / 25.4), height: 1000 });
    const parts = await shown();
    assert(parts.length > 10 && !parts.includes(false), `${parts}`);
    assert.equal((await excesses(page)).at(-1), 0);
    assert.deepEqual(await page.$$eval('svg', (pictures) => pictures.filter((picture) => picture.getBoundingClientRect().right > innerWidth).length), 0);
    await page.close();
  });
}

test('the menu is worked by keyboard, and closes', options, async () => {
  const { page } = await scanned(sample);
  const focused = () => page.evaluate(() => document.activeElement?.id);
  await page.focus('#export-open');
  await page.keyboard.press('Enter');
  assert.equal(await focused(), 'save-json');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(), 'save-csv');
  await page.keyboard.press('End');
  assert.equal(await focused(), 'save-svg');
  await page.keyboard.press('Escape');
  assert.equal(await focused(), 'export-open');
  assert.equal(await page.$eval('#export-menu', (menu) => /** @type {HTMLElement} */ (menu).hidden), true);
  await page.setViewport({ width: 390, height: 800 });
  await page.click('#export-open');
  const box = await page.$eval('#export-menu', (menu) => menu.getBoundingClientRect().toJSON());
  assert(box.left >= 0 && box.right <= 390, JSON.stringify(box));
  await page.close();
});
