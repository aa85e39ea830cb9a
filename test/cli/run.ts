// `twinbox run` from the outside: docker's grammar, its exit codes and its messages. Most of it is one for both modes.

import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite, type Test} from 'uvu';
import * as assert from 'uvu/assert';
import {skip} from '../skip.ts';
import {on, type Mode} from './twinbox.ts';

type Case = readonly [args: string[], status: number, said: RegExp];

const codes: readonly Case[] = [
  [['run', 'busybox', 'sh', '-c', 'exit 7'], 7, /^$/],
  [['run', 'busybox', 'true'], 0, /^$/],
  [['run', 'busybox', 'sh', '-c', 'sleep 9 & kill -9 $!; wait $!'], 137, /^/],
  [['run', 'busybox', 'no-such'], 127, /^twinbox: exec: "no-such": executable file not found in \$PATH\n$/],
  [['run', 'busybox', '/no/such'], 127, /no such file or directory/],
  [['run', 'busybox', '/etc/passwd'], 126, /permission denied/],
  [['run', 'busybox', '/etc'], 126, /permission denied/],
  [['run', 'alpine'], 125, /no such image: alpine/],
  [['run', './no-such-directory'], 125, /./],
  [['run'], 125, /requires at least 1 argument/],
  [['run', '--nope', 'busybox'], 125, /unknown flag: --nope/],
  [['run', '-Z', 'busybox'], 125, /unknown shorthand flag: -Z/],
  [['run', '--name'], 125, /flag needs an argument: --name/],
  [['run', '--rm=maybe', 'busybox'], 125, /invalid argument "maybe"/],
  [['run', '--mode', 'none', 'busybox'], 125, /unknown mode none/],
  [['run', '-v', 'data', 'busybox'], 125, /^twinbox: --volume: not host:container/],
  [['run', '-v', '/no/such/dir:/data', 'busybox', 'true'], 125, /no\/such\/dir/],
  [['run', '--cap-add', 'NOPE', 'busybox'], 125, /unknown capability NOPE/],
  [['run', '-u', 'nosuch', 'busybox', 'true'], 125, /unable to find user nosuch/],
  [['run', '--env-file', '/no/such', 'busybox'], 125, /no such file or directory/],
  [['run', '-h', 'x'.repeat(65), 'busybox'], 125, /^twinbox: --hostname: longer/],
  [['run', '--sysctl', 'kernel.hostname=x', 'busybox'], 125, /^twinbox: --sysctl kernel\.hostname: .*\nsay it with hostname/],
  [['run', '--security-opt', 'seccomp=package.json.not', 'busybox'], 125, /opening seccomp profile/],
  [['run', '--security-opt', 'seccomp=LICENSE', 'busybox'], 125, /^twinbox: --security-opt: seccomp profile \(LICENSE\) is not JSON: .*\n$/],
  [['run', '-m', '0', '--cpus', '0', '--memory-reservation', '0', '--pids-limit', '0', 'busybox', 'true'], 0, /^$/],
  [['run', '-m', '5', 'busybox'], 125, /^twinbox: --memory: less than 1m: 5/],
  [['run', '--pids-limit', '1.5', 'busybox'], 125, /^twinbox: --pids-limit: /],
  [['run', '--ulimit', 'nofile=100:50', 'busybox'], 125, /^twinbox: --ulimit: soft limit/],
  [['run', '-w', 'x', 'busybox'], 125, /^twinbox: --workdir: /],
  [['nope'], 1, /'nope' is not a twinbox command/],
  [['--nope'], 125, /unknown flag/],
  [['info', 'x'], 125, /accepts no arguments/],
];

// What only one of the kernels says.
const ownCodes: Readonly<Record<Mode, readonly Case[]>> = {
  portable: [
    [['run', 'no-such.wasm'], 125, /./],
    [['run', '-m', '64m', 'busybox'], 125, /memory/],
    [['run', '--cpus', '1', 'busybox'], 125, /cpus/],
    [['run', '--pids-limit', '9', 'busybox'], 125, /pids/],
    [['run', '--network', 'host', 'busybox'], 125, /network/],
    [['run', '--cpuset-cpus', '0', 'busybox'], 125, /cpuset/],
    [['run', '--blkio-weight', '100', 'busybox'], 125, /blkio/],
    [['run', '--device', '/dev/fuse', 'busybox'], 125, /device/],
  ],
  native: [
    [['run', 'no-such.wasm'], 125, /portable/],
    [['run', '--strace', 'busybox'], 125, /strace/],
    [['run', '-m', '1', 'busybox'], 125, /memory/],
    [['run', '--memory', '64m', '--memory-swap', '32m', 'busybox'], 125, /memory/],
    [['run', '--pid', 'nope', 'busybox'], 125, /pid/],
    [['run', '--ulimit', 'nope=1', 'busybox'], 125, /RLIMIT_NOPE/],
    [['run', '--device', '/no/such', 'busybox', 'true'], 125, /no\/such/],
    [['run', '--sysctl', 'vm.swappiness=1', 'busybox', 'true'], 125, /vm\.swappiness/],
  ],
};

