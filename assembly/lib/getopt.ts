// Options as getopt_long(3) reads them, with busybox's usage message for a wrong one and for --help. Operands may stand
// between options unless the specification begins with `+`.

import * as out from './out';
import { isDigit } from './text';
import { unpack } from '../sys/packed';

export const banner = 'BusyBox v1.35.0 (twinbox) multi-call binary.\n';

/** `Usage: APPLET ...` on standard error, for --help too; answers the status. */
export function usage(source: string, status: i32 = 1): i32 {
  const text = unpack(source);
  // The first line is the synopsis; what follows is the description.
  const message = banner + '\nUsage: ' + out.applet + (text.length ? ' ' + text : '') + (text.endsWith('\n') ? '' : '\n');
  out.err(message);
  return status;
}

/** The options and operands of one command line. */
export class Options {
  /** The status to return with at once when `ok` is false. */
  status: i32 = 0;
  ok: bool = true;
  /** Operands, without argv[0]. */
  rest: string[] = [];
  /** How often an option (by its character) came, and where it came last among all. */
  private counts: StaticArray<u8> = new StaticArray<u8>(128);
  private order: StaticArray<u16> = new StaticArray<u16>(128);
  private seen: i32 = 0;
  private values: Map<i32, string> = new Map<i32, string>();
  /** All options in order: [character, value] side by side. */
  letters: i32[] = [];
  texts: string[] = [];

  has(c: string): bool {
    return this.counts[c.charCodeAt(0)] != 0;
  }

  count(c: string): i32 {
    return this.counts[c.charCodeAt(0)];
  }

  /** The last value of an option, or `other`. */
  get(c: string, other: string = ''): string {
    const code = c.charCodeAt(0);
    return this.values.has(code) ? this.values.get(code) : other;
  }

  /** All values of an option. */
  all(c: string): string[] {
    const list: string[] = [];
    for (let i = 0; i < this.letters.length; i++) if (this.letters[i] == c.charCodeAt(0)) list.push(this.texts[i]);
    return list;
  }

  /** Did `a` come after `b` (or `b` not at all). */
  later(a: string, b: string): bool {
    return this.order[a.charCodeAt(0)] > this.order[b.charCodeAt(0)];
  }

  /** Turns a flag on or off, as a program's own commands do. */
  flip(c: string): void {
    this.counts[c.charCodeAt(0)] = this.has(c) ? 0 : 1;
  }

  set(code: i32, value: string): void {
    if (this.counts[code] < 255) this.counts[code]++;
    this.order[code] = <u16>++this.seen;
    this.values.set(code, value);
    this.letters.push(code);
    this.texts.push(value);
  }
}

/**
 * Read `args` (argv[0] first). `letters` is getopt's: `a` a flag, `a:` with a value, `a::` with a value in the same
 * word only. `longs` is `name=a` with commas between, with the same colons after the name.
 */
export function getopt(args: string[], letters: string, text: string, longs: string = ''): Options {
  const o = new Options();
  if (args.length == 2 && args[1] == '--help') return stop(o, usage(text, 0));
  const ordered = letters.length > 0 && letters.charCodeAt(0) == 43;
  let i = 1;
  for (; i < args.length; i++) {
    const word = args[i];
    if (word.length < 2 || word.charCodeAt(0) != 45) {
      if (ordered) break;
      o.rest.push(word);
      continue;
    }
    if (word == '--') {
      i++;
      break;
    }
    if (word.charCodeAt(1) == 45) {
      const used = long(o, args, i, letters, unpack(longs), text);
      if (used < 0) return o;
      i += used;
      continue;
    }
    for (let k = 1; k < word.length; k++) {
      const c = word.charCodeAt(k);
      const at = c == 58 || c > 126 ? -1 : letters.indexOf(String.fromCharCode(c));
      if (at < 0 || (at == 0 && ordered)) {
        out.complain("invalid option -- '" + word.charAt(k) + "'");
        return stop(o, usage(text));
      }
      const colon = at + 1 < letters.length && letters.charCodeAt(at + 1) == 58;
      if (!colon) {
        o.set(c, '');
        continue;
      }
      const optional = at + 2 < letters.length && letters.charCodeAt(at + 2) == 58;
      if (k + 1 < word.length) o.set(c, word.substring(k + 1));
      else if (optional) o.set(c, '');
      else if (i + 1 < args.length) o.set(c, args[++i]);
      else {
        out.complain("option requires an argument -- '" + word.charAt(k) + "'");
        return stop(o, usage(text));
      }
      break;
    }
  }
  for (; i < args.length; i++) o.rest.push(args[i]);
  return o;
}

function stop(o: Options, status: i32): Options {
  o.ok = false;
  o.status = status;
  return o;
}

// How many further words a long option took; -1 when it was wrong.
function long(o: Options, args: string[], i: i32, letters: string, longs: string, text: string): i32 {
  const word = args[i];
  const eq = word.indexOf('=');
  const name = word.substring(2, eq < 0 ? word.length : eq);
  const list = longs.split(',');
  let found = -1;
  let many = 0;
  for (let k = 0; k < list.length; k++) {
    const at = list[k].indexOf('=');
    if (at < 0) continue;
    let end = at;
    while (end > 0 && list[k].charCodeAt(end - 1) == 58) end--;
    const full = list[k].substring(0, end);
    if (full == name) {
      found = k;
      many = 1;
      break;
    }
    if (full.startsWith(name)) {
      found = k;
      many++;
    }
  }
  if (many != 1) {
    if (many == 0) out.complain("unrecognized option '" + word + "'");
    else out.complain("option '" + word + "' is ambiguous");
    stop(o, usage(text));
    return -1;
  }
  const spec = list[found];
  const at = spec.indexOf('=');
  const code = spec.charCodeAt(at + 1);
  let colons = 0;
  while (at - 1 - colons >= 0 && spec.charCodeAt(at - 1 - colons) == 58) colons++;
  const full = spec.substring(0, at - colons);
  if (eq >= 0) {
    if (colons == 0) {
      out.complain("option '--" + full + "' doesn't allow an argument");
      stop(o, usage(text));
      return -1;
    }
    o.set(code, word.substring(eq + 1));
    return 0;
  }
  if (colons == 1) {
    if (i + 1 >= args.length) {
      out.complain("option '--" + full + "' requires an argument");
      stop(o, usage(text));
      return -1;
    }
    o.set(code, args[i + 1]);
    return 1;
  }
  o.set(code, '');
  return 0;
}

/** Words like -5 and +5 made `-n 5`, as head and tail allow; `plus` too. */
export function oldNumber(args: string[], plus: bool = false): string[] {
  const list: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const w = args[i];
    const c = w.length > 1 ? w.charCodeAt(0) : 0;
    if (i > 0 && i < 2 && (c == 45 || (plus && c == 43)) && isDigit(w.charCodeAt(1))) {
      list.push('-n');
      list.push(c == 43 ? w : w.substring(1));
    } else list.push(w);
  }
  return list;
}
