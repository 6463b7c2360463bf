// @ts-check
// The bench that runs a model under two policies, to see why the same weights give different logits.

import { stem } from '../save.js';
import { labForm } from './form.js';
import { labResult } from './result.js';

const NO_CONFIG = 'A forward pass needs the model’s config.json. Open it together with the checkpoint: drop both, or the folder.';

/** @param {import('../../types.js').Session} session @returns {import('./bench.js').Bench<'forward'>} */
export const forwardBench = (session) => ({
  id: 'forward',
  title: 'Forward pass',
  says: 'The same weights can give different logits. Both policies are run in one pass over the weights, here, and held against each other module by module.',
  session: session.lab,
  lacks: ({ hasConfig }) => (hasConfig ? '' : NO_CONFIG),
  // The casts are known when the core has started.
  form: () => labForm(session.casts.map(({ key }) => key), (wanted) => session.lab.run(wanted)),
  result: labResult,
  file: ({ checkpoint }) => `${stem(checkpoint)}.forward`,
});
