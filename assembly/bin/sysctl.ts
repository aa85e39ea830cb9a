// sysctl: the files of /proc/sys by dotted names.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import * as linux from '../sys/linux';
import { errno } from '../sys/errno';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { lines, trim } from '../lib/text';

const TEXT = packed('[-enq] { -a | -p [FILE]... | [-w] [KEY[=VALUE]]... }\n\nShow/set kernel parameters\n\n\t-e\tDon\'t warn about unknown keys\n\t-n\tDon\'t show key names\n\t-a\tShow all values\n\t-p\tSet values from FILEs (default /etc/sysctl.conf)\n\t-w\tSet values\n');

let quiet: bool = false;
let bare: bool = false;
let silent: bool = false;

export function sysctl(args: string[]): i32 {
  const o = getopt(args, 'neqaAwp', TEXT);
  if (!o.ok) return o.status;
  quiet = o.has('e');
  bare = o.has('n');
  silent = o.has('q');
  if (o.has('a') || o.has('A') || (o.rest.length == 0 && !o.has('p'))) return show('');
  if (o.has('p')) {
    const path = o.rest.length ? o.rest[0] : '/etc/sysctl.conf';
    const text = fs.readFile(path);
    if (text === null) return out.cantOpen(path, errno);
    const all = lines(text);
    let status = 0;
    for (let i = 0; i < all.length; i++) {
      const line = trim(all[i]);
      if (!line.length || line.startsWith('#') || line.startsWith(';')) continue;
      const at = line.indexOf('=');
      if (at > 0) status |= set(trim(line.substring(0, at)), trim(line.substring(at + 1)));
    }
    return status;
  }
  let status = 0;
  for (let i = 0; i < o.rest.length; i++) {
    const at = o.rest[i].indexOf('=');
    if (at < 0) {
      if (o.has('w')) status = out.complain("error: '" + o.rest[i] + "' must be of the form name=value");
      else status |= show(o.rest[i]);
    } else status |= set(o.rest[i].substring(0, at), o.rest[i].substring(at + 1));
  }
  return status;
}

// net.ipv4/x.y and net/ipv4 are both ways to write a path: the first kind of separator met rules.
function pathOf(key: string): string {
  const dot = key.indexOf('.');
  const slash = key.indexOf('/');
  if (slash >= 0 && (dot < 0 || slash < dot)) return '/proc/sys/' + key;
  return '/proc/sys/' + key.replaceAll('.', '/');
}

function show(key: string): i32 {
  const path = key.length ? pathOf(key) : '/proc/sys';
  const st = new fs.Stat();
  const r = fs.stat(path, st);
  if (r < 0) return missing(key, r);
  if (st.isDir) {
    const names = fs.names(path);
    let status = 0;
    if (names !== null) for (let i = 0; i < names.length; i++) status |= show((key.length ? key.replaceAll('/', '.') + '.' : '') + names[i]);
    return key.length ? status : 0;
  }
  const text = fs.readFile(path);
  if (text === null) return (st.mode & 0o444) == 0 ? 0 : out.perror("error reading key '" + key + "'", errno);
  const all = lines(text);
  for (let i = 0; i < all.length; i++) out.line((bare ? '' : key.replaceAll('/', '.') + ' = ') + all[i]);
  return 0;
}

function missing(key: string, r: i32): i32 {
  if (quiet && r == -linux.ENOENT) return 0;
  if (r == -linux.ENOENT) return out.complain("error: '" + key + "' is an unknown key");
  return out.perror("error reading key '" + key + "'", r);
}

function set(key: string, value: string): i32 {
  const path = pathOf(key);
  if (!fs.exists(path)) return missing(key, -linux.ENOENT);
  const r = fs.writeFile(path, value + '\n', 0);
  if (r < 0) return out.perror("error setting key '" + key + "'", r);
  if (!silent) out.line((bare ? '' : key + ' = ') + value);
  return 0;
}
