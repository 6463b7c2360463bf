// @ts-check
// What narrower formats would lose: what to do, and what each cast does.

import { bytes, count, percent, plural } from '../text/numbers.js';
import { castTable } from './cast-table.js';
import { byId, h, setText } from './dom.js';
import { paceOf } from './progress.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Overview} Overview */
/** @typedef {import('../types.js').Recommendation} Recommendation */
/** @typedef {import('../types.js').SecondLook} SecondLook */

/** What stands where a cast is missing. @type {Record<SecondLook['phase'], string>} */
const MISSING = {
  none: 'not there', waiting: 'waits for the second look', looking: 'is being looked at', stopped: 'was not looked at', done: 'is missing',
};

/** What is said of a cast that is not there. @param {import('../types.js').State} state */
export const whyMissing = ({ overview, casts: { phase } }) => (overview?.sample && phase === 'done' ? 'needs all of it' : MISSING[phase]);

/** @param {Recommendation} recommendation */
function advice({ level, says, keep, keep_more }) {
  const names = keep.map((name) => h('li', { class: 'code' }, name));
  const kept = keep.length + keep_more;
  return h('li', { 'data-level': level }, says, kept > 0 && h('details', {},
    h('summary', {}, `The ${plural(kept, 'tensor')} to keep`),
    h('ul', {}, ...names, keep_more > 0 && h('li', {}, `and ${count(keep_more)} more`))));
}

/** @param {Overview} overview */
const sentences = ({ recommendations = [], outliers, f16 }) => [
  recommendations.length > 0 && h('ul', { class: 'advice' }, ...recommendations.map(advice)),
  outliers && h('p', { class: 'note' }, outliers),
  f16 && h('p', { class: 'note' }, f16),
].flatMap((element) => element || []);

/** @param {SecondLook} look @param {string[]} missing titles */
function why({ phase }, missing) {
  const which = missing.join('; ');
  if (phase === 'looking') return `A second look at the file, for ${plural(missing.length, 'cast')}: ${which}.`;
  const need = `${plural(missing.length, 'cast')} ${missing.length === 1 ? 'needs' : 'need'} a second look at the file: ${which}. `
    + 'Their scales depend on which values stand together, and the first read kept counts, not places.';
  return phase === 'stopped' ? `The second look was stopped. ${need}` : need;
}

/** @param {import('../types.js').Session} session @param {(key: string) => void} rank */
export function castsView(session, rank) {
  const bar = /** @type {HTMLProgressElement} */ (byId('look-bar'));
  const button = byId('look-button');
  /** @type {ReturnType<typeof castTable> | null} */
  let table = null;
  let [shown, advised, spoken] = ['', '', -1];
  button.addEventListener('click', () => (session.state.casts.phase === 'looking' ? session.endLook() : session.look()));

  /** @param {SecondLook} look @param {string[]} missing */
  function showLook(look, missing) {
    const { phase, progress } = look;
    const isLooking = phase === 'looking';
    const share = progress.total ? progress.bytes / progress.total : 0;
    byId('look').hidden = !isLooking && phase !== 'waiting' && phase !== 'stopped';
    bar.hidden = byId('look-pace').hidden = !isLooking;
    bar.value = share;
    button.classList.toggle('primary', !isLooking);
    setText(button, isLooking ? 'Stop' : `Read the ${bytes(look.bytes)} once more for the rest`);
    setText(byId('look-why'), why(look, missing));
    setText(byId('look-pace'), isLooking ? paceOf(progress).join(' · ') : '');
    const quarter = isLooking ? Math.floor(4 * share) : -1;
    if (quarter === spoken) return;
    // Its end is told as well: nobody sees the table change.
    if (quarter >= 0) setText(byId('look-spoken'), `Second look: ${percent(share)}`);
    else if (spoken >= 0) setText(byId('look-spoken'), phase === 'done' ? 'The second look is done: every cast is there.' : 'The second look has ended.');
    spoken = quarter;
  }

  /** @param {State} state */
  return (state) => {
    const { casts: look, overview, rows } = state;
    const casts = overview?.casts ?? {};
    byId('casts').hidden = !Object.keys(casts).length || !session.casts.length;
    if (!overview || byId('casts').hidden) return;
    const { castCount } = rows;
    const missing = session.casts.filter(({ key }) => !((casts[key]?.tensors ?? 0) >= castCount)).map(({ title }) => title);
    showLook(look, missing);
    const advises = JSON.stringify([overview.recommendations, overview.outliers, overview.f16]);
    if (advises !== advised) byId('casts-advice').replaceChildren(...sentences(overview));
    advised = advises;
    const says = JSON.stringify([casts, look.phase, castCount]);
    if (says === shown) return;
    shown = says;
    if (!table) byId('casts-table').append((table = castTable(session.casts, ['mse'], rank)).element);
    table.update(casts, whyMissing(state), ({ tensors, parameters, stored_bytes }) => ({
      values: parameters,
      bytes: stored_bytes,
      note: tensors < castCount ? `${count(tensors)} of ${plural(castCount, 'tensor')}` : '',
    }));
  };
}
