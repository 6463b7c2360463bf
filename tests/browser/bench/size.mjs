// @ts-check
// How much a visitor downloads before the first scan.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { dist } from '../support/server.mjs';

const LIMIT_BYTES = 150_000;

/** Page, styles, scripts and wasm, gzipped one by one as a host would. */
export function printSize() {
  const names = /** @type {string[]} */ (readdirSync(dist, { recursive: true }));
  const sizes = names
    .filter((name) => /\.(html|css|js|wasm|svg)$/.test(name))
    .map((name) => ({ name, bytes: gzipSync(readFileSync(join(dist, name)), { level: 9 }).length }));
  sizes.sort((a, b) => b.bytes - a.bytes);
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log('\nsize, gzipped');
  for (const { name, bytes } of sizes.slice(0, 5)) console.log(`  ${kB(bytes)}  ${name}`);
  console.log(`  ${kB(total)}  all ${sizes.length} files; the promise is ${kB(LIMIT_BYTES).trim()}`);
}

/** @param {number} bytes */
function kB(bytes) {
  return `${(bytes / 1000).toFixed(1).padStart(7)} kB`;
}
