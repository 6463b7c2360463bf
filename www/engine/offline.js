// @ts-check
// Has the browser keep the page, so that it starts without a network the next time.

import { loadArtifacts } from './artifacts.js';
import { serviceWorkerUrl, trusted } from './trusted.js';

/** How long after something was read. */
const QUIET_MS = 1000;

/** A page that is hosted, and not one that is shown in another, lies on the disk or is being worked on. */
function mayBeKept() {
  const { document: kind } = document.documentElement.dataset;
  const isHosted = (kind === 'local' || kind === 'remote') && location.protocol.startsWith('http');
  return isHosted && isSecureContext && window.top === window && 'serviceWorker' in navigator;
}

/** Some browsers find no idle moment in a page that draws nothing. */
const SOON = { timeout: 2000 };

/** @returns {Promise<unknown>} when the browser has nothing better to do; not every one tells */
const idle = () => new Promise((resolve) => {
  if ('requestIdleCallback' in window) requestIdleCallback(resolve, SOON);
  else setTimeout(resolve);
});

/** @param {() => boolean} isBusy whether something is being read, which goes first */
export async function keepForOffline(isBusy) {
  if (!mayBeKept()) return;
  // What this page needs comes before what another needs.
  await (await loadArtifacts()).module('compare');
  while (isBusy()) await new Promise((resolve) => { setTimeout(resolve, QUIET_MS); });
  await idle();
  await navigator.serviceWorker.register(trusted(serviceWorkerUrl()), { updateViaCache: 'none' });
}
