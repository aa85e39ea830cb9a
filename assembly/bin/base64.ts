// base64: RFC 4648 section 4, both ways.

import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { openInput, Reader } from '../lib/input';
import { parseCount } from '../lib/number';

const TEXT = packed('[-d] [-w COL] [FILE]\n\nBase64 encode or decode FILE to standard output\n\n\t-d\tDecode data\n\t-w COL\tWrap lines at COL (default 76, 0 disables)\n');
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function base64(args: string[]): i32 {
  const o = getopt(args, 'dw:', TEXT, 'decode=d,wrap:=w');
  if (!o.ok) return o.status;
  if (o.rest.length > 1) return usage(TEXT);
  const width = parseCount(o.get('w', '76'));
  if (width < 0) return out.complain("invalid number '" + o.get('w') + "'");
  const name = o.rest.length ? o.rest[0] : '-';
  const fd = openInput(name);
  if (fd < 0) return out.cantOpen(name, fd);
  const input = new Reader(fd);
  return o.has('d') ? decode(input) : encode(input, width);
}

function encode(input: Reader, width: i32): i32 {
  let column = 0;
  for (;;) {
    const a = input.byte();
    if (a < 0) break;
    const b = input.byte();
    const c = b < 0 ? -1 : input.byte();
    const bits = (a << 16) | (max(b, 0) << 8) | max(c, 0);
    for (let i = 0; i < 4; i++) {
      const lacking = (i == 2 && b < 0) || (i == 3 && c < 0);
      out.byte(lacking ? 61 : DIGITS.charCodeAt((bits >> (18 - 6 * i)) & 63));
      if (++column == width) {
        out.byte(10);
        column = 0;
      }
    }
  }
  if (column > 0 && width > 0) out.byte(10);
  return 0;
}

/** By groups of four, as busybox does it: what is no digit is passed over, a group that is not whole is an error. */
function decode(input: Reader): i32 {
  let bits = 0;
  let have = 0;
  let padded = 0;
  for (;;) {
    const c = input.byte();
    if (c < 0) break;
    const value = c == 61 ? 0 : digit(c);
    if (value < 0) continue;
    if (padded && have == 0) return out.complain('truncated input');
    if (c == 61) {
      if (have < 2) break;
      padded++;
    } else if (padded) break;
    bits = (bits << 6) | value;
    if (++have < 4) continue;
    for (let k = 0; k < 3 - padded; k++) out.byte((bits >> (16 - 8 * k)) & 255);
    bits = have = 0;
  }
  return have ? out.complain('truncated input') : 0;
}

function digit(c: i32): i32 {
  if (c >= 65 && c <= 90) return c - 65;
  if (c >= 97 && c <= 122) return c - 71;
  if (c >= 48 && c <= 57) return c + 4;
  return c == 43 ? 62 : c == 47 ? 63 : -1;
}
