// stat: what the kernel knows of a file (or, with -f, of its file system), in busybox's layout or by -c.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import { local, offsetText, strftime } from '../lib/date';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { pad } from './printf';
import { modeString } from '../lib/mode';
import { Bytes, hex, isDigit, octal, padEnd, padStart } from '../lib/text';
import { groupName, userName } from '../lib/user';

const TEXT = packed('[-ltf] [-c FMT] FILE...\n\nDisplay file (default) or filesystem status\n\n\t-c FMT\tUse the specified format\n\t-f\tDisplay filesystem status\n\t-L\tFollow links\n\t-t\tTerse display\n');

export function stat(args: string[]): i32 {
  const o = getopt(args, 'ftLlc:', TEXT);
  if (!o.ok) return o.status;
  if (o.rest.length == 0) return usage(TEXT);
  let status = 0;
  for (let i = 0; i < o.rest.length; i++) {
    const path = o.rest[i];
    if (o.has('f')) status |= system(path, o.has('c') ? o.get('c') + '\n' : o.has('t') ? '%n %i %l %t %s %b %f %a %c %d\n' : '');
    else status |= file(path, o.has('c') ? o.get('c') + '\n' : '', o.has('t'), o.has('L'));
  }
  return status;
}

function file(path: string, format: string, terse: bool, follow: bool): i32 {
  const st = new fs.Stat();
  const r = follow ? fs.stat(path, st) : fs.lstat(path, st);
  if (r < 0) return out.perror("can't stat '" + path + "'", r);
  if (format.length) {
    out.put(print(format, path, st));
    return 0;
  }
  if (terse) {
    out.put(print('%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %o\n', path, st));
    return 0;
  }
  out.put('  File: ' + (st.isLink ? quoted(path) : path) + '\n');
  out.put(print('  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n', path, st));
  out.put('Device: ' + hex(st.dev) + 'h/' + st.dev.toString() + 'd\tInode: ' + padEnd(st.ino.toString(), 10) + '  Links: ');
  if (st.isDevice) out.put(padEnd(st.nlink.toString(), 5) + ' Device type: ' + hex(major(st.rdev)) + ',' + hex(minor(st.rdev)) + '\n');
  else out.put(st.nlink.toString() + '\n');
  out.put('Access: (' + octal(st.mode & 0o7777, 4) + '/' + modeString(st.mode) + ')  Uid: (' + padStart(st.uid.toString(), 5)
    + '/' + padStart(nameOr(userName(st.uid)), 8) + ')   Gid: (' + padStart(st.gid.toString(), 5) + '/'
    + padStart(nameOr(groupName(st.gid)), 8) + ')\n');
  out.put(print('Access: %x\nModify: %y\nChange: %z\n', path, st));
  return 0;
}

function nameOr(name: string): string {
  return name.length ? name : 'UNKNOWN';
}

function major(dev: u64): u64 {
  return (dev >> 8) & 0xfff;
}

function minor(dev: u64): u64 {
  return (dev & 0xff) | ((dev >> 12) & 0xfff00);
}

// 'name' -> 'target'
function quoted(path: string): string {
  const target = fs.readlink(path);
  return "'" + path + "' -> '" + (target === null ? '' : target) + "'";
}

/** Seconds and nanoseconds as 2026-01-31 12:00:00.000000000 +0000. */
function humanTime(seconds: i64, ns: i64): string {
  const t = local(seconds);
  return strftime('%Y-%m-%d %H:%M:%S', t, seconds) + '.' + padStart(ns.toString(), 9).replaceAll(' ', '0') + ' ' + offsetText(t.offset);
}

function typeName(st: fs.Stat): string {
  switch (st.type) {
    case linux.S_IFDIR: return 'directory';
    case linux.S_IFLNK: return 'symbolic link';
    case linux.S_IFCHR: return 'character special file';
    case linux.S_IFBLK: return 'block special file';
    case linux.S_IFIFO: return 'fifo';
    case linux.S_IFSOCK: return 'socket';
    case linux.S_IFREG: return st.size == 0 ? 'regular empty file' : 'regular file';
    default: return 'weird file';
  }
}

function print(format: string, path: string, st: fs.Stat): string {
  const b = new Bytes(128);
  for (let i = 0; i < format.length; i++) {
    const c = format.charCodeAt(i);
    if (c != 37) {
      b.push(c);
      continue;
    }
    let flags = '';
    let width = 0;
    i++;
    while (i < format.length && '#-+. 0'.indexOf(format.charAt(i)) >= 0) flags += format.charAt(i++);
    while (i < format.length && isDigit(format.charCodeAt(i))) width = width * 10 + format.charCodeAt(i++) - 48;
    if (i >= format.length) break;
    const k = format.charCodeAt(i);
    const number = 'abBdfghiostTuXYZD'.indexOf(format.charAt(i)) >= 0;
    b.add(pad(field(k, path, st), width, flags, number));
  }
  return b.toString();
}

