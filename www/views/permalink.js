// @ts-check
// What the address says after its #: what is open, which tensor of it, and what is looked at.

/** @typedef {{src: string, tensor: string | null, view: string | null}} Link */

/** Places of the page that an address may name. */
const PLACES = ['summary', 'casts', 'map', 'matrix', 'tensors'];

/** @param {string} [hash] @returns {Link | null} null where nothing is named */
export function linkIn(hash = location.hash) {
  const said = new URLSearchParams(hash.slice(1));
  const src = said.get('src');
  return src ? { src, tensor: said.get('tensor'), view: said.get('view') } : null;
}

/** As people read it: slashes and colons may stand as they are. @param {Link} link */
export function hashOf({ src, tensor, view }) {
  const said = new URLSearchParams({ src, ...(tensor !== null && { tensor }), ...(view !== null && { view }) });
  return `#${said.toString().replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%40', '@')}`;
}

/** Shows the place that is named, when it is there. @param {string | null} view @returns {boolean} whether it could be */
export function showPlace(view) {
  const place = view !== null && PLACES.includes(view) ? document.getElementById(view) : null;
  if (!place || place.hidden) return false;
  place.scrollIntoView();
  return true;
}

/** The built-in checkpoint, as an address. */
const SAMPLE = 'sample';

/**
 * Follows what the address says, and says there what is open.
 * @param {import('../types.js').Session} session
 * @param {object} ways
 * @param {(src: string) => void} ways.open what is at an address
 * @param {(row: number) => void} ways.openTensor
 * @param {() => void} ways.openLab
 */
export function permalinks(session, { open, openTensor, openLab }) {
  /** What is open by its address. @type {string | null} */
  let src = null;
  /** What is still to be shown of it. @type {Link | null} */
  let waiting = null;

  /** @param {Link} link */
  function follow(link) {
    [src, waiting] = [link.src, link];
    if (src === SAMPLE) session.openSample();
    else open(src);
  }

  return {
    /** Another checkpoint than the one that is open, or none. @returns {boolean} whether something was opened */
    begin() {
      const link = linkIn();
      if (!link || link.src === src) return false;
      follow(link);
      return true;
    },
    /** It was given by hand. @param {string} given */
    opened(given) {
      [src, waiting] = [given, null];
      history.replaceState(history.state, '', hashOf({ src: given, tensor: null, view: null }));
    },
    /** Files of one's own have no address. */
    closed() {
      if (src === null) return;
      [src, waiting] = [null, null];
      history.replaceState(history.state, '', location.pathname + location.search);
    },
    /** The address of a tensor; nothing where what is open has none. @param {number} row */
    ofTensor: (row) => (src === null ? undefined : hashOf({ src, tensor: session.state.rows.name(row), view: null })),
    /** Shows what was named, once it is there. */
    update() {
      const { rows, phase } = session.state;
      if (!waiting || phase === 'reading header' || phase === 'empty') return;
      const { tensor, view } = waiting;
      const isEnd = phase !== 'scanning';
      if (tensor !== null) {
        const row = Array.from({ length: rows.length }, (_, row) => row).findIndex((row) => rows.name(row) === tensor);
        if (row >= 0 && (isEnd || rows.status(row) !== 'waiting')) {
          waiting = null;
          return openTensor(row);
        }
      } else if (view === 'lab' && isEnd) openLab();
      else if (showPlace(view)) waiting = null;
      if (isEnd) waiting = null;
    },
  };
}
