// What native mode promises on a kernel with cgroup v2 alone, with controllers: limits, their events, freezing, killing,
// placement at birth, the device program. Each case gets the runtime of the machine that it runs in.

import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as assert from 'uvu/assert';
import type {ContainerEvent, Container, Runtime, Spec} from '../../../src/runtime.ts';
import type {Case} from '../report.ts';
import {execSh, groupsOf, processesWith, rejection, sh, until, withBox} from '../native.ts';

const mount = '/sys/fs/cgroup';
/** Allocates and touches so many MiB, in one process. */
const hog = (mib: number): string => `dd if=/dev/zero of=/dev/null bs=${mib}M count=1`;

const group = (box: Container): string => join(mount, groupsOf(box.process.hostPid).get('')!);
const file = (box: Container, name: string): string => readFileSync(join(group(box), name), 'utf8').trim();
/** One line of a file of `name value` lines. */
const field = (text: string, name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
const limited = async (runtime: Runtime, unified: Record<string, string>): Promise<Spec> => {
  const {spec} = await runtime.plan({image: 'busybox', command: ['sleep', '1000']});
  return {...spec, linux: {...spec.linux, resources: {...spec.linux?.resources, unified}}};
};

export const cases: readonly Case[] = [
  ['the facts name v2, its controllers, and CLONE_INTO_CGROUP', async runtime => {
    const facts = await runtime.features();
    assert.is(facts.cgroup, 'v2');
    for (const controller of ['cpu', 'io', 'memory', 'pids']) assert.ok(facts.controllers.includes(controller), controller);
    assert.ok(facts.features.includes('clone-into-cgroup'), facts.features.join(' '));
  }],

  ['a container has a group of its own below /twinbox, and its parents hand the controllers down', async runtime => {
    await withBox(runtime, {memory: '64m', pids: 50}, async box => {
      const path = groupsOf(box.process.hostPid).get('')!;
      assert.match(path, new RegExp(`^/twinbox/.*${box.id}`));
      for (const dir of ['', '/twinbox']) {
        const down = readFileSync(`${mount}${dir}/cgroup.subtree_control`, 'utf8');
        assert.match(down, 'memory', dir);
        assert.match(down, 'pids', dir);
      }
      // The rule of no internal processes: only leaves have members.
      assert.is(readFileSync(`${mount}/twinbox/cgroup.procs`, 'utf8'), '');
    });
  }],

  ['/proc/self/cgroup shows only the root inside, from the first instruction on', async runtime => {
    for (let i = 0; i < 3; i++) {
      const {stdout} = await runtime.run({image: 'busybox', command: ['cat', '/proc/self/cgroup']});
      assert.is(stdout, '0::/\n', `start ${i}`);
    }
    await withBox(runtime, {}, async box => {
      assert.is((await execSh(box, 'cat /proc/self/cgroup /proc/1/cgroup')).stdout, '0::/\n0::/\n');
    });
  }],

  ['an exec is in the group of its container', async runtime => {
    await withBox(runtime, {}, async box => {
      const second = await box.exec(['sleep', '1000']);
      assert.equal(groupsOf(second.hostPid), groupsOf(box.process.hostPid));
    });
  }],

  ['the limits of the shorthand are in the files of the group', async runtime => {
    await withBox(runtime, {memory: '64m', cpus: 0.5, pids: 50}, async box => {
      assert.is(file(box, 'memory.max'), String(64 * 2 ** 20));
      assert.is(file(box, 'cpu.max'), '50000 100000');
      assert.is(file(box, 'pids.max'), '50');
    });
  }],

  ['memory over the limit is an OOM kill, told by the exit and by an event', async runtime => {
    const events: ContainerEvent[] = [];
    const stop = new AbortController();
    const listening = collect(runtime, events, stop.signal);
    const exit = await runtime.run({image: 'busybox', name: 'hog', memory: '24m', command: ['sh', '-c', `exec ${hog(100)}`]});
    assert.equal([exit.exitCode, exit.signal, exit.oomKilled], [137, 'SIGKILL', true]);
    await until('the oom event', () => events.some(event => event.type === 'oom' && event.name === 'hog'));
    stop.abort();
    await listening;
  }],

  ['a child that the OOM killer takes leaves its container running, with an event', async runtime => {
    const events: ContainerEvent[] = [];
    const stop = new AbortController();
    const listening = collect(runtime, events, stop.signal);
    await withBox(runtime, {memory: '24m'}, async box => {
      const {stdout} = await execSh(box, `${hog(100)} 2> /dev/null; echo $?`);
      assert.is(stdout, '137\n');
      await until('the oom event', () => events.some(event => event.type === 'oom' && event.container === box.id));
      assert.is((await box.inspect()).status, 'running');
      assert.ok(field(file(box, 'memory.events'), 'oom_kill') >= 1);
    });
    stop.abort();
    await listening;
  }],

  ['a container below its memory limit is left alone', async runtime => {
    const {exitCode, oomKilled} = await sh(runtime, `${hog(8)} 2> /dev/null`, {memory: '64m'});
    assert.equal([exitCode, oomKilled ?? false], [0, false]);
  }],

  ['processes over the limit of pids get EAGAIN, and the rest of the machine none', async runtime => {
    await withBox(runtime, {pids: 10}, async box => {
      const {stdout, stderr} = await execSh(box, 'i=0; while [ $i -lt 20 ]; do sleep 1000 > /dev/null 2>&1 & i=$((i+1)); done; echo no');
      assert.match(stderr, /can't fork: Resource temporarily unavailable/);
      assert.is(stdout, '');
      assert.ok(field(file(box, 'pids.events'), 'max') >= 1);
      assert.is((await sh(runtime, 'sleep 0 & wait; echo fine')).stdout, 'fine\n');
    });
  }],

  ['a quota of the CPU throttles an endless loop', async runtime => {
    await withBox(runtime, {cpus: 0.1}, async box => {
      await until('throttling', () => field(file(box, 'cpu.stat'), 'nr_throttled') >= 2);
      assert.ok(field(file(box, 'cpu.stat'), 'throttled_usec') > 0);
    }, 'while :; do :; done');
  }],

  ['io.max through the unified map', async runtime => {
    const device = readFileSync('/sys/block/ubda/dev', 'utf8').trim();
    const box = await runtime.create({spec: await limited(runtime, {'io.max': `${device} wbps=1048576`}), image: 'busybox'});
    try {
      await box.start();
      assert.match(file(box, 'io.max'), `${device} rbps=max wbps=1048576`);
    } finally {
      await box.remove({force: true});
    }
  }],

  ['a limit that the kernel has no file for is an error that names it, and nothing is left', async runtime => {
    const before = groups();
    const error = await rejection(runtime.create({spec: await limited(runtime, {'io.weight': '50'}), image: 'busybox'}));
    assert.match(`${error.message} ${error.step}`, /io\.weight/);
    assert.equal(groups(), before);
  }],

  ['limits change while it runs', async runtime => {
    await withBox(runtime, {memory: '64m', pids: 50}, async box => {
      await box.update({memory: '128m', pids: 70, cpus: 0.25});
      assert.equal(['memory.max', 'pids.max', 'cpu.max'].map(name => file(box, name)), [String(128 * 2 ** 20), '70', '25000 100000']);
    });
  }],

  ['pause freezes the group, resume lets it go on, and a frozen container can be killed', async runtime => {
    await withBox(runtime, {}, async box => {
      const frozen = (): number => field(file(box, 'cgroup.events'), 'frozen');
      await box.pause();
      assert.is(frozen(), 1);
      const before = field(file(box, 'cpu.stat'), 'usage_usec');
      await new Promise(resolve => setTimeout(resolve, 200));
      assert.is(field(file(box, 'cpu.stat'), 'usage_usec'), before);
      await box.resume();
      assert.is(frozen(), 0);
      await until('it runs', () => field(file(box, 'cpu.stat'), 'usage_usec') > before);
      await box.pause();
      const wait = box.wait();
      await box.kill('SIGKILL');
      assert.is((await wait).exitCode, 137);
    }, 'while :; do :; done');
  }],

  ['removal kills what is in the group, also what has left its session, and takes the group away', async runtime => {
    const marker = `${2e6 + process.pid}`;
    const box = await runtime.create({image: 'busybox', command: ['sh', '-c', `setsid sleep ${marker} & setsid sleep ${marker} & sleep ${marker}`]});
    await box.start();
    await until('three sleepers', () => processesWith(marker).filter(one => groupsOf(one).get('') === groupsOf(box.process.hostPid).get('')).length >= 3);
    const dir = group(box);
    await box.remove({force: true});
    assert.is(existsSync(dir), false);
    assert.equal(processesWith(marker), []);
  }],

  ['a shared PID namespace leaves no stray: cgroup.kill takes them', async runtime => {
    const marker = `${3e6 + process.pid}`;
    const box = await runtime.create({
      image: 'busybox', share: ['pid'], command: ['sh', '-c', `(setsid sleep ${marker} &) ; sleep ${marker}`],
    });
    await box.start();
    await until('two sleepers', () => processesWith(marker).length >= 2);
    await box.kill('SIGKILL');
    await box.wait();
    await box.remove();
    await until('no sleeper', () => processesWith(marker).length === 0);
  }],

  ['the device program denies what is not listed, and lets the usual ones be', async runtime => {
    const {stdout} = await sh(runtime, `exec 2>&1; mknod /tmp/mem c 1 1; mknod /tmp/mine c 1 3
head -c 1 /tmp/mem; echo $?; echo x > /tmp/mine; echo $?; head -c 4 /dev/urandom | wc -c`);
    assert.match(stdout, /mem: Operation not permitted\n1\n0\n4\n$/);
  }],

  ['stats tell the memory and the processes of the group', async runtime => {
    await withBox(runtime, {memory: '64m'}, async box => {
      for await (const stats of box.stats({intervalMs: 10})) {
        assert.ok(stats.processes >= 1 && stats.memoryBytes > 0, JSON.stringify(stats));
        assert.is(stats.memoryBytesMax, 64 * 2 ** 20);
        break;
      }
    });
  }],

  ['nothing is left in the tree of cgroups, and no process', async runtime => {
    await runtime.run({image: 'busybox', command: ['true']});
    await until('an empty tree', () => groups().length === 0);
    assert.equal(await runtime.list(), []);
  }],
];

/** Groups of containers below /twinbox. What the runtime keeps for itself while it lives begins with no id. */
function groups(): string[] {
  if (!existsSync(`${mount}/twinbox`)) return [];
  return readdirSync(`${mount}/twinbox`, {withFileTypes: true})
    .filter(entry => entry.isDirectory() && /^[0-9a-f]{12,}$/.test(entry.name)).map(entry => entry.name);
}

async function collect(runtime: Runtime, into: ContainerEvent[], signal: AbortSignal): Promise<void> {
  try {
    for await (const event of runtime.events({signal})) into.push(event);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
