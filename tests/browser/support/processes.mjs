// @ts-check
// What the browser's processes use, as Linux counts it.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** @typedef {{pid: number, parent: number, command: string}} Process */

/**
 * A process and everything it started.
 *
 * @param {number} pid
 * @returns {Process[]}
 */
export function family(pid) {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap(read);
  const members = all.filter((process) => process.pid === pid);
  for (const { pid } of members) members.push(...all.filter(({ parent }) => parent === pid));
  return members;
}

/**
 * @param {string} pid
 * @returns {Process[]} none when it ended meanwhile
 */
function read(pid) {
  try {
    const [, parent] = fields(pid);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return [{ pid: Number(pid), parent: Number(parent), command }];
  } catch {
    return [];
  }
}

/**
 * The fields of /proc/PID/stat after the program's name: state, parent, …
 *
 * @param {string | number} pid
 */
function fields(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

const TICKS_A_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * CPU-seconds of a process and everything it started, user and system. What
 * processes that ended used is in their parents' count.
 *
 * @param {number} pid
 */
export function cpuSeconds(pid) {
  const ticks = family(pid).map(({ pid }) => {
    try {
      return fields(pid).slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    } catch {
      return 0;
    }
  });
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_A_SECOND;
}

/**
 * Resident bytes of a process: shared pages counted whole, so never too few.
 *
 * @param {number} pid
 */
export function residentBytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

/**
 * Bytes of the largest renderer of a Chromium.
 *
 * @param {number} browserPid
 */
export function rendererBytes(browserPid) {
  const renderers = family(browserPid).filter(({ command }) => command.includes('--type=renderer'));
  const sizes = renderers.map(({ pid }) => {
    try {
      return residentBytes(pid);
    } catch {
      return 0;
    }
  });
  return Math.max(0, ...sizes);
}

/**
 * Looks at the renderer five times a second.
 *
 * @param {number} pid the browser's
 */
export function watchMemory(pid) {
  let peak = 0;
  const look = () => (peak = Math.max(peak, rendererBytes(pid)));
  const timer = setInterval(look, 200);
  return {
    stop() {
      clearInterval(timer);
      return look();
    },
  };
}
