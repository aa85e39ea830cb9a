// The steps that turn a child into the process of a spec: limits, powers, identity, program. A container's first
// process and an exec share them.

import { SpecError } from '../errno.ts';
import type { User } from '../kernel/uapi/step.ts';
import type { Action, Facts, PlanOptions, Step } from '../plan.ts';
import type { Capabilities, ProcessSpec, Rlimit, Spec } from '../spec.ts';
import { type IdMaps, isMapped } from './namespace.ts';
import { filterSteps } from './filter.ts';

/** Descriptors 0 to 2, made by the runtime before the child is born. A terminal is made by the child instead. */
export function stdioSteps(process: ProcessSpec, options: PlanOptions): Step[] {
  if (process.terminal) return [];
  const fds = options.stdio ?? ['null', 'log', 'log'];
  return [{ by: 'runtime', op: 'stdio', args: { fds }, slot: '$stdio', undo: { op: 'close', args: { fd: '$stdio' } } }];
}

/** What a child is rid of and bound to before all else. */
export const closeFds: Step = {
  by: 'child',
  op: 'close_fds',
  args: {},
  skip: { by: 'portable', why: 'a task of it is born with nothing else open' },
};

/** Set again at the end, since a change of ids clears it. */
export const dieWithParent: Step = {
  by: 'child',
  op: 'pdeathsig',
  args: { signal: 'KILL' },
  skip: { by: 'portable', why: 'task 1 lives as long as the machine' },
};

export const ownSession: Step = { by: 'child', op: 'setsid', args: {} };

/** A kernel without keys has none to hide. */
export const ownKeyring: Step = {
  by: 'child', op: 'keyring', args: {}, optional: ['ENOSYS'], skip: { by: 'portable', why: 'it has no keys' },
};

export const loopback: Step =
  { by: 'child', op: 'loopback', args: {}, skip: { by: 'portable', why: 'the interface begins up' } };

/** `bind`: the terminal becomes the container's /dev/console too. */
export function consoleSteps(process: ProcessSpec, bind: boolean): Step[] {
  if (!process.terminal) return [];
  const { width, height } = process.consoleSize ?? { width: 80, height: 24 };
  return [{ by: 'child', op: 'console', slot: '$pty', args: { columns: width, rows: height, bind } }];
}

/**
 * The init that comes with twinbox: on Linux the child itself stays as that, on the emulated kernel it is a program.
 */
const builtinInit = '/sbin/docker-init';

export interface ProcessContext {
  readonly spec: Spec;
  readonly facts: Facts;
  /** Of its user namespace, if it has one of its own. */
  readonly maps: IdMaps | undefined;
}

const child = (action: Action): Step => ({ by: 'child', ...action });
const keepCaps = child({ op: 'keepcaps', args: { on: true } });
const dropCaps = child({ op: 'keepcaps', args: { on: false } });
const defaultUmask = child({ op: 'umask', args: { mask: 0o022 } });
const atRoot = child({ op: 'chdir', args: { path: '/' } });
const noNewPrivs = child({ op: 'no_new_privs', args: {} });
const park = child({ op: 'park', args: {} });
const becomeInit = child({ op: 'init', args: {} });
const nobody: User = { uid: 0, gid: 0 };

export function processSteps(process: ProcessSpec, context: ProcessContext): Step[] {
  const { spec, facts, maps } = context;
  if (maps !== undefined) checkIds(process, maps, facts);
  const powers = powersOf(process.capabilities, facts);
  const filter = filterSteps(spec.linux?.seccomp, powers.bounding, facts);
  const { user = nobody, cwd, noNewPrivileges } = process;
  const steps: Step[] = limits(process.rlimits ?? []);
  if (process.oomScoreAdj !== undefined) {
    steps.push(child({ op: 'write', args: { path: '/proc/self/oom_score_adj', text: String(process.oomScoreAdj) } }));
  }
  // A missing directory is made, as container runtimes do, while root can; chdir then says what is wrong with it.
  if (cwd !== '/') {
    const optional = ['EROFS', 'EACCES', 'ENOTDIR', 'EEXIST'] as const;
    steps.push({ by: 'child', op: 'mkdirs', args: { path: cwd, mode: 0o755 }, optional });
  }
  // Without no_new_privs a filter may only be set with CAP_SYS_ADMIN, which is soon gone: it has to allow what follows.
  if (!noNewPrivileges) steps.push(...filter);
  // The bounding set while CAP_SETPCAP is still there, ids with keepcaps so that they cost nothing, then the exact
  // sets.
  steps.push(powers.bound, keepCaps, child({ op: 'credentials', args: { user } }), powers.set, dropCaps, powers.raise);
  steps.push(user.umask === undefined ? defaultUmask : child({ op: 'umask', args: { mask: user.umask } }));
  // Entered as the user who will live in it.
  steps.push(cwd === '/' ? atRoot : child({ op: 'chdir', args: { path: cwd } }));
  if (noNewPrivileges) steps.push(noNewPrivs);
  steps.push(dieWithParent);
  if (noNewPrivileges) steps.push(...filter);
  steps.push(park);
  let { args } = process;
  if (facts.kernel === 'linux' && args[0] === builtinInit && args[1] === '--' && args.length > 2) {
    args = args.slice(2);
    steps.push(becomeInit);
  }
  steps.push(child({ op: 'exec', args: { args, env: process.env ?? [] } }));
  return steps;
}

