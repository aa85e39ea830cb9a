// mount and umount.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as ns from '../sys/ns';
import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { mounts, Mount } from '../lib/mounts';
import { resolve } from '../lib/resolve';
import { lines, words } from '../lib/text';

const MOUNT = packed('[OPTIONS] [-o OPT] DEVICE NODE\n\nMount a filesystem. Filesystem autodetection requires /proc.\n\n\t-a\t\tMount all filesystems in fstab\n\t-f\t\tDry run\n\t-i\t\tDon\'t run mount helper\n\t-r\t\tRead-only mount\n\t-t FSTYPE[,...]\tFilesystem type(s)\n\t-O OPT\t\tMount only filesystems with option OPT (-a only)\n-o OPT:\n\t[a]sync\t\tWrites are [a]synchronous\n\t[no]atime\tDisable/enable updates to inode access times\n\t[no]diratime\tDisable/enable atime updates to directories\n\t[no]relatime\tDisable/enable atime updates relative to modification time\n\t[no]dev\t\t(Dis)allow use of special device files\n\t[no]exec\t(Dis)allow use of executable files\n\t[no]suid\t(Dis)allow set-user-id-root programs\n\t[r]shared\tConvert [recursively] to a shared subtree\n\t[r]slave\tConvert [recursively] to a slave subtree\n\t[r]private\tConvert [recursively] to a private subtree\n\t[un]bindable\tMake mount point [un]able to be bind mounted\n\t[r]bind\t\tBind a file or directory [recursively] to another location\n\tmove\t\tRelocate an existing mount point\n\tremount\t\tRemount a mounted filesystem, changing flags\n\tro\t\tSame as -r\n');

/** What -o asked for: flags, and what only the file system knows. */
let flags: i32 = 0;
let data: string = '';

// One word of -o; flags of the same family replace each other.
function option(word: string): void {
  switch (index(word)) {
    case 0: flags |= linux.MS_RDONLY; return;
    case 1: flags &= ~linux.MS_RDONLY; return;
    case 2: flags |= linux.MS_NOSUID; return;
    case 3: flags &= ~linux.MS_NOSUID; return;
    case 4: flags |= linux.MS_NODEV; return;
    case 5: flags &= ~linux.MS_NODEV; return;
    case 6: flags |= linux.MS_NOEXEC; return;
    case 7: flags &= ~linux.MS_NOEXEC; return;
    case 8: flags |= linux.MS_SYNCHRONOUS; return;
    case 9: flags &= ~linux.MS_SYNCHRONOUS; return;
    case 10: flags |= linux.MS_NOATIME; return;
    case 11: flags &= ~linux.MS_NOATIME; return;
    case 12: flags |= linux.MS_NODIRATIME; return;
    case 13: flags &= ~linux.MS_NODIRATIME; return;
    case 14: flags |= linux.MS_RELATIME; return;
    case 15: flags &= ~linux.MS_RELATIME; return;
    case 16: flags |= linux.MS_STRICTATIME; return;
    case 17: flags |= linux.MS_BIND; return;
    case 18: flags |= linux.MS_BIND | linux.MS_REC; return;
    case 19: flags |= linux.MS_MOVE; return;
    case 20: flags |= linux.MS_REMOUNT; return;
    case 21: flags |= linux.MS_SHARED; return;
    case 22: flags |= linux.MS_SHARED | linux.MS_REC; return;
    case 23: flags |= linux.MS_SLAVE; return;
    case 24: flags |= linux.MS_SLAVE | linux.MS_REC; return;
    case 25: flags |= linux.MS_PRIVATE; return;
    case 26: flags |= linux.MS_PRIVATE | linux.MS_REC; return;
    case 27: flags |= linux.MS_UNBINDABLE; return;
    case 28: flags |= linux.MS_UNBINDABLE | linux.MS_REC; return;
    case 29: flags |= linux.MS_DIRSYNC; return;
    case 30: flags |= linux.MS_MANDLOCK; return;
    case 31: flags &= ~(linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC | linux.MS_SYNCHRONOUS); return;
    case 32: case 33: case 34: case 35: case 36: case 37: case 38: return;
    case 39: flags &= ~linux.MS_SILENT; return;
    case 40: flags |= linux.MS_LAZYTIME; return;
  }
  data += (data.length ? ',' : '') + word;
}

const OPTIONS: StaticArray<string> = ['ro', 'rw', 'nosuid', 'suid', 'nodev', 'dev', 'noexec', 'exec', 'sync', 'async',
  'noatime', 'atime', 'nodiratime', 'diratime', 'relatime', 'norelatime', 'strictatime', 'bind', 'rbind', 'move', 'remount',
  'shared', 'rshared', 'slave', 'rslave', 'private', 'rprivate', 'unbindable', 'runbindable', 'dirsync', 'mand', 'defaults',
  'auto', 'noauto', 'user', 'nouser', 'users', 'nofail', '_netdev', 'loud', 'lazytime'];

