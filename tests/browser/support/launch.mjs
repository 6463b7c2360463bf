// @ts-check
// Starts a stock Chromium or a stock Firefox: one way to drive either.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

/** Which browser this run is about: BROWSER says, and Chromium is the default. */
export const isFirefox = process.env.BROWSER === 'firefox';
export const isChromium = !isFirefox;

/** A folder of this process, gone when it ends. */
export const scratch = mkdtempSync(join(tmpdir(), 'floatscope-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }));

/** Where the browser puts what a person downloads. */
export const downloads = mkdtempSync(join(scratch, 'downloads-'));

/** Between two looks at a page: frames, the driver's own beat, come only to a tab in front, and another may just be closing. */
export const POLL_MS = 50;

/** Each test has its own limit; the driver's would cut long scans short. */
const NO_TIMEOUT = 0;

/**
 * @param {number} proxyPort where the server of the tests listens
 * @param {string[]} flags of Chromium's, besides
 * @param {string} direct a host that is reached without the proxy: its server sees the connections themselves
 */
export async function launch(proxyPort, flags = [], direct = '') {
  return isFirefox ? launchFirefox(proxyPort, direct) : launchChromium(proxyPort, flags, direct);
}

/** @param {number} proxyPort @param {string[]} flags @param {string} direct */
function launchChromium(proxyPort, flags, direct) {
  // The sandbox needs an ordinary user; a container often has only root.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return puppeteer.launch({
    protocolTimeout: NO_TIMEOUT,
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      ...sandbox,
      '--disable-dev-shm-usage',
      `--proxy-server=127.0.0.1:${proxyPort}`,
      `--proxy-bypass-list=<-loopback>${direct && `;${direct}`}`,
      ...flags,
    ],
    downloadBehavior: { policy: 'allow', downloadPath: downloads },
  });
}

/** @param {number} proxyPort @param {string} direct */
function launchFirefox(proxyPort, direct) {
  return puppeteer.launch({
    browser: 'firefox',
    protocolTimeout: NO_TIMEOUT,
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    extraPrefsFirefox: {
      'network.proxy.type': 1,
      'network.proxy.http': '127.0.0.1',
      'network.proxy.http_port': proxyPort,
      'network.proxy.ssl': '127.0.0.1',
      'network.proxy.ssl_port': proxyPort,
      'network.proxy.allow_hijacking_localhost': true,
      'network.proxy.no_proxies_on': direct,
      'browser.download.folderList': 2,
      'browser.download.dir': downloads,
      'browser.download.always_ask_before_handling_new_types': false,
      // Otherwise the new-tab page and its pings show up among our requests.
      'browser.newtabpage.enabled': false,
      'network.connectivity-service.enabled': false,
    },
  });
}
