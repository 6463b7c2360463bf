// Runs one wasm32-wasip1 program (a test binary) under Node's WASI:
//
//     node --no-warnings wasi.mjs PROGRAM.wasm [ARGUMENT...]
//
// The repository is visible under its own path, so that tests find fixtures.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WASI } from 'node:wasi';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const [program, ...args] = process.argv.slice(2);

const wasi = new WASI({
  version: 'preview1',
  args: [program, ...args],
  env: process.env,
  preopens: { [root]: root },
  returnOnExit: false,
});

const module = await WebAssembly.compile(await readFile(program));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
try {
  process.exitCode = wasi.start(instance);
} catch (error) {
  // A panic aborts: the message is out already, the trap is the bad news.
  console.error(`${program}: ${error}`);
  process.exitCode = 1;
}
