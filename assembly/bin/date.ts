// date: the time, formatted, of now, of -d or of a file; or set it.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import * as time from '../sys/time';
import { dateValid, local, parseDate, strftime, utc } from '../lib/date';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';

const TEXT = packed('[OPTIONS] [+FMT] [[-s] TIME]\n\nDisplay time (using +FMT), or set time\n\n\t-u\t\tWork in UTC (don\'t convert to local time)\n\t[-s] TIME\tSet time to TIME\n\t-d TIME\t\tDisplay TIME, not \'now\'\n\t-r FILE\t\tDisplay last modification time of FILE\n\t-R\t\tOutput RFC-2822 date\n\t-I[SPEC]\tOutput ISO-8601 date\n\t\t\tSPEC=date (default), hours, minutes, seconds or ns\n');

export function date(args: string[]): i32 {
  const o = getopt(args, 'Rs:ud:r:I::D:', TEXT, packed('rfc-822=R,rfc-2822=R,set:=s,utc=u,date:=d,reference:=r'));
  if (!o.ok) return o.status;
  let seconds = time.now();
  let ns = time.nsec;
  let format = '';
  const rest = o.rest;
  if (rest.length && rest[0].startsWith('+')) format = rest.shift().substring(1);
  let set = o.get('s');
  if (rest.length && !o.has('s') && !o.has('d')) set = rest.shift();
  if (rest.length && rest[0].startsWith('+')) format = rest.shift().substring(1);
  if (rest.length) return usage(TEXT);
  const asUtc = o.has('u');
  if (o.has('r')) {
    const st = new fs.Stat();
    const r = fs.stat(o.get('r'), st);
    if (r < 0) return out.perror(o.get('r'), r);
    seconds = st.mtime;
    ns = st.mtimeNs;
  }
  const text = o.has('d') ? o.get('d') : set;
  if (o.has('d') || set.length) {
    seconds = parseDate(text, asUtc, set.length > 0 && !o.has('d'));
    ns = 0;
    if (!dateValid) return out.complain("invalid date '" + text + "'");
    if (set.length && !o.has('d')) {
      const r = time.setClock(seconds);
      if (r < 0) out.perror("can't set date", r);
    }
  }
  const t = asUtc ? utc(seconds) : local(seconds);
  if (!format.length) {
    if (o.has('R')) format = '%a, %d %b %Y %H:%M:%S %z';
    else if (o.has('I')) {
      const spec = o.get('I');
      format = '%Y-%m-%d';
      if (spec.length && !'date'.startsWith(spec)) {
        format += 'hours'.startsWith(spec) ? 'T%H%z' : 'minutes'.startsWith(spec) ? 'T%H:%M%z' : 'seconds'.startsWith(spec)
          ? 'T%H:%M:%S%z' : 'ns'.startsWith(spec) ? 'T%H:%M:%S,%N%z' : '?';
        if (format.endsWith('?')) return usage(TEXT);
        format = format.replace('%z', asUtc || t.offset == 0 ? '+00:00' : strftime('%z', t, 0).substring(0, 3) + ':' + strftime('%z', t, 0).substring(3));
      }
    } else format = '%a %b %e %H:%M:%S %Z %Y';
  }
  out.line(strftime(format, t, seconds, ns));
  return 0;
}
