// Bad input, and programs that mean harm, from the outside: each gets Linux's errno or docker's message and exit code,
// the host goes on, and nothing is left behind.

import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {assembleText} from '../portable/rewritten.ts';
import {skip} from '../skip.ts';
import {ended, said, sh, start, twinbox} from './twinbox.ts';

const dir = mkdtempSync(join(tmpdir(), 'twinbox-bad-'));
test.after(() => rmSync(dir, {recursive: true, force: true}));

const posix = process.platform !== 'win32';

function unix(name: string, body: () => void | Promise<void>): void {
  if (posix) test(name, body);
  else skip(test, name, 'links, signals and /dev are POSIX', 'run it on Linux or macOS');
}

const head = `
  (import "linux" "write" (func $write (param i32 i32 i32) (result i32)))
  (import "nonsense" "none" (func $none (param f64 i64) (result f32)))
  (import "linux" "none" (func $unknown (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "ready\\n")
  (func $ready (drop (call $write (i32.const 1) (i32.const 0) (i32.const 6))))`;
const wat = (body: string): Uint8Array => assembleText(`(module ${head} ${body})`);
const good = wat('(func (export "_start") (call $ready))');
const tables = (n: number, entries: number): string => `(table ${entries} funcref)`.repeat(n);

const none = /^$/;
const format = /^twinbox: exec: "\/usr\/local\/bin\/\w+": exec format error/;
const noMemory = /cannot allocate memory/;

// What a module is, its exit code, what it says.
const modules: Record<string, [bytes: Uint8Array, status: number, stdout: string, stderr: RegExp]> = {
  empty: [new Uint8Array(0), 126, '', format],
  text: [Buffer.from('echo hello\n'), 126, '', format],
  magic: [good.subarray(0, 4), 126, '', format],
  version: [good.map((byte, i) => i === 4 ? 9 : byte), 126, '', format],
  header: [good.subarray(0, 8), 126, '', format],
  truncated: [good.subarray(0, good.length >> 1), 126, '', format],
  corrupt: [good.map((byte, i) => i > 60 && i < 80 ? 0xff : byte), 126, '', format],
  endless_number: [Buffer.concat([good.subarray(0, 8), Buffer.from([1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0])]), 126, '', format],
  no_memory: [assembleText('(module (func (export "_start")))'), 126, '', format],
  no_start: [assembleText('(module (memory (export "memory") 1))'), 126, '', format],
  strange_start: [assembleText('(module (memory (export "memory") 1) (func (export "_start") (param i32)))'), 126, '', format],
  a_global: [assembleText('(module (import "a" "b" (global i32)) (memory (export "memory") 1) (func (export "_start")))'), 126, '', format],
  nonsense: [wat(`(func (export "_start")
    (drop (call $none (f64.const 1) (i64.const 1))) (drop (call $unknown)) (call $ready))`), 0, 'ready\n', none],
  bad_pointers: [wat(`(func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 65530) (i32.const 100)))
    (drop (call $write (i32.const 1) (i32.const -1) (i32.const -1))) (call $ready))`), 0, 'ready\n', none],
  all_memory: [assembleText('(module (memory (export "memory") 65536) (func (export "_start")))'), 125, '', noMemory],
  one_table: [wat(`${tables(1, 10_000_000)} (func (export "_start"))`), 125, '', noMemory],
  many_tables: [wat(`${tables(60, 1_000_000)} (func (export "_start"))`), 125, '', noMemory],
  growing_tables: [wat(`${tables(1, 0)} ${tables(1, 1)} (func (export "_start")
    (loop $l (br_if $l (i32.ne (table.grow 0 (ref.null func) (i32.const 10000)) (i32.const -1))))
    (loop $m (br_if $m (i32.ne (table.grow 1 (ref.null func) (i32.const 10000)) (i32.const -1)))) (call $ready))`), 0, 'ready\n', none],
  recursion: [wat('(func $f (export "_start") (call $f) (call $f))'), 139, '', none],
  trap: [wat('(func (export "_start") (call $ready) unreachable)'), 132, 'ready\n', none],
};

for (const [name, [bytes, status, stdout, stderr]] of Object.entries(modules)) {
  test(`a module: ${name.replaceAll('_', ' ')}: exit ${status}`, () => {
    const file = join(dir, `${name}.wasm`);
    writeFileSync(file, bytes);
    const done = twinbox(['run', file]);
    assert.equal([done.status, done.stdout], [status, stdout], done.stderr);
    assert.match(done.stderr, stderr);
  });
}

