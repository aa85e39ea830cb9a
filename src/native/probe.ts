// Whether native mode works here, by trying it: some systems allow the clone and refuse the mounts. The plan is a birth
// cut down to what all births have, in an empty root. It ends at its program, which is not there: that error is success.

import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { TwinboxError } from '../errno.ts';
import type { Action, Plan, Step } from '../kernel/uapi/step.ts';
import type { Facts } from '../plan.ts';
import { printStep } from '../plan/print.ts';
import { encodePlan } from './encode.ts';
import { kernelAtLeast, kernelFloor, nativeFacts } from './facts.ts';
import { findLibrary } from './library.ts';
import { baseDirectory } from './state.ts';
import { StepError } from './answer.ts';
import { Supervisor } from './supervisor.ts';

export type Probe = { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly hint: string };

/** A success is remembered in the base directory until the next boot; a failure is tried again. */
export async function probe({ root }: { readonly root?: string } = {}): Promise<Probe> {
  try {
    if (!kernelAtLeast(kernelFloor)) return no(`Linux ${release()} is older than ${kernelFloor}`, 'use --mode portable');
    const base = baseDirectory(root);
    const key = keyOf(findLibrary().path);
    const file = join(base, `probe-${process.geteuid!()}`);
    if (remembered(file) === key) return { ok: true };
    const result = await tryIt(base);
    if (result.ok) remember(file, key);
    return result;
  } catch (error) {
    const { message, hint } = error as Partial<TwinboxError>;
    return no(message ?? String(error), hint ?? 'use --mode portable');
  }
}

const no = (reason: string, hint: string): Probe => ({ ok: false, reason, hint });

/** This boot of this kernel with this library. */
function keyOf(library: string): string {
  const { size, mtimeMs, ino } = statSync(library);
  return [readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), release(), size, mtimeMs, ino].join(' ');
}

function remembered(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function remember(file: string, key: string): void {
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, key, { mode: 0o600 });
  renameSync(aside, file);
}

async function tryIt(base: string): Promise<Probe> {
  const facts = nativeFacts(base);
  const supervisor = Supervisor.open({ root: base });
  supervisor.hold(true);
  try {
    const error = await new Promise<unknown>((resolve) => {
      supervisor.birth({
        handle: 1, plan: encodePlan(probePlan(facts)), go: true,
        listener: { failed: resolve, broken: resolve, exited: resolve },
      }).catch(resolve);
    });
    return judge(error, facts, base);
  } finally {
    await supervisor.close();
  }
}

function judge(error: unknown, facts: Facts & { readonly reasons: Readonly<Record<string, string>> }, base: string): Probe {
  if (!(error instanceof StepError)) {
    return no(`a trial container ended oddly (${error instanceof Error ? error.message : JSON.stringify(error)})`, `state is in ${base}`);
  }
  const { cause, step } = error;
  if (step?.op === 'exec' && cause.code === 'ENOENT') return { ok: true };
  const what = step === undefined ? cause.message : `${printStep(step as Step)}: ${cause.code}`;
  const known = facts.reasons['user namespaces'];
  if (known !== undefined) return no(`${what}; ${known}`, known);
  if (step?.op === 'clone') return no(what, 'a container or a policy around this process forbids namespaces: --mode portable needs none');
  return no(what, 'a policy of this system (AppArmor, SELinux, an outer container) forbids the mounts: --mode portable needs none');
}

/** In the order of src/plan/create.ts. */
function probePlan({ rootless, ids }: Facts): Plan {
  const flags = ['NEWNS', 'NEWPID', 'NEWUTS', 'NEWIPC', 'NEWNET'];
  const child = (action: Action): Step => ({ by: 'child', ...action });
  const root = (by: Step['by']): Step =>
    ({ by, op: 'fsmount', slot: '$root', args: { type: 'tmpfs', source: 'tmpfs', flags: [], data: 'mode=755,size=64k' } });
  const map = (id: number): string[] => [`0 ${id} 1`];
  const steps: Step[] = [
    { by: 'runtime', op: 'stdio', slot: '$stdio', args: { fds: ['null', 'null', 'null'] } },
    ...(rootless ? [] : [root('runtime')]),
    {
      by: 'runtime', op: 'clone', slot: '$pid', args: { flags: rootless ? ['NEWUSER', ...flags] : flags },
      undo: { op: 'reap', args: { pid: '$pid' } },
    },
    child({ op: 'close_fds', args: {} }),
    child({ op: 'pdeathsig', args: { signal: 'SIGKILL' } }),
    ...(rootless ? [
      child({ op: 'dumpable', args: { on: true } }),
      { by: 'runtime', op: 'maps', args: { pid: '$pid', uid: map(ids!.uid), gid: map(ids!.gid), setgroups: 'deny' } } satisfies Step,
      child({ op: 'sync', args: { point: 'maps' } }),
      child({ op: 'dumpable', args: { on: false } }),
      root('child'),
    ] : []),
    child({ op: 'mount', args: { source: '', target: '/', type: '', flags: ['REC', 'PRIVATE'], data: '' } }),
    child({ op: 'move_mount', args: { from: '$root', target: '/' } }),
    child({ op: 'chdir', args: { path: '/' } }),
    child({ op: 'pivot_root', args: {} }),
    child({ op: 'mkdirs', args: { path: '/proc', mode: 0o755 } }),
    child({ op: 'mount', args: { source: 'proc', target: '/proc', type: 'proc', flags: ['NOSUID', 'NODEV', 'NOEXEC'], data: '' } }),
    child({ op: 'umount', args: { path: '.', flags: ['DETACH'] } }),
    child({ op: 'chdir', args: { path: '/' } }),
    child({ op: 'sethostname', args: { name: 'probe' } }),
    child({ op: 'exec', args: { args: ['/probe'], env: [] } }),
  ];
  return { kind: 'create', given: [], steps };
}
