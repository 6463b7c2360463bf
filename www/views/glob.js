// @ts-check

/**
 * Whether the whole text matches a pattern with `*` and `?`. Linear in memory
 * and without backtracking beyond the last star, unlike a regular expression.
 * @param {string} pattern @param {string} text
 */
function matchesGlob(pattern, text) {
  let p = 0;
  let star = -1;
  let resume = 0;
  for (let t = 0; t < text.length; ) {
    if (pattern[p] === '*') [star, resume] = [p++, t];
    else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) [p, t] = [p + 1, t + 1];
    else if (star < 0) return false;
    else [p, t] = [star + 1, ++resume];
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** What is asked for besides a name: a verdict, a kind. */
export const LABEL = /\b(?:label|kind|by):(\S*)/i;

/**
 * What the search box means: a part of the name, or with `*` or `?` a pattern
 * for the whole of it; `label:f16` is for labels that begin so. Case does not matter.
 * @param {string} query
 * @returns {((name: string, labels: string) => boolean) | null} null: everything matches
 */
export function matcher(query) {
  const [, label = ''] = LABEL.exec(query) ?? [];
  const wanted = query.replace(LABEL, '').trim().toLowerCase();
  if (!wanted && !label) return null;
  const isPattern = /[*?]/.test(wanted);
  const word = ` ${label.toLowerCase()}`;
  /** @param {string} name */
  const matches = (name) => (isPattern ? matchesGlob(wanted, name) : name.includes(wanted));
  return (name, labels) => ` ${labels}`.includes(word) && matches(name.toLowerCase());
}
