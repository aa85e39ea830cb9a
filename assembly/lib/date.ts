// Dates: seconds to calendar and back, strftime(3), and time zones as POSIX writes them in TZ (or UTC).

import * as time from '../sys/time';
import { getenv } from '../sys/env';
import { Bytes, isAlpha, isDigit, padStart, trim } from './text';

export class Tm {
  sec: i32 = 0;
  min: i32 = 0;
  hour: i32 = 0;
  mday: i32 = 1;
  /** 0-11. */
  mon: i32 = 0;
  year: i32 = 1970;
  /** 0 is Sunday. */
  wday: i32 = 4;
  yday: i32 = 0;
  /** Seconds east of UTC, and the zone's name. */
  offset: i32 = 0;
  zone: string = 'UTC';
  isDst: bool = false;
}

const CUMULATIVE: StaticArray<i32> = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday';
const MONTHS = 'January February March April May June July August September October November December';

export function isLeap(year: i32): bool {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/** Days since 1970-01-01 of a civil date; `mon` 0-11 may overflow. */
export function daysFrom(year: i64, mon: i64, mday: i64): i64 {
  year += mon / 12;
  mon %= 12;
  if (mon < 0) {
    mon += 12;
    year--;
  }
  const y = mon < 2 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const yoe = y - era * 400;
  const doy = (153 * ((mon + 10) % 12) + 2) / 5 + mday - 1;
  const doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + doe - 719468;
}

export function utc(seconds: i64): Tm {
  const t = new Tm();
  let days = seconds / 86400;
  let rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    days--;
  }
  t.hour = <i32>(rest / 3600);
  t.min = <i32>((rest % 3600) / 60);
  t.sec = <i32>(rest % 60);
  let w = (days + 4) % 7;
  if (w < 0) w += 7;
  t.wday = <i32>w;
  const z = days + 719468;
  const era = (z >= 0 ? z : z - 146096) / 146097;
  const doe = z - era * 146097;
  const yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const mp = (5 * doy + 2) / 153;
  t.mday = <i32>(doy - (153 * mp + 2) / 5 + 1);
  t.mon = <i32>(mp < 10 ? mp + 2 : mp - 10);
  t.year = <i32>(yoe + era * 400 + (t.mon < 2 ? 1 : 0));
  t.yday = CUMULATIVE[t.mon] + t.mday - 1 + (t.mon > 1 && isLeap(t.year) ? 1 : 0);
  return t;
}

/** Seconds of a calendar in its own offset; fields may overflow. */
export function toSeconds(t: Tm): i64 {
  return daysFrom(t.year, t.mon, t.mday) * 86400 + <i64>t.hour * 3600 + <i64>t.min * 60 + t.sec - t.offset;
}

// The zone of TZ: std name and offset, and daylight saving with its rules when named.
class Zone {
  std: string = 'UTC';
  stdOffset: i32 = 0;
  dst: string = '';
  dstOffset: i32 = 0;
  from: string = 'M3.2.0';
  to: string = 'M11.1.0';
}

let zone: Zone | null = null;
let parsed: string = '';

function theZone(): Zone {
  const tz = getenv('TZ');
  const text = tz === null ? '' : tz;
  if (zone !== null && parsed == text) return zone as Zone;
  const z = new Zone();
  parsed = text;
  zone = z;
  let i = 0;
  const std = zoneName(text, i);
  if (std.length == 0) return z;
  i = zoneEnd;
  const offset = zoneOffset(text, i);
  if (zoneEnd == i) return z;
  z.std = std;
  z.stdOffset = -offset;
  i = zoneEnd;
  const dst = zoneName(text, i);
  if (dst.length == 0) return z;
  z.dst = dst;
  i = zoneEnd;
  z.dstOffset = z.stdOffset + 3600;
  const other = zoneOffset(text, i);
  if (zoneEnd != i) z.dstOffset = -other;
  i = zoneEnd;
  if (i < text.length && text.charCodeAt(i) == 44) {
    const rules = text.substring(i + 1).split(',');
    if (rules.length == 2) {
      z.from = rules[0];
      z.to = rules[1];
    }
  }
  return z;
}

let zoneEnd: i32 = 0;

function zoneName(s: string, i: i32): string {
  zoneEnd = i;
  if (i < s.length && s.charCodeAt(i) == 60) {
    const end = s.indexOf('>', i);
    if (end < 0) return '';
    zoneEnd = end + 1;
    return s.substring(i + 1, end);
  }
  while (zoneEnd < s.length && isAlpha(s.charCodeAt(zoneEnd))) zoneEnd++;
  return zoneEnd - i >= 3 ? s.substring(i, zoneEnd) : '';
}