// What a shell inside hears of it.
const scripts: readonly (readonly [name: string, script: string, flags: readonly string[], output: RegExp])[] = [
  ['recursion without end', 'f() { f; }; (f); echo $?', [], /nested too deeply\n2\n$/],
  ['descriptors without end',
    'i=3; (while eval "exec $i</dev/null"; do i=$((i+1)); done); sh -c "echo still here"', [], /Too many open files\nstill here\n$/],
  ['a writer whose reader is gone', '(yes; echo $? >&2) | head -n 1', [], /^y\n141\n$/],
  ['a writer that ignores SIGPIPE', '(trap "" PIPE; yes; echo $? >&2) | head -n 1', [], /^y\nyes: .*Broken pipe\n1\n$/],
  ['too many arguments', '/bin/true $(yes 0123456789abcdef | head -n 200000); echo $?', [], /Argument list too long\n126\n$/],
  ['an argument too long', '/bin/true $(yes 0123456789 | tr -d "\\n" | head -c 200000); echo $?', [], /Argument list too long\n126\n$/],
  ['a path too long', `cat /${'d/'.repeat(2048)}x`, [], /File name too long\n$/],
  ['a path of 4095 bytes', `cat /${'./'.repeat(2041)}etc/hostname | wc -c; cd /${'./'.repeat(2047)} && echo in`, [], /^13\nin\n$/],
  ['a link to itself', 'ln -s l /tmp/l; cat /tmp/l; /tmp/l; echo $?', [], /(Too many levels of symbolic links\n.*){2}126\n$/s],
  ['forty links and one',
    'cd /tmp; echo end > 41; i=0; while [ $i -lt 41 ]; do ln -s $((i+1)) $i; i=$((i+1)); done; cat 1; cat 0', [],
    /^end\ncat: .*Too many levels of symbolic links\n$/],
  ['a device that is full', 'echo x > /dev/full; echo $?', [], /No space left on device\n1\n$/],
  ['a tmpfs that is full', 'cat /dev/zero > /s/f; ls -l /s/f | tr -s " " | cut -d " " -f 5', ['--tmpfs', '/s:size=64k'],
    /No space left on device\n65536\n$/],
  ['a file larger than there are numbers', 'dd if=/dev/zero of=/tmp/f bs=1 seek=9007199254740990 count=1 2>&1; echo $?', [],
    /No space left on device\n[\s\S]*1\n$/],
  ['closed descriptors', '(cat <&-); (echo x >&-); echo $?', [], /Bad file descriptor\n.*Bad file descriptor\n1\n$/],
  ['an endless loop killed from inside', 'sh -c "while :; do :; done" & p=$!; sh -c "sleep 0.2; echo on" & kill -9 $p; wait $p; echo $?; wait', [],
    /^137\non\n$/],
  ['namespaces without end', `cat > /r <<'EOF'
n=$((n+1)); export n; [ $n -lt 60 ] || exit
unshare -pf sh /r || { [ -e /said ] || echo $n; : > /said; }
EOF
sh /r`, ['--privileged'], /No space left on device\n32\n$/],
  ['a shared mount bound below itself without end', `mkdir /m; mount -t tmpfs m /m; mount --make-rshared /m
for i in 0 1 2 3 4; do mkdir /m/$i; mount --rbind /m /m/$i || break; grep -c " /m" /proc/mounts; done`, ['--privileged'],
    /^2\n6\n42\n1806\nmount: .*No space left on device\n$/],
  // Ways out of the container, as root of all capabilities.
  ["the host's files as a file system", 'mkdir /m; mount -t hostfs / /m || mount -t hostfs -o source=/ none /m; ls /m', ['--privileged'],
    /^mount: .*(denied|permitted).*\nmount: .*(denied|permitted).*\n$/],
  ["another root's files", 'for l in root cwd; do (cd /proc/1/$l/../../.. && echo *); done', ['--privileged'], /^(bin dev etc .*\n)\1$/],
  ['devices of the host', `for d in b:8:0 c:1:1 c:1:2 c:1:4 c:1:11 c:10:229 c:254:0; do
mknod /tmp/d \${d%%:*} $(echo \${d#*:} | tr : " ") && cat /tmp/d; rm /tmp/d; done; ls /dev/mem /dev/kmsg`, ['--privileged'],
    /^(cat: .*No such device( or address)?\n){7}(ls: .*No such file or directory\n){2}$/],
  ['tables of the kernel', 'cat /proc/kcore /proc/1/mem; echo b > /proc/sysrq-trigger; echo x > /proc/sys/kernel/core_pattern', ['--privileged'],
    /^(.*(No such file or directory|nonexistent directory|Permission denied)\n){4}$/],
  ['processes that are not ours', 'sleep 99 & kill -9 -1; wait $!; echo $?; readlink /proc/[0-9]*/ns/mnt | sort -u | grep -c mnt',
    ['--privileged'], /^137\n1\n$/],
];

