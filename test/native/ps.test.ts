// The process table and the statistics of Linux, of processes that were there before any container.

import {spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {containerRows, groupsOf, machineRows, type Owner, pidsOf} from '../../src/native/ps.ts';
import {statsOf} from '../../src/native/stats.ts';
import {skip} from '../skip.ts';

const test = suite('ps');
const dir = mkdtempSync(join(tmpdir(), 'twinbox-ps-'));
const child = process.platform === 'linux' ? spawn('sleep', ['1000'], {argv0: 'a name'}) : undefined;
test.after(() => {
  child?.kill('SIGKILL');
  rmSync(dir, {recursive: true, force: true});
});

const none = {v2: undefined, v1: new Map<string, string>()};

/** A group's directory as cgroup v2 has it, with a group below it. */
function group(files: Record<string, string>): string {
  const path = join(dir, 'group');
  mkdirSync(join(path, 'below'), {recursive: true});
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

const cases: Record<string, () => void> = {
  'the machine\'s table has this process and its child, each under its numbers'() {
    const rows = machineRows(new Map());
    const own = rows.find(row => row.hostPid === process.pid)!;
    assert.equal([own.nspid.at(0), own.container, own.args[0]], [process.pid, undefined, process.argv0]);
    const row = rows.find(one => one.hostPid === child!.pid)!;
    assert.equal([row.ppid, row.comm, row.args, row.state], [own.pid, 'sleep', ['a name', '1000'], 'S']);
    assert.is(row.uid, process.getuid!());
    assert.ok(rows.every(one => one.args.length > 0 && one.pid > 0));
  },

  'a container\'s processes are its group\'s, and of groups below it'() {
    const v2 = group({'cgroup.procs': `${process.pid}\n0\n`, 'below/cgroup.procs': `${child!.pid}\n`});
    const owner: Owner = {hostPid: process.pid, alive: true, groups: {...none, v2}};
    assert.equal(pidsOf(owner), [process.pid, child!.pid]);
    const rows = containerRows(owner, 'box');
    assert.equal(rows.map(row => [row.hostPid, row.container]), [[process.pid, 'box'], [child!.pid, 'box']]);
    const marked = machineRows(new Map([[owner, 'box']])).filter(row => row.container === 'box');
    assert.is(marked.length, 2);
  },

  'without a group and a namespace of its own they are a family'() {
    const owner: Owner = {hostPid: process.pid, alive: true, groups: none};
    assert.ok(pidsOf(owner).includes(child!.pid!));
    assert.not.ok(pidsOf(owner).includes(process.ppid));
    assert.equal(pidsOf({...owner, alive: false}), []);
  },

  'statistics come from the group\'s files, and what is missing is summed'() {
    const v2 = group({
      'cgroup.procs': `${process.pid}\n`, 'memory.current': '4096\n', 'memory.max': 'max\n', 'cpu.stat': 'usage_usec 2500\nuser_usec 1\n', 'pids.current': '7\n',
    });
    const whole = statsOf({hostPid: process.pid, alive: true, groups: {...none, v2}}, 1 << 20);
    assert.equal([whole.processes, whole.memoryBytes, whole.memoryBytesMax, whole.cpuMs], [7, 4096, 1 << 20, 2.5]);
    const summed = statsOf({hostPid: child!.pid!, alive: true, groups: none}, 1 << 20);
    assert.is(summed.processes, 1);
    assert.ok(summed.memoryBytes > 0);
  },

  'a hierarchy of several v1 controllers is known by each'() {
    const {v1} = groupsOf({kind: 'create', given: [], steps: [
      {by: 'runtime', op: 'cgroup', slot: '$cgroup', args: {path: '/x', v1: [{controller: 'cpu,cpuacct', dir: '/a'}, {controller: 'memory', dir: '/b'}]}},
    ]});
    assert.equal([...v1], [['cpu', '/a'], ['cpuacct', '/a'], ['memory', '/b']]);
  },
};

for (const [name, body] of Object.entries(cases)) {
  if (process.platform === 'linux') test(name, body);
  else skip(test, name, 'it reads /proc', 'run it on Linux');
}
test.run();
