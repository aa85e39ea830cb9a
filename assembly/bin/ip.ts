// ip: the network devices of the namespace and their addresses (netdevice(7)), and taking one up or down. A namespace has
// a loopback device and no routes; the rest of ip(8) is not supported.

import * as linux from '../sys/linux';
import * as out from '../lib/out';
import { getopt, Options, usage } from '../lib/getopt';
import { packed } from '../sys/packed';
import { text } from '../sys/bytes';

const TEXT = packed('[-o] [-4|-6] address|link|route [ARGS]\n\nip addr [show] [dev IFACE]\nip link [show] [dev IFACE]\nip link set IFACE up|down\nip route [list]\n');

/** struct ifreq: 16 bytes of a name, 16 of an answer. */
const request: usize = memory.data(32);
const ANSWER: usize = 16;
let fd: i32 = -1;

export function ip(args: string[]): i32 {
  const o = getopt(args, '+of:460', TEXT, 'oneline=o,family:=f');
  if (!o.ok) return o.status;
  const words = o.rest;
  if (words.length == 0) return usage(TEXT);
  const object = words.shift();
  const verb = words.length ? words.shift() : 'show';
  fd = linux.socket(linux.AF_INET, linux.SOCK_DGRAM | linux.SOCK_CLOEXEC, 0);
  if (fd < 0) return out.perror('socket', fd);
  if ('route'.startsWith(object)) return 'list'.startsWith(verb) || 'show'.startsWith(verb) ? 0 : refused();
  const addresses = 'address'.startsWith(object);
  if (!addresses && !'link'.startsWith(object)) return usage(TEXT);
  if (!addresses && verb == 'set') return set(words);
  if ('show'.startsWith(verb) || 'list'.startsWith(verb)) return show(o, addresses, words);
  // `ip link lo` and `ip addr lo` are not the same as show, but verbs that are none.
  return verb == 'add' || verb == 'del' || verb == 'flush' ? refused() : usage(TEXT);
}

function refused(): i32 {
  out.complain('RTNETLINK answers: Operation not supported');
  return 2;
}

/** dev IFACE, or IFACE alone; '' for none. */
function device(words: string[]): string {
  if (words.length && words[0] == 'dev') words.shift();
  return words.length ? words.shift() : '';
}

function name(s: string): void {
  memory.fill(request, 0, 32);
  for (let i = 0; i < s.length && i < 15; i++) store<u8>(request + i, <u8>s.charCodeAt(i));
}

function ask(command: u32): i32 {
  return linux.ioctl(fd, command, request);
}

function set(words: string[]): i32 {
  const which = device(words);
  if (!which.length || !words.length) return usage(TEXT);
  for (let i = 0; i < words.length; i++) {
    const up = words[i] == 'up';
    if (!up && words[i] != 'down') return usage(TEXT);
    name(which);
    let r = ask(linux.SIOCGIFFLAGS);
    if (r < 0) return out.perror('SIOCGIFFLAGS', r);
    const flags = load<u16>(request, ANSWER);
    store<u16>(request, <u16>(up ? flags | linux.IFF_UP : flags & ~linux.IFF_UP), ANSWER);
    r = ask(linux.SIOCSIFFLAGS);
    if (r < 0) return out.perror('SIOCSIFFLAGS', r);
  }
  return 0;
}

function show(o: Options, addresses: bool, words: string[]): i32 {
  const which = device(words);
  const line = o.has('o') ? '\\' : '\n';
  let found = false;
  for (let index = 1; ; index++) {
    memory.fill(request, 0, 32);
    store<i32>(request, index, ANSWER);
    if (ask(linux.SIOCGIFNAME) < 0) break;
    let n = 0;
    while (n < 15 && load<u8>(request + n)) n++;
    const title = text(request, n);
    if (which.length && which != title) continue;
    found = true;
    const known = ask(linux.SIOCGIFADDR) >= 0;
    const address = load<u8>(request, ANSWER + 4).toString() + '.' + load<u8>(request, ANSWER + 5).toString() + '.'
      + load<u8>(request, ANSWER + 6).toString() + '.' + load<u8>(request, ANSWER + 7).toString();
    const only4 = o.has('4') || o.get('f') == 'inet';
    const none = o.has('6') || o.get('f') == 'inet6' || (only4 && !known);
    if (addresses && none) continue;
    const head = index.toString() + ': ' + title;
    if (!addresses || !(o.has('o') || only4)) link(head, line, known);
    else if (!o.has('o')) link(head, '', known);
    if (!addresses || !known) continue;
    if (o.has('o')) out.put(head);
    out.put('    inet ' + address + '/8 scope host ' + title + line + '       valid_lft forever preferred_lft forever\n');
  }
  if (which.length && !found) return out.complain("can't find device '" + which + "'");
  return 0;
}

// `line` before the second half; without it that half is left out, as with -4.
function link(head: string, line: string, known: bool): void {
  ask(linux.SIOCGIFFLAGS);
  const up = (load<u16>(request, ANSWER) & linux.IFF_UP) != 0;
  ask(linux.SIOCGIFMTU);
  out.put(head + ': <LOOPBACK' + (up ? ',UP,LOWER_UP' : '') + '> mtu ' + load<i32>(request, ANSWER).toString()
    + ' qdisc ' + (known ? 'noqueue' : 'noop'));
  ask(linux.SIOCGIFTXQLEN);
  out.put(' qlen ' + load<i32>(request, ANSWER).toString());
  out.put(line.length ? line + '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n' : '\n');
}