function index(word: string): i32 {
  for (let i = 0; i < OPTIONS.length; i++) if (OPTIONS[i] == word) return i;
  return -1;
}

function options(list: string): void {
  const all = list.split(',');
  for (let i = 0; i < all.length; i++) if (all[i].length) option(all[i]);
}

const PROPAGATION: i32 = linux.MS_SHARED | linux.MS_PRIVATE | linux.MS_SLAVE | linux.MS_UNBINDABLE;

export function mount(args: string[]): i32 {
  const o = getopt(args, 'o:t:rwanfvisO:BMR', MOUNT, packed('bind=1,rbind=2,move=3,make-shared=4,make-slave=5,make-private=6,'
    + 'make-unbindable=7,make-rshared=8,make-rslave=9,make-rprivate=!,make-runbindable=@,read-only=r,types:=t,options:=o,'
    + 'all=a,verbose=v,rw=w'));
  if (!o.ok) return o.status;
  flags = linux.MS_SILENT;
  data = '';
  const given = o.all('o');
  for (let i = 0; i < given.length; i++) options(given[i]);
  if (o.has('r')) option('ro');
  if (o.has('w')) option('rw');
  if (o.has('1') || o.has('B')) option('bind');
  if (o.has('2') || o.has('R')) option('rbind');
  if (o.has('3') || o.has('M')) option('move');
  if (o.has('4')) option('shared');
  if (o.has('5')) option('slave');
  if (o.has('6')) option('private');
  if (o.has('7')) option('unbindable');
  if (o.has('8')) option('rshared');
  if (o.has('9')) option('rslave');
  if (o.has('!')) option('rprivate');
  if (o.has('@')) option('runbindable');
  const type = o.get('t');
  const rest = o.rest;
  if (rest.length == 0) {
    if (o.has('a')) return all(type, o.has('f'));
    return list(type);
  }
  if (rest.length > 2) return usage(MOUNT);
  if (o.has('f')) return 0;
  if (rest.length == 2) return one(rest[0], rest[1], type);
  if (flags & (PROPAGATION | linux.MS_REMOUNT)) return one(flags & linux.MS_REMOUNT ? sourceOf(rest[0]) : 'none', rest[0], '');
  // One name alone: fstab knows the rest.
  const table = fstab();
  for (let i = 0; i < table.length; i++) {
    const m = table[i];
    if (m.dir != rest[0] && m.source != rest[0]) continue;
    options(m.options);
    return one(m.source, m.dir, m.type);
  }
  return out.complain("can't find " + rest[0] + ' in /etc/fstab');
}

function list(type: string): i32 {
  const table = mounts();
  for (let i = 0; i < table.length; i++) {
    const m = table[i];
    if (m.source == 'rootfs') continue;
    if (type.length && !typeMatches(type, m.type)) continue;
    out.line(m.source + ' on ' + m.dir + ' type ' + m.type + ' (' + m.options + ')');
  }
  return 0;
}

// A list of types, or with `no` in front of the types that it must not be.
function typeMatches(spec: string, type: string): bool {
  const not = spec.startsWith('no') && spec != 'none';
  const names = (not ? spec.substring(2) : spec).split(',');
  return names.includes(type) != not;
}

function sourceOf(dir: string): string {
  const table = mounts();
  const full = resolve(dir);
  for (let i = table.length - 1; i >= 0; i--) if (table[i].dir == dir || (full !== null && table[i].dir == full)) return table[i].source;
  return 'none';
}

function fstab(): Mount[] {
  const table: Mount[] = [];
  const text = fs.readFile('/etc/fstab');
  if (text === null) return table;
  const all = lines(text);
  for (let i = 0; i < all.length; i++) {
    const f = words(all[i]);
    if (f.length >= 4 && !f[0].startsWith('#')) table.push(new Mount(f[0], f[1], f[2], f[3]));
  }
  return table;
}

function all(type: string, dry: bool): i32 {
  const table = fstab();
  let status = 0;
  for (let i = 0; i < table.length; i++) {
    const m = table[i];
    if ((',' + m.options + ',').includes(',noauto,') || m.type == 'swap') continue;
    if (type.length && !typeMatches(type, m.type)) continue;
    flags = linux.MS_SILENT;
    data = '';
    options(m.options);
    if (!dry) status |= one(m.source, m.dir, m.type);
  }
  return status;
}

