// File modes: `drwxr-xr-x`, and chmod's octal and symbolic forms.

import * as linux from '../sys/linux';

/** The ten characters of ls -l. */
export function modeString(mode: i32): string {
  const type = mode & linux.S_IFMT;
  let s = type == linux.S_IFDIR ? 'd' : type == linux.S_IFLNK ? 'l' : type == linux.S_IFCHR ? 'c' : type == linux.S_IFBLK
    ? 'b' : type == linux.S_IFIFO ? 'p' : type == linux.S_IFSOCK ? 's' : type == linux.S_IFREG ? '-' : '?';
  s += triple(mode >> 6, (mode & linux.S_ISUID) != 0, 's', 'S');
  s += triple(mode >> 3, (mode & linux.S_ISGID) != 0, 's', 'S');
  return s + triple(mode, (mode & linux.S_ISVTX) != 0, 't', 'T');
}

function triple(bits: i32, special: bool, with_: string, without: string): string {
  const x = (bits & 1) != 0;
  return (bits & 4 ? 'r' : '-') + (bits & 2 ? 'w' : '-') + (special ? (x ? with_ : without) : x ? 'x' : '-');
}

/** The new mode that `spec` (755, u+x,go-w) makes of `mode`; -1 if it is no mode. */
export function applyMode(spec: string, mode: i32, mask: i32, isDir: bool): i32 {
  if (spec.length == 0) return -1;
  const c0 = spec.charCodeAt(0);
  if (c0 >= 48 && c0 <= 55) {
    let v = 0;
    for (let i = 0; i < spec.length; i++) {
      const c = spec.charCodeAt(i);
      if (c < 48 || c > 55 || v > 0o7777) return -1;
      v = v * 8 + c - 48;
    }
    return v > 0o7777 ? -1 : v;
  }
  let result = mode & 0o7777;
  const clauses = spec.split(',');
  for (let k = 0; k < clauses.length; k++) {
    const clause = clauses[k];
    let i = 0;
    let who = 0;
    for (; i < clause.length; i++) {
      const c = clause.charCodeAt(i);
      if (c == 117) who |= 0o4700;
      else if (c == 103) who |= 0o2070;
      else if (c == 111) who |= 0o7;
      else if (c == 97) who |= 0o7777;
      else break;
    }
    if (i == clause.length) return -1;
    // Without a class: all, as far as the mask lets.
    const all = who == 0;
    if (all) who = 0o7777 & ~mask;
    while (i < clause.length) {
      const op = clause.charCodeAt(i++);
      if (op != 43 && op != 45 && op != 61) return -1;
      let perm = 0;
      const copy = i < clause.length ? 'ugo'.indexOf(clause.charAt(i)) : -1;
      if (copy >= 0) {
        const bits = (result >> (6 - 3 * copy)) & 7;
        perm = bits * 0o111;
        i++;
      } else {
        for (; i < clause.length; i++) {
          const c = clause.charCodeAt(i);
          if (c == 114) perm |= 0o444;
          else if (c == 119) perm |= 0o222;
          else if (c == 120) perm |= 0o111;
          else if (c == 88) perm |= isDir || (result & 0o111) != 0 ? 0o111 : 0;
          else if (c == 115) perm |= 0o6000;
          else if (c == 116) perm |= 0o1000;
          else break;
        }
      }
      perm &= who;
      if (op == 43) result |= perm;
      else if (op == 45) result &= ~perm;
      else result = (result & ~(all ? 0o7777 : who)) | perm;
    }
  }
  return result;
}
