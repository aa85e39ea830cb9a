// busybox: one module, many programs. argv[0] picks the applet; `busybox NAME ARGS` does too.

import * as out from './lib/out';
import './sys/abort';
import { args } from './sys/env';
import { banner } from './lib/getopt';
import { basename } from './lib/path';
import { awk } from './bin/awk';
import { base64 } from './bin/base64';
import { box } from './bin/box';
import { cat } from './bin/cat';
import { chgrp, chmod, chown } from './bin/chmod';
import { chroot, pivotRoot } from './bin/chroot';
import { cmp } from './bin/cmp';
import { comm } from './bin/comm';
import { cp, mv } from './bin/cp';
import { cut } from './bin/cut';
import { date } from './bin/date';
import { dd } from './bin/dd';
import { df } from './bin/df';
import { diff } from './bin/diff';
import { du } from './bin/du';
import { echo } from './bin/echo';
import { env, printenv } from './bin/env';
import { expr } from './bin/expr';
import { factor } from './bin/factor';
import { find } from './bin/find';
import { expand, fold, unexpand } from './bin/fold';
import { free, uptime } from './bin/free';
import { grep } from './bin/grep';
import { md5sum, sha1sum, sha256sum } from './bin/hash';
import { head } from './bin/head';
import { hexdump } from './bin/hexdump';
import { groups, id, whoami } from './bin/id';
import { init } from './bin/init';
import { ip } from './bin/ip';
import { kill, killall, pgrep, pidof, pkill } from './bin/kill';
import { less } from './bin/less';
import { clear, nl, rev, tac } from './bin/line';
import { ln } from './bin/ln';
import { ls } from './bin/ls';
import { lsns } from './bin/lsns';
import { mkfifo, mknod, mktemp } from './bin/make';
import { mkdir } from './bin/mkdir';
import { mount, umount } from './bin/mount';
import { nsenter } from './bin/nsenter';
import { od } from './bin/od';
import { paste } from './bin/paste';
import { basename as basenameMain, dirname, pwd, readlink, realpath, which } from './bin/path';
import { printf } from './bin/printf';
import { ps } from './bin/ps';
import { pstree } from './bin/pstree';
import { rm, rmdir, unlink } from './bin/rm';
import { nice, nohup, setsid, time, timeout } from './bin/run';
import { sed } from './bin/sed';
import { seq } from './bin/seq';
import { sleep, usleep, yes } from './bin/sleep';
import { sort } from './bin/sort';
import { stat } from './bin/stat';
import { strings } from './bin/strings';
import { stty, ttyMain } from './bin/stty';
import { sysctl } from './bin/sysctl';
import { tail } from './bin/tail';
import { tee } from './bin/tee';
import { test } from './bin/test';
import { top } from './bin/top';
import { touch } from './bin/touch';
import { tr } from './bin/tr';
import { false_, true_ } from './bin/true';
import { arch, hostname, nproc, uname } from './bin/uname';
import { uniq } from './bin/uniq';
import { unshare } from './bin/unshare';
import { watch } from './bin/watch';
import { wc } from './bin/wc';
import { xargs } from './bin/xargs';
import { main as sh } from './bin/sh/main';
import { names } from './names';

export function _start(): void {
  const argv = args();
  let name = argv.length ? basename(argv[0]) : '';
  // A login shell's name begins with a hyphen.
  if (name.startsWith('-')) name = name.substring(1);
  if (name.startsWith('busybox')) {
    argv.shift();
    if (argv.length == 0) return out.exit(help());
    name = argv[0];
    if (name == '--list') return out.exit(list());
    if (name == '--help') {
      if (argv.length == 1 || argv[1].startsWith('busybox')) return out.exit(help());
      argv.shift();
      argv.push('--help');
      name = argv[0];
    }
    name = basename(name);
  }
  out.setApplet(name);
  const status = run(name, argv);
  if (status == NOT_FOUND) {
    out.err(name + ': applet not found\n');
    out.exit(127);
  }
  out.exit(status);
}

const NOT_FOUND: i32 = -1000;

function list(): i32 {
  for (let i = 0; i < names.length; i++) out.line(names[i]);
  return 0;
}

function help(): i32 {
  out.put(banner + '\nUsage: busybox [function [arguments]...]\n   or: busybox --list\n   or: function [arguments]...\n\n'
    + '\tMany common Unix programs in one module. Its name, or its first\n\targument, says which of them to be.\n\n'
    + 'Currently defined functions:\n');
  let line = '\t';
  for (let i = 0; i < names.length; i++) {
    const last = i == names.length - 1;
    if (line.length + names[i].length > 70) {
      out.line(line);
      line = '\t';
    }
    line += names[i] + (last ? '' : ', ');
  }
  out.line(line);
  return 0;
}

