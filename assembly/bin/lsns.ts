// lsns: the namespaces that processes are in (lsns(8)).

import * as fs from '../sys/fs';
import * as out from '../lib/out';
import { getopt } from '../lib/getopt';
import { packed } from '../sys/packed';
import { kinds } from '../lib/namespace';
import { parseCount } from '../lib/number';
import { Process, processes } from '../lib/procfs';
import { padEnd, padStart, upper } from '../lib/text';
import { userName } from '../lib/user';

const TEXT = packed('[-p PID] [-t TYPE] [-o COLUMNS] [-nlrJ] [NAMESPACE]\n\nList namespaces\n\n\t-p PID\tOnly those of a process\n\t-t TYPE\tmnt, net, ipc, user, pid, uts, cgroup or time\n\t-o LIST\tColumns: NS,TYPE,PATH,NPROCS,PID,PPID,COMMAND,UID,USER\n\t-n\tNo headings\n\t-r\tRaw output\n');

class Row {
  count: i32 = 0;
  lead: Process | null = null;
  constructor(
    public ns: string,
    public type: string,
  ) {}
}

export function lsns(args: string[]): i32 {
  const o = getopt(args, 'p:t:o:nlrWu', TEXT, packed('task:=p,type:=t,output:=o,noheadings=n,list=l,raw=r,notruncate=W,no-trunc=W'));
  if (!o.ok) return o.status;
  const only = o.get('t');
  const task = o.has('p') ? parseCount(o.get('p')) : -1;
  if (o.has('p') && task <= 0) return out.complain("invalid PID argument: '" + o.get('p') + "'");
  const all = kinds();
  const rows: Row[] = [];
  const list = processes();
  let known = only.length == 0;
  for (let k = 0; k < all.length; k++) if (all[k].name == only) known = true;
  if (!known) return out.complain('unknown namespace type: ' + only);
  let taskSeen = task < 0;
  const wanted = new Map<string, bool>();
  for (let i = 0; i < list.length; i++) {
    const p = list[i];
    for (let k = 0; k < all.length; k++) {
      const type = all[k].name;
      if (only.length && type != only) continue;
      const link = fs.readlink('/proc/' + p.pid.toString() + '/ns/' + type);
      if (link === null) continue;
      const open = link.indexOf('[');
      const ns = link.substring(open + 1, link.length - 1);
      if (p.pid == task) {
        taskSeen = true;
        wanted.set(type + ns, true);
      }
      let row: Row | null = null;
      for (let r = 0; r < rows.length; r++) if (rows[r].ns == ns && rows[r].type == type) row = rows[r];
      if (!row) {
        row = new Row(ns, type);
        row.lead = p;
        rows.push(row);
      }
      row.count++;
    }
  }
  if (!taskSeen) return out.perror('failed to read namespaces of task ' + task.toString(), 3);
  rows.sort((a, b) => (a.ns.length != b.ns.length ? a.ns.length - b.ns.length : a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0));
  const columns = upper(o.get('o', task >= 0 ? 'NS,TYPE,NPROCS,PID,USER,COMMAND' : 'NS,TYPE,NPROCS,PID,USER,COMMAND')).split(',');
  const cells: string[][] = [];
  if (!o.has('n')) cells.push(columns);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (task >= 0 && !wanted.has(row.type + row.ns)) continue;
    if (o.rest.length && !o.rest.includes(row.ns)) continue;
    const line: string[] = [];
    for (let c = 0; c < columns.length; c++) {
      const v = value(columns[c], row);
      if (v === null) return out.complain('unknown column: ' + columns[c]);
      line.push(v);
    }
    cells.push(line);
  }
  table(columns, cells, o.has('r'));
  return 0;
}

function value(column: string, row: Row): string | null {
  const p = row.lead as Process;
  if (column == 'NS') return row.ns;
  if (column == 'TYPE') return row.type;
  if (column == 'PATH') return '/proc/' + p.pid.toString() + '/ns/' + row.type;
  if (column == 'NPROCS') return row.count.toString();
  if (column == 'PID') return p.pid.toString();
  if (column == 'PPID') return p.ppid.toString();
  if (column == 'COMMAND') return p.command();
  if (column == 'UID') return p.uid.toString();
  if (column == 'USER') {
    const name = userName(p.uid);
    return name.length ? name : p.uid.toString();
  }
  return null;
}

function table(columns: string[], cells: string[][], raw: bool): void {
  const widths: i32[] = [];
  for (let c = 0; c < columns.length; c++) {
    let w = 0;
    for (let i = 0; i < cells.length; i++) w = max(w, cells[i][c].length);
    widths.push(raw ? 0 : w);
  }
  for (let i = 0; i < cells.length; i++) {
    let line = '';
    for (let c = 0; c < columns.length; c++) {
      const name = columns[c];
      const right = name == 'NS' || name == 'NPROCS' || name == 'PID' || name == 'PPID' || name == 'UID';
      const last = c == columns.length - 1;
      line += (c ? ' ' : '') + (right ? padStart(cells[i][c], widths[c]) : last ? cells[i][c] : padEnd(cells[i][c], widths[c]));
    }
    out.line(line);
  }
}
