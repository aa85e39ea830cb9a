// Host directories by node:fs (src/kernel/fs/hostfs.ts says what is asked). The guest has no way to name anything
// outside: names are single components, no operation follows a link, and before each the directory that holds the name
// is checked to be, by its real path, where it should be.

import * as fs from 'node:fs';
import type { HostDir, HostDriver, HostStat } from '../kernel/fs/hostfs.ts';
import type { Attrs } from '../kernel/fs/inode.ts';
import type { StatFs } from '../kernel/fs/super.ts';
import { text } from '../kernel/bytes.ts';
import type { Timespec } from '../kernel/sched/clock.ts';
import { Errno, type ErrnoName, SysError } from '../kernel/uapi/errno.ts';
import { S } from '../kernel/uapi/fcntl.ts';

const windows = process.platform === 'win32';
/** Whose files are root's inside: those of whoever runs this process. */
const ownUid = process.getuid?.() ?? 0;
const ownGid = process.getgid?.() ?? 0;
const O_NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0;

export class NodeHostDriver implements HostDriver {
  open(path: string): HostDir {
    const real = attempt(() => fs.realpathSync.native(text(path)));
    if (!attempt(() => fs.statSync(real)).isDirectory()) throw new SysError('ENOTDIR', 'open', text(path));
    return new NodeDir(real);
  }
}

class NodeDir implements HostDir {
  readonly #root: string;
  /** The same for comparing with what realpath answers, without a separator at the end. */
  readonly #prefix: Buffer;

  constructor(root: string) {
    this.#root = root;
    this.#prefix = Buffer.from(root.replace(/[\\/]+$/, ''));
  }

