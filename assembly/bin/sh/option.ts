// The shell's options: letters, names, and what turning one on or off does.

import * as out from '../../lib/out';
import * as jobs from './job';
import * as fs from '../../sys/fs';
import { isatty } from '../../sys/tty';
import { O_RDWR } from '../../sys/linux';
import { failed, warn } from './message';
import { OWN_FD } from './redir';
import { sh } from './state';
import * as trap from './trap';

const LETTERS: string = 'efImnsxvCabuEVp';
const names: string[] = [
  'errexit', 'noglob', 'ignoreeof', 'monitor', 'noexec', '', 'xtrace', 'verbose', 'noclobber', 'allexport', 'notify',
  'nounset', 'errtrace', 'vi', 'pipefail',
];
const MONITOR = 3;
const STDIN = 5;
const PIPEFAIL = 14;

export function option(i: i32): bool {
  switch (i) {
    case 0: return sh.eflag;
    case 1: return sh.fflag;
    case 2: return sh.Iflag;
    case MONITOR: return sh.mflag;
    case 4: return sh.nflag;
    case STDIN: return sh.sflag;
    case 6: return sh.xflag;
    case 7: return sh.vflag;
    case 8: return sh.Cflag;
    case 9: return sh.aflag;
    case 10: return sh.bflag;
    case 11: return sh.uflag;
    case 12: return sh.Eflag;
    case 13: return sh.Vflag;
    case PIPEFAIL: return sh.pipefail;
  }
  return false;
}

export function setOption(i: i32, on: bool): void {
  switch (i) {
    case 0: sh.eflag = on; break;
    case 1: sh.fflag = on; break;
    case 2: sh.Iflag = on; break;
    case MONITOR: monitor(on); break;
    case 4: sh.nflag = on; break;
    case STDIN: sh.sflag = on; break;
    case 6: sh.xflag = on; break;
    case 7: sh.vflag = on; break;
    case 8: sh.Cflag = on; break;
    case 9: sh.aflag = on; break;
    case 10: sh.bflag = on; break;
    case 11: sh.uflag = on; break;
    case 12: sh.Eflag = on; break;
    case 13: sh.Vflag = on; break;
    case PIPEFAIL: sh.pipefail = on; break;
  }
}

/** Job control on or off. */
export function monitor(on: bool): void {
  sh.mflag = on;
  if (on == sh.jobControl || sh.subshell) return;
  if (!on) {
    jobs.stop();
    sh.jobControl = false;
    trap.settleAll();
    return;
  }
  let fd = fs.open('/dev/tty', O_RDWR);
  if (fd < 0) {
    fd = 2;
    while (fd >= 0 && !isatty(fd)) fd--;
  }
  if (fd >= 0) {
    const own = fs.dupAbove(fd, OWN_FD);
    if (fd > 2) fs.close(fd);
    if (own >= 0 && jobs.start(own)) {
      sh.jobControl = true;
      trap.settleAll();
      return;
    }
    if (own >= 0) fs.close(own);
  }
  warn("can't access tty; job control turned off");
  sh.mflag = false;
}

/** The options of a letter or a name; -1 if there is none. */
export function byLetter(c: i32): i32 {
  const i = LETTERS.indexOf(String.fromCharCode(c));
  return i == STDIN || i == PIPEFAIL ? -1 : i;
}

function byName(s: string): i32 {
  for (let i = 0; i < names.length; i++) if (i != STDIN && names[i] == s) return i;
  return -1;
}

/** $- */
export function optionLetters(): string {
  let s = '';
  for (let i = 0; i < PIPEFAIL; i++) {
    if (i == MONITOR && sh.interactive) s += 'i';
    if (option(i)) s += LETTERS.charAt(i);
    if (i == STDIN && sh.cflag) s += 'c';
  }
  return s;
}

/** `set -o` or `set +o` without a name. */
function list(on: bool): void {
  for (let i = 0; i < names.length; i++) {
    if (i == STDIN) continue;
    if (on) out.line(names[i].padEnd(16, ' ') + (option(i) ? 'on' : 'off'));
    else out.line('set ' + (option(i) ? '-' : '+') + 'o ' + names[i]);
  }
}

/** Why `parse` stopped: the status of a failure, or -1. */
export let parseStatus: i32 = -1;
/** `-` or `--` ended the options, so that what follows replaces the parameters even if it is nothing. */
export let parseEnded: bool = false;

/**
 * Options from args[i] on, as `set` and the command line take them; the index of the first other word. `start`: the
 * command line, which also has -c, -i, -s and -l.
 */
export function parse(args: string[], i: i32, start: bool): i32 {
  parseStatus = -1;
  parseEnded = false;
  for (; i < args.length; i++) {
    const s = args[i];
    if (s.length == 0) break;
    const c = s.charCodeAt(0);
    if (c != 45 && c != 43) break;
    const on = c == 45;
    if (s.length == 1) {
      if (!on) break;
      if (!start) {
        sh.xflag = false;
        sh.vflag = false;
      }
      parseEnded = true;
      return i + 1;
    }
    if (s == '--') {
      parseEnded = true;
      return i + 1;
    }
    if (start && s == '--login') {
      sh.login = true;
      continue;
    }
    for (let k = 1; k < s.length; k++) {
      const l = s.charCodeAt(k);
      if (l == 111) {
        if (i + 1 >= args.length) {
          list(on);
          return args.length;
        }
        const o = byName(args[++i]);
        if (o < 0) {
          parseStatus = failed('illegal option ' + (on ? '-' : '+') + 'o ' + args[i], start ? 2 : 1);
          return args.length;
        }
        setOption(o, on);
        continue;
      }
      if (start && l == 99) {
        sh.cflag = on;
        continue;
      }
      if (start && l == 115) {
        sh.sflag = on;
        continue;
      }
      if (start && l == 105) {
        sh.interactive = on;
        continue;
      }
      if (start && l == 108) {
        sh.login = on;
        continue;
      }
      const o = byLetter(l);
      if (o < 0) {
        parseStatus = -2;
        warn('illegal option ' + (on ? '-' : '+') + String.fromCharCode(l));
        return args.length;
      }
      if (start && o == MONITOR) sh.mflag = on;
      else setOption(o, on);
    }
  }
  return i;
}
