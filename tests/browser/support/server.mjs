// @ts-check
// The server of the tests: `dist/` with the headers that `dist/_headers` says.
//
// It is also the browser's proxy, so that it sees every request the browser
// makes, whichever thread or feature made it, and lets none out.
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const dist = fileURLToPath(new URL('../../../dist/', import.meta.url));

/** The page's modules one by one, which a build makes one script of. */
const source = fileURLToPath(new URL('../../../www/', import.meta.url));

/** The page's name: a secure context like 127.0.0.1, but reached by the proxy. */
export const origin = 'http://floatscope.localhost';

/**
 * @typedef {{method: string, url: string, bytes: number}} Seen
 *   a request with an absolute URL and the length of its body
 * @typedef {{port: number, seen: Seen[], cut: (isCut: boolean) => void, close: () => Promise<void>}} Server
 *   one that is cut off hears what it is asked, and never answers
 */

/**
 * What other hosts answer, by their origins; nothing is "not found".
 * @typedef {Record<string, (path: string, response: import('node:http').ServerResponse, request: import('node:http').IncomingMessage) => unknown>} Others
 */

/** @param {string} [folder] that is served @param {Others} [others] @returns {Promise<Server>} */
export async function startServer(folder = dist, others = {}) {
  const rules = parseHeaders(await readFile(join(folder, '_headers'), 'utf8'));
  let isOff = false;
  /** @type {Seen[]} */
  const seen = [];
  const server = createServer((request, response) => {
    const entry = { method: request.method ?? '', url: request.url ?? '', bytes: 0 };
    seen.push(entry);
    if (isOff) return request.socket.destroy();
    request.on('data', (chunk) => (entry.bytes += chunk.length));
    request.on('end', () => {
      const { origin: host, pathname } = new URL(entry.url, origin);
      if (others[host]) others[host](decodeURIComponent(pathname), response, request);
      else respond(entry.url, folder, rules, response);
    });
  });
  // A tunnel to another host: written down and refused.
  server.on('connect', (request, socket) => {
    seen.push({ method: 'CONNECT', url: request.url ?? '', bytes: 0 });
    // A browser that ends meanwhile resets it.
    socket.on('error', () => {});
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { port: address.port, seen, cut: (isCut) => { isOff = isCut; }, close: () => closed(server) };
}

/** @param {import('node:http').Server} server */
async function closed(server) {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/**
 * @param {string} url
 * @param {string} folder
 * @param {Rule[]} rules
 * @param {import('node:http').ServerResponse} response
 */
async function respond(url, folder, rules, response) {
  const { origin: host, pathname } = new URL(url, origin);
  const path = pathname === '/' ? '/index.html' : decodeURIComponent(pathname);
  const isSource = path.startsWith('/source/');
  const file = isSource ? join(source, normalize(path.slice('/source'.length))) : join(folder, normalize(path));
  const found = host === origin && (await stat(file).catch(() => undefined))?.isFile();
  if (!found) return response.writeHead(404).end();
  for (const rule of rules.filter((rule) => rule.matches(path))) {
    for (const [name, value] of rule.headers) response.setHeader(name, value);
  }
  createReadStream(file).pipe(response);
}

/**
 * @typedef {{matches: (path: string) => boolean, headers: [string, string][]}} Rule
 * @param {string} text paths and patterns (`/`, `/*`, `/*.js`), each with indented headers
 * @returns {Rule[]}
 */
function parseHeaders(text) {
  /** @type {Rule[]} */
  const rules = [];
  for (const line of text.split('\n').filter((line) => line !== '')) {
    if (line.startsWith('  ')) {
      const at = line.indexOf(': ');
      rules[rules.length - 1].headers.push([line.slice(2, at), line.slice(at + 2)]);
    } else {
      const ending = line.slice('/*'.length);
      const matches = (/** @type {string} */ path) => (line.startsWith('/*') ? path.endsWith(ending) : path === line);
      rules.push({ matches, headers: [] });
    }
  }
  return rules;
}

/** Where browsers call home by themselves; our proxy lets none of it out. */
const VENDORS = /(^|\.)(google|googleapis|gvt1|mozilla|firefox)\.(com|org|net)$/;

/**
 * The requests that the page made, not the browser for itself.
 *
 * @param {Seen[]} seen
 */
export function requestsOfThePage(seen) {
  return seen.filter(({ method, url }) => {
    const host = method === 'CONNECT' ? url.split(':')[0] : new URL(url).hostname;
    return !VENDORS.test(host);
  });
}
