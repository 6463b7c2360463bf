// What the build writes at the top of www/service-worker.js.

/** A hash of all files. */
declare const BUILD: string;
/** The files, by their paths below the page's folder, each with its hash. */
declare const FILES: Record<string, string>;
