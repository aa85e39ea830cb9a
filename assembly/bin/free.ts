// What the machine has: free (memory) and uptime.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import * as clock from '../sys/time';
import { fieldOf } from '../lib/procfs';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { humanSize, parseInteger } from '../lib/number';
import { local, strftime } from '../lib/date';
import { padStart, words } from '../lib/text';
import { scratch } from '../sys/bytes';

// A line of /proc/meminfo, in bytes.
function meminfo(text: string, name: string): u64 {
  const w = words(fieldOf(text, name));
  return w.length ? <u64>parseInteger(w[0]) * 1024 : 0;
}

let unit: u64 = 1024;

function cell(v: u64): string {
  return padStart(unit == 0 ? humanSize(v) : ((v + unit / 2) / unit).toString(), 12);
}

export function free(args: string[]): i32 {
  const o = getopt(args, 'bkmgh', packed('[-bkmgh]\n\nDisplay free and used memory\n'));
  if (!o.ok) return o.status;
  if (o.letters.length) {
    const at = 'bkmg'.indexOf(String.fromCharCode(o.letters[o.letters.length - 1]));
    unit = at < 0 ? 0 : <u64>1 << (10 * at);
  }
  const r = linux.sysinfo(scratch);
  if (r < 0) return out.perror('sysinfo', r);
  const each = <u64>load<u32>(scratch, linux.sysinfo_mem_unit);
  const total = load<u64>(scratch, linux.sysinfo_totalram) * each;
  const rest = load<u64>(scratch, linux.sysinfo_freeram) * each;
  const shared = load<u64>(scratch, linux.sysinfo_sharedram) * each;
  const buffers = load<u64>(scratch, linux.sysinfo_bufferram) * each;
  const swap = load<u64>(scratch, linux.sysinfo_totalswap) * each;
  const swapFree = load<u64>(scratch, linux.sysinfo_freeswap) * each;
  const read = fs.readFile('/proc/meminfo');
  const text = read === null ? '' : read;
  const cache = buffers + meminfo(text, 'Cached') + meminfo(text, 'SReclaimable');
  const kept = rest + cache;
  out.line('              total        used        free      shared  buff/cache   available');
  out.line('Mem:   ' + cell(total) + cell(total > kept ? total - kept : 0) + cell(rest) + cell(shared) + cell(cache)
    + cell(meminfo(text, 'MemAvailable')));
  out.line('Swap:  ' + cell(swap) + cell(swap - swapFree) + cell(swapFree));
  return 0;
}

function two(v: u64): string {
  return (v < 10 ? '0' : '') + v.toString();
}

// Fixed point with 16 bits behind it.
function loadText(at: i32): string {
  const v = load<u64>(scratch + linux.sysinfo_loads + 8 * at);
  return (v >> 16).toString() + '.' + two(((v & 0xffff) * 100) >> 16);
}

export function uptime(args: string[]): i32 {
  const o = getopt(args, 's', packed('\n\nDisplay the time since the last boot\n'));
  if (!o.ok) return o.status;
  const r = linux.sysinfo(scratch);
  if (r < 0) return out.perror('sysinfo', r);
  const up = load<u64>(scratch, linux.sysinfo_uptime);
  const load_ = loadText(0) + ', ' + loadText(1) + ', ' + loadText(2);
  const now = clock.now();
  if (o.has('s')) {
    const born = now - <i64>up;
    out.line(strftime('%Y-%m-%d %H:%M:%S', local(born), born));
    return 0;
  }
  const days = up / 86400;
  const hours = (up / 3600) % 24;
  const minutes = (up / 60) % 60;
  out.put(strftime(' %H:%M:%S up ', local(now), now));
  if (days) out.put(days.toString() + (days == 1 ? ' day, ' : ' days, '));
  out.put(hours ? padStart(hours.toString(), 2) + ':' + two(minutes) : minutes.toString() + ' min');
  // Nobody keeps utmp here.
  out.line(',  0 users,  load average: ' + load_);
  return 0;
}
