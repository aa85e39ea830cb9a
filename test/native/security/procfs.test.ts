// Kernel parameters and id maps are written to the kernel's own procfs, whatever the image or a volume has at /proc.

import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as assert from 'uvu/assert';
import {Image} from '../image.ts';
import {native, rejection, sh} from '../native.ts';

const test = native('security: what is written below /proc');

const parameter = 'net.ipv4.ip_default_ttl';
const file = 'proc/sys/net/ipv4/ip_default_ttl';
const host = (): string => readFileSync(`/${file}`, 'utf8').trim();

test('a sysctl is set in the container and not on the host', async runtime => {
  const before = host();
  const {stdout} = await sh(runtime, `cat /${file}`, {sysctl: {[parameter]: '77'}});
  assert.is(stdout, '77\n');
  assert.is(host(), before);
});

test('a sysctl goes to the kernel, and not to a file that the image has in its place', async runtime => {
  const image = new Image({[file]: 'of the image\n'});
  try {
    const {stdout} = await sh(runtime, `cat /${file}`, {image: image.dir, sysctl: {[parameter]: '78'}});
    assert.is(stdout, '78\n');
    assert.is(readFileSync(join(image.dir, file), 'utf8'), 'of the image\n');
  } finally {
    image.remove();
  }
});

test('nor through a volume on /proc: refused, or the kernel gets it', async runtime => {
  const dir = mkdtempSync(join(tmpdir(), 'twinbox-proc-'));
  try {
    for (const inside of ['/proc', '/proc/sys', '/proc/sys/net/ipv4', '/proc/self', '/proc/1/attr']) {
      const outcome = await sh(runtime, `cat /${file}`, {volumes: [`${dir}:${inside}`], sysctl: {[parameter]: '79'}}).catch((error: Error) => error);
      assert.equal(readdirSync(dir), [], inside);
      if (!(outcome instanceof Error) && outcome.exitCode === 0) assert.is(outcome.stdout, '79\n');
    }
  } finally {
    rmSync(dir, {recursive: true, force: true});
  }
});

test('a parameter that is the whole machine\'s is refused, and so is a name that climbs', async runtime => {
  const before = readFileSync('/proc/sys/vm/swappiness', 'utf8');
  for (const name of ['vm.swappiness', 'kernel.core_pattern', 'kernel.sysrq', 'fs.file-max', 'net.ipv4.../../../vm.swappiness',
    '../../vm/swappiness', 'net/../vm/swappiness', 'net..ipv4', 'net.ipv4.no_such', '', 'net\n.x', 'net\0.x', '/proc/sys/vm/swappiness']) {
    await rejection(sh(runtime, 'true', {sysctl: {[name]: '1'}}));
  }
  // Of a namespace that it shares with the machine.
  await rejection(sh(runtime, 'true', {share: ['network'], sysctl: {[parameter]: '80'}}));
  assert.is(readFileSync('/proc/sys/vm/swappiness', 'utf8'), before);
});

test.root('id maps are written for a process and not for a file that calls itself /proc', async runtime => {
  const {spec} = await runtime.plan({image: 'busybox', command: ['sh', '-c', 'cat /proc/self/uid_map /proc/self/gid_map | tr -s " "; id -u']});
  const image = new Image({'proc/self/uid_map': 'x', 'proc/1/uid_map': 'x'});
  const maps = [{containerID: 0, hostID: 200_000, size: 1000}];
  try {
    const linux = {...spec.linux, namespaces: [...spec.linux!.namespaces!, {type: 'user' as const}], uidMappings: maps, gidMappings: maps};
    const {stdout} = await runtime.run({spec: {...spec, root: {path: image.dir}, linux}});
    assert.is(stdout, ' 0 200000 1000\n 0 200000 1000\n0\n');
    assert.is(readFileSync(join(image.dir, 'proc/self/uid_map'), 'utf8'), 'x');
  } finally {
    image.remove();
  }
});

test.root('oom_score_adj is the container\'s first process\'s own', async runtime => {
  const before = readFileSync('/proc/self/oom_score_adj', 'utf8');
  const {spec} = await runtime.plan({image: 'busybox', command: ['cat', '/proc/self/oom_score_adj']});
  const {stdout} = await runtime.run({spec: {...spec, process: {...spec.process, oomScoreAdj: 321}}});
  assert.is(stdout, '321\n');
  assert.is(readFileSync('/proc/self/oom_score_adj', 'utf8'), before);
  assert.ok(existsSync('/proc/self'));
});

test.run();
