// pstree: processes as a tree, those alike side by side as `N*[name]`.

import * as out from '../lib/out';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { parseCount } from '../lib/number';
import { Process, processes } from '../lib/procfs';
import { uidOf } from '../lib/user';

const TEXT = packed('[-p] [PID|USER]\n\nDisplay process tree, optionally start from USER or PID\n\n\t-p\tShow pids\n');

let all: Process[] = [];
let pids: bool = false;

export function pstree(args: string[]): i32 {
  const o = getopt(args, 'p', TEXT);
  if (!o.ok) return o.status;
  if (o.rest.length > 1) return usage(TEXT);
  pids = o.has('p');
  all = processes();
  if (o.rest.length == 0) {
    for (let i = 0; i < all.length; i++) if (all[i].ppid == 0) out.line(draw(all[i], ''));
    return 0;
  }
  const pid = parseCount(o.rest[0]);
  if (pid >= 0) {
    for (let i = 0; i < all.length; i++) if (all[i].pid == pid) out.line(draw(all[i], ''));
    return 0;
  }
  const uid = uidOf(o.rest[0]);
  if (uid < 0) return out.complain("unknown user '" + o.rest[0] + "'");
  for (let i = 0; i < all.length; i++) {
    let top = all[i].uid == <i32>uid;
    for (let k = 0; k < all.length && top; k++) if (all[k].pid == all[i].ppid && all[k].uid == <i32>uid) top = false;
    if (top) out.line(draw(all[i], ''));
  }
  return 0;
}

/** A process and what hangs below it; `indent` is what stands before the lines under the first. */
function draw(p: Process, indent: string): string {
  const name = p.comm + (pids ? '(' + p.pid.toString() + ')' : '');
  const below = indent + ' '.repeat(name.length);
  const parts: string[] = [];
  const counts: i32[] = [];
  for (let i = 0; i < all.length; i++) {
    if (all[i].ppid != p.pid || all[i].pid == p.pid) continue;
    const text = draw(all[i], '');
    const same = pids ? -1 : parts.indexOf(text);
    if (same >= 0) counts[same]++;
    else {
      parts.push(text);
      counts.push(1);
    }
  }
  let s = name;
  for (let i = 0; i < parts.length; i++) {
    const last = i == parts.length - 1;
    const mark = parts.length == 1 ? '---' : i == 0 ? '-+-' : last ? '`-' : '|-';
    const text = counts[i] > 1 ? counts[i].toString() + '*[' + parts[i] + ']' : parts[i];
    const gap = (i == 0 && parts.length == 1 ? '   ' : last ? '   ' : ' | ') + ' '.repeat(counts[i] > 1 ? counts[i].toString().length + 2 : 0);
    s += (i == 0 ? '' : '\n' + below + ' ') + mark + text.split('\n').join('\n' + below + gap);
  }
  return s;
}
