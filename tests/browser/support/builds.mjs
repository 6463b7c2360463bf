// @ts-check
// A built page in a folder of its own, and other builds put in its place, as a host does it.
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dist, origin, requestsOfThePage } from './server.mjs';

/** How the build begins the service worker's script. */
const LIST = /^const BUILD="([^"]*)",FILES=(\{[^}]*\});\n/;

/**
 * The files that a build says it has, with their hashes, and its name.
 *
 * @param {string} [folder]
 * @returns {{build: string, files: Record<string, string>}}
 */
export function listed(folder = dist) {
  const [, build, files] = LIST.exec(readFileSync(join(folder, 'service-worker.js'), 'utf8')) ?? [];
  return { build, files: JSON.parse(files) };
}

/**
 * What the page asked for besides its own files, which a browser fetches when it needs them: its icon may come late.
 *
 * @param {import('./server.mjs').Seen[]} seen
 * @returns {string[]} method, URL and the length of the body
 */
export function leaving(seen) {
  const own = new Set(Object.keys(listed().files).map((path) => `GET ${origin}/${path} 0`));
  return requestsOfThePage(seen).map(({ method, url, bytes }) => `${method} ${url} ${bytes}`).filter((request) => !own.has(request));
}

/** @param {string} path */
export const hashOf = (path) => `sha256-${createHash('sha256').update(readFileSync(path)).digest('base64')}`;

/** @param {string} folder to be made */
export function copyOfBuild(folder) {
  cpSync(dist, folder, { recursive: true });
  return folder;
}

/**
 * Another build of the page, whose parts say which they are of: the document, the script and the style.
 *
 * @param {string} folder
 * @param {string} name
 * @param {boolean} [isWhole] or one file is still of the build before
 */
export function deploy(folder, name, isWhole = true) {
  /** @type {[string, (text: string) => string][]} */
  const changes = [
    ['index.html', (text) => text.replace('data-document="local"', `data-document="local" data-of="${name}"`)],
    ['main.js', (text) => `${text}\ndocument.body.dataset.of="${name}";\n`],
    ['style.css', (text) => `${text}\n:root{--of:${name}}\n`],
  ];
  const { files } = listed();
  for (const [path, change] of changes) {
    const before = readFileSync(join(folder, path));
    writeFileSync(join(folder, path), change(readFileSync(join(dist, path), 'utf8')));
    files[path] = hashOf(join(folder, path));
    if (!isWhole && path === 'style.css') writeFileSync(join(folder, path), before);
  }
  const script = readFileSync(join(dist, 'service-worker.js'), 'utf8');
  writeFileSync(join(folder, 'service-worker.js'), script.replace(LIST, `const BUILD="${name}",FILES=${JSON.stringify(files)};\n`));
}
