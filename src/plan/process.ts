// The steps that turn a child into the process of a spec: limits, powers, identity, program. A container's first
// process and an exec share them.

import { SpecError } from '../errno.ts';
import type { Facts, PlanOptions, Step } from '../plan.ts';
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

export function processSteps(process: ProcessSpec, context: ProcessContext): Step[] {
  const { spec, facts, maps } = context;
  if (maps !== undefined) checkIds(process, maps, facts);
  const sets = capabilitySets(process.capabilities, facts);
  const filter = filterSteps(spec.linux?.seccomp, sets.bounding, facts);
  const early = process.noNewPrivileges ? [] : filter;
  const late = process.noNewPrivileges ? filter : [];
  const { user = { uid: 0, gid: 0 }, cwd } = process;
  const steps: Step[] = [...limits(process.rlimits ?? [])];
  if (process.oomScoreAdj !== undefined) {
    steps.push({
      by: 'child',
      op: 'write',
      args: { path: '/proc/self/oom_score_adj', text: String(process.oomScoreAdj) },
    });
  }
  // A missing directory is made, as container runtimes do, while root can; chdir then says what is wrong with it.
  if (cwd !== '/') {
    steps.push({
      by: 'child',
      op: 'mkdirs',
      args: { path: cwd, mode: 0o755 },
      optional: ['EROFS', 'EACCES', 'ENOTDIR', 'EEXIST'],
    });
  }
  // Without no_new_privs a filter may only be set with CAP_SYS_ADMIN, which is soon gone: it has to allow what follows.
  steps.push(...early);
  // The bounding set while CAP_SETPCAP is still there, ids with keepcaps so that they cost nothing, then the exact
  // sets.
  steps.push({ by: 'child', op: 'bounding', args: { keep: sets.bounding } });
  steps.push({ by: 'child', op: 'keepcaps', args: { on: true } });
  steps.push({ by: 'child', op: 'credentials', args: { user } });
  // Another user than root has no capability after exec, ambient ones apart: the rule of capabilities(7), not ours.
  steps.push({
    by: 'child',
    op: 'capset',
    args: { effective: sets.effective, permitted: sets.permitted, inheritable: sets.inheritable },
  });
  steps.push({ by: 'child', op: 'keepcaps', args: { on: false } });
  steps.push({ by: 'child', op: 'ambient', args: { raise: sets.ambient } });
  steps.push({ by: 'child', op: 'umask', args: { mask: user.umask ?? 0o022 } });
  // Entered as the user who will live in it.
  steps.push({ by: 'child', op: 'chdir', args: { path: cwd } });
  if (process.noNewPrivileges) steps.push({ by: 'child', op: 'no_new_privs', args: {} });
  steps.push(dieWithParent);
  steps.push(...late);
  steps.push({ by: 'child', op: 'park', args: {} });
  let { args } = process;
  if (facts.kernel === 'linux' && args[0] === builtinInit && args[1] === '--' && args.length > 2) {
    args = args.slice(2);
    steps.push({ by: 'child', op: 'init', args: {} });
  }
  steps.push({ by: 'child', op: 'exec', args: { args, env: process.env ?? [] } });
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

type Sets = { readonly [K in keyof Required<Capabilities>]: readonly string[] };
const noSets: Sets = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] };
const known = new WeakMap<Capabilities, { readonly facts: Facts; readonly sets: Sets }>();

/** Names without prefix; what this kernel's root itself does not have is left out, since nobody can be given it. */
function capabilitySets(given: Capabilities | undefined, facts: Facts): Sets {
  if (given === undefined) return noSets;
  const before = known.get(given);
  if (before !== undefined && before.facts === facts) return before.sets;
  const have = facts.capabilities === undefined ? undefined : new Set(facts.capabilities);
  const bare = (names: readonly string[] = []): readonly string[] =>
    names.map((name) => name.toUpperCase().replace(/^CAP_/, '')).filter((name) => have === undefined || have.has(name));
  const sets: Sets = {
    bounding: bare(given.bounding), effective: bare(given.effective), permitted: bare(given.permitted),
    inheritable: bare(given.inheritable), ambient: bare(given.ambient),
  };
  known.set(given, { facts, sets });
  return sets;
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
