// What containers are made of on the real kernel: namespaces new and joined, file systems, names, limits; by the spec's
// own words, since docker's say only a part of it.

import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as assert from 'uvu/assert';
import type {BackendFacts, Container, Runtime, Spec} from '../../src/runtime.ts';
import {execSh, groupsOf, lack, native, rejection, sh, until, withBox} from './native.ts';
import {createRuntime} from '../../src/index.ts';

const test = native('containers on the real kernel');

const root = process.getuid?.() === 0 ? undefined : 'it takes root';
const facts: BackendFacts | undefined = lack ? undefined : await features();
const without = (has: boolean | undefined, what: string): string | undefined => (has === false ? what : root);
const v1 = (controller: string): boolean | undefined => facts?.hierarchies?.some(({version, controllers}) => version === 1 && controllers.includes(controller));

async function features(): Promise<BackendFacts> {
  const runtime = await createRuntime({mode: 'native'});
  try {
    return await runtime.features();
  } finally {
    await runtime.close();
  }
}

type Change = (spec: Spec) => Spec;

/** A container of a changed spec, started; removed after the body. */
async function withSpec(runtime: Runtime, command: readonly string[], change: Change, body: (box: Container) => Promise<void>): Promise<void> {
  const box = await runtime.create({spec: await specOf(runtime, command, change), image: 'busybox'});
  try {
    await box.start();
    await body(box);
  } finally {
    await box.remove({force: true});
  }
}

async function specOf(runtime: Runtime, command: readonly string[], change: Change): Promise<Spec> {
  return change((await runtime.plan({image: 'busybox', command, capAdd: ['SYS_ADMIN'], securityOpt: ['seccomp=unconfined']})).spec);
}

async function runSpec(runtime: Runtime, script: string, change: Change) {
  return await runtime.run({spec: await specOf(runtime, ['sh', '-c', script], change), image: 'busybox'});
}

const linux = (more: NonNullable<Spec['linux']>): Change => spec => ({...spec, linux: {...spec.linux, ...more}});
/** With an existing namespace of one kind, in place of a new one or of the machine's. */
const joined = (type: NonNullable<NonNullable<Spec['linux']>['namespaces']>[number]['type'], path: string): Change => spec =>
  ({...spec, linux: {...spec.linux, namespaces: [...spec.linux!.namespaces!.filter(one => one.type !== type), {type, path}]}});
const mounts = (...more: NonNullable<Spec['mounts']>): Change => spec => ({...spec, mounts: [...spec.mounts!, ...more]});
const kinds = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts', 'time'] as const;
const typeOf = {cgroup: 'cgroup', ipc: 'ipc', mnt: 'mount', net: 'network', pid: 'pid', user: 'user', uts: 'uts', time: 'time'} as const;
const maps = [{containerID: 0, hostID: 100_000, size: 65_536}];
const spaces = (pid: number | 'self'): Record<string, string> =>
  Object.fromEntries(kinds.map(kind => [kind, readlinkSync(`/proc/${pid}/ns/${kind}`)]));

test.unless(without(facts?.namespaces.includes('time'), 'no time namespaces here'), 'run it on Linux 5.6 or newer', 'all eight kinds of namespaces are new, for the first process and for an exec', async runtime => {
  const all = linux({namespaces: Object.values(typeOf).map(type => ({type})), uidMappings: maps, gidMappings: maps});
  await withSpec(runtime, ['sleep', '1000'], all, async box => {
    const [mine, its] = [spaces('self'), spaces(box.process.hostPid)];
    for (const kind of kinds) assert.is.not(its[kind], mine[kind], kind);
    assert.is(readlinkSync(`/proc/${box.process.hostPid}/ns/time_for_children`), its.time);
    const exec = await box.exec(['sleep', '1000']);
    assert.equal(spaces(exec.hostPid), its);
  });
});

test.root('by default six kinds are new, and the others are the machine\'s', async runtime => {
  await withBox(runtime, {}, async box => {
    const [mine, its] = [spaces('self'), spaces(box.process.hostPid)];
    assert.equal(kinds.filter(kind => its[kind] === mine[kind]), ['user', 'time']);
  });
});