function field(k: i32, path: string, st: fs.Stat): string {
  switch (k) {
    case 110: return path;
    case 78: return st.isLink ? quoted(path) : path;
    case 100: return st.dev.toString();
    case 68: return hex(st.dev);
    case 105: return st.ino.toString();
    case 97: return octal(st.mode & 0o7777);
    case 65: return modeString(st.mode);
    case 102: return hex(st.mode);
    case 70: return typeName(st);
    case 104: return st.nlink.toString();
    case 117: return st.uid.toString();
    case 85: return nameOr(userName(st.uid));
    case 103: return st.gid.toString();
    case 71: return nameOr(groupName(st.gid));
    case 116: return hex(major(st.rdev));
    case 84: return hex(minor(st.rdev));
    case 115: return st.size.toString();
    case 66: return '512';
    case 98: return st.blocks.toString();
    case 111: return st.blksize.toString();
    case 120: return humanTime(st.atime, st.atimeNs);
    case 88: return st.atime.toString();
    case 121: return humanTime(st.mtime, st.mtimeNs);
    case 89: return st.mtime.toString();
    case 122: return humanTime(st.ctime, st.ctimeNs);
    case 90: return st.ctime.toString();
    default: return String.fromCharCode(k);
  }
}

/** Names of file systems by their magic numbers, as stat -f and df -T show them. */
export function magicName(type: i64): string {
  switch (<i32>type) {
    case linux.MAGIC_TMPFS: return 'tmpfs';
    case linux.MAGIC_PROC: return 'proc';
    case linux.MAGIC_SYSFS: return 'sysfs';
    case linux.MAGIC_DEVPTS: return 'devpts';
    case linux.MAGIC_OVERLAY: return 'overlayfs';
    case 0xef53: return 'ext2/ext3';
    case 0x9660: return 'isofs';
    case 0x6969: return 'nfs';
    case 0x58465342: return 'xfs';
    case 0x5346544e: return 'ntfs';
    case 0x4d44: return 'msdos';
    case 0x52654973: return 'reiserfs';
    case 0x28cd3d45: return 'cramfs';
    default: return 'UNKNOWN';
  }
}

function system(path: string, format: string): i32 {
  const s = new fs.Statfs();
  const r = fs.statfs(path, s);
  if (r < 0) return out.perror("can't read file system information for '" + path + "'", r);
  if (!format.length) {
    out.put(printSystem('  File: "%n"\n    ID: %-8i Namelen: %-7l Type: %T\nBlock size: %-10s\nBlocks: Total: %-10b Free: %-10f Available: %a\nInodes: Total: %-10c Free: %d\n', path, s));
  } else out.put(printSystem(format, path, s));
  return 0;
}

function printSystem(format: string, path: string, s: fs.Statfs): string {
  const b = new Bytes(128);
  for (let i = 0; i < format.length; i++) {
    const c = format.charCodeAt(i);
    if (c != 37) {
      b.push(c);
      continue;
    }
    let flags = '';
    let width = 0;
    i++;
    while (i < format.length && '#-+. 0'.indexOf(format.charAt(i)) >= 0) flags += format.charAt(i++);
    while (i < format.length && isDigit(format.charCodeAt(i))) width = width * 10 + format.charCodeAt(i++) - 48;
    if (i >= format.length) break;
    const k = format.charAt(i);
    let v = k;
    if (k == 'n') v = path;
    else if (k == 'i') v = hex(<u32>s.fsid0) + (s.fsid1 != 0 || s.fsid0 != 0 ? hex(<u32>s.fsid1, 8) : '');
    else if (k == 'l') v = s.namelen.toString();
    else if (k == 't') v = hex(s.type);
    else if (k == 'T') v = magicName(s.type);
    else if (k == 'b') v = s.blocks.toString();
    else if (k == 'f') v = s.bfree.toString();
    else if (k == 'a') v = s.bavail.toString();
    else if (k == 's' || k == 'S') v = (k == 'S' && s.frsize != 0 ? s.frsize : s.bsize).toString();
    else if (k == 'c') v = s.files.toString();
    else if (k == 'd') v = s.ffree.toString();
    b.add(pad(v, width, flags, k != 'n' && k != 'T'));
  }
  return b.toString();
}
