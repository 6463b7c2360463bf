// @ts-check
// Files at an address, read by ranges. They look like files of this machine to who reads them: they have a size and
// slices. What to make of an answer, and when to ask again, core says.

/** Read first, so that most headers need one request. */
const HEAD_BYTES = 256 << 10;
/** An answer that has no news for so long has failed. */
const PATIENCE_MS = 30_000;
/** Whoever waits so long for one wants to know what for. */
const SLOW_MS = 5000;

/** Where a repository is looked for, unless another hub is named. */
const HUB = 'https://huggingface.co';

/** What a file at an address is, as it is sent between workers. @typedef {import('./messages.js').RemotePlace} RemotePlace */
/** @typedef {{what: string | null, again: boolean, wait_ms: number | null, bytes: number | null, version: string | null}} Judgement */

/** Something that asking again may mend. */
class Trouble extends Error {
  /** @param {string} what @param {boolean} again @param {number | null} [wait_ms] */
  constructor(what, again, wait_ms = null) {
    super(what);
    this.again = again;
    this.wait_ms = wait_ms;
  }
}

/** The wasm module of this worker: each of them judges. */
const judging = () => /** @type {typeof wasm_bindgen} */ (core);

/**
 * Who asks, and until when: its fetch ends then, too. It may hear of what keeps it waiting.
 * @typedef {{fetch: (url: string, init: RequestInit) => Promise<Response>, signal?: AbortSignal, troubled?: (what: string) => void}} Asking
 */
/** @type {Asking} */
const ASKING = { fetch: (url, init) => fetch(url, init) };

let isTroubled = false;

/** Tells who asks what keeps it waiting, and when nothing does any more. @param {Asking} asking @param {string} [what] */
function tellTrouble(asking, what = '') {
  if (what || isTroubled) asking.troubled?.(what);
  isTroubled = what !== '';
}

/** Waits, unless nobody asks any more. @param {number} ms @param {AbortSignal | undefined} signal */
const pause = (ms, signal) => new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
  const done = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', done);
    resolve();
  };
  const timer = setTimeout(done, ms);
  signal?.addEventListener('abort', done);
});

/**
 * Waits before the next attempt, or gives up.
 * @param {unknown} error @param {number} failures in a row @param {number} spread @param {Asking} asking
 */
async function waitAfter(error, failures, spread, asking) {
  const { signal } = asking;
  if (signal?.aborted) throw new SourceError('the scan was stopped');
  if (!(error instanceof Trouble)) throw error;
  const delay = error.again ? judging().retry_delay_ms(failures, error.wait_ms ?? undefined, spread) : undefined;
  if (delay === undefined) throw new SourceError(failures > 1 ? `${error.message} (tried ${failures} times)` : error.message);
  tellTrouble(asking, `${error.message}; trying again`);
  await pause(delay, signal);
}

/** Whether any server ever answered, and how often none did before: what was never reached is most likely misspelt. */
let [hasAnswered, unanswered] = [false, 0];

/** Whether this is of a page, and not of Node: pages may not ask everybody. */
const IS_PAGE = 'location' in globalThis;

/** Where the policy of the page around lets nobody ask. @type {Set<string>} */
const forbidden = new Set();
// Node has neither.
globalThis.addEventListener?.('securitypolicyviolation', (/** @type {any} */ { blockedURI }) => {
  if (URL.canParse(blockedURI)) forbidden.add(new URL(blockedURI).origin);
});