  stat(path: string): HostStat {
    return attempt(() => translate(fs.lstatSync(this.#place(path), { bigint: true })));
  }

  readdir(path: string): { name: string; type: number }[] {
    const place = this.#place(path);
    return attempt(() => fs.readdirSync(place, { withFileTypes: true, encoding: 'buffer' }).map((entry) => ({
      name: entry.name.toString('latin1'),
      type: entry.isDirectory() ? S.IFDIR : entry.isSymbolicLink() ? S.IFLNK : S.IFREG,
    })));
  }

  readlink(path: string): string {
    const place = this.#place(path);
    const target = attempt(() => fs.readlinkSync(place, { encoding: 'buffer' })).toString('latin1');
    return windows ? target.replaceAll('\\', '/') : target;
  }

  create(path: string, mode: number): void {
    const place = this.#place(path);
    attempt(() => {
      fs.closeSync(fs.openSync(place, fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_WRONLY | O_NOFOLLOW, mode));
      // The umask is the guest's, and has been applied.
      if (!windows) fs.chmodSync(place, mode);
    });
  }

  mkdir(path: string, mode: number): void {
    const place = this.#place(path);
    attempt(() => {
      fs.mkdirSync(place, mode);
      if (!windows) fs.chmodSync(place, mode);
    });
  }

  symlink(path: string, target: string): void {
    const place = this.#place(path);
    attempt(() => fs.symlinkSync(windows ? text(target) : Buffer.from(target, 'latin1'), place));
  }

  link(path: string, newPath: string): void {
    const [from, to] = [this.#place(path), this.#place(newPath)];
    attempt(() => fs.linkSync(from, to));
  }

  unlink(path: string): void {
    const place = this.#place(path);
    attempt(() => fs.unlinkSync(place));
  }

  rmdir(path: string): void {
    const place = this.#place(path);
    attempt(() => fs.rmdirSync(place));
  }

  rename(path: string, newPath: string): void {
    const [from, to] = [this.#place(path), this.#place(newPath)];
    attempt(() => fs.renameSync(from, to));
  }

  setattr(path: string, { mode, uid, gid, atime, mtime }: Attrs): void {
    const place = this.#place(path);
    attempt(() => {
      const now = fs.lstatSync(place);
      if ((uid !== undefined || gid !== undefined) && !windows) {
        fs.lchownSync(place, outside(uid, ownUid, now.uid), outside(gid, ownGid, now.gid));
      }
      // chmod(2) follows links, and Linux has no other.
      if (mode !== undefined && !now.isSymbolicLink()) fs.chmodSync(place, mode & 0o7777);
      if (atime !== undefined || mtime !== undefined) {
        fs.lutimesSync(place, atime === undefined ? now.atimeMs / 1000 : seconds(atime), mtime === undefined ? now.mtimeMs / 1000 : seconds(mtime));
      }
    });
  }

  open(path: string, write: boolean): number {
    const place = this.#place(path);
    return attempt(() => {
      // A FIFO or a device of the host could block or act: only what is a regular file is opened.
      if (!fs.lstatSync(place).isFile()) throw new SysError('ENXIO', 'open');
      const handle = fs.openSync(place, (write ? fs.constants.O_RDWR : fs.constants.O_RDONLY) | O_NOFOLLOW | (fs.constants.O_NONBLOCK ?? 0));
      if (fs.fstatSync(handle).isFile()) return handle;
      fs.closeSync(handle);
      throw new SysError('ENXIO', 'open');
    });
  }

  close(handle: number): void {
    attempt(() => fs.closeSync(handle));
  }

  fstat(handle: number): HostStat {
    return attempt(() => translate(fs.fstatSync(handle, { bigint: true })));
  }

  read(handle: number, into: Uint8Array, pos: number): number {
    return attempt(() => fs.readSync(handle, into, 0, into.length, pos));
  }

  write(handle: number, from: Uint8Array, pos: number): number {
    // Guest memory may be shared between threads, which node:fs refuses.
    const bytes = from.buffer instanceof ArrayBuffer ? from : from.slice();
    return attempt(() => fs.writeSync(handle, bytes, 0, bytes.length, pos));
  }

  truncate(handle: number, length: number): void {
    attempt(() => fs.ftruncateSync(handle, length));
  }

  statfs(): StatFs {
    return attempt(() => {
      const { blocks, bfree, files, ffree, bsize } = fs.statfsSync(this.#root);
      const scale = bsize / 4096;
      return { blocks: Math.floor(blocks * scale), bfree: Math.floor(bfree * scale), files, ffree };
    });
  }

  /** The host's name of a path, after checking that the directory it is in is really below the root. */
  #place(path: string): Buffer | string {
    if (path === '') return this.#root;
    const names = path.split('/');
    if (names.some((name) => name === '' || name === '.' || name === '..' || (windows && strange(name)))) {
      throw new SysError('ENOENT');
    }
    const separator = windows ? '\\' : '/';
    const at = Buffer.concat([this.#prefix, Buffer.from(names.map((name) => separator + name).join(''), 'latin1')]);
    if (names.length > 1) {
      const dir = at.subarray(0, at.length - names.at(-1)!.length - 1);
      const real = attempt(() => fs.realpathSync.native(windows ? dir.toString() : dir, { encoding: 'buffer' }));
      if (!same(real, dir)) throw new SysError('ELOOP', 'open', 'a directory of the host is a link');
    }
    return windows ? at.toString() : at;
  }
}

/** Hosts that fold case, or normalise names, answer another spelling of the same place. */
function same(a: Buffer, b: Buffer): boolean {
  const fold = (name: Buffer): string => name.toString().normalize('NFC').toLowerCase();
  return a.equals(b) || (process.platform !== 'linux' && fold(a) === fold(b));
}

/** Names that Windows takes for something else: streams, separators, devices, and what it cuts at the end. */
function strange(name: string): boolean {
  return /[\\:*?"<>|\x00-\x1f]|[. ]$/.test(name) || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name);
}

function translate(stat: fs.BigIntStats): HostStat {
  const type = stat.isDirectory() ? S.IFDIR : stat.isSymbolicLink() ? S.IFLNK : stat.isFile() ? S.IFREG
    : stat.isFIFO() ? S.IFIFO : stat.isSocket() ? S.IFSOCK : stat.isBlockDevice() ? S.IFBLK : S.IFCHR;
  const bits = windows ? (stat.isDirectory() ? 0o755 : 0o644) : Number(stat.mode) & 0o7777;
  return {
    ino: Number(BigInt.asUintN(52, stat.ino)), mode: type | bits, nlink: Number(stat.nlink), size: Number(stat.size),
    uid: Number(stat.uid) === ownUid ? 0 : Number(stat.uid), gid: Number(stat.gid) === ownGid ? 0 : Number(stat.gid),
    atime: timespec(stat.atimeNs), mtime: timespec(stat.mtimeNs), ctime: timespec(stat.ctimeNs),
  };
}

const timespec = (ns: bigint): Timespec => ({ sec: Number(ns / 1_000_000_000n), nsec: Number(ns % 1_000_000_000n) });
const seconds = ({ sec, nsec }: Timespec): number => sec + nsec / 1e9;
/** The host's id for a guest's: root inside is whoever runs this process. */
const outside = (id: number | undefined, own: number, now: number): number => (id === undefined ? now : id === 0 ? own : id);

/** node:fs's failures have Linux's names; what has no name of ours is an I/O error. */
function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof SysError) throw error;
    const { code, syscall } = error as NodeJS.ErrnoException;
    throw new SysError(code !== undefined && code in Errno ? (code as ErrnoName) : 'EIO', syscall);
  }
}
