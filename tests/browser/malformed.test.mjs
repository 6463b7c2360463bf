// @ts-check
// Every malformed file that is kept: the page says about it what the command
// says, and goes on to the next.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { patience_ms, phase, pick, text, useBrowser } from './harness.mjs';
import { assertSameTensors, nativeReport, savedReport } from './support/native.mjs';

const { open } = useBrowser();
const folder = fileURLToPath(new URL('../malformed/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));

/** @type {Promise<import('./harness.mjs').Tab> | undefined} */
let opened;

for (const name of names) {
  test(`${name} is told as the command tells it`, { timeout: patience_ms }, async () => {
    const { page, errors } = await (opened ??= open());
    await pick(page, join(folder, name));
    // So that the end of the file before is not taken for the end of this one.
    await page.waitForFunction((name) => document.body.innerText.includes(name), {}, name);
    const ended = await phase(page, 'done', 'failed');
    const native = await nativeReport(join(folder, name));
    const { tensors, problems } = JSON.parse(native);
    assert.equal(ended, tensors.length > 0 ? 'done' : 'failed');
    if (ended === 'done') await sameReport(page, native);
    const shown = await text(page, 'main');
    // Where nothing could be read, the first problem is said and the rest are counted.
    const told = ended === 'done' ? problems : problems.slice(0, 1);
    for (const { what } of told) assert(shown.includes(what), `${what}\nis not in\n${shown}`);
    assert.deepEqual(errors, []);
  });
}

/** @param {import('./harness.mjs').Page} page @param {string} native */
async function sameReport(page, native) {
  const saved = await savedReport(page);
  assertSameTensors(saved, native);
  assert.deepEqual(JSON.parse(saved).problems, JSON.parse(native).problems);
}