/**
 * Node raises its own limit of open files to the hard one, and children inherit that: programs that close or poll all
 * descriptors would take minutes. A process has what a login has, unless its spec says otherwise.
 */
const openFiles: Step = {
  by: 'child', op: 'prlimit', args: { type: 'NOFILE', soft: 1024, hard: -2 },
  skip: { by: 'portable', why: 'its limits begin as they should' },
};

function limits(rlimits: readonly Rlimit[]): Step[] {
  const steps = rlimits.map(({ type, soft, hard }): Step =>
    ({ by: 'child', op: 'prlimit', args: { type: bareLimit(type), soft, hard } }));
  return rlimits.some(({ type }) => bareLimit(type) === 'NOFILE') ? steps : [openFiles, ...steps];
}

const bareLimit = (type: string): string => type.replace(/^RLIMIT_/, '');

/** The capability sets of a process, as steps. */
interface Powers {
  readonly facts: Facts;
  readonly bounding: readonly string[];
  readonly bound: Step;
  readonly set: Step;
  readonly raise: Step;
}

const noCapabilities: Capabilities = Object.freeze({});
const known = new WeakMap<Capabilities, Powers>();

/** What this machine's root itself does not have is left out, since nobody can be given it. */
function powersOf(given: Capabilities = noCapabilities, facts: Facts): Powers {
  const before = known.get(given);
  if (before?.facts === facts) return before;
  const have = facts.capabilities === undefined ? undefined : new Set(facts.capabilities);
  const bare = (names: readonly string[] = []): readonly string[] =>
    names
      .map((name) => name.toUpperCase().replace(/^CAP_/, ''))
      .filter((name) => have === undefined || have.has(name));
  const [bounding, effective, permitted, inheritable] =
    [bare(given.bounding), bare(given.effective), bare(given.permitted), bare(given.inheritable)];
  const powers: Powers = {
    facts, bounding, bound: child({ op: 'bounding', args: { keep: bounding } }),
    // Another user than root has none after exec, ambient ones apart: the rule of capabilities(7), not ours.
    set: child({ op: 'capset', args: { effective, permitted, inheritable } }),
    raise: child({ op: 'ambient', args: { raise: bare(given.ambient) } }),
  };
  if (Object.isFrozen(given)) known.set(given, powers);
  return powers;
}

const idOf = (word: string): number | undefined => (/^\d+$/.test(word) ? Number(word) : undefined);

/** A number that the user namespace does not have would be refused by setresuid(2), without a word about why. */
function checkIds({ user }: ProcessSpec, maps: IdMaps, facts: Facts): void {
  const single = facts.ids?.maps === 'single';
  const hint = single
    ? 'only root is mapped here: ranges need newuidmap, newgidmap and lines in /etc/subuid and /etc/subgid'
    : undefined;
  const check = (field: string, id: number | undefined, map: IdMaps['uid']): void => {
    if (id !== undefined && !isMapped(map, id))
      throw new SpecError(`process.user.${field}`, `${id} is not mapped in its user namespace`, hint);
  };
  // A name is looked up inside; a number is itself, whatever name it has there.
  const [uid, gid] =
    user?.username === undefined ? [user?.uid, user?.gid] : user.username.split('\n', 1)[0]!.split(':').map(idOf);
  check('uid', uid, maps.uid);
  check('gid', gid, maps.gid);
  user?.additionalGids?.forEach((gid) => check('additionalGids', gid, maps.gid));
  if (single && (user?.additionalGids?.length ?? 0) > 0) {
    throw new SpecError('process.user.additionalGids', 'setgroups(2) is denied in a user namespace of one id', hint);
  }
}
