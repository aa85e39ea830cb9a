// uname, hostname, nproc and arch.

import * as fs from '../sys/fs';
import * as linux from '../sys/linux';
import * as ns from '../sys/ns';
import * as out from '../lib/out';
import { errno } from '../sys/errno';
import { getopt, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { scratch } from '../sys/bytes';
import { lines, trim } from '../lib/text';

const UNAME = packed('[-amnrspvio]\n\nPrint system information\n\n\t-a\tPrint all\n\t-m\tMachine (hardware) type\n\t-n\tHostname\n\t-r\tKernel release\n\t-s\tKernel name (default)\n\t-p\tProcessor type\n\t-v\tKernel version\n\t-i\tHardware platform\n\t-o\tOS name\n');

export function uname(args: string[]): i32 {
  const o = getopt(args, 'snrvmpioa', UNAME, packed('all=a,kernel-name=s,nodename=n,kernel-release=r,release=r,kernel-version=v,machine=m,processor=p,hardware-platform=i,operating-system=o'));
  if (!o.ok) return o.status;
  if (o.rest.length) return usage(UNAME);
  const u = ns.uname();
  const all = o.has('a');
  const list: string[] = [];
  if (all || o.has('s') || o.letters.length == 0) list.push(u.sysname);
  if (all || o.has('n')) list.push(u.nodename);
  if (all || o.has('r')) list.push(u.release);
  if (all || o.has('v')) list.push(u.version);
  if (all || o.has('m')) list.push(u.machine);
  if (o.has('p')) list.push('unknown');
  if (o.has('i')) list.push('unknown');
  if (all || o.has('o')) list.push('GNU/Linux');
  out.line(list.join(' '));
  return 0;
}

export function arch(args: string[]): i32 {
  const o = getopt(args, '', packed('\n\nPrint system architecture\n'));
  if (!o.ok) return o.status;
  out.line(ns.uname().machine);
  return 0;
}

const HOSTNAME = packed('[-sidf] [HOSTNAME | -F FILE]\n\nShow or set hostname or DNS domain name\n\n\t-s\tShort\n\t-i\tAddresses for the hostname\n\t-d\tDNS domain name\n\t-f\tFully qualified domain name\n\t-F FILE\tUse FILE\'s content as hostname\n');

export function hostname(args: string[]): i32 {
  const o = getopt(args, 'sidfF:vy', HOSTNAME, packed('short=s,fqdn=f,domain=d,ip-address=i,file:=F'));
  if (!o.ok) return o.status;
  if (o.rest.length > 1) return usage(HOSTNAME);
  let name = o.rest.length ? o.rest[0] : '';
  if (o.has('F')) {
    const text = fs.readFile(o.get('F'));
    if (text === null) return out.cantOpen(o.get('F'), errno);
    const all = lines(text);
    for (let i = 0; i < all.length && !name.length; i++) {
      const line = trim(all[i]);
      if (line.length && !line.startsWith('#')) name = line;
    }
  }
  if (o.rest.length || o.has('F')) {
    const r = ns.sethostname(name);
    return r < 0 ? out.perror('sethostname', r) : 0;
  }
  const node = ns.uname().nodename;
  const dot = node.indexOf('.');
  if (o.has('s')) out.line(dot < 0 ? node : node.substring(0, dot));
  else if (o.has('d')) {
    if (dot >= 0) out.line(node.substring(dot + 1));
  } else if (o.has('i')) out.line('127.0.0.1');
  else out.line(node);
  return 0;
}

export function nproc(args: string[]): i32 {
  const o = getopt(args, '', packed('[--all] [--ignore=N]\n\nPrint number of available CPUs\n'), 'all=a,ignore:=i');
  if (!o.ok) return o.status;
  memory.fill(scratch, 0, 128);
  const got = linux.sched_getaffinity(0, scratch, 128);
  let n = 0;
  for (let i = 0; i < got; i++) n += popcnt(<i32>load<u8>(scratch + i));
  n -= o.has('i') ? <i32>parseInt(o.get('i')) : 0;
  out.line(max(n, 1).toString());
  return 0;
}
