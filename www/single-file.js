// @ts-check
// The first script of the page as one file: has what the file carries unpacked by a worker, and starts the
// page's own script when that is there. Where other documents fetch, the page gets its files from here.

/** What is packed, in its order, and other names of it. @typedef {{files: [path: string, bytes: number, sum: number][], same: Record<string, string>, sum: number}} Contents */

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Says so in place of what could be begun with. @param {string} why */
function tell(why) {
  for (const id of ['welcome', 'entrance']) element(id).hidden = true;
  for (const button of document.querySelectorAll('header button')) button.remove();
  element('failure-title').textContent = 'Floatscope could not be started.';
  element('failure-text').textContent = why;
  element('failure').hidden = false;
}

/** Nothing but another copy helps. @param {string} what */
const useless = (what) => `${what} Get it again from where it came from.`;

/** @param {string} id @returns {string} what a part of this document carries, which is not kept there any longer */
function taken(id) {
  const part = document.getElementById(id);
  if (!part) {
    tell(useless('This file is cut off.'));
    throw new Error(`no ${id}`);
  }
  part.remove();
  return part.textContent ?? '';
}

/** The document's policy has the hash of the one script that may run. */
const rules = { createScript: String, createScriptURL: String };
/** @type {{createScript: (text: string) => any, createScriptURL: (url: string) => any}} */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('floatscope-unpack', rules) ?? rules;

// All of it, before anything is made of it: of what is cut off, the last parts are missing.
const [contents, unpacker, decoder, packed] = ['contents', 'unpacker', 'decoder', 'packed'].map(taken);
/** @type {Contents} */
const { files, same, sum } = JSON.parse(contents);
const code = URL.createObjectURL(new Blob([unpacker], { type: 'text/javascript' }));
const worker = new Worker(policy.createScriptURL(code), { name: 'unpacker' });

/** @param {string} path @returns {Promise<Response>} once it is unpacked */
const arrival = (path) => new Promise((resolve, reject) => {
  const type = path.endsWith('.wasm') ? 'application/wasm' : '';
  worker.addEventListener('message', ({ data }) => {
    if (data.path === path) resolve(new Response(data.bytes, { headers: { 'Content-Type': type } }));
    if (data.error) reject(new Error(useless(`This file is damaged: ${data.error}.`)));
  });
  worker.addEventListener('error', ({ message }) => reject(new Error(message)));
});

const arrivals = new Map(files.map(([path]) => [path, arrival(path)]));
// Who asks for one hears of what went wrong.
for (const file of arrivals.values()) file.catch(() => {});
Promise.allSettled(arrivals.values()).then(() => worker.terminate());
worker.postMessage({ files, sum, decoder, packed });

/** @param {string} path */
async function supply(path) {
  const file = arrivals.get(same[path] ?? path);
  if (!file) throw new Error(`${path} is not in this file`);
  // Another may ask for it, too.
  return (await file).clone();
}

async function start() {
  const script = document.createElement('script');
  script.type = 'module';
  script.textContent = policy.createScript(await (await supply('main.js')).text());
  /** @type {any} */ (globalThis).floatscopeSupply = supply;
  document.body.append(script);
}

start().catch(({ message }) => tell(message));
