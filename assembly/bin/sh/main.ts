// sh: the command language of POSIX as dash and busybox's ash have it. Here: the command line, the environment, and the
// loops that read commands. See lexer.ts and parser.ts for the language, exec.ts for what runs it.

import * as fs from '../../sys/fs';
import * as proc from '../../sys/proc';
import * as signal from '../../sys/signal';
import { environ } from '../../sys/env';
import { hostname } from '../../sys/ns';
import { isatty } from '../../sys/tty';
import { strerror } from '../../sys/errno';
import { geteuid, getegid, getgid, getuid } from '../../sys/cred';
import { O_CLOEXEC, O_RDONLY, SIGCHLD } from '../../sys/linux';
import { getopt } from '../../lib/getopt';
import { forgetWarning, stoppedWarning } from './control';
import { initDirectory } from './dir';
import { backToPrompt, commandLoop, evalSource, syntaxError } from './eval';
import { run } from './exec';
import { resetExpansion } from './expand';
import * as history from './history';
import { FileSource, Source, StdinSource, TextSource } from './input';
import * as jobs from './job';
import { tell, warn } from './message';
import * as option from './option';
import { parserOf } from './parser';
import { OWN_FD, restore } from './redir';
import { expandPrompt } from './simple';
import { FLOW_EXIT, FLOW_INTERRUPT, FLOW_NONE, sh } from './state';
import { TerminalSource } from './terminal';
import * as trap from './trap';
import * as vars from './vars';

const USAGE = "[-il] [-|+Cabefmnuvx] [-|+o OPT]... [-c 'SCRIPT' [ARG0 ARGS] | FILE [ARGS] | -s [ARGS]]\n\n"
  + 'Unix shell interpreter\n';

export function main(args: string[]): i32 {
  if (args.length == 2 && args[1] == '--help') return getopt(args, '', USAGE).status;
  sh.arg0 = args.length > 0 ? args[0] : 'sh';
  sh.rootPid = proc.getpid();
  if (sh.arg0.startsWith('-')) {
    sh.login = true;
    sh.arg0 = sh.arg0.substring(1);
  }
  // Whoever started us may ignore it; then no child could be waited for.
  signal.reset(SIGCHLD);
  variables();
  let i = option.parse(args, 1, true);
  if (option.parseStatus != -1) return 2;
  let text: string | null = null;
  let script: string | null = null;
  if (sh.cflag) {
    if (i >= args.length) {
      warn('-c requires an argument');
      return 2;
    }
    text = args[i++];
    sh.lineBase = 1;
    if (i < args.length) {
      sh.arg0 = args[i++];
      sh.script = true;
    }
  } else if (!sh.sflag && i < args.length) {
    script = args[i++];
  }
  if (text == null && script == null) {
    sh.sflag = true;
    if (isatty(0) && isatty(1)) sh.interactive = true;
  }
  sh.params = args.slice(i);
  let source: Source;
  if (text != null) source = new TextSource(text as string);
  else if (script != null) {
    const fd = openScript(script as string);
    if (fd < 0) return 2;
    sh.arg0 = script as string;
    sh.script = true;
    source = new FileSource(fd);
  } else if (sh.interactive) source = new TerminalSource();
  else source = new StdinSource();
  if (sh.interactive) trap.settleAll();
  initDirectory();
  if (sh.interactive || sh.mflag) option.monitor(true);
  let status = profiles();
  if (sh.flow == FLOW_NONE) {
    if (text != null) status = evalSource(source, !sh.interactive);
    else if (sh.interactive && script == null) status = interact(source as TerminalSource);
    else status = commandLoop(source);
  }
  if (sh.flow != FLOW_NONE) status = sh.status;
  if (signal.anyCaught && sh.flow == FLOW_NONE) {
    sh.status = status;
    trap.run();
    status = sh.status;
  }
  status = trap.runExit(status);
  if (sh.interactive) {
    history.save();
    if (sh.login) jobs.hangUp();
  }
  if (sh.jobControl) jobs.stop();
  return status & 255;
}

