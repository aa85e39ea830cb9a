// ps: the processes of /proc, in columns.

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import * as tty from '../sys/tty';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { Process, fieldOf, processes } from '../lib/procfs';
import { padEnd, padStart } from '../lib/text';
import { groupName, userName } from '../lib/user';

const TEXT = packed('[-o COL1,COL2=HEADER] [-T]\n\nShow list of processes\n\n\t-o COL1,COL2=HEADER\tSelect columns for display\n\t-T\t\t\tShow threads\n');

class Column {
  constructor(
    public name: string,
    public header: string,
    public width: i32,
  ) {}
}

const KNOWN: string = 'user,group,comm,args,pid,ppid,pgid,etime,nice,rgroup,ruser,time,tty,vsz,sid,stat,rss';

export function ps(args: string[]): i32 {
  const o = getopt(args, 'o:aAdeflTwxu', TEXT);
  if (!o.ok) return o.status;
  const columns: Column[] = [];
  const specs = o.all('o');
  if (specs.length == 0) specs.push(o.has('l') ? 'stat,user,pid,ppid,vsz,rss,tty,time,args' : 'pid,user,time,args');
  for (let i = 0; i < specs.length; i++) if (!parse(specs[i], columns)) return 1;
  let width = 0x7fffffff;
  if (tty.isatty(1) && !o.has('w')) width = tty.winsize(1) == 0 && tty.columns > 0 ? tty.columns : 80;
  let head = '';
  let anyHeader = false;
  for (let i = 0; i < columns.length; i++) {
    const c = columns[i];
    if (c.header.length) anyHeader = true;
    head += i == columns.length - 1 ? c.header : padEnd(c.header, c.width) + ' ';
  }
  if (anyHeader) out.line(head.substring(0, width));
  const list = processes();
  for (let i = 0; i < list.length; i++) {
    let line = '';
    for (let k = 0; k < columns.length; k++) {
      const c = columns[k];
      const s = value(c, list[i]);
      line += k == columns.length - 1 ? s : padEnd(s, c.width) + ' ';
    }
    out.line(line.substring(0, width));
  }
  return 0;
}

// col1,col2=Header: a header takes all that follows.
function parse(spec: string, columns: Column[]): bool {
  let rest = spec;
  while (rest.length) {
    const comma = rest.indexOf(',');
    const equal = rest.indexOf('=');
    let name: string;
    let header: string | null = null;
    if (equal >= 0 && (comma < 0 || equal < comma)) {
      name = rest.substring(0, equal);
      header = rest.substring(equal + 1);
      rest = '';
    } else {
      name = comma < 0 ? rest : rest.substring(0, comma);
      rest = comma < 0 ? '' : rest.substring(comma + 1);
    }
    const column = columnOf(name);
    if (!column) {
      out.complain("bad -o argument '" + name + "', supported arguments: " + KNOWN);
      return false;
    }
    if (header !== null) {
      column.header = header;
      column.width = max(column.width, header.length);
    }
    columns.push(column);
  }
  return true;
}

function columnOf(name: string): Column | null {
  if (name == 'user') return new Column(name, 'USER', 8);
  if (name == 'group') return new Column(name, 'GROUP', 8);
  if (name == 'comm') return new Column(name, 'COMMAND', 16);
  if (name == 'args' || name == 'cmd' || name == 'command') return new Column('args', 'COMMAND', 255);
  if (name == 'pid') return new Column(name, 'PID', 5);
  if (name == 'ppid') return new Column(name, 'PPID', 5);
  if (name == 'pgid' || name == 'pgrp') return new Column('pgid', 'PGID', 5);
  if (name == 'etime') return new Column(name, 'ELAPSED', 7);
  if (name == 'nice' || name == 'ni') return new Column('nice', 'NI', 5);
  if (name == 'rgroup') return new Column(name, 'RGROUP', 8);
  if (name == 'ruser') return new Column(name, 'RUSER', 8);
  if (name == 'time') return new Column(name, 'TIME', 5);
  if (name == 'tty' || name == 'tt') return new Column('tty', 'TT', 6);
  if (name == 'vsz') return new Column(name, 'VSZ', 4);
  if (name == 'sid' || name == 'sess') return new Column('sid', 'SID', 5);
  if (name == 'stat' || name == 's' || name == 'state') return new Column('stat', 'STAT', 4);
  if (name == 'rss') return new Column(name, 'RSS', 4);
  return null;
}

function value(c: Column, p: Process): string {
  const name = c.name;
  if (name == 'pid') return padStart(p.pid.toString(), c.width);
  if (name == 'ppid') return padStart(p.ppid.toString(), c.width);
  if (name == 'pgid') return padStart(p.pgid.toString(), c.width);
  if (name == 'sid') return padStart(p.sid.toString(), c.width);
  if (name == 'nice') return padStart(p.nice.toString(), c.width);
  if (name == 'user') return named(userName(p.uid), p.uid);
  if (name == 'group') return named(groupName(p.gid), p.gid);
  if (name == 'ruser') return real(p, 'Uid', true);
  if (name == 'rgroup') return real(p, 'Gid', false);
  if (name == 'comm') return p.comm;
  if (name == 'args') return p.command();
  if (name == 'time') return clock((p.utime + p.stime) / 100, true);
  if (name == 'etime') return clock(uptime() - p.start / 100, false);
  if (name == 'vsz') return padStart(short(p.vsz), 4);
  if (name == 'rss') return padStart(short(p.rss), 4);
  if (name == 'tty') return p.tty == 0 ? '?' : ((p.tty >> 8) & 0xfff).toString() + ',' + ((p.tty & 0xff) | ((p.tty >> 12) & 0xfff00)).toString();
  // stat: the state, W for no memory, < and N by niceness.
  return p.state + (p.vsz == 0 && p.state != 'Z' ? 'W' : ' ') + (p.nice < 0 ? '<' : p.nice > 0 ? 'N' : ' ');
}

function named(name: string, id: i32): string {
  return (name.length ? name : id.toString()).substring(0, 8);
}

function real(p: Process, field: string, user: bool): string {
  const text = fs.readFile('/proc/' + p.pid.toString() + '/status');
  const ids = text === null ? '' : fieldOf(text, field);
  const id = ids.length ? <i32>parseInt(ids.split('\t')[0]) : 0;
  return named(user ? userName(id) : groupName(id), id);
}

/** Minutes and seconds, ` 0:00`. */
export function clock(seconds: i64, padded: bool): string {
  const minutes = seconds / 60;
  const rest = seconds % 60;
  const s = minutes.toString() + ':' + (rest < 10 ? '0' : '') + rest.toString();
  return padStart(s, padded ? 5 : 7);
}

let up: i64 = -1;
export function uptime(): i64 {
  if (up >= 0) return up;
  const text = fs.readFile('/proc/uptime');
  up = text === null ? 0 : <i64>parseFloat(text);
  return up;
}

/** A number of KiB in four places: 9999, 10m, 1.2g. */
export function short(kib: i64): string {
  if (kib < 10000) return kib.toString();
  let v = kib;
  let unit = -1;
  const units = 'mgtpe';
  let rest: i64 = 0;
  while (v >= 1024 && unit < 4) {
    rest = ((v % 1024) * 10) / 1024;
    v /= 1024;
    unit++;
    if (v < 1000) break;
  }
  return v < 10 ? v.toString() + '.' + rest.toString() + units.charAt(unit) : v.toString() + units.charAt(unit);
}
