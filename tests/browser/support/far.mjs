// @ts-check
// A server on a port of its own that behaves as it is told: other than the page's, so that what one origin may
// know of another holds.
import { createServer } from 'node:http';

/**
 * @typedef {object} Manners how it behaves; nothing said is a good server
 * @property {boolean} [noCors] lets no page of another origin read
 * @property {boolean} [noRanges] sends all of it to who asks for a part
 * @property {boolean} [sendsPages] calls all that it has a web page
 * @property {boolean} [hidesHeaders] exposes neither Content-Range nor ETag
 * @property {boolean} [noTag] has no ETag
 * @property {number} [drops] ends every so many-th connection in the middle of the body
 * @property {number} [slow_ms] waits before each answer
 * @property {number} [changes] is another file after so many requests
 * @property {number} [busy] answers 429 to so many requests at first
 * @property {string} [token] that it wants
 * @property {string} [redirects] to another origin
 */
/** @typedef {{url: (path: string) => string, origin: string, seen: {path: string, range: string | undefined, token: string | undefined}[], close: () => Promise<void>}} Far */

/**
 * @param {Record<string, Buffer>} files by their paths
 * @param {Manners} [manners]
 * @returns {Promise<Far>}
 */
export async function startFar(files, manners = {}) {
  /** @type {Far['seen']} */
  const seen = [];
  const server = createServer((request, response) => {
    const path = decodeURI((request.url ?? '').split('?')[0]);
    if (!manners.noCors) {
      response.setHeader('Access-Control-Allow-Origin', '*');
      response.setHeader('Access-Control-Allow-Headers', 'Authorization, Range');
      if (!manners.hidesHeaders) response.setHeader('Access-Control-Expose-Headers', 'Content-Range, ETag');
    }
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    seen.push({ path, range: request.headers.range, token: request.headers.authorization });
    setTimeout(() => answer(request, response, path, seen.length), manners.slow_ms ?? 0);
  });

  /**
   * @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response
   * @param {string} path @param {number} number of the request
   */
  function answer(request, response, path, number) {
    const file = files[path];
    if (manners.busy && number <= manners.busy) return response.writeHead(429, { 'Retry-After': '0' }).end();
    if (manners.token && request.headers.authorization !== `Bearer ${manners.token}`) return response.writeHead(401).end();
    if (manners.redirects) return response.writeHead(302, { Location: manners.redirects + request.url }).end();
    if (!file) return response.writeHead(404).end();
    const hasChanged = manners.changes !== undefined && number > manners.changes;
    const bytes = hasChanged ? Buffer.concat([file.subarray(0, 12), Buffer.from([file[12] ^ 1]), file.subarray(13)]) : file;
    if (manners.sendsPages) response.setHeader('Content-Type', 'text/html; charset=utf-8');
    if (!manners.noTag) response.setHeader('ETag', `"${hasChanged}"`);
    const range = manners.noRanges ? null : /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
    const [first, last] = range ? [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)] : [0, bytes.length - 1];
    if (range && first >= bytes.length) return response.writeHead(416).end();
    const body = bytes.subarray(first, last + 1);
    response.writeHead(range ? 206 : 200, { 'Content-Length': body.length, ...(range && { 'Content-Range': `bytes ${first}-${last}/${bytes.length}` }) });
    if (!manners.drops || number % manners.drops) return response.end(body);
    response.write(body.subarray(0, body.length >> 1), () => response.destroy());
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin, seen, url: (path) => origin + path,
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}

/** @param {Record<string, Buffer>} files @param {Manners} manners @param {(far: Far) => Promise<void>} use */
export async function withFar(files, manners, use) {
  const far = await startFar(files, manners);
  try {
    await use(far);
  } finally {
    await far.close();
  }
}

/** Gives an address as a person does. @param {import('puppeteer-core').Page} page @param {string} address */
export async function read(page, address) {
  await page.$eval('#address-input', (input) => { /** @type {HTMLInputElement} */ (input).value = ''; });
  await page.type('#address-input', address);
  await page.click('#address button[type="submit"]');
}

/**
 * The files of a hub: one repository, its listing under each of the revisions.
 * @param {string} repository @param {Record<string, Buffer>} files @param {string[]} revisions
 */
export function hubFiles(repository, files, revisions = ['main']) {
  const commit = 'c0ffee';
  const siblings = Object.entries(files).map(([rfilename, { length }]) => ({ rfilename, size: length }));
  const listing = Buffer.from(JSON.stringify({ sha: commit, siblings }));
  return Object.fromEntries([
    ...revisions.map((revision) => [`/api/models/${repository}/revision/${revision}`, listing]),
    ...Object.entries(files).map(([name, bytes]) => [`/${repository}/resolve/${commit}/${name}`, bytes]),
  ]);
}
