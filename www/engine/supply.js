// @ts-check
// Where the files of the build come from: from beside the page, unless it brought them along itself.

/** A file of the build, by its path there. @typedef {(path: string) => Promise<Response>} Supply */

/** On another's page nothing is fetched or started ahead of its use. */
export const manners = { isGuest: false };

/** @type {Supply} */
async function fromBeside(path) {
  const response = await fetch(new URL(`../${path}`, import.meta.url));
  if (!response.ok) throw new Error(`${path} could not be loaded (${response.status} ${response.statusText})`);
  return response;
}

/** @type {Supply} */
export const supplied = /** @type {any} */ (globalThis).floatscopeSupply ?? fromBeside;
