// Devices: only those of the list can be opened, whatever nodes a container makes; more on request.

import {readFileSync} from 'node:fs';
import * as assert from 'uvu/assert';
import {execSh, native, sh, withBox} from '../native.ts';

const test = native('security: devices');

// Major 1 minor 1 is /dev/mem, 11 is /dev/kmsg; 10:229 /dev/fuse, 254:0 or 8:0 a disk: opening says EPERM before it is
// asked whether the device exists.
const forbidden = ['c 1 1', 'c 1 2', 'c 1 4', 'c 1 11', 'c 10 229', 'c 10 200', 'b 8 0', 'b 254 0', 'b 7 0', 'c 4 0', 'c 4 1'];

test('a node of a device that is not listed can be made and not opened', async runtime => {
  const script = forbidden.map(device => `mknod /tmp/d ${device} && { head -c 1 /tmp/d > /dev/null; }; rm -f /tmp/d`).join('\n');
  const {stdout, stderr} = await sh(runtime, script);
  assert.is(stdout, '');
  const lines = stderr.trim().split('\n');
  assert.is(lines.length, forbidden.length, stderr);
  for (const [i, line] of lines.entries()) assert.match(line, /Operation not permitted/, forbidden[i]);
});

test('an exec is under the same list', async runtime => {
  await withBox(runtime, {}, async box => {
    assert.match((await execSh(box, 'mknod /tmp/d c 1 1; head -c 1 /tmp/d')).stderr, /Operation not permitted/);
  });
});

test('the usual devices work, as the nodes that are there and as new ones', async runtime => {
  const {stdout, stderr} = await sh(runtime, `echo x > /dev/null; head -c 3 /dev/zero | wc -c; echo x > /dev/full 2> /dev/null || echo full
head -c 3 /dev/random | wc -c; head -c 3 /dev/urandom | wc -c; mknod /tmp/n c 1 3; echo x > /tmp/n && echo null; ls -l /dev | grep -c '^[bc]'`);
  assert.is(stdout, '3\nfull\n3\n3\nnull\n6\n', stderr);
});

test('no block device and no memory is among the nodes', async runtime => {
  const {stdout} = await sh(runtime, 'find /dev -type b -o -type c | sort');
  assert.equal(stdout.trim().split('\n'), ['/dev/full', '/dev/null', '/dev/pts/ptmx', '/dev/random', '/dev/tty', '/dev/urandom', '/dev/zero']);
});

test('nodes on file systems of one\'s own are no devices', async runtime => {
  const {stdout} = await sh(runtime, 'grep -e " / " -e " /t " /proc/mounts | cut -d " " -f 2,4; mknod /t/n c 1 3; echo x > /t/n', {tmpfs: ['/t']});
  assert.match(stdout, /\/t .*nodev/);
});

test.root('a privileged container may open what it can make', async runtime => {
  const {stderr} = await sh(runtime, 'mknod /tmp/d c 1 11; exec 3< /tmp/d && echo open', {privileged: true});
  assert.not.match(stderr, /Operation not permitted/);
  assert.ok(readFileSync('/proc/devices', 'utf8').includes('mem'));
});

test.run();