// hh[:mm[:ss]] with a sign, in seconds.
function zoneOffset(s: string, i: i32): i32 {
  let sign = 1;
  let k = i;
  if (k < s.length && (s.charCodeAt(k) == 45 || s.charCodeAt(k) == 43)) sign = s.charCodeAt(k++) == 45 ? -1 : 1;
  let total = 0;
  let unit = 3600;
  if (k >= s.length || !isDigit(s.charCodeAt(k))) {
    zoneEnd = i;
    return 0;
  }
  while (unit > 0) {
    let v = 0;
    while (k < s.length && isDigit(s.charCodeAt(k))) v = v * 10 + s.charCodeAt(k++) - 48;
    total += v * unit;
    unit = unit == 1 ? 0 : unit / 60;
    if (k >= s.length || s.charCodeAt(k) != 58) break;
    k++;
  }
  zoneEnd = k;
  return sign * total;
}

// When a rule (Mm.w.d[/time] or Jn or n) falls in a year: seconds in local standard time from 1970.
function ruleTime(rule: string, year: i32): i64 {
  const slash = rule.indexOf('/');
  const day = slash < 0 ? rule : rule.substring(0, slash);
  const at = slash < 0 ? 7200 : zoneOffset(rule, slash + 1);
  if (day.length && day.charCodeAt(0) == 77) {
    const f = day.substring(1).split('.');
    if (f.length != 3) return 0;
    const mon = <i32>parseInt(f[0]) - 1;
    const week = <i32>parseInt(f[1]);
    const wday = <i32>parseInt(f[2]);
    const first = daysFrom(year, mon, 1);
    let mday = 1 + <i32>((wday - (first + 4) % 7 + 7) % 7) + (week - 1) * 7;
    const length = <i32>(daysFrom(year, mon + 1, 1) - first);
    while (mday > length) mday -= 7;
    return (first + mday - 1) * 86400 + at;
  }
  const julian = day.length && day.charCodeAt(0) == 74;
  let n = <i32>parseInt(julian ? day.substring(1) : day);
  if (julian) {
    n--;
    if (isLeap(year) && n >= 59) n++;
  }
  return (daysFrom(year, 0, 1) + n) * 86400 + at;
}

function isDstAt(z: Zone, seconds: i64): bool {
  if (z.dst.length == 0) return false;
  const year = utc(seconds + z.stdOffset).year;
  const from = ruleTime(z.from, year) - z.stdOffset;
  const to = ruleTime(z.to, year) - z.dstOffset;
  return from < to ? seconds >= from && seconds < to : seconds >= from || seconds < to;
}

export function local(seconds: i64): Tm {
  const z = theZone();
  const dst = isDstAt(z, seconds);
  const offset = dst ? z.dstOffset : z.stdOffset;
  const t = utc(seconds + offset);
  t.offset = offset;
  t.zone = dst ? z.dst : z.std;
  t.isDst = dst;
  return t;
}

/** mktime(3): a local calendar to seconds. */
export function fromLocal(t: Tm): i64 {
  const z = theZone();
  t.offset = z.stdOffset;
  const std = toSeconds(t);
  if (!isDstAt(z, std)) return std;
  t.offset = z.dstOffset;
  return toSeconds(t);
}

function two(v: i32): string {
  return v < 10 ? '0' + v.toString() : v.toString();
}

export function offsetText(offset: i32, colon: bool = false): string {
  const a = offset < 0 ? -offset : offset;
  return (offset < 0 ? '-' : '+') + two(a / 3600) + (colon ? ':' : '') + two((a % 3600) / 60);
}

// ISO 8601 week and its year.
let isoYear: i32 = 0;
function isoWeek(t: Tm): i32 {
  const monday = (t.wday + 6) % 7;
  let week = (t.yday - monday + 10) / 7;
  isoYear = t.year;
  if (week < 1) {
    isoYear--;
    week = weeksIn(isoYear);
  } else if (week > weeksIn(t.year)) {
    isoYear++;
    week = 1;
  }
  return week;
}

function weeksIn(year: i32): i32 {
  const jan1 = <i32>((daysFrom(year, 0, 1) + 4) % 7);
  return jan1 == 4 || (jan1 == 3 && isLeap(year)) ? 53 : 52;
}

