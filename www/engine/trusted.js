// @ts-check
// The one place that turns a string into the address of a script. Only what is ours gets through: code that this
// page made, and its service worker.

const SERVICE_WORKER = 'service-worker.js';

/** @returns {string} */
export const serviceWorkerUrl = () => new URL(`../${SERVICE_WORKER}`, import.meta.url).href;

/** @param {string} url */
function ownUrl(url) {
  if (!url.startsWith('blob:') && url !== serviceWorkerUrl()) throw new TypeError(`${url} is no worker of this page`);
  return url;
}

/** Made when it is needed, and once: another's page may forbid it. @type {{createScriptURL: (url: string) => any} | undefined} */
let policy;

/** @param {string} url @returns {any} the address of a script */
export function trusted(url) {
  const rules = { createScriptURL: ownUrl };
  policy ??= /** @type {any} */ (globalThis).trustedTypes?.createPolicy('floatscope', rules) ?? rules;
  return /** @type {NonNullable<typeof policy>} */ (policy).createScriptURL(url);
}