function variables(): void {
  vars.set('PATH', '/sbin:/usr/sbin:/bin:/usr/bin');
  vars.set('PS1', '\\w \\$ ');
  vars.set('PS2', '> ');
  vars.set('PS4', '+ ');
  vars.inherit(environ());
  vars.set('IFS', ' \t\n');
  vars.unmark(vars.ifs, vars.VEXPORT);
  vars.set('OPTIND', '1');
  vars.unmark(vars.optind, vars.VEXPORT);
  if (vars.get('HOSTNAME') == null) vars.set('HOSTNAME', hostname());
  const level = vars.get('SHLVL');
  const n = level == null ? 0 : max(I32.parseInt(level as string), 0);
  vars.set('SHLVL', (n + 1).toString(), vars.VEXPORT);
  vars.set('PPID', proc.getppid().toString());
  vars.unmark(vars.lookup('PPID'), vars.VEXPORT);
  vars.mark(vars.lookup('LINENO'), vars.VLINENO);
  vars.mark(vars.lookup('RANDOM'), vars.VRANDOM);
  vars.mark(vars.lookup('EPOCHSECONDS'), vars.VEPOCH);
}

/** A script's descriptor, out of the way of the commands' own; -1 after a message. */
function openScript(path: string): i32 {
  const fd = fs.open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    warn("can't open '" + path + "': " + strerror(fd));
    return -1;
  }
  const own = fs.dupAbove(fd, OWN_FD);
  fs.close(fd);
  return own;
}

/** What a login shell and an interactive one read first. */
function profiles(): i32 {
  let status = 0;
  if (sh.login) {
    status = sourceFile('/etc/profile');
    const home = vars.valueOf(vars.home);
    if (home != null && sh.flow == FLOW_NONE) status = sourceFile((home as string) + '/.profile');
  }
  if (sh.interactive && sh.flow == FLOW_NONE && getuid() == geteuid() && getgid() == getegid()) {
    const env = vars.get('ENV');
    if (env != null) status = sourceFile(expandPrompt(env as string));
  }
  return status;
}

function sourceFile(path: string): i32 {
  const fd = fs.open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const own = fs.dupAbove(fd, OWN_FD);
  fs.close(fd);
  const source = new FileSource(own);
  const status = evalSource(source, false);
  source.close();
  if (sh.interactive && backToPrompt()) sh.flow = FLOW_NONE;
  return status;
}

/** Read and run commands from a terminal until it ends or `exit`. */
function interact(source: TerminalSource): i32 {
  const parser = parserOf(source);
  history.load();
  let ends = 0;
  while (true) {
    jobs.report();
    const n = parser.command();
    if (sh.flow == FLOW_INTERRUPT) {
      parser.reset();
      calm();
      continue;
    }
    if (parser.error != null) {
      syntaxError(parser);
      parser.reset();
      sh.status = 2;
      continue;
    }
    if (parser.eof) {
      parser.reset();
      if (sh.Iflag && ++ends < 50) {
        tell('\nUse "exit" to leave shell.\n');
        continue;
      }
      if (jobs.anyStopped() && ends++ == 0) {
        tell('You have stopped jobs.\n');
        continue;
      }
      tell('\n');
      return sh.status;
    }
    if (n == null) continue;
    ends = 0;
    const wasWarned = stoppedWarning();
    run(n, false);
    if (wasWarned) forgetWarning();
    if (signal.anyCaught && sh.flow == FLOW_NONE) trap.run();
    if (sh.flow == FLOW_EXIT) return sh.status;
    if (sh.flow == FLOW_INTERRUPT) tell('\n');
    if (sh.flow != FLOW_NONE) calm();
  }
}

/** Back at the prompt after an error or an interrupt: nothing is half done any more. */
function calm(): void {
  sh.flow = FLOW_NONE;
  sh.loops = 0;
  sh.functions = 0;
  sh.dots = 0;
  sh.tested = 0;
  sh.builtin = '';
  resetExpansion();
  restore(0);
  vars.restore(0);
  vars.dropFrames();
}
