// The steps that turn a child into the process of a spec: session and terminal, limits, powers, identity, program. A
// container's first process and an exec share them.

import type { PlanOptions, Step } from '../plan.ts';
import type { ProcessSpec } from '../spec.ts';

/** Descriptors 0 to 2, made by the runtime before the child is born. A terminal is made by the child instead. */
export function stdioSteps(process: ProcessSpec, options: PlanOptions): Step[] {
  if (process.terminal) return [];
  const fds = options.stdio ?? ['null', 'log', 'log'];
  return [{ by: 'runtime', op: 'stdio', args: { fds }, slot: '$stdio', undo: { op: 'close', args: { fd: '$stdio' } } }];
}

/** `console`: the terminal becomes the container's /dev/console too. */
export function processSteps(process: ProcessSpec, { console }: { readonly console: boolean }): Step[] {
  const steps: Step[] = [{ by: 'child', op: 'setsid', args: {} }];
  if (process.terminal) {
    const { width, height } = process.consoleSize ?? { width: 80, height: 24 };
    steps.push({ by: 'child', op: 'console', slot: '$pty', args: { columns: width, rows: height, bind: console } });
  }
  for (const { type, soft, hard } of process.rlimits ?? []) {
    steps.push({ by: 'child', op: 'prlimit', args: { type: type.replace(/^RLIMIT_/, ''), soft, hard } });
  }
  if (process.oomScoreAdj !== undefined) {
    steps.push({ by: 'child', op: 'write', args: { path: '/proc/self/oom_score_adj', text: String(process.oomScoreAdj) } });
  }
  steps.push(...powers(process));
  if (process.user?.umask !== undefined) steps.push({ by: 'child', op: 'umask', args: { mask: process.user.umask } });
  // Entered as the user who will live in it.
  steps.push({ by: 'child', op: 'chdir', args: { path: process.cwd } });
  if (process.noNewPrivileges) steps.push({ by: 'child', op: 'no_new_privs', args: {} });
  steps.push({ by: 'child', op: 'park', args: {} });
  steps.push({ by: 'child', op: 'exec', args: { args: process.args, env: process.env ?? [] } });
  return steps;
}

/** The bounding set while CAP_SETPCAP is still there, ids with keepcaps so that they cost nothing, then the exact sets. */
function powers(process: ProcessSpec): Step[] {
  const bare = (names: readonly string[] | undefined): string[] => (names ?? []).map((name) => name.replace(/^CAP_/, ''));
  const sets = process.capabilities;
  const user = process.user ?? { uid: 0, gid: 0 };
  const root = user.username === undefined && (user.uid ?? 0) === 0;
  const steps: Step[] = [];
  // A missing directory is made, as container runtimes do, while root can; chdir then says what is wrong with it.
  if (process.cwd !== '/') {
    steps.push({ by: 'child', op: 'mkdirs', args: { path: process.cwd, mode: 0o755 }, optional: ['EROFS', 'EACCES', 'ENOTDIR', 'EEXIST'] });
  }
  if (sets !== undefined) {
    steps.push({ by: 'child', op: 'bounding', args: { keep: bare(sets.bounding) } });
    steps.push({ by: 'child', op: 'keepcaps', args: { on: true } });
  }
  steps.push({ by: 'child', op: 'credentials', args: { user } });
  if (sets !== undefined) {
    const [effective, permitted, inheritable] = [bare(sets.effective), bare(sets.permitted), bare(sets.inheritable)];
    // Another user than root has no capability after exec, ambient ones apart: the rule of capabilities(7), not ours.
    steps.push({ by: 'child', op: 'capset', args: { effective, permitted, inheritable } });
    steps.push({ by: 'child', op: 'keepcaps', args: { on: false } });
    const raise = bare(sets.ambient);
    if (raise.length > 0 || !root) steps.push({ by: 'child', op: 'ambient', args: { raise } });
  }
  return steps;
}