export function runTests(mode: Mode): Test {
  const test = suite(`run [${mode}]`);
  const {sh, twinbox} = on(mode);
  const dir = mkdtempSync(join(tmpdir(), 'twinbox-cli-'));
  // Native mode for an ordinary user has one id, and by default no cgroup.
  const asRoot = (name: string, body: () => void): void => {
    if (mode === 'native' && process.getuid?.() !== 0) skip(test, name, 'it takes root', 'run it as root');
    else test(name, body);
  };
  test.after(() => rmSync(dir, {recursive: true, force: true}));

  for (const [args, status, stderr] of [...codes, ...ownCodes[mode]]) {
    test(`${args.join(' ').slice(0, 70)}: exit ${status}`, () => {
      const result = twinbox(args);
      assert.match(result.stderr, stderr);
      assert.is(result.status, status, result.stderr);
    });
  }

  test('flags end at the image; what follows is the command', () => {
    assert.is(twinbox(['run', 'busybox', 'echo', '-n', '--rm', '-it']).stdout, '--rm -it');
    assert.is(twinbox(['run', '--rm', '--name', 'x', '--', 'busybox', 'echo', 'y']).stdout, 'y\n');
  });

  test('booleans as docker writes them', () => {
    for (const flags of [['--rm=false'], ['--rm=true'], ['--init=false'], ['--rm'], ['--read-only=0']]) {
      assert.is(twinbox(['run', ...flags, 'busybox', 'echo', 'y']).stdout, 'y\n', flags.join(' '));
    }
  });

  test('host name, working directory, environment', () => {
    const file = join(dir, 'env');
    writeFileSync(file, '# comment\n\nFROM_FILE=a b\nTAKEN\n');
    const {stdout} = twinbox(
      ['run', '-h', 'box', '-w', '/tmp', '-e', 'A=1', '-eB=2', '-e', 'TAKEN', '-e', 'MISSING', '--env-file', file, 'busybox',
        'sh', '-c', 'hostname; pwd; echo "$A $B $TAKEN ${MISSING-unset} $FROM_FILE $HOME $HOSTNAME"'],
      {env: {TAKEN: 'yes'}},
    );
    assert.is(stdout, 'box\n/tmp\n1 2 yes unset a b /root box\n');
  });

  test('a missing working directory is made', () => {
    assert.is(sh('pwd', '-w', '/a/b/c').stdout, '/a/b/c\n');
  });

  asRoot('entrypoint, user, init', () => {
    assert.is(twinbox(['run', '--entrypoint', 'echo', 'busybox', 'a', 'b']).stdout, 'a b\n');
    assert.is(sh('id -u; id -g', '-u', '1000:100').stdout, '1000\n100\n');
    assert.is(sh('id -un', '-u', 'nobody').stdout, 'nobody\n');
    const {stdout, status} = sh('ps -o pid,comm | head -n 2; exit 5', '--init');
    assert.match(stdout, /^PID +COMMAND\n +1 (docker-)?init\n/);
    assert.is(status, 5);
  });

  test('volumes are the host directory, read-only where asked', () => {
    mkdirSync(join(dir, 'v'));
    writeFileSync(join(dir, 'v/in'), 'from host\n');
    const both = sh('cat /data/in; echo from box > /data/out', '-v', `${join(dir, 'v')}:/data`);
    assert.is(both.stdout, 'from host\n', both.stderr);
    assert.is(readFileSync(join(dir, 'v/out'), 'utf8'), 'from box\n');
    const ro = sh('cat /data/in; echo x > /data/no', '-v', `${join(dir, 'v')}:/data:ro`);
    assert.is(ro.stdout, 'from host\n');
    assert.match(ro.stderr, /Read-only file system/);
    const one = sh('cat /etc/one; echo more >> /etc/one; ls /etc/one', '-v', `${join(dir, 'v/in')}:/etc/one`);
    assert.is(one.stdout, 'from host\n/etc/one\n', one.stderr);
    assert.is(readFileSync(join(dir, 'v/in'), 'utf8'), 'from host\nmore\n');
  });

  test('tmpfs and a read-only root', () => {
    const {stdout, stderr} = sh('echo a > /scratch/f && cat /scratch/f; echo b > /f', '--read-only', '--tmpfs', '/scratch:size=1m');
    assert.is(stdout, 'a\n');
    assert.match(stderr, /Read-only file system/);
  });

  asRoot("docker's capabilities by default, others by flag", () => {
    const caps = (...flags: string[]): string => sh('grep CapEff /proc/self/status', ...flags).stdout;
    assert.is(caps(), 'CapEff:\t00000000a80425fb\n');
    assert.is(caps('--cap-drop', 'ALL'), 'CapEff:\t0000000000000000\n');
    assert.is(caps('--cap-drop', 'ALL', '--cap-add', 'SYS_ADMIN'), 'CapEff:\t0000000000200000\n');
    assert.is(caps('--privileged'), `CapEff:\t${mode === 'native' ? boundingSet() : '000001ffffffffff'}\n`);
    assert.match(sh('hostname x').stderr, /Operation not permitted/);
    assert.is(sh('hostname x; hostname', '--cap-add', 'SYS_ADMIN').stdout, 'x\n');
  });

  test('no_new_privs is on unless it is turned off; masked and read-only paths', () => {
    const nnp = (...flags: string[]): string => sh('grep NoNewPrivs /proc/self/status', ...flags).stdout;
    assert.is(nnp(), 'NoNewPrivs:\t1\n');
    assert.is(nnp('--security-opt', 'no-new-privileges=false'), 'NoNewPrivs:\t0\n');
    assert.match(sh('echo x > /proc/sys/kernel/hostname').stderr, /Read-only file system/);
  });

  test('a directory is an image', () => {
    const root = join(dir, 'root');
    mkdirSync(join(root, 'bin'), {recursive: true});
    writeFileSync(join(root, 'hello'), '');
    const {status, stderr} = twinbox(['run', root, '/hello']);
    assert.is(status, 126, stderr);
  });

  test('standard input is passed on with -i only', () => {
    assert.is(twinbox(['run', '-i', 'busybox', 'cat'], {input: 'in\n'}).stdout, 'in\n');
    assert.is(twinbox(['run', 'busybox', 'cat'], {input: 'in\n'}).stdout, '');
  });

  test('-t without a terminal on our side', () => {
    assert.is(twinbox(['run', '-t', 'busybox', 'tty']).stdout, '/dev/pts/0\r\n');
    const {status, stderr} = twinbox(['run', '-it', 'busybox', 'tty']);
    assert.equal([status, stderr], [1, 'the input device is not a TTY\n']);
  });

  asRoot('--dry-run prints the plan and does nothing', () => {
    const {stdout, status} = twinbox(['run', '--dry-run', '-h', 'box', 'busybox', 'true']);
    assert.is(status, 0);
    assert.match(stdout, /^# create\nruntime cgroup\(/);
    assert.match(stdout, /child {3}pivot_root\(\)/);
    assert.match(stdout, /child {3}exec\(args=\["true"\]/);
  });

  test('paths and names at their limits', () => {
    assert.is(sh(`echo x > /tmp/${'n'.repeat(255)} && ls /tmp | wc -c`).stdout, '256\n');
    assert.match(sh(`echo x > /tmp/${'n'.repeat(256)}`).stderr, /File name too long/);
    assert.match(sh(`cat /${'d/'.repeat(2100)}x`).stderr, /File name too long/);
    assert.match(sh('ln -s a /tmp/b; ln -s b /tmp/a; cat /tmp/a').stderr, /Too many levels of symbolic links|Symbolic link loop/);
  });

  test('an argument list that is too long', () => {
    const {status, stderr} = sh('true $(yes 0123456789abcdef | head -n 200000); echo $?');
    assert.ok(status === 0 || /too long/.test(stderr));
  });

  if (mode === 'portable') ownTests(test);
  return test;
}

/** What a container can have at most on this machine. */
function boundingSet(): string {
  return /^CapBnd:\t(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!;
}

/** Of the emulated kernel, or of the command line whatever the mode. */
function ownTests(test: Test): void {
  const {twinbox} = on('portable');

  test('--strace prints every call, the inside PID first', () => {
    const {stdout, stderr, status} = twinbox(['run', '--strace', 'busybox', 'cat', '/etc/hostname']);
    assert.is(status, 0, stderr);
    assert.match(stderr, /^\[pid 1\] execve\("\/bin\/cat", \["cat", "\/etc\/hostname"\]/m);
    assert.match(stderr, /^\[pid 1\] openat\(AT_FDCWD, "\/etc\/hostname", O_RDONLY.*\) = 3$/m);
    assert.match(stderr, /^\[pid 1\] \+\+\+ exited with 0 \+\+\+$/m);
    assert.match(stdout, /^[0-9a-f]{12}\n$/);
  });

  test('version, help, info', () => {
    assert.match(twinbox(['--version']).stdout, /^twinbox \d+\.\d+\.\d+\n$/);
    for (const args of [['--help'], ['help'], ['run', '--help'], ['info', '--help'], ['demo', '--help'], ['help', 'run']]) {
      const {status, stdout} = twinbox(args);
      assert.equal([status, stdout.startsWith('Usage: twinbox')], [0, true], args.join(' '));
    }
    assert.match(twinbox(['info']).stdout, /^Mode: +portable/);
  });
}
