// @ts-check
// What the address says after its #: what is open, which tensor of it, and what is looked at.

/** A hub is named where it is not the usual one; a token never is. @typedef {{src: string, hub: string | null, with: string | null, tensor: string | null, view: string | null}} Link */

/** Places of the page that an address may name. */
const PLACES = ['summary', 'casts', 'map', 'matrix', 'tensors'];

/** @param {string} [hash] @returns {Link | null} null where nothing is named */
export function linkIn(hash = location.hash) {
  const said = new URLSearchParams(hash.slice(1));
  const src = said.get('src');
  return src ? { src, hub: said.get('hub'), with: said.get('with'), tensor: said.get('tensor'), view: said.get('view') } : null;
}

/** Of a comparison with files; no element's name: the browser would take the focus there. */
export const COMPARISON = '#compare';

/** Whether a comparison is what the address names. */
export const namesComparison = () => location.hash === COMPARISON || Boolean(linkIn()?.with);

/** Whether it is a tensor. */
export const namesTensor = () => Boolean(linkIn()?.tensor);

/** As people read it: slashes and colons may stand as they are. @param {Partial<Link> & {src: string}} link */
export function hashOf(link) {
  const said = new URLSearchParams(Object.entries(link).flatMap(([key, value]) => (!value ? [] : [[key, value]])));
  return `#${said.toString().replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%40', '@')}`;
}

/** Shows the place that is named, when it is there. @param {string | null} view */
function showPlace(view) {
  const place = view !== null && PLACES.includes(view) ? document.getElementById(view) : null;
  if (place && !place.hidden) place.scrollIntoView();
}

/** The built-in checkpoint, as an address. */
const SAMPLE = 'sample';

/**
 * Follows what the address says, and says there what is open.
 * @param {import('../types.js').Session} session
 * @param {object} ways
 * @param {(src: string, hub: string) => void} ways.open what is at an address
 * @param {(row: number) => void} ways.openTensor
 * @param {(name: string) => void} ways.lookFor what has a name that is not there
 * @param {() => void} ways.openLab
 * @param {(src: string) => void} ways.askComparison with what is at another address, of which all is read
 */
export function permalinks(session, { open, openTensor, lookFor, openLab, askComparison }) {
  /** What is open by its address. @type {string | null} */
  let src = null;
  let hub = '';
  /** What it is compared with. @type {string | null} */
  let other = null;
  /** What is still to be shown of it. @type {Link | null} */
  let waiting = null;
  /** Whether the way back from what is to be shown leads to the list. */
  let isFirst = false;
  // Who goes elsewhere meanwhile is not called back.
  for (const type of ['wheel', 'touchstart', 'pointerdown', 'keydown']) addEventListener(type, () => { if (waiting?.view) waiting = null; }, { passive: true });

  /** @param {Link} link */
  function follow(link) {
    [src, hub, other, waiting] = [link.src, link.hub ?? '', null, link];
    isFirst = true;
    if (src === SAMPLE) session.openSample();
    else open(src, hub);
  }

  /** Without what is looked at. @param {Partial<Link>} [more] */
  const address = (more = {}) => hashOf({ src: src ?? '', hub, ...more });

  /** @param {string} wanted */
  function ask(wanted) {
    // Until it is compared, the scan is what is here.
    if (src !== null) history.replaceState(history.state, '', address());
    askComparison(wanted);
  }

  return {
    /** Another checkpoint than the one that is open, or none. @returns {boolean} whether something was opened */
    begin() {
      const link = linkIn();
      if (!link) return false;
      if (link.src !== src || (link.hub ?? '') !== hub) follow(link);
      else if (link.with !== null && link.with !== other) ask(link.with);
      else if (link.with === null && (link.tensor ?? link.view) !== null) {
        [waiting, isFirst] = [link, false];
        this.update();
      } else return false;
      return true;
    },
    /** It was given by hand. @param {string} given @param {string} itsHub */
    opened(given, itsHub) {
      [src, hub, other, waiting] = [given, itsHub, null, null];
      history.replaceState(history.state, '', address());
    },
    /** Files of one's own have no address. */
    closed() {
      if (src === null) return;
      [src, other, waiting] = [null, null, null];
      history.replaceState(history.state, '', location.pathname + location.search);
    },
    /** The address of a tensor; nothing where what is open has none. @param {number} row */
    ofTensor: (row) => (src === null ? undefined : address({ tensor: session.state.rows.name(row) })),
    /** It is compared with what is at another address. @param {string} given @returns {string} the address of that */
    compared(given) {
      other = given;
      return src === null ? COMPARISON : address({ with: given });
    },
    /** Shows what was named, once it is there. */
    update() {
      const { rows, phase } = session.state;
      if (!waiting || phase === 'reading header' || phase === 'empty') return;
      const { with: wanted, tensor, view } = waiting;
      if (wanted !== null) {
        waiting = null;
        if (phase !== 'failed') ask(wanted);
        return;
      }
      const isEnd = phase !== 'scanning';
      if (tensor !== null) {
        const row = Array.from({ length: rows.length }, (_, row) => row).findIndex((row) => rows.name(row) === tensor);
        if (row >= 0 && (isEnd || rows.status(row) !== 'waiting')) {
          waiting = null;
          if (isFirst) history.replaceState(history.state, '', address());
          return openTensor(row);
        }
        if (row < 0 && isEnd) lookFor(tensor);
      } else if (view === 'lab' && isEnd) openLab();
      else showPlace(view);
      // Until then the page grows.
      if (isEnd) waiting = null;
    },
  };
}
