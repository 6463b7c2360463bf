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

const rules = { createScriptURL: ownUrl };

/** @type {{createScriptURL: (url: string) => any}} */
export const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('floatscope', rules) ?? rules;