/** Run an applet; NOT_FOUND if there is none of that name. */
export function run(name: string, argv: string[]): i32 {
  if (name == '[') return test(argv);
  if (name == '[[') return test(argv);
  if (name == 'arch') return arch(argv);
  if (name == 'ash') return sh(argv);
  if (name == 'awk') return awk(argv);
  if (name == 'base64') return base64(argv);
  if (name == 'basename') return basenameMain(argv);
  if (name == 'box') return box(argv);
  if (name == 'cat') return cat(argv);
  if (name == 'chgrp') return chgrp(argv);
  if (name == 'chmod') return chmod(argv);
  if (name == 'chown') return chown(argv);
  if (name == 'chroot') return chroot(argv);
  if (name == 'clear') return clear(argv);
  if (name == 'cmp') return cmp(argv);
  if (name == 'comm') return comm(argv);
  if (name == 'cp') return cp(argv);
  if (name == 'cut') return cut(argv);
  if (name == 'date') return date(argv);
  if (name == 'dd') return dd(argv);
  if (name == 'df') return df(argv);
  if (name == 'diff') return diff(argv);
  if (name == 'dirname') return dirname(argv);
  if (name == 'docker-init') return init(argv);
  if (name == 'du') return du(argv);
  if (name == 'echo') return echo(argv);
  if (name == 'egrep') return grep(argv);
  if (name == 'env') return env(argv);
  if (name == 'expand') return expand(argv);
  if (name == 'expr') return expr(argv);
  if (name == 'factor') return factor(argv);
  if (name == 'false') return false_(argv);
  if (name == 'fgrep') return grep(argv);
  if (name == 'find') return find(argv);
  if (name == 'fold') return fold(argv);
  if (name == 'free') return free(argv);
  if (name == 'grep') return grep(argv);
  if (name == 'groups') return groups(argv);
  if (name == 'head') return head(argv);
  if (name == 'hexdump') return hexdump(argv);
  if (name == 'hostname') return hostname(argv);
  if (name == 'id') return id(argv);
  if (name == 'init') return init(argv);
  if (name == 'ip') return ip(argv);
  if (name == 'kill') return kill(argv);
  if (name == 'killall') return killall(argv);
  if (name == 'less') return less(argv);
  if (name == 'ln') return ln(argv);
  if (name == 'ls') return ls(argv);
  if (name == 'lsns') return lsns(argv);
  if (name == 'md5sum') return md5sum(argv);
  if (name == 'mkdir') return mkdir(argv);
  if (name == 'mkfifo') return mkfifo(argv);
  if (name == 'mknod') return mknod(argv);
  if (name == 'mktemp') return mktemp(argv);
  if (name == 'mount') return mount(argv);
  if (name == 'mv') return mv(argv);
  if (name == 'nice') return nice(argv);
  if (name == 'nl') return nl(argv);
  if (name == 'nohup') return nohup(argv);
  if (name == 'nproc') return nproc(argv);
  if (name == 'nsenter') return nsenter(argv);
  if (name == 'od') return od(argv);
  if (name == 'paste') return paste(argv);
  if (name == 'pgrep') return pgrep(argv);
  if (name == 'pidof') return pidof(argv);
  if (name == 'pivot_root') return pivotRoot(argv);
  if (name == 'pkill') return pkill(argv);
  if (name == 'printenv') return printenv(argv);
  if (name == 'printf') return printf(argv);
  if (name == 'ps') return ps(argv);
  if (name == 'pstree') return pstree(argv);
  if (name == 'pwd') return pwd(argv);
  if (name == 'readlink') return readlink(argv);
  if (name == 'realpath') return realpath(argv);
  if (name == 'rev') return rev(argv);
  if (name == 'rm') return rm(argv);
  if (name == 'rmdir') return rmdir(argv);
  if (name == 'sed') return sed(argv);
  if (name == 'seq') return seq(argv);
  if (name == 'setsid') return setsid(argv);
  if (name == 'sh') return sh(argv);
  if (name == 'sha1sum') return sha1sum(argv);
  if (name == 'sha256sum') return sha256sum(argv);
  if (name == 'sleep') return sleep(argv);
  if (name == 'sort') return sort(argv);
  if (name == 'stat') return stat(argv);
  if (name == 'strings') return strings(argv);
  if (name == 'stty') return stty(argv);
  if (name == 'sysctl') return sysctl(argv);
  if (name == 'tac') return tac(argv);
  if (name == 'tail') return tail(argv);
  if (name == 'tee') return tee(argv);
  if (name == 'test') return test(argv);
  if (name == 'time') return time(argv);
  if (name == 'timeout') return timeout(argv);
  if (name == 'top') return top(argv);
  if (name == 'touch') return touch(argv);
  if (name == 'tr') return tr(argv);
  if (name == 'true') return true_(argv);
  if (name == 'tty') return ttyMain(argv);
  if (name == 'umount') return umount(argv);
  if (name == 'uname') return uname(argv);
  if (name == 'unexpand') return unexpand(argv);
  if (name == 'uniq') return uniq(argv);
  if (name == 'unlink') return unlink(argv);
  if (name == 'unshare') return unshare(argv);
  if (name == 'uptime') return uptime(argv);
  if (name == 'usleep') return usleep(argv);
  if (name == 'watch') return watch(argv);
  if (name == 'wc') return wc(argv);
  if (name == 'which') return which(argv);
  if (name == 'whoami') return whoami(argv);
  if (name == 'xargs') return xargs(argv);
  if (name == 'yes') return yes(argv);
  return NOT_FOUND;
}