function one(source: string, dir: string, type: string): i32 {
  const special = flags & (linux.MS_BIND | linux.MS_MOVE | linux.MS_REMOUNT | PROPAGATION);
  // The kernel takes a change of propagation alone, so a mount with one is two calls.
  const spread = flags & PROPAGATION;
  const first = spread ? flags & ~(spread | (flags & linux.MS_BIND ? 0 : linux.MS_REC)) : flags;
  let r = 0;
  if (!spread || first & ~linux.MS_SILENT || (type.length && source != 'none')) {
    if (type.length || special) r = ns.mount(source, dir, type == 'auto' ? '' : type, first, data);
    else r = guess(source, dir);
    // A bind mount takes its other flags only when it is remounted.
    const later = first & (linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC | linux.MS_NOATIME);
    if (r == 0 && first & linux.MS_BIND && !(first & linux.MS_REMOUNT) && later) {
      r = ns.mount(source, dir, '', linux.MS_BIND | linux.MS_REMOUNT | later | linux.MS_SILENT, '');
    }
  }
  if (r == 0 && spread) r = ns.mount('none', dir, '', spread | (flags & linux.MS_REC) | linux.MS_SILENT, '');
  if (r == 0) return 0;
  if (r == -linux.EPERM) out.complain('permission denied (are you root?)');
  else out.perror('mounting ' + source + ' on ' + dir + ' failed', r);
  return r == -linux.EPERM ? 1 : 255;
}

// Without a type: every file system that needs a device, as /proc/filesystems lists them.
function guess(source: string, dir: string): i32 {
  const st = new fs.Stat();
  if (fs.stat(source, st) == 0 && (st.isDir || st.isReg)) {
    if (st.isDir) flags |= linux.MS_BIND;
    if (st.isDir) return ns.mount(source, dir, '', flags, data);
  }
  const text = fs.readFile('/proc/filesystems');
  let r = -linux.ENODEV;
  if (text === null) return r;
  const all = lines(text);
  for (let i = 0; i < all.length; i++) {
    const f = words(all[i]);
    if (f.length != 1) continue;
    r = ns.mount(source, dir, f[0], flags, data);
    if (r == 0) return 0;
  }
  return r;
}

const UMOUNT = packed('[-rlfda] [-t FSTYPE] FILESYSTEM|DIRECTORY\n\nUnmount filesystems\n\n\t-a\tUnmount all filesystems\n\t-r\tRemount devices read-only if mount is busy\n\t-l\tLazy umount (detach filesystem)\n\t-f\tForce umount (i.e., unreachable NFS server)\n\t-R\tUnmount everything below too\n\t-d\tFree loop device if it has been used\n');

export function umount(args: string[]): i32 {
  const o = getopt(args, 'lfrnadvt:R', UMOUNT, packed('lazy=l,force=f,read-only=r,all=a,recursive=R,types:=t'));
  if (!o.ok) return o.status;
  const how = (o.has('l') ? linux.MNT_DETACH : 0) | (o.has('f') ? linux.MNT_FORCE : 0);
  const table = mounts();
  const targets: string[] = [];
  if (o.has('a')) {
    for (let i = table.length - 1; i >= 0; i--) {
      const m = table[i];
      if (m.dir == '/' || m.type == 'proc' || m.type == 'rootfs') continue;
      if (!o.has('t') || typeMatches(o.get('t'), m.type)) targets.push(m.dir);
    }
  } else if (o.rest.length == 0) return usage(UMOUNT);
  for (let i = 0; i < o.rest.length; i++) {
    const full = resolve(o.rest[i]);
    let dir = full === null ? o.rest[i] : full;
    // A device stands for the place where it was mounted last.
    for (let k = table.length - 1; k >= 0; k--) {
      if (table[k].dir == dir) break;
      if (table[k].source == o.rest[i] || table[k].source == dir) {
        dir = table[k].dir;
        break;
      }
    }
    if (o.has('R')) for (let k = table.length - 1; k >= 0; k--) if (table[k].dir.startsWith(dir == '/' ? '/' : dir + '/') && table[k].dir != dir) targets.push(table[k].dir);
    targets.push(dir);
  }
  let status = 0;
  for (let i = 0; i < targets.length; i++) {
    let r = ns.umount(targets[i], how);
    if (r == -linux.EBUSY && o.has('r')) {
      r = ns.mount(sourceOf(targets[i]), targets[i], '', linux.MS_REMOUNT | linux.MS_RDONLY, '');
      if (r == 0) {
        out.complain(targets[i] + ' busy - remounted read-only');
        continue;
      }
    }
    if (r < 0) status = out.perror("can't unmount " + targets[i], r);
  }
  return status;
}
