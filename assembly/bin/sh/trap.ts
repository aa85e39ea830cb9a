// Traps. A handler only notes that its signal came; the action runs between commands, when the shell asks.

import * as signal from '../../sys/signal';
import { SA_RESTART, SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU } from '../../sys/linux';
import { evalText } from './eval';
import * as jobs from './job';
import { FLOW_ERROR, FLOW_EXIT, FLOW_INTERRUPT, FLOW_NONE, leave, sh } from './state';

/** The action of each signal, 0 for EXIT: null is the default, '' ignores. */
export const actions: (string | null)[] = new Array<string | null>(65);
/** How many are set, so that asking costs nothing while there are none. */
export let count: i32 = 0;
/** Ignored when the shell started, so that a script may not change it: 0 not asked yet, 1 no, 2 yes. */
const hard: StaticArray<u8> = new StaticArray<u8>(65);
/** In a subshell: the parent's actions, which `trap` without arguments still shows until it sets one itself. */
let inherited: (string | null)[] | null = null;

/** SIGCHLD is noted, so that a loop of builtins collects the jobs that end meanwhile. */
let minding: bool = false;

/** There is a background job. */
export function mindChildren(): void {
  if (minding) return;
  minding = true;
  settle(SIGCHLD);
}

export function trapped(sig: i32): bool {
  const a = actions[sig];
  return a != null && (a as string).length > 0;
}

export function anyTrap(): bool {
  return count > 0;
}

/** Signals ignored from the start stay so, in a shell that is not interactive. Asked before the first change. */
function isHard(sig: i32): bool {
  if (sig == SIGCHLD) return false;
  if (hard[sig] == 0) hard[sig] = signal.isIgnored(sig) ? 2 : 1;
  return hard[sig] == 2;
}

export function set(sig: i32, action: string | null): void {
  inherited = null;
  if (sig > 0 && isHard(sig) && !sh.interactive) return;
  const had = actions[sig] != null;
  actions[sig] = action;
  if (had && action == null) count--;
  if (!had && action != null) count++;
  if (sig > 0) settle(sig);
}

/** Give the kernel the disposition that a signal's trap and the shell's own needs ask for. */
export function settle(sig: i32): void {
  const a = actions[sig];
  if (a != null) {
    if ((a as string).length == 0) signal.ignore(sig);
    else signal.watch(sig);
    return;
  }
  if (sig == SIGCHLD && minding) {
    signal.watch(sig, SA_RESTART);
    return;
  }
  if (isHard(sig) && !sh.interactive) return;
  if (sh.interactive && !sh.subshell) {
    if (sig == SIGINT) {
      signal.watch(sig);
      return;
    }
    if (sig == SIGQUIT || sig == SIGTERM) {
      signal.ignore(sig);
      return;
    }
  }
  if (sh.jobControl && (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)) {
    signal.ignore(sig);
    return;
  }
  signal.reset(sig);
}

/** The dispositions of a shell that has become interactive or taken job control, or given it up. */
export function settleAll(): void {
  settle(SIGINT);
  settle(SIGQUIT);
  settle(SIGTERM);
  settle(SIGTSTP);
  settle(SIGTTIN);
  settle(SIGTTOU);
}

/** Signals that the shell has to itself and its children must not inherit as ignored. */
export function ownSignals(): u64 {
  let set: u64 = 0;
  if (sh.interactive && !sh.subshell) {
    if (actions[SIGINT] == null) set |= signal.bit(SIGINT);
    if (actions[SIGQUIT] == null) set |= signal.bit(SIGQUIT);
    if (actions[SIGTERM] == null) set |= signal.bit(SIGTERM);
  }
  if (sh.jobControl) {
    if (actions[SIGTSTP] == null) set |= signal.bit(SIGTSTP);
    if (actions[SIGTTIN] == null) set |= signal.bit(SIGTTIN);
    if (actions[SIGTTOU] == null) set |= signal.bit(SIGTTOU);
  }
  return set;
}

/** In a new subshell: caught signals go back to their default, ignored ones stay. */
export function enterSubshell(own: u64): void {
  const before: (string | null)[] = new Array<string | null>(65);
  let any = false;
  for (let i = 0; i < 65; i++) {
    const a = actions[i];
    before[i] = a;
    if (a == null) continue;
    any = true;
    if ((a as string).length == 0) continue;
    actions[i] = null;
    count--;
    if (i > 0) signal.reset(i);
  }
  for (let i = 1; i < 32; i++) if (own & signal.bit(i)) signal.reset(i);
  if (minding) signal.reset(SIGCHLD);
  minding = false;
  for (let i = 0; i < 65; i++) signal.caught[i] = false;
  signal.clearCaught();
  if (any) inherited = before;
}

/** What `trap` lists. */
export function listed(): (string | null)[] {
  return inherited ? inherited as (string | null)[] : actions;
}

/** A subshell that runs more than a lone `trap` has traps of its own. */
export function dropInherited(): void {
  inherited = null;
}

/** Run the actions of the signals that came. Callers look at `signal.anyCaught` first. */
export function run(): void {
  signal.clearCaught();
  for (let i = 1; i < 65; i++) {
    if (!unchecked(signal.caught[i])) continue;
    signal.caught[i] = false;
    if (i == SIGCHLD) jobs.poll();
    const a = actions[i];
    if (a == null) {
      if (i == SIGINT && sh.interactive && !sh.subshell) {
        leave(FLOW_INTERRUPT, 130);
        return;
      }
      continue;
    }
    const status = sh.status;
    const outer = sh.trapStatus;
    sh.trapStatus = status;
    evalText(a as string, true);
    sh.trapStatus = outer;
    // break, return and exit act on what the signal came into.
    if (sh.flow != FLOW_NONE) return;
    sh.status = status;
  }
}

/** The EXIT trap, once. */
export function runExit(status: i32): i32 {
  const a = actions[0];
  if (a == null || (a as string).length == 0) return status;
  actions[0] = null;
  count--;
  sh.flow = FLOW_NONE;
  sh.status = status;
  sh.tested = 0;
  sh.trapStatus = status;
  evalText(a as string, true);
  sh.trapStatus = -1;
  return sh.flow == FLOW_EXIT || sh.flow == FLOW_ERROR ? sh.status : status;
}
