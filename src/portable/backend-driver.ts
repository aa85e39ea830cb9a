// The emulated kernel under the server: containers are born by src/kernel/birth.ts on one booted machine.

import type { Kernel } from '../kernel/kernel.ts';
import type { Plan } from '../kernel/uapi/step.ts';
import type { Child, Driver, Host, Init } from '../backend/driver.ts';
import { TwinboxError } from '../errno.ts';
import type { BackendFacts, CreateOptions, ExecOptions, ProcessRow } from '../wire.ts';
import { TaskChild, TaskInit, type Machine } from './backend-process.ts';
import { processRow } from './backend-ps.ts';

export class PortableDriver implements Driver {
  readonly mode = 'portable';
  readonly facts: BackendFacts;
  readonly #machine: Machine;
  readonly #kernel: Kernel;

  constructor(machine: Machine, facts: BackendFacts) {
    this.#machine = machine;
    this.#kernel = machine.kernel;
    this.facts = facts;
  }

  create(plan: Plan, _options: CreateOptions, host: Host): Init {
    return new TaskInit(this.#machine, plan, host);
  }

  exec(init: Init, plan: Plan, _options: ExecOptions, host: Host): Child {
    const { birth, task: target } = init as TaskInit;
    const { cgroup } = birth;
    if (target === undefined || cgroup === undefined) {
      throw new TwinboxError({ code: 'ERR_STATE', message: 'not running' });
    }
    return new TaskChild(this.#machine, plan, host, { target, cgroup });
  }

  ps(owners: ReadonlyMap<Init, string>, only?: Init): readonly ProcessRow[] {
    const group = (init: Init) => (init as TaskInit).birth.cgroup;
    const groups = new Map([...owners].map(([init, id]) => [group(init), id]));
    const tasks = only === undefined ? [...this.#kernel.tasks] : group(only)?.all() ?? [];
    return tasks.filter((task) => task.state !== 'X').map((task) => processRow(task, groups));
  }
}
