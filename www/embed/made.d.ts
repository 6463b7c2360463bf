// The build makes this module: crate/xtask/src/embed.rs.

import type { Cast, FormatRange } from '../types.js';

export const FORMATS: FormatRange[];
export const CASTS: Cast[];
/** The page's style, for a shadow root. */
export const STYLE: string;
