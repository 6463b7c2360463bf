// @ts-check
// Where an address is given: a URL or a repository. What is read from there is read in a document of its own, so
// that the page for local files may connect nowhere.

import { byId } from './dom.js';
import { hashOf } from './permalink.js';

/** @typedef {import('../engine/messages.js').Address} Address */

/** Which of the documents this is. */
export const isRemote = document.documentElement.dataset.document === 'remote';

/** @param {string} id */
const typed = (id) => /** @type {HTMLInputElement} */ (byId(id)).value.trim();

/** The address of a text, with what the form says besides. @param {string} text @param {boolean} isSampled @returns {Address} */
export const addressOf = (text, isSampled) => ({ text, isSampled, hub: typed('hub'), token: typed('token') });

/** @param {(text: string) => void} open what becomes of an address in this document */
export function wireAddress(open) {
  // The page as one file names no other.
  if (isRemote) byId('to-local').setAttribute('href', 'index.html');
  const input = /** @type {HTMLInputElement} */ (byId('address-input'));
  byId('address').addEventListener('submit', (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return input.focus();
    if (isRemote) open(text);
    else location.href = `remote.html${hashOf({ src: text })}`;
  });
}

/** @param {string} id @param {string} text */
const show = (id, text) => { /** @type {HTMLInputElement} */ (byId(id)).value = text; };

/** @param {string} text */
export const showAddress = (text) => show('address-input', text);

/** The hub that is given. */
export const hubGiven = () => typed('hub');

/** A link says where to read: the token, which was given for another place, must not go there. */
export const forgetToken = () => show('token', '');

/** @param {string} text @param {string} hub */
export function showLinked(text, hub) {
  forgetToken();
  showAddress(text);
  show('hub', hub);
}
