// What is particular to a shell in this machine: processes it does not make, depth, memory, and the way it ends.

import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {createRuntime, type Runtime} from '../../src/index.ts';

const test = suite('sh');
let runtime: Runtime;

test.before(async () => {
  runtime = await createRuntime({mode: 'portable'});
});

test.after(() => runtime.close());

interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

function sh(script: string, ...args: string[]): Promise<Answer> {
  return runtime.run({image: 'busybox', command: ['sh', '-c', script, ...args]}) as Promise<Answer>;
}

const out = async (script: string): Promise<string> => (await sh(script)).stdout;

test('the last command of -c takes the place of the shell', async () => {
  const ps = 'ps -o pid,comm';
  assert.match(await out(ps), /^PID +COMMAND\n +1 ps\n$/);
  assert.match(await out(`true; ${ps}`), /\n +1 ps\n$/);
  assert.match(await out(`(${ps})`), /\n +1 ps\n$/);
  assert.match(await out(`if true; then ${ps}; fi`), /\n +1 ps\n$/);
  assert.match(await out(`${ps}; true`), /\n +1 sh\n +2 ps\n$/);
  assert.match(await out(`trap 'echo end' EXIT; ${ps}`), /\n +1 sh\n +2 ps\nend\n$/);
});

test('an external command in a pipeline, behind or in $( ) is one process', async () => {
  assert.match(await out('sleep 1 | ps -o ppid,comm'), /^PPID +COMMAND\n +0 sh\n +1 sleep\n +1 ps\n$/);
  assert.match(await out('echo "$(ps -o ppid,comm)"'), /\n +0 sh\n +1 ps\n$/);
  assert.match(await out('sleep 5 & ps -o ppid,comm; kill $!'), /\n +1 sleep\n +1 ps\n$/);
});

test('a builtin costs no process', async () => {
  assert.is(await out('echo a; [ 1 = 1 ]; printf b; cd /; read x </etc/hostname; sleep 0 & echo " $!"; wait'), 'a\nb 2\n');
});

test('1,000 constructs within one another run; too many end with a message', async () => {
  const deep = (n: number): string => `s='echo deep'; i=0; while [ $i -lt ${n} ]; do s="{ $s; }"; i=$((i+1)); done; eval "$s"`;
  assert.is(await out(deep(1000)), 'deep\n');
  const {stderr, exitCode} = await sh(deep(20000));
  assert.match(stderr, /nested too deeply/);
  assert.is(exitCode, 2);
});

test('a function that calls itself for ever ends with a message', async () => {
  for (const script of ['f() { f; }; f', "f() { eval 'f'; }; f", 'f() { while :; do if :; then f; fi; done; }; f']) {
    const {stderr, exitCode} = await sh(script);
    assert.match(stderr, /nested too deeply/);
    assert.is(exitCode, 2);
  }
  assert.is(await out('f() { [ $1 -eq 0 ] || f $(($1-1)); }; f 1000; echo $?'), '0\n');
});

test('100,000 turns of a loop leave memory as it was', async () => {
  const memory = 'm() { while read a b c; do case $a in VmSize:) echo $b;; esac; done < /proc/$$/status; }; ';
  const turns = (n: number): string => `i=0; while [ $i -lt ${n} ]; do i=$((i+1)); x="a$i b$i"; set -- $x; y=\${1#a}; z="$y$2"; done; m; `;
  const [warm, after] = (await out(memory + turns(5000) + turns(100_000))).trim().split('\n').map(Number);
  assert.ok(after! <= warm! * 1.5, `${warm} kB, then ${after} kB`);
});

test('a syntax error names the line of a script', async () => {
  const {stderr, exitCode} = await sh("printf 'echo a\\n\\nif true; do\\n' > /tmp/s; sh /tmp/s");
  assert.is(stderr, '/tmp/s: line 3: syntax error: unexpected "do" (expecting "then")\n');
  assert.is(exitCode, 2);
});

test('a file that is no program is read as a script', async () => {
  assert.is(await out("printf 'echo \"$0 $1\"' > /tmp/s; chmod +x /tmp/s; /tmp/s arg; PATH=/tmp:$PATH; s two"), '/tmp/s arg\n/tmp/s two\n');
});

test('an applet is found without PATH', async () => {
  assert.is(await out('PATH=/nosuch; basename /a/b; x=$(basename /c/d); echo $x'), 'b\nd\n');
});

test('here-documents larger than a pipe reach their command', async () => {
  assert.is((await out('x=0123456789abcdef; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do x=$x$x; done; wc -c <<E\n$x\nE')).trim(), '131073');
});

test('bytes that are no UTF-8 pass through', async () => {
  assert.is(await out("x=$(printf '\\377\\200a'); printf '%s' \"$x\" > /tmp/a; printf '\\377\\200a' > /tmp/b; cmp /tmp/a /tmp/b && echo same"), 'same\n');
});

test('output that cannot be written is an error of the builtin', async () => {
  const {stdout, stderr} = await sh('echo a >&-; echo $?; echo b > /dev/full; echo $?');
  assert.is(stdout, '1\n1\n');
  assert.match(stderr, /No space left on device/);
});

test('a closed pipe ends the writer quietly', async () => {
  const {stdout, stderr} = await sh('yes | head -n 1; while :; do echo y; done | head -n 1; echo done');
  assert.is(stdout, 'y\ny\ndone\n');
  assert.is(stderr, '');
});

test('set -m without a terminal says so', async () => {
  const {stderr} = await sh('set -m; echo $-');
  assert.match(stderr, /can't access tty; job control turned off/);
});

test('[[ compares with patterns and expressions', async () => {
  const script = "p='a*'; [[ abc == a* ]] && [[ abc == $p ]] && [[ abc != b* ]] && [[ abc =~ ^a.c$ && -n x ]] && echo yes; "
    + '[[ abc == "a*" ]] || [[ abc == "$p" ]] || echo quoted';
  assert.is(await out(script), 'yes\nquoted\n');
});

test('the parameters of -c', async () => {
  assert.is((await sh('echo "$0|$1|$2|$#"', 'name', 'a b', '')).stdout, 'name|a b||2\n');
});

test.run();
