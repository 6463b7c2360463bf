// @ts-check
// Keeps the files of one build, so that the page starts without a network. The build writes above this which
// files they are (`FILES`, each with its hash) and what all of them together are called (`BUILD`).
//
// Nothing else is touched: what is not on the list, other origins and parts of files go to the network as if
// this were not here. It sees no file of a person's own.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const folder = new URL('./', worker.location.href).href;
/** Other folders of this host may have a Floatscope of their own. */
const ours = `floatscope ${folder} `;
const kept = ours + BUILD;

/** All of it is there and of this build, or this worker is never used: hashes tell. */
async function keep() {
  const files = Object.entries(FILES).map(([path, integrity]) => new Request(folder + path, { integrity, cache: 'no-cache' }));
  await (await caches.open(kept)).addAll(files);
}

/** Runs when no page uses an earlier build any more. */
async function forgetOthers() {
  const others = (await caches.keys()).filter((name) => name.startsWith(ours) && name !== kept);
  await Promise.all(others.map((name) => caches.delete(name)));
}

/** @param {Request} request @returns {string | null} the file that is asked for, if it is one of ours */
function fileOf({ method, mode, url, headers }) {
  if (method !== 'GET' || headers.has('Range') || !url.startsWith(folder)) return null;
  const { origin, pathname, search } = new URL(url);
  const path = (origin + pathname).slice(folder.length);
  const file = mode === 'navigate' && path === '' ? 'index.html' : path;
  // What a person adds to the address of a page is the page's to read.
  return Object.hasOwn(FILES, file) && (search === '' || mode === 'navigate') ? file : null;
}

/** @param {string} file @param {Request} request */
async function answer(file, request) {
  const cache = await caches.open(kept);
  const response = await cache.match(folder + file, { ignoreVary: true });
  if (!response) return fetch(request);
  // A host may have sent us on to another spelling of the address, which a browser doesn't take from here for a page.
  return response.redirected ? new Response(response.body, response) : response;
}

worker.addEventListener('install', (event) => event.waitUntil(keep()));
worker.addEventListener('activate', (event) => event.waitUntil(forgetOthers()));
worker.addEventListener('fetch', (event) => {
  const file = fileOf(event.request);
  if (file !== null) event.respondWith(answer(file, event.request));
});