/** strftime(3) in the C locale; `seconds` for %s, `ns` for %N. */
export function strftime(format: string, t: Tm, seconds: i64, ns: i64 = 0): string {
  const b = new Bytes(64);
  for (let i = 0; i < format.length; i++) {
    const c = format.charCodeAt(i);
    if (c != 37 || i + 1 == format.length) {
      b.push(c);
      continue;
    }
    i++;
    // GNU's flags: - no padding, _ blanks, 0 zeros.
    let pad = 0;
    let k = format.charCodeAt(i);
    while ((k == 45 || k == 95 || k == 48 || k == 94) && i + 1 < format.length) {
      pad = k;
      k = format.charCodeAt(++i);
    }
    if ((k == 69 || k == 79) && i + 1 < format.length) k = format.charCodeAt(++i);
    b.add(field(k, t, seconds, ns, pad));
  }
  return b.toString();
}

function number(v: i32, width: i32, pad: i32, with_: string = '0'): string {
  const s = v.toString();
  if (pad == 45) return s;
  const fill = pad == 95 ? ' ' : pad == 48 ? '0' : with_;
  return s.length >= width ? s : fill.repeat(width - s.length) + s;
}

function field(k: i32, t: Tm, seconds: i64, ns: i64, pad: i32): string {
  const hour12 = t.hour % 12 == 0 ? 12 : t.hour % 12;
  switch (k) {
    case 37: return '%';
    case 97: return DAYS.split(' ')[t.wday].substring(0, 3);
    case 65: return DAYS.split(' ')[t.wday];
    case 98: case 104: return MONTHS.split(' ')[t.mon].substring(0, 3);
    case 66: return MONTHS.split(' ')[t.mon];
    case 99: return strftime('%a %b %e %H:%M:%S %Y', t, seconds, ns);
    case 67: return number(t.year / 100, 2, pad);
    case 100: return number(t.mday, 2, pad);
    case 68: case 120: return strftime('%m/%d/%y', t, seconds, ns);
    case 101: return number(t.mday, 2, pad, ' ');
    case 70: return strftime('%Y-%m-%d', t, seconds, ns);
    case 103: isoWeek(t); return number(isoYear % 100, 2, pad);
    case 71: isoWeek(t); return isoYear.toString();
    case 72: return number(t.hour, 2, pad);
    case 73: return number(hour12, 2, pad);
    case 106: return number(t.yday + 1, 3, pad);
    case 107: return number(t.hour, 2, pad, ' ');
    case 108: return number(hour12, 2, pad, ' ');
    case 109: return number(t.mon + 1, 2, pad);
    case 77: return number(t.min, 2, pad);
    case 78: return padStart(ns.toString(), 9).replaceAll(' ', '0');
    case 110: return '\n';
    case 112: return t.hour < 12 ? 'AM' : 'PM';
    case 80: return t.hour < 12 ? 'am' : 'pm';
    case 114: return strftime('%I:%M:%S %p', t, seconds, ns);
    case 82: return strftime('%H:%M', t, seconds, ns);
    case 115: return seconds.toString();
    case 83: return number(t.sec, 2, pad);
    case 116: return '\t';
    case 84: case 88: return strftime('%H:%M:%S', t, seconds, ns);
    case 117: return (t.wday == 0 ? 7 : t.wday).toString();
    case 85: return number((t.yday + 7 - t.wday) / 7, 2, pad);
    case 86: return number(isoWeek(t), 2, pad);
    case 119: return t.wday.toString();
    case 87: return number((t.yday + 7 - ((t.wday + 6) % 7)) / 7, 2, pad);
    case 121: return number(t.year % 100, 2, pad);
    case 89: return number(t.year, 1, pad);
    case 122: return offsetText(t.offset);
    case 90: return t.zone;
    default: return '%' + String.fromCharCode(k);
  }
}

/** Read digits of a fixed place; -1 if they are none. */
function digits(s: string, from: i32, n: i32): i32 {
  if (from + n > s.length) return -1;
  let v = 0;
  for (let i = from; i < from + n; i++) {
    if (!isDigit(s.charCodeAt(i))) return -1;
    v = v * 10 + s.charCodeAt(i) - 48;
  }
  return v;
}

/** Was the last date text understood. */
export let dateValid: bool = false;

/**
 * The forms of date -d: @SECONDS, hh:mm[:ss], [YYYY.]MM.DD-hh:mm[:ss], YYYY-MM-DD[ hh:mm[:ss]][ +hhmm],
 * [[[[YY]YY]MM]DD]hhmm[.ss], and MMDDhhmm[[YY]YY][.ss] as date itself takes it when `posix`.
 */