/** A browser does not say why nothing came: whether a server is there at all tells. @param {string} url @param {Asking} asking @returns {Promise<Trouble>} */
async function unreachable(url, asking) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    await asking.fetch(url, { mode: 'no-cors', credentials: 'omit', signal: stop.signal });
    return new Trouble('the server is there and does not let pages of other sites read it: it sends no Access-Control-Allow-Origin', false);
  } catch {
    const { origin } = new URL(url);
    if (forbidden.has(origin)) return new Trouble(`the policy of the page forbids it: its connect-src does not allow ${origin}`, false);
    return new Trouble(`nothing came: there is no connection, ${IS_PAGE ? 'no such server, or this page may not ask it' : 'or no such server'}`, hasAnswered || ++unanswered < 3);
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

/**
 * @param {string} url @param {string | null} token @param {[begin: number, end: number] | null} range @param {Asking} asking
 * @returns {Promise<{response: Response, stop: AbortController}>}
 */
async function asked(url, token, range, asking) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (range) headers.Range = `bytes=${range[0]}-${range[1] - 1}`;
  if (token) headers.Authorization = `Bearer ${token}`;
  if (asking.signal?.aborted) throw new SourceError('the scan was stopped');
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  const slow = setTimeout(() => tellTrouble(asking, `${new URL(url).host} has not answered yet`), SLOW_MS);
  try {
    // Chromium's own cache has ranges of one file wait for each other, and then asks for some of them twice and more.
    const response = await asking.fetch(url, { headers, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer', signal: stop.signal });
    hasAnswered = true;
    tellTrouble(asking);
    return { response, stop };
  } catch {
    if (stop.signal.aborted) throw new Trouble('the server does not answer', true);
    throw await unreachable(url, asking);
  } finally {
    clearTimeout(timer);
    clearTimeout(slow);
  }
}

/** @param {Response} response @param {object} exchange @returns {Judgement} */
function judged(response, exchange) {
  const { headers, status } = response;
  const length = headers.get('Content-Length');
  return JSON.parse(judging().judge_answer(JSON.stringify({
    begin: 0, end: 0, has_token: false, is_whole: false, known_bytes: null, known_version: null, ...exchange, status,
    content_range: headers.get('Content-Range'), content_length: length === null ? null : Number(length),
    content_type: headers.get('Content-Type'),
    etag: headers.get('ETag'), retry_after: headers.get('Retry-After'),
  })));
}

/** A small file, whole. @param {string} url @param {string | null} token @param {Asking} [asking] @returns {Promise<Uint8Array>} */
async function wholeOf(url, token, asking = ASKING) {
  for (let failures = 1; ; failures++) {
    try {
      const { response } = await asked(url, token, null, asking);
      const { what, again, wait_ms } = judged(response, { is_whole: true, has_token: token !== null });
      if (what !== null) throw new Trouble(what, again, wait_ms);
      return new Uint8Array(await response.arrayBuffer().catch((error) => { throw new Trouble(`the connection ended: ${error.message}`, true); }));
    } catch (error) {
      await waitAfter(error, failures, url.length, asking);
    }
  }
}

/** A file at an address. */
class RemoteFile {
  /** Its first bytes, where they are kept. @type {Uint8Array | undefined} */
  #head;
  /** Functions cannot be sent to another worker. @type {Asking} */
  #asking;

  /** @param {RemotePlace} place @param {Asking} [asking] */
  constructor({ url, size, version, movedTo, token }, asking = ASKING) {
    this.url = url;
    /** Infinity where nobody says it. */
    this.size = size;
    /** Its ETag. */
    this.version = version;
    /** Where its server sent us: it need not be asked each time. */
    this.movedTo = movedTo;
    this.token = token;
    this.#asking = asking;
  }

  get asking() {
    return this.#asking;
  }

  /** @param {number} begin @param {number} end */
  slice(begin, end) {
    return new RemotePart(this, begin, Math.min(end, this.size));
  }

  arrayBuffer() {
    return wholeOf(this.url, this.token, this.asking).then(({ buffer }) => /** @type {ArrayBuffer} */ (buffer));
  }

  /** @param {number} begin @param {number} end */
  head(begin, end) {
    return this.#head && end <= this.#head.byteLength ? this.#head.slice(begin, end) : undefined;
  }

  /** Reads the first bytes, and so learns the file's length. */
  async open() {
    const head = await this.#firstBytes();
    const what = judging().judge_beginning(head);
    if (what !== undefined) throw new SourceError(what);
    this.#head = head;
  }

  /** Whether the first bytes are others now; where versions are told apart, each answer was held against the ones before. */
  async hasChanged() {
    const before = this.#head;
    if (this.version !== null || !before) return false;
    const now = await this.#firstBytes();
    return now.byteLength !== before.byteLength || now.some((byte, at) => byte !== before[at]);
  }

  async #firstBytes() {
    this.#head = undefined;
    const end = Math.min(this.size, HEAD_BYTES);
    const part = new RemotePart(this, 0, end);
    const bytes = end > 0 ? new Uint8Array(await part.arrayBuffer()) : new Uint8Array();
    // Where nobody says its length, the file ends where the answer does.
    if (this.size === Infinity && bytes.byteLength < end) this.size = bytes.byteLength;
    return bytes;
  }

  /** Asks for a range; the body is that, or its beginning. @param {number} begin @param {number} end @returns {Promise<{reader: ReadableStreamDefaultReader<Uint8Array>, stop: AbortController}>} */
  async request(begin, end) {
    const { movedTo } = this;
    const { response, stop } = await asked(movedTo ?? this.url, movedTo ? null : this.token, [begin, end], this.asking);
    if (movedTo && response.status >= 400) {
      // Such addresses expire.
      this.movedTo = null;
      return this.request(begin, end);
    }
    const { what, again, wait_ms, bytes, version } = judged(response, {
      begin, end, has_token: this.token !== null, known_bytes: this.size === Infinity ? null : this.size, known_version: this.version,
    });
    if (what !== null || !response.body) {
      stop.abort();
      throw new Trouble(what ?? 'nothing came', again, wait_ms);
    }
    this.size = bytes ?? this.size;
    this.version = version;
    if (response.url && response.url !== this.url) this.movedTo = response.url;
    return { reader: response.body.getReader(), stop };
  }
}

/** A range of such a file. */
class RemotePart {
  /** @param {RemoteFile} file @param {number} begin @param {number} end */
  constructor(file, begin, end) {
    this.file = file;
    this.begin = begin;
    this.end = end;
  }

  async arrayBuffer() {
    const held = this.file.head(this.begin, this.end);
    if (held) return held.buffer;
    const chunks = [];
    const reader = this.reader();
    let length = 0;
    for (let chunk = await reader.read(); chunk; chunk = await reader.read()) {
      chunks.push(chunk);
      length += chunk.byteLength;
    }
    return new Blob(/** @type {BlobPart[]} */ (chunks)).arrayBuffer();
  }

  /** Its bytes as they come; after a failure it goes on in the middle. @returns {ChunkReader} */
  reader() {
    const { file } = this;
    // It is shorter where an answer tells that the file is.
    const end = () => Math.min(this.end, file.size);
    let at = this.begin;
    let failures = 0;
    let isCancelled = false;
    /** @type {Promise<{reader: ReadableStreamDefaultReader<Uint8Array>, stop: AbortController}> | undefined} */
    let answer;
    const ask = () => {
      answer = file.request(at, end());
      // It may fail before anyone waits for it.
      answer.catch(() => {});
      return answer;
    };
    ask();
    return {
      async read() {
        while (at < end() && !isCancelled) {
          try {
            const { reader, stop } = await (answer ?? ask());
            const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
            const { value, done } = await reader.read()
              .catch(() => { throw new Trouble(`the connection ended at byte ${at}`, true); })
              .finally(() => clearTimeout(timer));
            if (value?.byteLength) {
              failures = 0;
              // Not one byte more than what was asked for.
              const part = value.subarray(0, end() - at);
              at += part.byteLength;
              return part;
            }
            if (done && file.size === Infinity) return undefined;
            if (done) throw new Trouble(`the connection ended at byte ${at}`, true);
          } catch (error) {
            answer = undefined;
            await waitAfter(error, ++failures, at, file.asking);
          }
        }
        return undefined;
      },
      recycle() {},
      async cancel() {
        isCancelled = true;
        (await answer?.catch(() => undefined))?.stop.abort();
      },
    };
  }
}

/** By their addresses: what one learns of a file is kept. @type {Map<string, RemoteFile>} */
const remoteFiles = new Map();

/** A file as it can be read: those at an address lose their methods on the way here. @template {File | RemotePlace} F @param {F} file @returns {File} */
function readable(file) {
  if (file instanceof Blob) return /** @type {any} */ (file);
  const known = remoteFiles.get(file.url) ?? new RemoteFile(file);
  // Who sent it may have learned more.
  known.size = Math.min(known.size, file.size);
  known.version ??= file.version;
  known.movedTo ??= file.movedTo;
  remoteFiles.set(file.url, known);
  return /** @type {any} */ (known);
}

/** The same of a checkpoint's. @template {import('./messages.js').CheckpointFiles} C @param {C} checkpoint @returns {C} */
function readableFiles(checkpoint) {
  const named = (/** @type {NamedFile} */ { name, file }) => ({ name, file: readable(file) });
  const { files, indexes, config } = checkpoint;
  return { ...checkpoint, files: files.map(named), indexes: indexes.map(named), config: config && named(config) };
}

/** Core knows what a URL is made of; which names of hosts there can be, who asks knows, and refuses as core does. @param {string} url */
function originOf(url) {
  if (!URL.canParse(url)) throw `${url} is no URL`;
  return new URL(url).origin;
}

/**
 * The files at an address, as a checkpoint.
 * @param {Omit<import('./messages.js').Address, 'isSampled'>} address
 * @param {Asking} [asking]
 * @param {(place: RemotePlace) => File} [opened] a file that was found
 */
async function found({ text, hub, token }, asking = ASKING, opened = readable) {
  const finding = new wasm_bindgen.RemoteFinding(text, hub);
  // A token is for the hub, or for the one server that was named.
  const trusted = originOf(hub || HUB);
  const host = /^https?:/.test(text.trim()) ? originOf(text.trim()) : trusted;
  const tokenFor = (/** @type {string} */ url) => ([trusted, host].includes(new URL(url).origin) ? token || null : null);
  for (let url = finding.wants(); url; url = finding.wants()) {
    try {
      finding.feed(await wholeOf(url, tokenFor(url), asking));
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) throw error;
      finding.failed(sentenceOf(error));
    }
  }
  const { name, files, beside, indexes, problems } = JSON.parse(finding.finish());
  /** @param {{name: string, url: string, bytes: number | null}} file @returns {NamedFile} */
  const named = ({ name, url, bytes }) => ({ name, file: opened({ url, size: bytes ?? Infinity, version: null, movedTo: null, token: tokenFor(url) }) });
  const one = (/** @type {string} */ ending) => beside.filter((/** @type {{name: string}} */ { name }) => name.endsWith(ending)).map(named)[0] ?? null;
  return {
    name, problems: /** @type {[string, string][]} */ (problems), files: /** @type {NamedFile[]} */ (files.map(named)),
    indexes: /** @type {NamedFile[]} */ (indexes.map((/** @type {[string, string]} */ [name, text]) => ({ name, file: new File([text], name) }))),
    config: one('config.json'), tokenizer: one('tokenizer.json'),
  };
}
