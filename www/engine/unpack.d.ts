// What crate/unpack gives its worker.
declare namespace unpack_bindgen {
  function initSync(given: { module: WebAssembly.Module }): unknown;
  class Unpacker {
    constructor(packed: string, sum: number);
    next(bytes: number, sum: number): Uint8Array<ArrayBuffer>;
  }
}
