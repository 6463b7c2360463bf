// @ts-check
// An empty project into which the package is installed from its tarball.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What `cargo xtask npm` made. */
export const made = process.env.FLOATSCOPE_NPM ?? fileURLToPath(new URL('../../target/npm/', import.meta.url));

const execute = promisify(execFile);

/** A folder of this process, gone when it ends. */
const scratch = mkdtempSync(join(tmpdir(), 'floatscope-npm-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }));

/** The project. */
export const folder = join(scratch, 'project');

/** Runs a program there; what it printed. @param {string} program @param {string[]} options @param {string} [cwd] */
export async function run(program, options, cwd = folder) {
  const { stdout, stderr } = await execute(program, options, { cwd, maxBuffer: 2 ** 28 }).catch((error) => {
    throw new Error(`${program} ${options.join(' ')}: ${error.stdout}${error.stderr}`);
  });
  return { stdout, stderr };
}

/** A file of the project. @param {string} name @param {string} text */
export const put = (name, text) => writeFileSync(join(folder, name), text);

/**
 * Packs and installs it, without a network.
 * @returns {Promise<{files: string[], bytes: number}>} what is in the tarball, and its size
 */
export async function install() {
  mkdirSync(folder);
  put('package.json', JSON.stringify({ name: 'project', private: true, type: 'module' }));
  const packed = JSON.parse((await run('npm', ['pack', '--json', '--pack-destination', scratch], made)).stdout)[0];
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(scratch, packed.filename)]);
  return { files: packed.files.map((/** @type {{path: string}} */ { path }) => path), bytes: packed.size };
}
