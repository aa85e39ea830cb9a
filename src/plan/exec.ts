// The steps of one more process in a running container: into the namespaces and the group of its first process, then
// the same as for any process.

import { SpecError } from '../errno.ts';
import type { Facts, PlanOptions, Step } from '../plan.ts';
import { checkProcess, type ProcessSpec, type Spec } from '../spec.ts';
import { idMaps, spacesOf } from './namespace.ts';
import {
  closeFds, consoleSteps, dieWithParent, ownKeyring, ownSession, processSteps, stdioSteps,
} from './process.ts';

export function compileExec(process: ProcessSpec, spec: Spec, facts: Facts, options: PlanOptions): Step[] {
  checkProcess(process, 'process');
  const spaces = spacesOf(spec, facts);
  if (spaces.all.some((type) => !facts.namespaces.includes(type)))
    throw new SpecError('linux.namespaces', 'unknown here');
  const maps = spaces.fresh.has('user') ? idMaps(spec, facts) : undefined;
  return [
    ...stdioSteps(process, options),
    {
      by: 'runtime', op: 'clone', slot: '$pid',
      args: {
        flags: ['SIGCHLD'], ...(facts.cgroup === 'none' ? {} : { cgroup: '$cgroup' as const }),
        ...(spaces.all.length > 0 ? { join: [{ from: '$init', namespaces: spaces.all }] } : {}),
      },
      undo: { op: 'reap', args: { pid: '$pid' } },
    },
    closeFds,
    dieWithParent,
    ...(spaces.all.includes('mount') ? [enterRoot] : []),
    ownSession,
    ownKeyring,
    ...consoleSteps(process, false),
    ...processSteps(process, { spec, facts, maps }),
  ];
}

export const enterRoot: Step =
  { by: 'child', op: 'enter_root', args: {}, skip: { by: 'portable', why: 'setns has changed the root already' } };
