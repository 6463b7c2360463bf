// @ts-check

/** @typedef {import('../www/report.js').Problem} Problem */

/** Why there is no report, and where that is. */
class FloatscopeError extends Error {
  name = 'FloatscopeError';

  /** @param {string} message @param {{cause?: unknown, problems?: Problem[]}} [options] */
  constructor(message, { cause, problems = [] } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    /** All there are, as in a report. */
    this.problems = problems;
    /** The file that the first one is about. @type {string | null} */
    this.file = problems[0]?.file ?? null;
    /** The tensor. @type {string | null} */
    this.tensor = problems[0]?.tensor ?? null;
    /** The place in the file or its header, in words. @type {string | null} */
    this.where = problems[0]?.where ?? null;
  }

  /** @param {Problem[]} problems one or more */
  static of(problems) {
    const [{ file, what, where }] = problems;
    const more = problems.length > 1 ? ` and ${problems.length - 1} more` : '';
    return new FloatscopeError(`${file}: ${what}${where ? ` (${where})` : ''}${more}`, { problems });
  }

  /** About one file, or about what was given. @param {string} file @param {string} what */
  static about(file, what) {
    return FloatscopeError.of([{ file, tensor: null, where: null, what }]);
  }
}