for (const [name, script, flags, output] of scripts) {
  test(name, () => {
    const {stdout, stderr, status, signal} = sh(`exec 2>&1\n${script}`, ...flags);
    assert.is(signal, null);
    assert.is(stderr, '', String(status));
    assert.match(stdout.replaceAll(/d(\/d){9,}/g, 'd'), output);
  });
}

// The bomb's own memory may be what runs out: then PID 1, the largest, is what the kernel kills.
test('a fork bomb meets a limit and ends with its container', async () => {
  const child = start(['run', 'busybox', 'sh', '-c', 'f() { f | f & }; (f) 2>&1 | grep -m 1 fork; sleep 1000']);
  const end = ended(child);
  const text = await said(child, "can't fork").catch(() => undefined);
  if (text === undefined) return assert.is((await end).code, 137);
  assert.match(text, /Resource temporarily unavailable|Cannot allocate memory/);
  child.kill('SIGINT');
  if (posix) assert.is((await end).code, 130);
  else await end;
});

unix('what lies outside a volume is not there, however the path goes', () => {
  const volume = join(dir, 'v');
  mkdirSync(join(volume, 'sub'), {recursive: true});
  writeFileSync(join(dir, 'secret'), 'secret\n');
  symlinkSync('/', join(volume, 'root'));
  symlinkSync('../secret', join(volume, 'up'));
  symlinkSync(join(dir, 'secret'), join(volume, 'absolute'));
  const {stdout} = sh(`exec 2>&1; cd /v/sub
cat /v/up /v/absolute /v/root${dir}/secret /v/../secret ../../secret; ls /v/root/bin/sh
echo x > /v/up; ln /v/up /v/hard; mv /v/sub /v/moved; cat ../../secret; mknod /v/d b 8 0; mkfifo /v/p; cat /v/d /v/p`, '-v', `${volume}:/v`);
  assert.not.match(stdout, /^secret/m);
  assert.match(stdout, /^\/v\/root\/bin\/sh$/m);
  assert.is(readFileSync(join(dir, 'secret'), 'utf8'), 'secret\n');
  assert.equal(readdirSync(volume).sort(), ['absolute', 'moved', 'root', 'up']);
});

test('an environment too long for a program', () => {
  const file = join(dir, 'env');
  writeFileSync(file, `LONG=${'x'.repeat(200_000)}\n`);
  const {status, stderr} = twinbox(['run', '--env-file', file, 'busybox', 'true']);
  assert.match(stderr, /^twinbox: exec: "true": argument list too long/);
  assert.is(status, 126);
});

unix('Ctrl-C at any moment ends what runs, and leaves nothing', async () => {
  const temporary = join(dir, 'tmp');
  mkdirSync(temporary);
  const busy = ['while :; do :; done', 'yes | cat > /dev/null', 'while :; do /bin/true; done', 'read x'];
  for (const [i, script] of busy.entries()) {
    for (const ms of [30 + 10 * i, 150 + 40 * i]) {
      const child = start(['run', '-i', 'busybox', 'sh', '-c', script],
        {stdio: ['pipe', 'pipe', 'pipe'], env: {...process.env, TMPDIR: temporary}});
      let out = '';
      for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (data: Buffer) => { out += data; });
      setTimeout(() => child.kill('SIGINT'), ms);
      const {code, signal} = await ended(child);
      assert.ok(code === 130 || signal === 'SIGINT', `${script} after ${ms} ms: ${code} ${signal}`);
      assert.is(out, '', `${script} after ${ms} ms`);
    }
  }
  assert.equal(readdirSync(temporary), []);
});

unix('input that never ends does not keep a container', async () => {
  const child = start(['run', '-i', 'busybox', 'sh', '-c', 'exit 2'], {stdio: ['pipe', 'ignore', 'ignore']});
  assert.is((await ended(child)).code, 2);
});

test.run();