export function parseDate(text: string, asUtc: bool, posix: bool = false): i64 {
  dateValid = true;
  let s = text;
  if (s.startsWith('@')) {
    const v = I64.parseInt(s.substring(1));
    dateValid = s.length > 1 && (isDigit(s.charCodeAt(1)) || s.charCodeAt(1) == 45);
    return v;
  }
  const now = time.now();
  const t = asUtc ? utc(now) : local(now);
  let east = 0;
  if (s.endsWith('Z')) {
    asUtc = true;
    s = s.substring(0, s.length - 1);
  } else if (s.indexOf(':') > 0 && s.length > 5 && digits(s, s.length - 4, 4) >= 0) {
    // A zone: +hhmm or -hhmm.
    const sign = s.charCodeAt(s.length - 5);
    if (sign == 43 || sign == 45) {
      east = (digits(s, s.length - 4, 2) * 60 + digits(s, s.length - 2, 2)) * (sign == 45 ? -60 : 60);
      asUtc = true;
      s = trim(s.substring(0, s.length - 5));
    }
  }
  let clock = '';
  const colon = s.indexOf(':');
  if (colon >= 0) {
    let at = colon;
    while (at > 0 && isDigit(s.charCodeAt(at - 1))) at--;
    clock = s.substring(at);
    s = at > 0 ? s.substring(0, at - 1) : '';
    const f = clock.split(':');
    t.hour = f.length ? <i32>parseInt(f[0]) : 0;
    t.min = f.length > 1 ? <i32>parseInt(f[1]) : 0;
    t.sec = f.length > 2 ? <i32>parseInt(f[2]) : 0;
    if (f.length > 3) dateValid = false;
  }
  if (s.length) {
    const day = s.split('-');
    if (day.length == 3) {
      t.year = digits(day[0], 0, day[0].length);
      t.mon = digits(day[1], 0, day[1].length) - 1;
      t.mday = digits(day[2], 0, day[2].length);
      if (!clock.length) {
        t.hour = 0;
        t.min = 0;
        t.sec = 0;
      }
    } else if (s.indexOf('.') > 0 && clock.length) {
      const f = s.split('.');
      const n = f.length;
      if (n == 3) t.year = <i32>parseInt(f[0]);
      t.mon = <i32>parseInt(f[n - 2]) - 1;
      t.mday = <i32>parseInt(f[n - 1]);
    } else if (!clock.length) compact(s, t, posix);
    else dateValid = false;
  }
  if (t.mon < 0 || t.mon > 11 || t.mday < 1 || t.mday > 31 || t.hour < 0 || t.hour > 24 || t.min < 0 || t.min > 59
    || t.sec < 0 || t.sec > 60 || t.year < 0) dateValid = false;
  if (!dateValid) return 0;
  if (asUtc) {
    t.offset = east;
    return toSeconds(t);
  }
  return fromLocal(t);
}

// [[[[YY]YY]MM]DD]hhmm[.ss], or MMDDhhmm[[YY]YY][.ss].
function compact(s: string, t: Tm, posix: bool): void {
  const dot = s.indexOf('.');
  t.sec = 0;
  if (dot >= 0) {
    t.sec = digits(s, dot + 1, s.length - dot - 1);
    s = s.substring(0, dot);
  }
  if (posix && s.length >= 8) {
    t.mon = digits(s, 0, 2) - 1;
    t.mday = digits(s, 2, 2);
    t.hour = digits(s, 4, 2);
    t.min = digits(s, 6, 2);
    if (s.length == 12) t.year = digits(s, 8, 4);
    else if (s.length == 10) t.year = short(digits(s, 8, 2));
    else if (s.length != 8) dateValid = false;
    return;
  }
  const n = s.length;
  if (n != 4 && n != 6 && n != 8 && n != 10 && n != 12) {
    dateValid = false;
    return;
  }
  t.min = digits(s, n - 2, 2);
  t.hour = digits(s, n - 4, 2);
  if (n >= 6) t.mday = digits(s, n - 6, 2);
  if (n >= 8) t.mon = digits(s, n - 8, 2) - 1;
  if (n == 10) t.year = short(digits(s, 0, 2));
  if (n == 12) t.year = digits(s, 0, 4);
}

function short(year: i32): i32 {
  return year < 0 ? -1 : year < 69 ? 2000 + year : 1900 + year;
}