test.root('one kind each is joined by its path, alone', async runtime => {
  await withBox(runtime, {}, async first => {
    const theirs = spaces(first.process.hostPid);
    for (const kind of ['ipc', 'net', 'uts', 'pid', 'cgroup'] as const) {
      const path = `/proc/${first.process.hostPid}/ns/${kind}`;
      // A name of its own it can have only in a UTS namespace of its own.
      const join: Change = ({hostname, ...spec}) =>
        joined(typeOf[kind], path)({...spec, ...(kind === 'uts' || hostname === undefined ? {} : {hostname})});
      await withSpec(runtime, ['sleep', '1000'], join, async box => {
        const its = spaces(box.process.hostPid);
        assert.equal(kinds.filter(one => its[one] === theirs[one]).filter(one => one !== 'user' && one !== 'time'), [kind]);
      });
    }
  });
});

test.root('a joined PID namespace: the first container\'s PID 1 is seen, and its end is the end of both', async runtime => {
  const first = await runtime.create({image: 'busybox', command: ['sleep', '1000']});
  await first.start();
  const path = `/proc/${first.process.hostPid}/ns/pid`;
  await withSpec(runtime, ['sh', '-c', 'cat /proc/1/comm; echo $$; sleep 1000'], joined('pid', path), async box => {
    const lines = box.process.stdout.lines();
    assert.is((await lines.next()).value, 'sleep');
    assert.is((await lines.next()).value, String(box.process.pid));
    assert.ok(box.process.pid > 1);
    await first.kill('SIGKILL');
    assert.is((await box.wait()).exitCode, 137);
  });
  await first.remove({force: true});
});

test.unless(root, 'run it as root', 'a user namespace is joined by its path, with the powers that it gives', async runtime => {
  const mapped = linux({namespaces: ['user', 'pid', 'mount', 'uts', 'ipc', 'network', 'cgroup'].map(type => ({type: type as 'user'})), uidMappings: maps, gidMappings: maps});
  await withSpec(runtime, ['sleep', '1000'], mapped, async first => {
    const path = `/proc/${first.process.hostPid}/ns/user`;
    const {stdout} = await runSpec(runtime, 'tr -s " " < /proc/self/uid_map; id -u; hostname inner && hostname', joined('user', path));
    assert.is(stdout, ' 0 100000 65536\n0\ninner\n');
  });
});

test.unless(without(facts?.namespaces.includes('time'), 'no time namespaces here'), 'run it on Linux 5.6 or newer', 'a time namespace has its offsets, and the machine keeps its own', async runtime => {
  const shift = linux({namespaces: Object.values(typeOf).filter(type => type !== 'user').map(type => ({type})), timeOffsets: {boottime: {secs: 5_000_000}, monotonic: {secs: 1_000_000}}});
  const {stdout} = await runSpec(runtime, 'cut -d . -f 1 /proc/uptime; tr -s " " < /proc/self/timens_offsets', shift);
  const [uptime, ...offsets] = stdout.trim().split('\n');
  const own = Number(readFileSync('/proc/uptime', 'utf8').split('.')[0]);
  assert.ok(Math.abs(Number(uptime) - own - 5_000_000) < 100, uptime);
  assert.equal(offsets.map(line => line.trim().replace(/\t/g, ' ')), ['monotonic 1000000 0', 'boottime 5000000 0']);
});

test.unless(root, 'run it as root', 'file systems of each type, with their options', async runtime => {
  const {stdout, stderr} = await runSpec(runtime, `for d in /a /dev/mqueue /dev/shm /proc /sys /dev/pts; do grep " $d " /proc/mounts | tail -n 1 | cut -d " " -f 2-4; done`, mounts(
    {destination: '/a', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'noexec', 'size=128k', 'mode=700']},
  ));
  const lines = stdout.trim().split('\n');
  assert.match(lines[0]!, /^\/a tmpfs rw,nosuid,nodev,noexec,relatime,size=128k,mode=700/, stderr);
  assert.equal(lines.slice(1).map(line => line.split(' ').slice(0, 2).join(' ')),
    ['/dev/mqueue mqueue', '/dev/shm tmpfs', '/proc proc', '/sys sysfs', '/dev/pts devpts']);
});

