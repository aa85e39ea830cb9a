// Containers of an unprivileged user: by a user namespace with the one id that everybody may map, and with ranges where
// newuidmap(1) gives them.

import {chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {skipAll} from '../skip.ts';
import {lack, processesWith, until} from './native.ts';
import type {Programs} from './program.ts';
import {noRanges, noUser, range, rangePrograms, uid, userPrograms} from './user.ts';

type Body = (programs: Programs) => Promise<void>;

const open = "const runtime = await createRuntime({mode: 'native'});";
const sh = (script: string, flags = '{}'): string =>
  `await (async () => { const got = await failure(runtime.run({image: 'busybox', ...${flags}, command: ['sh', '-c', ${JSON.stringify(script)}]})); return got.value ?? got; })()`;
const marker = `${6e6 + process.pid % 1e5}`;

const single: readonly (readonly [name: string, body: Body])[] = [
  ['a container of a user has root inside, which is the user outside, and no other id', async programs => {
    const [out] = await programs.run(`${open} say(${sh('id -u; id -g; tr -s " " < /proc/self/uid_map; tr -s " " < /proc/self/gid_map; cat /proc/self/setgroups')}); await runtime.close();`);
    assert.is(out.stdout, `0\n0\n 0 ${uid} 1\n 0 ${uid} 1\ndeny\n`, JSON.stringify(out));
  }],
  ['the facts say that it is rootless, and how ids are mapped', async programs => {
    const [facts] = await programs.run(`${open} say(await runtime.features()); await runtime.close();`);
    assert.is(facts.rootless, true);
    assert.is(facts.ids.maps, 'single');
    assert.is(facts.ids.uid, uid);
  }],
  ['file systems, names and processes are its own', async programs => {
    const [out] = await programs.run(`${open} say(${sh('hostname; hostname x && hostname; ls /proc | grep -c "^[0-9]"; echo a > /tmp/f; cat /tmp/f; echo > /dev/null; head -c 2 /dev/zero | wc -c; mount -t tmpfs none /mnt 2> /dev/null || echo no mount; ls /sys/class/net', "{hostname: 'box', capAdd: ['SYS_ADMIN'], securityOpt: ['seccomp=unconfined']}")}); await runtime.close();`);
    assert.match(out.stdout, /^box\nx\n[234]\na\n2\n/, JSON.stringify(out));
    assert.match(out.stdout, /\nlo\n$/);
  }],
  ['what another user keeps to himself stays so, although it is root inside', async programs => {
    const dir = mkdtempSync(join(tmpdir(), 'twinbox-volume-'));
    try {
      chmodSync(dir, 0o755);
      writeFileSync(join(dir, 'secret'), 'secret\n', {mode: 0o600});
      writeFileSync(join(dir, 'public'), 'public\n', {mode: 0o644});
      mkdirSync(join(dir, 'own'));
      chownSync(join(dir, 'own'), uid, uid);
      const [out] = await programs.run(`${open} say(${sh('cat /v/secret; cat /v/public; echo new > /v/own/f; echo x > /v/f; chown 1:1 /v/own/f', `{volumes: ['${dir}:/v']}`)}); await runtime.close();`);
      assert.is(out.stdout, 'public\n', JSON.stringify(out));
      assert.match(out.stderr, /secret.*Permission denied/);
      assert.is(readFileSync(join(dir, 'own/f'), 'utf8'), 'new\n');
      assert.equal(readdirSync(dir).sort(), ['own', 'public', 'secret']);
    } finally {
      rmSync(dir, {recursive: true, force: true});
    }
  }],
  ['another user inside is an error that names the id or the map, and never root', async programs => {
    for (const user of ['1000:1000', '0:1000']) {
      const [out] = await programs.run(`${open} say(${sh('id -u; id -g', `{user: '${user}'}`)}); await runtime.close();`);
      assert.is(out.stdout, undefined, JSON.stringify(out));
      assert.match(`${out.message} ${out.hint}`, /1000|map|user/);
    }
  }],
  ['a limit without a cgroup of one\'s own is an error that says how to get one', async programs => {
    const [facts, out] = await programs.run(`${open} say(await runtime.features()); say(${sh('true', "{memory: '64m'}")}); await runtime.close();`);
    if (facts.controllers.includes('memory')) return assert.is(out.exitCode, 0);
    assert.match(`${out.message} ${out.hint}`, /systemd-run --user --scope -p Delegate=yes/);
  }],
  ['exec, a terminal, kill and stop work as for root', async programs => {
    const [first, exec, tty, status] = await programs.run(`${open}
const box = await runtime.create({image: 'busybox', command: ['sleep', '1000']});
await box.start();
const proc = await box.exec(['sh', '-c', 'id -u; cat /proc/1/comm']);
say(box.process.pid);
say(await proc.stdout.text());
say((await runtime.run({image: 'busybox', tty: true, command: ['sh', '-c', 'tty; stty size']})).stdout);
await box.kill('SIGKILL');
say((await box.wait()).exitCode);
await runtime.close();`);
    assert.equal([first, exec, tty, status], [1, '0\nsleep\n', '/dev/pts/0\r\n24 80\r\n', 137]);
  }],
  ['the image `host` shows programs, and of /etc only what is harmless', async programs => {
    const [out] = await programs.run(`${open} say(await failure(runtime.run({image: 'host', command: ['sh', '-c', 'cat /etc/shadow; ls /etc; id -u; touch /usr/x; echo ok > /tmp/f && cat /tmp/f; ls /home /root /run']}))); await runtime.close();`);
    const {stdout, stderr} = out.value ?? {stdout: '', stderr: JSON.stringify(out)};
    assert.match(stderr, /shadow.*No such file/);
    assert.match(stderr, /Read-only file system/);
    assert.match(stdout, /\n0\nok\n/);
    assert.match(stdout, /passwd/);
  }],
  ['killed, it leaves no process and no state that the next start does not take away', async programs => {
    const program = programs.start(`${open} const box = await runtime.create({image: 'busybox', command: ['sleep', '${marker}']}); await box.start(); say('on'); setInterval(() => 0, 1000);`);
    await program.next();
    program.kill();
    await until('no process of it', () => processesWith(marker).length === 0, 2000);
    await programs.run(`${open} await runtime.close();`);
    const state = join(programs.dir, 'run/twinbox');
    assert.equal(readdirSync(state).filter(name => /^[0-9a-f]{8,}$/.test(name)), []);
  }],
  ['the supervisor is closed to other processes of the same user', async programs => {
    const [read, fds] = await programs.run(`${open} await runtime.run({image: 'busybox', command: ['true']});
const pid = fs.readdirSync('/proc').find(one => { try { return fs.readFileSync('/proc/' + one + '/cmdline', 'latin1').startsWith('twinbox\\0')
  && fs.readFileSync('/proc/' + one + '/status', 'utf8').includes('PPid:\\t' + process.pid + '\\n'); } catch { return false; } });
for (const name of ['exe', 'fd']) try { say(name === 'fd' ? fs.readdirSync('/proc/' + pid + '/fd').length : fs.readlinkSync('/proc/' + pid + '/exe')); } catch (error) { say(error.code); }
await runtime.close();`);
    assert.equal([read, fds], ['EACCES', 'EACCES']);
  }],
];

const ranges: readonly (readonly [name: string, body: Body])[] = [
  ['with ranges a container has 65536 ids, root being the user', async programs => {
    const [out] = await programs.run(`${open} say(${sh('tr -s " " < /proc/self/uid_map; tr -s " " < /proc/self/gid_map; cat /proc/self/setgroups')}); await runtime.close();`);
    const map = ` 0 ${uid} 1\n 1 ${range.first} ${range.count}\n`;
    assert.match(out.stdout, new RegExp(`^( 0 ${uid} 1\n 1 ${range.first} 655\\d\\d\n){2}allow\n$`), `${JSON.stringify(out)} ${map}`);
  }],
  ['and another user inside is another id outside', async programs => {
    const [out] = await programs.run(`${open} say(${sh('id -u; id -g; id -G; echo x > /tmp/f; stat -c %u:%g /tmp/f; echo out > /dev/stdout', "{user: '1000:100'}")}); await runtime.close();`);
    assert.is(out.stdout, '1000\n100\n100\n1000:100\nout\n', JSON.stringify(out));
    const [shown] = await programs.run(`${open} const box = await runtime.create({image: 'busybox', user: '1000:100', command: ['sleep', '1000']}); await box.start();
say(fs.readFileSync('/proc/' + box.process.hostPid + '/status', 'utf8').match(/^Uid:.*$/m)[0]); await runtime.close();`);
    assert.is(shown, `Uid:\t${[0, 0, 0, 0].map(() => range.first + 999).join('\t')}`);
  }],
];

function declare(title: string, cases: typeof single, why: {reason: string; remedy: string} | undefined, make: () => {programs: Programs; close(): void}): void {
  const test = suite(title);
  if (why) skipAll(test, cases.map(([name]) => name), title, why.reason, why.remedy);
  else {
    let made: ReturnType<typeof make> | undefined;
    test.after(() => made?.close());
    for (const [name, body] of cases) test(name, () => body((made ??= make()).programs));
  }
  test.run();
}

declare('native mode for a user', single, lack ?? noUser(), () => {
  const programs = userPrograms();
  return {programs, close: () => programs.close()};
});
declare('native mode for a user with ranges of ids', ranges, lack ?? noRanges(), rangePrograms);
