// dd: copies blocks from one file to another.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as out from '../lib/out';
import { monotonicNs } from '../sys/time';
import { humanSize, parseSize, valid } from '../lib/number';
import { usage } from '../lib/getopt';
import { packed } from '../sys/packed';

const TEXT = packed('[if=FILE] [of=FILE] [ibs=N obs=N/bs=N] [count=N] [skip=N] [seek=N]\n\t[conv=notrunc|noerror|sync|fsync]\n\t[iflag=skip_bytes|count_bytes|fullblock|direct] [oflag=seek_bytes|append|direct]\n\nCopy a file with converting and formatting\n\n\tif=FILE\t\tRead from FILE instead of stdin\n\tof=FILE\t\tWrite to FILE instead of stdout\n\tbs=N\t\tRead and write N bytes at a time\n\tibs=N\t\tRead N bytes at a time\n\tobs=N\t\tWrite N bytes at a time\n\tcount=N\t\tCopy only N input blocks\n\tskip=N\t\tSkip N input blocks\n\tseek=N\t\tSkip N output blocks\n\tconv=notrunc\tDon\'t truncate output file\n\tconv=noerror\tContinue after read errors\n\tconv=sync\tPad blocks with zeros\n\tconv=fsync\tPhysically write data out before finishing\n\tconv=swab\tSwap every pair of bytes\n\tstatus=noxfer\tSuppress rate output\n\tstatus=none\tSuppress all output\n\nN may be suffixed by c (1), w (2), b (512), kB (1000), k (1024), MB, M, GB, G\n');

/** What the operands say. */
class Job {
  from: string = '';
  to: string = '';
  ibs: i32 = 512;
  obs: i32 = 512;
  bs: bool = false;
  count: i64 = -1;
  skip: i64 = 0;
  seek: i64 = 0;
  conv: string[] = [];
  iflag: string[] = [];
  oflag: string[] = [];
  status: string = '';
  /** The operand that makes no sense, if there is one. */
  bad: string = '';
}

let fullIn: i64 = 0;
let partIn: i64 = 0;
let fullOut: i64 = 0;
let partOut: i64 = 0;
let total: i64 = 0;

export function dd(args: string[]): i32 {
  if (args.length > 1 && args[1] == '--help') return usage(TEXT, 0);
  const job = parse(args);
  if (job.bad.length) {
    if (job.bad == '?') return usage(TEXT);
    return out.complain("invalid number '" + job.bad + "'");
  }
  const start = monotonicNs();
  const status = copy(job);
  report(job, monotonicNs() - start);
  return status;
}

function parse(args: string[]): Job {
  const job = new Job();
  for (let i = 1; i < args.length; i++) {
    const eq = args[i].indexOf('=');
    const key = eq < 0 ? '' : args[i].substring(0, eq);
    const value = args[i].substring(eq + 1);
    if (key == 'if') job.from = value;
    else if (key == 'of') job.to = value;
    else if (key == 'conv') job.conv = value.split(',');
    else if (key == 'iflag') job.iflag = value.split(',');
    else if (key == 'oflag') job.oflag = value.split(',');
    else if (key == 'status') job.status = value;
    else if (!number(job, key, value)) return job;
  }
  return job;
}

function number(job: Job, key: string, value: string): bool {
  const n = parseSize(value);
  const block = key == 'bs' || key == 'ibs' || key == 'obs';
  if (!block && key != 'count' && key != 'skip' && key != 'seek') {
    job.bad = '?';
    return false;
  }
  if (!valid || n < 0 || (block && (n == 0 || n > 0x10000000))) {
    job.bad = value;
    return false;
  }
  if (key == 'bs') {
    job.ibs = <i32>n;
    job.obs = <i32>n;
    job.bs = true;
  } else if (key == 'ibs') job.ibs = <i32>n;
  else if (key == 'obs') job.obs = <i32>n;
  else if (key == 'count') job.count = n;
  else if (key == 'skip') job.skip = n;
  else job.seek = n;
  return true;
}

