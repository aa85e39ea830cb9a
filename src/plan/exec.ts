// The steps of one more process in a running container: into the namespaces and the group of its first process, then
// the same as for any process.

import { SpecError } from '../errno.ts';
import type { Facts, PlanOptions, Step } from '../plan.ts';
import { checkProcess, type ProcessSpec, type Spec } from '../spec.ts';
import { processSteps, stdioSteps } from './process.ts';

export function compileExec(process: ProcessSpec, spec: Spec, facts: Facts, options: PlanOptions): Step[] {
  checkProcess(process, 'process');
  const namespaces = (spec.linux?.namespaces ?? []).map((ns) => ns.type);
  if (namespaces.some((type) => !facts.namespaces.includes(type))) throw new SpecError('linux.namespaces', 'unknown here');
  return [
    ...stdioSteps(process, options),
    {
      by: 'runtime', op: 'clone', slot: '$pid', args: { flags: ['SIGCHLD'], cgroup: '$cgroup', join: [{ from: '$init', namespaces }] },
      undo: { op: 'reap', args: { pid: '$pid' } },
    },
    ...processSteps(process, { console: false }),
  ];
}
