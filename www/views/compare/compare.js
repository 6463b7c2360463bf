// @ts-check
// The comparison takes the place of the scan, which stays as it is behind it. It
// has an address, so that the browser's own way back leads to the scan.

import { byId, setText } from '../dom.js';
import { COMPARISON, namesComparison } from '../permalink.js';
import { ModuleMap } from '../map.js';
import { openedFrom } from '../opened.js';
import { problemsIn } from '../problems.js';
import { TensorList } from '../tensor-list.js';
import { COLUMNS, DIFFERENCE, KINDS } from './columns.js';
import { findingsView } from './findings.js';
import { pairView } from './pair.js';
import { comparisonSummary } from './summary.js';

/** How it ends, for who does not see it. @param {import('../../comparison.js').ComparisonState} state */
function ending({ phase, overview }) {
  if (phase === 'done') return `The comparison is done. ${overview?.headline ?? ''}`;
  return phase === 'cancelled' ? 'The comparison was cancelled.' : '';
}

/** @param {import('../../types.js').Session} session @param {() => void} redraw draws the page that is shown now */
export function compareView({ comparison }, redraw) {
  /** @param {number} row */
  const open = (row) => opened.open(row);
  const list = new TensorList('pair-', comparison.state.rows, COLUMNS, DIFFERENCE, open);
  const map = new ModuleMap('pair-map', KINDS, open);
  const pair = pairView(comparison, { step: (direction) => opened.step(direction) });
  const opened = openedFrom(byId('pair'), list, pair);
  const filter = (/** @type {string} */ query) => list.filter(query);
  const showSummary = comparisonSummary(filter);
  const showFindings = findingsView(comparison, filter);
  const showProblems = problemsIn(byId('compare-problems'));
  let [isShown, isLeaving, returnTo_px] = [false, false, 0];
  /** @type {HTMLElement | null} */
  let opener = null;
  let phase = comparison.state.phase;
  let known = COMPARISON;

  /** @param {boolean} next */
  function turn(next) {
    if (next === isShown) return;
    isShown = next;
    if (isShown) [returnTo_px, opener] = [scrollY, /** @type {HTMLElement | null} */ (document.activeElement)];
    redraw();
    // Lists that were off the screen measure their lines anew.
    dispatchEvent(new Event('resize'));
    scrollTo(0, isShown ? 0 : returnTo_px);
    (isShown ? byId('compare-headline') : opener)?.focus({ preventScroll: true });
  }

  const view = {
    list, opened, pair,
    get isShown() { return isShown; },
    /** @param {string} [address] that it has from now on */
    enter(address = known) {
      known = address;
      if (location.hash === '#formats') {
        // What was dropped on the formats takes their place.
        history.replaceState({}, '', address);
        dispatchEvent(new PopStateEvent('popstate'));
      } else if (location.hash !== address) history.pushState({}, '', address);
      view.follow();
    },
    leave() {
      if (!isShown || isLeaving) return;
      isLeaving = true;
      history.back();
    },
    /** The address leads. @returns {boolean} whether it leads on: several entries of comparisons may follow each other */
    follow() {
      const isHere = namesComparison();
      if (isHere && isLeaving) {
        history.back();
        return true;
      }
      isLeaving = false;
      turn(isHere && comparison.state.phase !== 'empty');
      return false;
    },
    update() {
      const { state } = comparison;
      if (state.phase === 'reading header' || state.phase === 'empty' || state.phase === 'failed') opened.close();
      if (state.phase === 'empty') view.leave();
      if (state.phase !== phase) setText(byId('compare-spoken'), ending(state));
      phase = state.phase;
      byId('comparison').hidden = !isShown;
      byId('pair-tensors').hidden = !state.rows.length;
      showSummary(state);
      showFindings();
      showProblems(state.overview?.problems ?? []);
      map.update(state);
      list.update(state);
      pair.update();
    },
  };
  // An address from elsewhere has the scan behind it.
  if (location.hash === COMPARISON) {
    history.replaceState(null, '', location.pathname + location.search);
    if (comparison.state.phase !== 'empty') history.pushState({}, '', COMPARISON);
  }
  return view;
}
