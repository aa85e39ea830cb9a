// Prompts: the escapes of PS1 and PS2 (\w, \$, \u, \h and their like) after their parameters are expanded.

import { geteuid } from '../../sys/cred';
import { hostname } from '../../sys/ns';
import { now } from '../../sys/time';
import { userName } from '../../lib/user';
import { Buf, at, isDigit } from './buf';
import { directory } from './dir';
import { expandPrompt } from './simple';
import * as vars from './vars';

export function promptText(name: string): string {
  const raw = vars.get(name);
  if (raw == null) return '';
  const s = expandPrompt(raw as string);
  if (s.indexOf('\\') < 0) return s;
  const b = new Buf();
  for (let i = 0; i < s.length; i++) {
    let c = at(s, i);
    if (c != 92 || i + 1 == s.length) {
      b.push(c);
      continue;
    }
    c = at(s, ++i);
    switch (c) {
      case 119: b.add(shortened()); break;
      case 87: {
        const d = shortened();
        b.add(d.length > 1 ? d.substring(d.lastIndexOf('/') + 1) : d);
        break;
      }
      case 36: b.push(geteuid() == 0 ? 35 : 36); break;
      case 117: b.add(userName(geteuid())); break;
      case 104: b.add(hostname().split('.')[0]); break;
      case 72: b.add(hostname()); break;
      case 110: b.push(10); break;
      case 114: b.push(13); break;
      case 97: b.push(7); break;
      case 101: case 69: b.push(27); break;
      case 115: b.add('sh'); break;
      case 116: case 84: case 65: b.add(clock(c)); break;
      case 91: b.push(1); break;
      case 93: b.push(2); break;
      case 92: b.push(92); break;
      default:
        if (isDigit(c) && c < 56) {
          let v = 0;
          let k = i;
          while (k < s.length && k < i + 3 && isDigit(at(s, k)) && at(s, k) < 56) v = v * 8 + at(s, k++) - 48;
          i = k - 1;
          b.push(v & 255);
        } else {
          b.push(92);
          b.push(c);
        }
    }
  }
  return b.toString();
}

/** The directory, with the home directory as ~. */
function shortened(): string {
  const d = directory();
  const home = vars.valueOf(vars.home);
  if (home != null) {
    const h = home as string;
    if (h.length > 1 && (d == h || d.startsWith(h + '/'))) return '~' + d.substring(h.length);
  }
  return d;
}

function clock(c: i32): string {
  const s = <i32>(now() % 86400);
  let hour = s / 3600;
  if (c == 84) hour = (hour + 11) % 12 + 1;
  const text = two(hour) + ':' + two(s / 60 % 60);
  return c == 65 ? text : text + ':' + two(s % 60);
}

function two(n: i32): string {
  return n.toString().padStart(2, '0');
}
