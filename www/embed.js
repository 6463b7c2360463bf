// @ts-check
// The one script of other people's pages: it makes <floatscope-viewer> known.

import { FloatscopeViewer } from './embed/viewer.js';

// Of two scripts on a page the first one counts.
if (!customElements.get('floatscope-viewer')) customElements.define('floatscope-viewer', FloatscopeViewer);
