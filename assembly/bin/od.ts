// od: bytes of files in octal, or as other numbers and characters.

import * as out from '../lib/out';
import { address, dump, Format, Input, range, rows } from '../lib/dump';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { parseSize } from '../lib/number';
import { isDigit } from '../lib/text';

const OD = packed('[-abcdfhilovxs] [-t TYPE] [-A RADIX] [-N SIZE] [-j SKIP] [-S MINSTR] [-w WIDTH] [FILE]...\n\nPrint FILEs (or stdin) unambiguously, as octal bytes by default\n');

export function od(args: string[]): i32 {
  const o = getopt(args, 'abcdfhilovxsN:t:A:j:S:w::BDOHIFLXeT', OD, packed('skip-bytes:=j,address-radix:=A,read-bytes:=N,format:=t,output-duplicates=v,strings::=S,width::=w,traditional=T'));
  if (!o.ok) return o.status;
  dump.radix = 8;
  dump.digits = 7;
  if (o.has('A')) {
    const at = 'odxn'.indexOf(o.get('A'));
    if (at < 0 || o.get('A').length != 1) return out.complain("bad output address radix '" + o.get('A') + "' (must be [doxn])");
    dump.radix = at == 0 ? 8 : at == 1 ? 10 : at == 2 ? 16 : 0;
    dump.digits = at == 2 ? 6 : 7;
  }
  if (!range(o, 'N', 'j')) return 1;
  dump.all = o.has('v');
  const formats: Format[] = [];
  for (let i = 0; i < o.letters.length; i++) {
    const c = o.letters[i];
    const text = c == 116 ? o.texts[i] : old(c);
    if (text.length && !types(text, formats)) return 1;
  }
  if (formats.length == 0) types('o2', formats);
  const width = o.has('w') ? <i32>parseSize(o.get('w').length ? o.get('w') : '32') : 16;
  const input = new Input(o.rest.length ? o.rest : ['-']);
  if (o.has('S')) return runs(input, <i32>parseSize(o.get('S')));
  return rows(input, formats, width, true);
}

/** The types behind od's old letters. */
function old(c: i32): string {
  const at = 'abcdfhilosxBDOHIFLXe'.indexOf(String.fromCharCode(c));
  return at < 0 ? '' : 'a,o1,c,u2,fF,x2,d2,d4,o2,d2,x2,o2,u4,o4,x4,d8,fD,d8,x4,fD'.split(',')[at];
}

function types(text: string, formats: Format[]): bool {
  for (let i = 0; i < text.length;) {
    const kind = text.charCodeAt(i++);
    let size = kind == 97 || kind == 99 ? 1 : 4;
    if (kind == 102) size = 8;
    if ('acdfoux'.indexOf(String.fromCharCode(kind)) < 0) {
      out.complain("invalid character '" + String.fromCharCode(kind) + "' in type string '" + text + "'");
      return false;
    }
    if (i < text.length && kind != 97 && kind != 99) {
      const letter = 'CSILFD'.indexOf(text.charAt(i));
      if (letter >= 0) {
        size = letter == 0 ? 1 : letter == 1 ? 2 : letter == 2 || letter == 4 ? 4 : 8;
        i++;
      } else if (isDigit(text.charCodeAt(i))) {
        size = text.charCodeAt(i++) - 48;
        const good = size == 4 || size == 8 || (kind != 102 && (size == 1 || size == 2));
        if (!good || (i < text.length && isDigit(text.charCodeAt(i)))) {
          out.complain("invalid type string '" + text + "'; " + size.toString() + '-byte ' + (kind == 102 ? 'floating point' : 'integral') + ' type is not supported');
          return false;
        }
      }
    }
    const at = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
    let width = 4;
    let zero = 0;
    if (kind == 111) zero = width = <i32>[3, 6, 11, 22][at];
    else if (kind == 120) zero = width = size * 2;
    else if (kind == 117) width = <i32>[3, 5, 10, 20][at];
    else if (kind == 100) width = <i32>[4, 6, 11, 20][at];
    else if (kind == 102) width = size == 4 ? 15 : 24;
    else width = 3;
    const tail = i < text.length && text.charCodeAt(i) == 122;
    if (tail) i++;
    formats.push(new Format(kind, size, width + 1, zero, tail));
  }
  return true;
}

/** od -S: runs of at least so many printable characters that end with a NUL. */
function runs(input: Input, least: i32): i32 {
  const at = heap.alloc(1);
  let run = '';
  for (let i: i64 = 0; input.fill(at, 1) == 1; i++) {
    const c = load<u8>(at);
    if (c >= 32 && c < 127) run += String.fromCharCode(c);
    else {
      if (c == 0 && run.length >= least) out.line(address(i - run.length) + ' ' + run);
      run = '';
    }
  }
  return input.status;
}
