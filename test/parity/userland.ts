// The root file system that rows of the catalogue expect, as a directory for the real kernel: a static busybox with a link
// for each applet, the probes `sc` and `box`, a minimal init, and a few files in /etc. Each row gets a copy of its own.

import {spawnSync} from 'node:child_process';
import {
  chmodSync, copyFileSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, symlinkSync, writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {compile} from '../native/compile.ts';

export const passwd = [
  'root:x:0:0:root:/root:/bin/sh', 'nobody:x:65534:65534:nobody:/:/bin/false', 'user:x:1000:1000:user:/home:/bin/sh', '',
].join('\n');
export const group = ['root:x:0:', 'nogroup:x:65534:', 'user:x:1000:', ''].join('\n');

const directories = ['bin', 'etc', 'proc', 'sys', 'sys/fs', 'sys/fs/cgroup', 'dev', 'mnt', 'root', 'run', 'home', 'var', 'tmp'];
const busyboxes = ['/usr/bin/busybox', '/bin/busybox', '/usr/local/bin/busybox', '/bin/busybox.static', '/usr/lib/busybox/busybox-static'];

const TMPFS_MAGIC = 0x01021994;

/** A static busybox and its applets, or why there is none. */
export type Userland = {readonly busybox: string; readonly applets: readonly string[]} | {readonly reason: string; readonly remedy: string};

export function userland(): Userland {
  for (const busybox of busyboxes) {
    // A dynamic one would not find its libraries in the new root.
    const list = spawnSync(busybox, ['--list'], {encoding: 'utf8'});
    if (list.status === 0 && isStatic(busybox)) return {busybox, applets: list.stdout.trim().split('\n')};
  }
  return {reason: 'no static busybox here', remedy: 'apt-get install busybox-static'};
}

/** No program interpreter among its program headers. */
function isStatic(path: string): boolean {
  const elf = readFileSync(path);
  if (elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2) return false;
  const [at, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
  const PT_INTERP = 3;
  for (let i = 0; i < count; i++) if (elf.readUInt32LE(at + i * size) === PT_INTERP) return false;
  return true;
}

/** Roots for rows, below one directory on tmpfs, where the catalogue has them, if there is one. */
export class Roots {
  readonly #dir = scratch('twinbox-row-');
  readonly #applets: readonly string[];
  readonly #programs: ReadonlyMap<string, string>;
  #made = 0;

  constructor() {
    const parts = userland();
    if ('reason' in parts) throw new Error(parts.reason);
    this.#applets = parts.applets;
    const probe = (name: string): [string, string] => [name, compile(new URL(`./probe/${name}.c`, import.meta.url))];
    this.#programs = new Map([['busybox', parts.busybox], probe('sc'), probe('box'), probe('init')]);
    chmodSync(this.#dir, 0o711);
  }

  /** A new root, everything in it owned by this host id. */
  make(script: string, owner: number): string {
    const root = join(this.#dir, String(this.#made++));
    mkdirSync(root);
    for (const dir of directories) mkdirSync(join(root, dir));
    chmodSync(join(root, 'tmp'), 0o1777);
    for (const [name, program] of this.#programs) {
      copyFileSync(program, join(root, 'bin', name));
      chmodSync(join(root, 'bin', name), 0o755);
    }
    for (const name of this.#applets) {
      if (!this.#programs.has(name)) symlinkSync('busybox', join(root, 'bin', name));
    }
    writeFileSync(join(root, 'etc/passwd'), passwd);
    writeFileSync(join(root, 'etc/group'), group);
    writeFileSync(join(root, 's'), script, {mode: 0o755});
    if (owner !== 0) {
      for (const path of ['', ...readdirSync(root, {recursive: true, encoding: 'utf8'})]) lchownSync(join(root, path), owner, owner);
    }
    return root;
  }

  close(): void {
    rmSync(this.#dir, {recursive: true, force: true});
  }
}

/** A new directory in memory where that is possible: a root has hundreds of links. */
export function scratch(prefix: string): string {
  return mkdtempSync(join(onTmpfs('/dev/shm') ? '/dev/shm' : tmpdir(), prefix));
}

function onTmpfs(dir: string): boolean {
  try {
    return statfsSync(dir).type === TMPFS_MAGIC;
  } catch {
    return false;
  }
}
