// A machine with another kernel: Debian's user-mode-linux (linux.uml(1)), which has pure cgroup v2 with controllers
// where the host may have v1 or none. Its root file system is the host's own, read-only through hostfs, so that node, the
// repository and the native library are there as they lie; /proc, /sys, /dev, /run and the cgroups are its own.
//
// It boots in two seconds, runs one command as root and ends by itself. What the command prints comes back line by line.

import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {accessSync, constants, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statfsSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const memory = '2G';
const memoryBytes = 2 * 2 ** 30;
const diskBytes = 16 * 2 ** 20;
const bootLimitMs = 45_000;
const mark = '@twinbox ';

export const remedy = 'apt-get install user-mode-linux';

/** The kernel's program, or why there is none. */
export function findKernel(): {readonly path: string} | {readonly reason: string} {
  if (process.platform !== 'linux' || process.arch !== 'x64') return {reason: 'user-mode-linux is for Linux on x86_64'};
  const name = 'linux.uml';
  const installed = (process.env.PATH ?? '').split(delimiter).map(dir => join(dir, name)).find(executable);
  const own = join(root, 'build/vm', name);
  if (installed !== undefined) return {path: installed};
  if (executable(own) || unpack()) return {path: own};
  return {reason: 'user-mode-linux is neither installed nor to be had from a Debian archive'};
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Out of the package, without installing it; once for all. */
function unpack(): boolean {
  const into = join(root, 'build/vm');
  mkdirSync(into, {recursive: true});
  const aside = mkdtempSync(join(into, 'new-'));
  const run = (command: string, ...args: string[]): boolean =>
    spawnSync(command, args, {cwd: aside, stdio: 'ignore', timeout: 120_000}).status === 0;
  try {
    if (!run('apt-get', 'download', '-q', 'user-mode-linux')) return false;
    const archive = readdirSync(aside).find(file => file.endsWith('.deb'));
    if (archive === undefined || !run('dpkg-deb', '-x', archive, 'x')) return false;
    renameSync(join(aside, 'x/usr/bin/linux.uml'), join(into, 'linux.uml'));
    return true;
  } finally {
    rmSync(aside, {recursive: true, force: true});
  }
}

/** Before the command: everything that a distribution's init would have mounted, and every controller for everybody. */
function initScript(command: readonly string[], env: Readonly<Record<string, string>>): string {
  const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
  return `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc -o nosuid,noexec,nodev proc /proc
mount -t sysfs -o nosuid,noexec,nodev sysfs /sys
mount -t cgroup2 -o nosuid,noexec,nodev cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
[ -e /dev/null ] || mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm /run/tmp /run/home
mount -t devpts -o ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
chmod 1777 /run/tmp
export HOME=/run/home TMPDIR=/run/tmp ${Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`).join(' ')}
echo 1 > /proc/sys/kernel/printk
ip link set lo up 2> /dev/null
stty -opost < /dev/console 2> /dev/null
echo '${mark}up'
cd ${quote(root)}
${command.map(quote).join(' ')} < /dev/null
echo "${mark}end $?"
poweroff -f 2> /dev/null || busybox poweroff -f 2> /dev/null
`;
}

/** What was running when the machine ended, as the reader of its lines sees it. */
export interface Machine {
  /** Lines of the command's output, to its end. */
  readonly lines: AsyncIterable<string>;
  /** The command's exit status; undefined when the machine ended without it. */
  readonly ended: Promise<number | undefined>;
  /** At once, with everything in it. */
  kill(): void;
}

export interface Boot {
  readonly env?: Readonly<Record<string, string>>;
  /** From when it is up. */
  readonly limitMs?: number;
}

/** Boots it; answers why not, when it does not come up. */
export async function boot(kernel: string, command: readonly string[], {env = {}, limitMs = 150_000}: Boot = {}): Promise<Machine | {readonly reason: string}> {
  const dir = mkdtempSync(join(tmpdir(), 'twinbox-vm-'));
  const script = join(dir, 'init');
  writeFileSync(script, initScript(command, env), {mode: 0o755});
  // /dev/ubda, empty: something for io.max to be said of.
  const disk = join(dir, 'disk');
  writeFileSync(disk, '');
  truncateSync(disk, diskBytes);
  const child = spawn(kernel, [
    `mem=${memory}`, 'root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro', 'quiet', `uml_dir=${dir}`, `ubd0=${disk}`,
    `init=${script}`, 'con=null', 'con0=null,fd:1',
  ], {detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: {PATH: process.env.PATH ?? '', HOME: dir, ...backing(dir)}});
  const kill = (): void => end(child);
  const reader = new Lines(child);
  const timer = setTimeout(kill, bootLimitMs);
  let status: number | undefined;
  const closed = new Promise<void>(resolve => child.on('close', () => resolve()));
  const atExit = (): void => kill();
  process.on('exit', atExit);
  void closed.then(() => {
    clearTimeout(timer);
    process.off('exit', atExit);
    rmSync(dir, {recursive: true, force: true});
  });
  for await (const line of reader) {
    if (line !== `${mark}up`) continue;
    clearTimeout(timer);
    const late = setTimeout(kill, limitMs);
    void closed.then(() => clearTimeout(late));
    return {lines: output(), ended: closed.then(() => status), kill};
  }
  kill();
  await closed;
  return {reason: `user-mode-linux did not come up: ${reader.last()}`};

  async function* output(): AsyncGenerator<string> {
    for await (const line of reader) {
      if (line.startsWith(`${mark}end `)) {
        status = Number(line.slice(mark.length + 4));
        return;
      }
      yield line;
    }
  }
}

/** Where the machine's memory lies: a file in /dev/shm, or beside us where that is small, as in many containers. */
function backing(dir: string): Record<string, string> {
  try {
    const {bavail, bsize} = statfsSync('/dev/shm');
    if (bavail * bsize >= memoryBytes) return {};
  } catch {
    // No /dev/shm.
  }
  return {TMPDIR: dir};
}

/** The kernel, and its helpers on the host that hold the guest's processes: one process group. */
function end(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** The console's lines; what the kernel says on stderr is kept for the case that it does not come up. */
class Lines implements AsyncIterable<string> {
  #rest = '';
  readonly #ready: string[] = [];
  #said = '';
  #done = false;
  #wake: (() => void) | undefined;

  constructor(child: ChildProcess) {
    child.stdout!.on('data', (data: Buffer) => {
      const all = `${this.#rest}${data}`.split('\n');
      this.#rest = all.pop()!;
      this.#ready.push(...all.map(line => line.replace(/\r$/, '')));
      this.#wake?.();
    });
    child.stderr!.on('data', (data: Buffer) => { this.#said = `${this.#said}${data}`.slice(-4000); });
    child.on('error', error => { this.#said = String(error); });
    child.on('close', () => {
      this.#done = true;
      this.#wake?.();
    });
  }

  last(): string {
    return this.#said.trim().split('\n').at(-1) ?? 'it said nothing';
  }

  async* [Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      while (this.#ready.length > 0) yield this.#ready.shift()!;
      if (this.#done) return;
      await new Promise<void>(resolve => { this.#wake = resolve; });
    }
  }
}
