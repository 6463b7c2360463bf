// What the parts of the package's module find in its head, which the build writes.

declare const WASM: URL;
declare const select: typeof import('../www/engine/selection.js').select;

/** wasm-bindgen's glue as a module has these besides. */
declare namespace wasm_bindgen {
  function initSync(options: { module: WebAssembly.Module | BufferSource }): { memory: WebAssembly.Memory };
  export { start as default };
  function start(options: { module_or_path: RequestInfo | URL | Response | BufferSource | WebAssembly.Module }): Promise<{ memory: WebAssembly.Memory }>;
}

/** Node's, where there is one. */
declare const process: { versions?: { node?: string }; emitWarning: unknown } | undefined;
declare const setImmediate: ((callback: () => void) => void) | undefined;
