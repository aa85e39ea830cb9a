// top: the processes that work most, again and again.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import * as screen from '../lib/screen';
import * as tty from '../sys/tty';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { fieldOf, Process, processes } from '../lib/procfs';
import { parseCount, parseInteger } from '../lib/number';
import { padEnd, padStart, words } from '../lib/text';
import { userName } from '../lib/user';
import { monotonicNs, sleepNs } from '../sys/time';
import { duration } from './sleep';

const TEXT = packed('[-b] [-n COUNT] [-d SECONDS]\n\nShow a view of process activity in real time.\nRead the status of all processes from /proc each SECONDS\nand show a screenful of them.\nKeys:\n\tN/M/P/T: sort by pid/mem/cpu/time\n\tR: reverse sort\n\tQ,^C: exit\nOptions:\n\t-b\tBatch mode\n\t-n N\tExit after N iterations\n\t-d SEC\tDelay between updates\n');

/** Ticks of each process at the last look, by its number. */
let ticks: Map<i32, i64> = new Map<i32, i64>();
let looked: i64 = 0;
let order: i32 = 80; // P
let reversed: bool = false;
/** Hundredths of the time since the last look, by number. */
let used: Map<i32, i64> = new Map<i32, i64>();
let busy: StaticArray<i64> = new StaticArray<i64>(8);

export function top(args: string[]): i32 {
  const o = getopt(args, 'bn:d:H', TEXT);
  if (!o.ok) return o.status;
  const count = o.has('n') ? parseCount(o.get('n')) : -1;
  if (o.has('n') && count < 0) return out.complain("invalid number '" + o.get('n') + "'");
  const wait = o.has('d') ? duration(o.get('d')) : 5000000000;
  if (wait < 0) return out.complain("invalid number '" + o.get('d') + "'");
  const batch = o.has('b') || !tty.isatty(1);
  const interactive = !batch && screen.begin(0);
  for (let i = 0; count < 0 || i < count; i++) {
    show(batch);
    if (out.failure() != 0) break;
    if (i + 1 == count) break;
    if (interactive) {
      if (!keys(wait)) break;
    } else sleepNs(max<i64>(wait, 10000000));
  }
  if (interactive) {
    screen.end();
    out.byte(10);
  }
  return 0;
}

/** Keys until it is time to look again; false to end. */
function keys(wait: i64): bool {
  const until = monotonicNs() + wait;
  for (;;) {
    const left = (until - monotonicNs()) / 1000000;
    if (left <= 0) return true;
    const key = screen.key(<i32>min<i64>(left, 0x7fffffff));
    if (key == screen.GONE || key == 3 || key == 113 || key == 81) return false;
    if (key == screen.NONE || key == screen.RESIZED) return true;
    const letter = key >= 97 && key <= 122 ? key - 32 : key;
    if (letter == 82) reversed = !reversed;
    else if (letter == 78 || letter == 77 || letter == 80 || letter == 84) order = letter;
    else continue;
    return true;
  }
}

function show(batch: bool): void {
  if (!batch) screen.measure();
  const width = batch ? 1 << 20 : screen.columns;
  const list = look();
  if (!batch) out.put('\x1b[H\x1b[J');
  head(width);
  const title = padEnd('  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND', batch ? 0 : width);
  out.line(batch ? title : '\x1b[7m' + title.substring(0, width) + '\x1b[0m');
  const total = memory('MemTotal');
  const room = batch ? list.length : min(list.length, screen.rows - 5);
  for (let i = 0; i < room; i++) {
    const p = list[i];
    const cpu = used.has(p.pid) ? used.get(p.pid) : 0;
    const line = padStart(p.pid.toString(), 5) + ' ' + padStart(p.ppid.toString(), 5) + ' ' + padEnd(userName(p.uid).substring(0, 8), 8) + ' '
      + padEnd(p.state + (p.nice < 0 ? '<' : p.nice > 0 ? 'N' : ' '), 4) + ' ' + size(p.vsz) + ' ' + padStart((total ? p.vsz * 100 / total : 0).toString() + '%', 4)
      + ' ' + padStart(((cpu + 50) / 100).toString() + '%', 4) + ' ' + p.command();
    out.put(line.substring(0, width));
    if (batch || i + 1 < room) out.byte(10);
  }
}

/** In KiB, or m and g where that is too long. */
function size(kib: i64): string {
  if (kib < 100000) return padStart(kib.toString(), 5);
  if (kib < 10000 * 1024) return padStart((kib / 1024).toString() + 'm', 5);
  return padStart((kib / 1048576).toString() + 'g', 5);
}

function memory(name: string): i64 {
  const text = fs.readFile('/proc/meminfo');
  if (text === null) return 0;
  const w = words(fieldOf(text, name));
  return w.length ? parseInteger(w[0]) : 0;
}

/** The three lines above the table. */
function head(width: i32): void {
  const total = memory('MemTotal');
  const rest = memory('MemFree');
  const text = 'Mem: ' + (total - rest).toString() + 'K used, ' + rest.toString() + 'K free, ' + memory('Shmem').toString() + 'K shrd, '
    + memory('Buffers').toString() + 'K buff, ' + memory('Cached').toString() + 'K cached';
  out.line(text.substring(0, width));
  out.line(processors().substring(0, width));
  const load = fs.readFile('/proc/loadavg');
  if (load !== null) out.put('Load average: ' + load.substring(0, width - 14));
}

/** What the processors did since the last look, from the first line of /proc/stat. */
function processors(): string {
  const text = fs.readFile('/proc/stat');
  if (text === null || !text.startsWith('cpu')) return 'CPU:';
  const w = words(text.substring(0, max(text.indexOf('\n'), 0)));
  const names = ['usr', 'nic', 'sys', 'idle', 'io', 'irq', 'sirq'];
  const now = new StaticArray<i64>(8);
  let sum: i64 = 0;
  for (let i = 0; i < 7 && i + 1 < w.length; i++) {
    now[i] = parseInteger(w[i + 1]);
    sum += now[i] - busy[i];
  }
  let s = 'CPU:';
  const shown = [0, 2, 1, 3, 4, 5, 6];
  for (let i = 0; i < 7; i++) {
    const at = shown[i];
    s += ' ' + padStart((sum > 0 ? (now[at] - busy[at]) * 100 / sum : 0).toString(), 3) + '% ' + names[at];
  }
  busy = now;
  return s;
}

function look(): Process[] {
  const list = processes();
  const now = monotonicNs();
  const gone = looked == 0 ? 0 : (now - looked) / 10000000;
  const fresh = new Map<i32, i64>();
  used = new Map<i32, i64>();
  for (let i = 0; i < list.length; i++) {
    const p = list[i];
    const t = p.utime + p.stime;
    fresh.set(p.pid, t);
    if (gone > 0 && ticks.has(p.pid)) used.set(p.pid, (t - ticks.get(p.pid)) * 10000 / gone);
  }
  ticks = fresh;
  looked = now;
  list.sort((a, b) => {
    const r = before(a, b);
    return reversed ? -r : r;
  });
  return list;
}

function before(a: Process, b: Process): i32 {
  if (order == 78) return b.pid - a.pid;
  let x = order == 77 ? a.vsz : order == 84 ? a.utime + a.stime : used.has(a.pid) ? used.get(a.pid) : 0;
  let y = order == 77 ? b.vsz : order == 84 ? b.utime + b.stime : used.has(b.pid) ? used.get(b.pid) : 0;
  if (x == y && order == 80) {
    x = a.vsz;
    y = b.vsz;
  }
  return x == y ? a.pid - b.pid : x < y ? 1 : -1;
}
