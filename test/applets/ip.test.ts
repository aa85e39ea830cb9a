// ip: the devices of the container's network namespace and of a new one, as busybox prints them (without inet6).

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRuntime, type Runtime } from '../../src/index.ts';

const test = suite('ip');
let runtime: Runtime;

test.before(async () => {
  runtime = await createRuntime({ mode: 'portable' });
});
test.after(() => runtime.close());

const link = (state: string, qdisc: string): string =>
  `1: lo: <LOOPBACK${state}> mtu 65536 qdisc ${qdisc} qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n`;
const address = '    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n';

async function sh(script: string, capAdd: readonly string[] = []): Promise<string> {
  return (await runtime.run({ image: 'busybox', command: ['sh', '-c', `exec 2>&1; ${script}`], capAdd })).stdout;
}

test('a container has a loopback device that is up', async () => {
  const up = link(',UP,LOWER_UP', 'noqueue');
  assert.is(await sh('ip link; ip addr; ip a show dev lo; ip route'), up + up + address + up + address);
  assert.is(await sh('ip -o -4 addr'), `1: lo${address.trimEnd().replace('\n', '\\')}\n`);
});

test('a new network namespace begins down, and gets its address with the first start', async () => {
  const script = 'unshare -n sh -c "ip addr; ip link set lo up; ip addr; ip link set lo down; ip addr"';
  const want = link('', 'noop') + link(',UP,LOWER_UP', 'noqueue') + address + link('', 'noqueue') + address;
  assert.is(await sh(script, ['SYS_ADMIN', 'NET_ADMIN']), want);
});

test('what is not there, and who may not', async () => {
  assert.is(await sh('ip link set nope up; echo $?; ip link show nope; echo $?; ip addr add 1.2.3.4/8 dev lo; echo $?'),
    "ip: SIOCGIFFLAGS: No such device\n1\nip: can't find device 'nope'\n1\nip: RTNETLINK answers: Operation not supported\n2\n");
  assert.is(await sh('ip link set lo down; echo $?'), 'ip: SIOCSIFFLAGS: Operation not permitted\n1\n');
});

test.run();
