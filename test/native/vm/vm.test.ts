// Native mode on a kernel with pure cgroup v2: the cases of cases.ts, run inside a user-mode-linux by this same file.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {skipAll} from '../../skip.ts';
import {lack, type Lack} from '../native.ts';
import {collect, command, environment, inside, runCases} from '../report.ts';
import {cases} from './cases.ts';
import {boot, findKernel, remedy, type Machine} from './vm.ts';

// Without the warm pool: user-mode-linux leaves pages in a child that MADV_DONTFORK has taken from it, and what the child
// maps there shows the parent's. Warm starts are tested on the host.
if (inside === 'vm') await runCases(cases, {pool: 0});
else await declare();

async function declare(): Promise<void> {
  const machine = await open();
  const names = cases.map(([name]) => name);
  if ('reason' in machine) {
    skipAll(test, names, 'cgroup v2 in a virtual machine', machine.reason, machine.remedy);
  } else {
    const passed = collect(names, machine.lines);
    for (const name of names) test(name, () => passed(name));
    test('the machine ends by itself, with nothing more to say', async () => {
      assert.is(await machine.ended, 0);
    });
    test.after(() => machine.kill());
  }
  test.run();
}

async function open(): Promise<Machine | Lack> {
  if (lack) return lack;
  const kernel = findKernel();
  const machine = 'path' in kernel ? await boot(kernel.path, command, {env: environment('vm')}) : kernel;
  return 'reason' in machine ? {reason: machine.reason, remedy} : machine;
}