function copy(job: Job): i32 {
  let from = 0;
  if (job.from.length && (from = fs.open(job.from, linux.O_RDONLY)) < 0) return out.cantOpen(job.from, from);
  let to = 1;
  const seek = job.oflag.includes('seek_bytes') ? job.seek : job.seek * job.obs;
  if (job.to.length) {
    const append = job.oflag.includes('append');
    const cut = !job.conv.includes('notrunc') && seek == 0 && !append;
    to = fs.open(job.to, linux.O_WRONLY | linux.O_CREAT | (cut ? linux.O_TRUNC : 0) | (append ? linux.O_APPEND : 0), 0o666);
    if (to < 0) return out.cantOpen(job.to, to);
    if (seek > 0 && !job.conv.includes('notrunc')) linux.ftruncate(to, seek);
  }
  const skip = job.iflag.includes('skip_bytes') ? job.skip : job.skip * job.ibs;
  const size = max(job.ibs, 512);
  const at = heap.alloc(size);
  if (skip > 0 && fs.lseek(from, skip, linux.SEEK_CUR) < 0) {
    for (let left = skip; left > 0;) {
      const got = fs.readInto(from, at, <i32>min<i64>(left, job.ibs));
      if (got <= 0) break;
      left -= got;
    }
  }
  if (seek > 0 && fs.lseek(to, seek, linux.SEEK_CUR) < 0) return out.perror(job.to.length ? job.to : 'standard output', -linux.ESPIPE);
  const status = blocks(job, from, to, at);
  if (job.conv.includes('fsync')) linux.fsync(to);
  heap.free(at);
  return status;
}

function blocks(job: Job, from: i32, to: i32, at: usize): i32 {
  const bytes = job.iflag.includes('count_bytes');
  const pad = job.conv.includes('sync');
  // Without bs= output goes out in blocks of its own size, however the input came.
  const pending: usize = job.bs ? 0 : heap.alloc(job.obs);
  let held = 0;
  let left = bytes && job.count >= 0 ? job.count : i64.MAX_VALUE;
  for (let n: i64 = 0; (bytes || job.count < 0 || n < job.count) && left > 0; n++) {
    const want = <i32>min<i64>(job.ibs, left);
    let got = job.iflag.includes('fullblock') ? readFull(from, at, want) : fs.readInto(from, at, want);
    if (got == 0) break;
    if (got < 0) {
      out.perror(job.from.length ? job.from : 'standard input', got);
      if (!job.conv.includes('noerror')) return 1;
      got = 0;
    }
    left -= got;
    if (got == job.ibs) fullIn++;
    else {
      partIn++;
      if (pad) {
        memory.fill(at + got, 0, job.ibs - got);
        got = job.ibs;
      }
    }
    if (job.conv.includes('swab')) swab(at, got);
    if (job.bs) {
      if (!put(job, to, at, got)) return 1;
      continue;
    }
    for (let done = 0; done < got;) {
      const m = min(got - done, job.obs - held);
      memory.copy(pending + held, at + done, m);
      held += m;
      done += m;
      if (held < job.obs) continue;
      if (!put(job, to, pending, held)) return 1;
      held = 0;
    }
  }
  return held > 0 && !put(job, to, pending, held) ? 1 : 0;
}

function readFull(fd: i32, at: usize, n: i32): i32 {
  let done = 0;
  while (done < n) {
    const got = fs.readInto(fd, at + done, n - done);
    if (got < 0) return done > 0 ? done : got;
    if (got == 0) break;
    done += got;
  }
  return done;
}

function swab(at: usize, n: i32): void {
  for (let i = 0; i + 1 < n; i += 2) {
    const low = load<u8>(at + i);
    store<u8>(at + i, load<u8>(at + i + 1));
    store<u8>(at + i + 1, low);
  }
}

/** A write that is cut short counts with what it wrote, and its error follows from the rest. */
function put(job: Job, fd: i32, at: usize, n: i32): bool {
  let done = 0;
  while (done < n) {
    const r = linux.write(fd, <i32>at + done, n - done);
    if (r < 0) {
      if (done > 0) {
        partOut++;
        total += done;
      }
      out.perror("error writing '" + (job.to.length ? job.to : 'standard output') + "'", r);
      return false;
    }
    done += r;
  }
  total += n;
  if (n == job.obs) fullOut++;
  else partOut++;
  return true;
}

function report(job: Job, ns: i64): void {
  if (job.status == 'none') return;
  out.err(fullIn.toString() + '+' + partIn.toString() + ' records in\n' + fullOut.toString() + '+' + partOut.toString() + ' records out\n');
  if (job.status == 'noxfer') return;
  const micros = max<i64>(ns / 1000, 1);
  const rate = humanSize(<u64>(<f64>total * 1000000.0 / <f64>micros));
  const fraction = (1000000 + micros % 1000000).toString().substring(1);
  out.err(total.toString() + ' bytes (' + humanSize(<u64>total) + 'B) copied, ' + (micros / 1000000).toString() + '.' + fraction
    + ' seconds, ' + rate + 'B/s\n');
}
