// @ts-check
// What narrower formats would lose of one tensor.

import { castTable } from './cast-table.js';
import { whyMissing } from './casts.js';
import { h } from './dom.js';

/** Half of the energy: from here on it is worth a sentence. */
const HALF_DB = -3.0103;

/** Why the ratios below say little of most values. @param {number} outliers_db */
const outliers = (outliers_db) =>
  `The largest thousandth of the values hold half of the energy or more: without them a ratio is up to ${Math.min(999, -outliers_db).toFixed(1)} dB lower.`;

/** @typedef {import('../types.js').TensorReport} TensorReport */

/**
 * The section on it, none where there are no casts, and how it follows a second look.
 * @param {TensorReport} report @param {import('../types.js').Shown} session @param {number} row
 */
export function castsOfTensor({ casts, outliers_db, bytes, stats }, session, row) {
  if (!casts || !('count' in stats)) return null;
  const table = castTable(session.casts, []);
  let [shown, arrived] = ['', 0];
  /** @param {import('../types.js').Casts} casts */
  const fill = (casts) => {
    arrived = session.state.rows.castArrivals(row);
    shown = session.state.casts.phase;
    table.update(casts, whyMissing(session.state), () => ({ values: stats.count, bytes }));
  };
  fill(casts);
  return {
    element: h('section', { class: 'wide' }, h('h3', {}, 'What narrower formats would lose'),
      outliers_db !== null && outliers_db <= HALF_DB && h('p', { class: 'note' }, outliers(outliers_db)), table.element),
    async update() {
      const { rows, casts: { phase } } = session.state;
      if (rows.castArrivals(row) === arrived && phase === shown) return;
      [arrived, shown] = [rows.castArrivals(row), phase];
      const report = await session.tensor(row);
      if (report?.casts) fill(report.casts);
    },
  };
}