/** A directory of the host with a mount below it: /sub is a tmpfs. */
async function withTree(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'twinbox-tree-'));
  mkdirSync(join(dir, 'sub'));
  writeFileSync(join(dir, 'f'), 'top\n');
  const mount = (...args: string[]): void => assert.is(spawnSync('mount', args).status, 0, args.join(' '));
  try {
    mount('-t', 'tmpfs', 'tmpfs', join(dir, 'sub'));
    writeFileSync(join(dir, 'sub/g'), 'below\n');
    await body(dir);
  } finally {
    spawnSync('umount', ['-R', join(dir, 'sub')]);
    rmSync(dir, {recursive: true, force: true});
  }
}

test.unless(root, 'run it as root', 'bind takes one mount and rbind the tree; read-only is of the top, and recursive where it says so', async runtime => {
  await withTree(async source => {
    const at = (destination: string, ...options: string[]) => ({destination, type: 'bind', source, options});
    const {stdout} = await runSpec(runtime, 'exec 2>&1; for d in /b /r /ro /rro; do cat $d/sub/g; echo x > $d/x && rm $d/x; echo x > $d/sub/x && rm $d/sub/x; echo .; done', mounts(
      at('/b', 'bind'), at('/r', 'rbind'), at('/ro', 'rbind', 'ro'), at('/rro', 'rbind', 'rro'),
    ));
    const [b, r, ro, rro] = stdout.split('.\n');
    assert.match(b!, /sub\/g'?: No such file/);
    assert.is(r, 'below\n');
    assert.match(ro!, /^below\n.*\/ro\/x: Read-only file system\n$/);
    assert.match(rro!, /^below\n.*\/rro\/x: Read-only file system\n.*\/rro\/sub\/x: Read-only file system\n$/);
    assert.is(readFileSync(join(source, 'f'), 'utf8'), 'top\n');
  });
});

test.unless(root, 'run it as root', 'mounts made inside never come out, and those of a slave come in', async runtime => {
  await withTree(async source => {
    const top = join(source, 'sub');
    assert.is(spawnSync('mount', ['--make-shared', top]).status, 0);
    mkdirSync(join(top, 'in'));
    mkdirSync(join(top, 'out'));
    const bind = (destination: string, ...options: string[]) => ({destination, type: 'bind', source: top, options: ['rbind', ...options]});
    await withSpec(runtime, ['sleep', '1000'], mounts(bind('/private'), bind('/slave', 'rslave')), async box => {
      assert.is(spawnSync('mount', ['-t', 'tmpfs', 'marker', join(top, 'in')]).status, 0);
      const {stdout} = await execSh(box, 'grep marker /proc/mounts | cut -d " " -f 2; mount -t tmpfs inner /slave/out && mount -t tmpfs inner /private/out && echo mounted');
      assert.is(stdout, '/slave/in\nmounted\n');
      assert.not.match(readFileSync('/proc/self/mountinfo', 'utf8'), / inner /);
    });
  });
});

test.unless(without(facts?.filesystems.includes('overlay'), 'no overlay here'), 'modprobe overlay', 'an overlay of host directories, also in a user namespace', async runtime => {
  const dir = mkdtempSync(join(tmpdir(), 'twinbox-overlay-'));
  try {
    for (const name of ['low', 'up', 'work', 'up2', 'work2']) mkdirSync(join(dir, name), {mode: 0o777});
    writeFileSync(join(dir, 'low/f'), 'low\n');
    const overlay = (n: string) => ({
      destination: '/o', type: 'overlay', source: 'overlay',
      options: [`lowerdir=${dir}/low`, `upperdir=${dir}/up${n}`, `workdir=${dir}/work${n}`],
    });
    const {stdout, stderr} = await runSpec(runtime, 'cat /o/f; echo new > /o/f; cat /o/f', mounts(overlay('')));
    assert.is(stdout, 'low\nnew\n', stderr);
    assert.is(readFileSync(join(dir, 'low/f'), 'utf8'), 'low\n');
    assert.is(readFileSync(join(dir, 'up/f'), 'utf8'), 'new\n');
  } finally {
    rmSync(dir, {recursive: true, force: true});
  }
});

test.unless(root, 'run it as root', 'devices of the spec are nodes, with mode and owner', async runtime => {
  const devices = linux({devices: [{type: 'c', path: '/dev/mine', major: 1, minor: 5, fileMode: 0o640, uid: 7, gid: 8}, {type: 'p', path: '/dev/fifo', fileMode: 0o600}]});
  const {stdout, stderr} = await runSpec(runtime, 'stat -c "%F %t:%T %a %u:%g" /dev/mine; stat -c "%F %a" /dev/fifo; head -c 2 /dev/mine | wc -c', devices);
  assert.is(stdout, 'character special file 1:5 640 7:8\nfifo 600\n2\n', stderr);
});

test.unless(root, 'run it as root', 'in a user namespace devices are the host\'s, and files outside belong to nobody', async runtime => {
  const mapped: Change = spec => ({
    ...spec, linux: {...spec.linux, namespaces: [...spec.linux!.namespaces!, {type: 'user'}], uidMappings: maps, gidMappings: maps},
  });
  const {stdout, stderr} = await runSpec(runtime, 'echo x > /dev/null; head -c 2 /dev/urandom | wc -c; stat -c "%t:%T %u" /dev/null; id -u; grep -c . /proc/self/uid_map; mount -t tmpfs none /mnt && echo mounted; mknod /tmp/n c 1 3 || echo no', mapped);
  assert.is(stdout, '2\n1:3 65534\n0\n1\nmounted\nno\n', stderr);
  await withSpec(runtime, ['sleep', '1000'], mapped, async box => {
    assert.is(statSync(`/proc/${box.process.hostPid}`).uid, 100_000);
    assert.is((await execSh(box, 'id -u; echo a > /dev/stdout')).stdout, '0\na\n');
  });
});

test.root('names, umask, directory, limits and adjustments of the spec', async runtime => {
  const change: Change = spec => ({
    ...spec, hostname: 'inner', domainname: 'example.org',
    process: {
      ...spec.process, cwd: '/made/for/it', oomScoreAdj: 99, user: {uid: 1000, gid: 1001, umask: 0o27, additionalGids: [5, 6]},
      rlimits: [{type: 'RLIMIT_NOFILE', soft: 77, hard: 88}, {type: 'RLIMIT_CORE', soft: 0, hard: 0}],
    },
  });
  const {stdout} = await runSpec(runtime, 'hostname; cat /proc/sys/kernel/domainname; pwd; umask; cat /proc/self/oom_score_adj; id -u; id -g; id -G; ulimit -n; ulimit -Hn; ulimit -c', change);
  assert.is(stdout, 'inner\nexample.org\n/made/for/it\n0027\n99\n1000\n1001\n1001 5 6\n77\n88\n0\n');
});

test.root('a step that fails is named with its errno, and everything before it is undone', async runtime => {
  const state = (): unknown => [
    readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length, readdirSync('/proc/self/fd').length,
    readdirSync(`/proc/self/task/${process.pid}`).length,
  ];
  await sh(runtime, 'true');
  const before = state();
  const cases: readonly (readonly [Change, code: string, step: RegExp])[] = [
    [mounts({destination: '/x', type: 'nosuchfs', source: 'none'}), 'ERR_SPEC', /nosuchfs/],
    [mounts({destination: '/x', type: 'bind', source: '/no/such', options: ['bind']}), 'ENOENT', /no\/such/],
    [mounts({destination: '/x', type: 'tmpfs', source: 'tmpfs', options: ['nosuchoption=1']}), 'EINVAL', /nosuchoption|\/x/],
    [joined('network', '/proc/self/ns/uts'), 'EINVAL', /net|setns|clone|open/],
    [joined('network', '/no/such/ns'), 'ENOENT', /no\/such\/ns/],
  ];
  for (const [change, code, said] of cases) {
    const error = await rejection(runSpec(runtime, 'true', change));
    assert.is(error.code, code, error.message);
    assert.match(`${error.message} ${error.step}`, said);
  }
  await until('everything undone', () => JSON.stringify(state()) === JSON.stringify(before));
  assert.equal(await runtime.list(), []);
});

test('ps has each process under both its numbers, and one seen from the host', async runtime => {
  await withBox(runtime, {}, async box => {
    await until('three processes', async () => (await box.ps()).length === 3);
    const rows = await box.ps();
    assert.equal(rows.map(({pid}) => pid), [1, 2, 3]);
    for (const {pid, hostPid, nspid, container, comm} of rows) {
      assert.match(readFileSync(`/proc/${hostPid}/status`, 'utf8'), new RegExp(`NSpid:.*\\t${pid}\n`));
      assert.equal([nspid.at(-1), container], [pid, box.id]);
      assert.ok(comm === 'sh' || comm === 'sleep');
    }
    assert.equal((await runtime.ps()).filter(one => one.container === box.id).length, 3);
  }, 'sleep 1000 & sleep 1000 & wait');
});

test.root('pause freezes what it forks as well, and kill reaches a paused container', async runtime => {
  await withBox(runtime, {}, async box => {
    const count = async (): Promise<number> => Number((await box.fs.readText('/tmp/n').catch(() => '0')).trim() || 0);
    await until('it counts', async () => (await count()) > 3);
    await box.pause();
    assert.is((await box.inspect()).status, 'paused');
    const at = await count();
    await new Promise(resolve => setTimeout(resolve, 150));
    assert.is(await count(), at);
    await box.resume();
    await until('it counts on', async () => (await count()) > at);
    await box.pause();
    await box.kill('SIGKILL');
    assert.is((await box.wait()).exitCode, 137);
  }, 'i=0; while :; do i=$((i+1)); echo $i > /tmp/n.new; mv /tmp/n.new /tmp/n; sh -c "exec sleep 0.01"; done');
});

const memoryFile = (box: Container): string => join('/sys/fs/cgroup/memory', groupsOf(box.process.hostPid).get('memory')!, 'memory.limit_in_bytes');

test.unless(without(v1('memory'), 'the memory controller is not of v1 here'), 'see the tests of cgroup v2', 'limits of v1 are in the files of the container\'s group, change while it runs, and hold', async runtime => {
  await withBox(runtime, {memory: '64m', pids: 60, cpus: 0.5}, async box => {
    assert.is(readFileSync(memoryFile(box), 'utf8'), `${64 * 2 ** 20}\n`);
    assert.is((await execSh(box, 'cut -d : -f 2- /proc/self/cgroup | grep -v -e ":/$"')).stdout, '');
    await box.update({memory: '96m', pids: 70});
    assert.is(readFileSync(memoryFile(box), 'utf8'), `${96 * 2 ** 20}\n`);
    await box.update({memory: '48m'});
    const {stdout} = await execSh(box, 'dd if=/dev/zero of=/dev/null bs=200M count=1 2> /dev/null; echo $?');
    assert.is(stdout, '137\n');
  });
});

test('/proc/self/cgroup shows only roots inside, cold and warm, from the first instruction on', async runtime => {
  for (const memory of [undefined, '64m']) {
    for (let i = 0; i < 3; i++) {
      const {stdout} = await runtime.run({image: 'busybox', command: ['cat', '/proc/self/cgroup'], ...(memory && v1('memory') ? {memory} : {})});
      const strange = stdout.trim().split('\n').filter(line => !line.endsWith(':/'));
      // Hierarchies in which it has no group of its own show the caller's path from the root of its namespace: the same.
      assert.equal(strange, [], stdout);
    }
  }
});

test('a time limit by an AbortSignal, and a stop with grace', async runtime => {
  const aborted = await rejection(runtime.run({image: 'busybox', command: ['sleep', '1000'], signal: AbortSignal.timeout(100)}));
  assert.is(aborted.name, 'TimeoutError');
  await withBox(runtime, {}, async box => {
    const before = Date.now();
    assert.is((await box.stop({timeoutMs: 200})).exitCode, 137);
    assert.ok(Date.now() - before < 5000);
  }, 'trap "" TERM; while :; do sleep 0.05; done');
});

test('the image `host` runs the system\'s programs, and shows of /etc what is harmless', async runtime => {
  const {stdout, stderr} = await runtime.run({
    image: 'host', command: ['sh', '-c', 'cat /etc/shadow; touch /usr/x; ls -A /home /root /srv /var/log 2> /dev/null; id -u; cat /etc/passwd | head -n 1; ls /proc/1/root > /dev/null && echo ok; ls /etc'],
  });
  assert.match(stderr, /shadow/);
  assert.match(stderr, /Read-only file system/);
  assert.match(stdout, /\n0\nroot:.*\nok\n/);
  const names = stdout.split('\nok\n')[1]!.trim().split('\n');
  for (const name of names) assert.ok(/^(alternatives|group|hostname|hosts|ld\.so\..*|ld\.so\.conf\.d|localtime|nsswitch\.conf|passwd|resolv\.conf|ssl|mtab|os-release)$/.test(name), name);
});

test.run();
