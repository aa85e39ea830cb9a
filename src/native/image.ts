// What the images `busybox` and `host` are made of on this machine: a static busybox with a link for each of its
// applets, made once in the base directory; and the system's own programs.

import { spawnSync } from 'node:child_process';
import {
  chmodSync, closeSync, copyFileSync, lstatSync, mkdirSync, openSync, readFileSync, readlinkSync, readSync, renameSync, rmSync, statSync,
  symlinkSync, type Stats,
} from 'node:fs';
import { join } from 'node:path';
import type { HostImage, Images } from '../plan.ts';
import { fnv64 } from './hash.ts';

export function images(base: string): Images {
  const host = hostImage();
  const resolvConf = text('/etc/resolv.conf');
  const more = resolvConf === undefined ? { host } : { host, resolvConf };
  try {
    return { ...more, busybox: busyboxTemplate(base) };
  } catch (error) {
    return { ...more, busyboxMissing: (error as Error).message };
  }
}

// --- busybox

const places = ['/bin/busybox', '/usr/bin/busybox', '/usr/local/bin/busybox', '/sbin/busybox', '/usr/lib/busybox/busybox',
  '/usr/lib/busybox/bin/busybox', '/bin/busybox.static', '/usr/lib/initcpio/busybox'];
const elfMachine: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };

/** A directory whose `bin` holds a copy of the system's static busybox and a link for each applet. */
export function busyboxTemplate(base: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  const source = findBusybox(env);
  const { size, mtimeMs, ino } = statSync(source);
  const dir = join(base, 'images', `busybox-${fnv64([source, size, mtimeMs, ino].join(':')).toString(16)}`);
  const made = lstatSync(dir, { throwIfNoEntry: false });
  if (made === undefined) makeTemplate(source, dir);
  else if (!made.isDirectory() || made.uid !== process.geteuid!()) throw new Error(`${dir} is not a directory of this user`);
  return dir;
}

function findBusybox(env: Readonly<Record<string, string | undefined>>): string {
  if (env.TWINBOX_BUSYBOX) {
    const problem = notStatic(env.TWINBOX_BUSYBOX);
    if (problem === undefined) return env.TWINBOX_BUSYBOX;
    throw new Error(`TWINBOX_BUSYBOX: ${env.TWINBOX_BUSYBOX} ${problem}`);
  }
  const problems: string[] = [];
  for (const path of places) {
    const problem = notStatic(path);
    if (problem === undefined) return path;
    if (problem !== 'does not exist') problems.push(`${path} ${problem}`);
  }
  throw new Error(`no static busybox on this machine${problems.length > 0 ? ` (${problems.join(', ')})` : ''}: ${remedy()}`);
}

/** What is wrong with it: a program for this CPU that asks for no loader (elf(5), PT_INTERP) is static. */
export function notStatic(path: string): string | undefined {
  const head = Buffer.alloc(4096);
  let read: number;
  try {
    const fd = openSync(path, 'r');
    try {
      read = readSync(fd, head, 0, head.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read (${code})`;
  }
  if (read < 64 || head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2) return 'is not a 64-bit program';
  if (head.readUInt16LE(18) !== elfMachine[process.arch]) return 'is a program for another CPU';
  const [start, size, count] = [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)];
  for (let i = 0; i < count; i++) {
    const at = start + i * size;
    if (at + 4 > read) return 'has an odd header';
    if (head.readUInt32LE(at) === 3) return 'is linked dynamically';
  }
  return undefined;
}

/** Under a name of its own until it is whole, so that two who make it at once cannot disturb each other. */
function makeTemplate(source: string, dir: string): void {
  const aside = `${dir}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  const bin = join(aside, 'bin');
  mkdirSync(bin, { recursive: true, mode: 0o755 });
  try {
    copyFileSync(source, join(bin, 'busybox'));
    for (const path of [join(bin, 'busybox'), bin, aside]) chmodSync(path, 0o755);
    const list = spawnSync(join(bin, 'busybox'), ['--list'], { encoding: 'utf8', env: {}, timeout: 10_000 });
    if (list.status !== 0) throw new Error(`${source} --list failed`);
    for (const name of list.stdout.split('\n')) {
      if (/^[\w.[-]+$/.test(name) && !name.startsWith('.') && name !== 'busybox') symlinkSync('busybox', join(bin, name));
    }
    renameSync(aside, dir);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** One line to get one, by the distribution. */
function remedy(): string {
  const release = text('/etc/os-release') ?? '';
  const ids = [...release.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].flatMap((match) => match[1]!.split(' '));
  const known: readonly (readonly [string, string])[] = [
    ['debian', 'apt-get install busybox-static'], ['ubuntu', 'apt-get install busybox-static'], ['alpine', 'apk add busybox-static'],
    ['fedora', 'dnf install busybox'], ['rhel', 'dnf install busybox'], ['arch', 'pacman -S busybox'],
    ['suse', 'zypper install busybox-static'], ['opensuse', 'zypper install busybox-static'],
  ];
  const found = known.find(([id]) => ids.includes(id));
  return found?.[1] ?? 'install one from your distribution, or name one in TWINBOX_BUSYBOX';
}

// --- host

const tops = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
/** Never a directory that may hold keys: of ssl only certs. */
const etc = ['ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'alternatives', 'ssl/certs', 'ssl/openssl.cnf', 'localtime'];

export function hostImage(): HostImage {
  const binds: string[] = [];
  const links: (readonly [string, string])[] = [];
  for (const path of tops) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) binds.push(path);
    else if (stat?.isSymbolicLink()) links.push([path, readlinkSync(path)]);
  }
  const open = etc.flatMap((name) => {
    const path = `/etc/${name}`;
    const stat = follow(path);
    if (stat === undefined || (stat.mode & 0o004) === 0) return [];
    if (stat.isDirectory()) return (stat.mode & 0o001) === 0 ? [] : [`${path}/`];
    return stat.isFile() ? [path] : [];
  });
  return { binds, links, etc: open };
}

function follow(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
