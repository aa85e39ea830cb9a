// The mounts that /proc/mounts lists.

import * as fs from '../sys/fs';
import { Bytes, lines } from './text';

export class Mount {
  constructor(
    public source: string,
    public dir: string,
    public type: string,
    public options: string,
  ) {}
}

export function mounts(): Mount[] {
  let text = fs.readFile('/proc/mounts');
  if (text === null) text = fs.readFile('/etc/mtab');
  const list: Mount[] = [];
  if (text === null) return list;
  const all = lines(text);
  for (let i = 0; i < all.length; i++) {
    const f = all[i].split(' ');
    if (f.length >= 4) list.push(new Mount(plain(f[0]), plain(f[1]), f[2], f[3]));
  }
  return list;
}

// Blanks in names are octal there.
function plain(s: string): string {
  if (s.indexOf('\\') < 0) return s;
  const b = new Bytes(s.length);
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c != 92 || i + 3 >= s.length) {
      b.push(c);
      continue;
    }
    b.push((s.charCodeAt(i + 1) - 48) * 64 + (s.charCodeAt(i + 2) - 48) * 8 + s.charCodeAt(i + 3) - 48);
    i += 3;
  }
  return b.toString();
}
