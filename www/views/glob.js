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

/**
 * What the search box means: a part of the name, or with `*` or `?` a pattern
 * for the whole of it. Case does not matter.
 * @param {string} query
 * @returns {((name: string) => boolean) | null} null: everything matches
 */
export function matcher(query) {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return null;
  if (/[*?]/.test(wanted)) return (name) => matchesGlob(wanted, name.toLowerCase());
  return (name) => name.toLowerCase().includes(wanted);
}
