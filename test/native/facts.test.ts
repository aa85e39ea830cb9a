// What native mode finds out about its machine: ids, images, the kernel's age, and reasons for what is missing.

import { existsSync, lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { kernelAtLeast, nativeFacts } from '../../src/native/facts.ts';
import { ranges } from '../../src/native/ids.ts';
import { busyboxTemplate, hostImage, notStatic } from '../../src/native/image.ts';
import { skip } from '../skip.ts';

const base = mkdtempSync(join(tmpdir(), 'twinbox-facts-'));
test.after(() => rmSync(base, { recursive: true, force: true }));

/** The file of a program for this CPU with these program headers. */
function program(name: string, types: readonly number[], machine = process.arch === 'arm64' ? 183 : 62): string {
  const bytes = Buffer.alloc(64 + types.length * 56);
  bytes.write('\x7fELF\x02\x01', 'latin1');
  bytes.writeUInt16LE(machine, 18);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(types.length, 56);
  for (const [i, type] of types.entries()) bytes.writeUInt32LE(type, 64 + i * 56);
  const path = join(base, name);
  writeFileSync(path, bytes, { mode: 0o755 });
  return path;
}

test('the age of a kernel is read from its release', () => {
  const cases = [['5.10', '5.10.0-28-amd64', true], ['5.10', '5.9.16', false], ['5.10', '6.1', true], ['5.10', '4.19.0', false], ['5.10', 'odd', false]] as const;
  for (const [floor, running, is] of cases) assert.is(kernelAtLeast(floor, running), is, running);
});

test('the ranges of a user are those under its number or its name', () => {
  const file = join(base, 'subuid');
  writeFileSync(file, `${process.geteuid!()}:100000:65536\nsomebody:200000:65536\nbroken\n${process.geteuid!()}:x:1\n${process.geteuid!()}:300000:0\n`);
  assert.equal(ranges(file, process.geteuid!(), []), [[100000, 65536]]);
  assert.equal(ranges(join(base, 'none'), 0, [[7, 8]]), [[7, 8]]);
});

test('a busybox that asks for a loader, or is for another CPU, or is no program, is told apart', () => {
  assert.is(notStatic(program('static', [1, 1, 0x6474e551])), undefined);
  assert.is(notStatic(program('dynamic', [6, 3, 1])), 'is linked dynamically');
  assert.is(notStatic(program('foreign', [1], 243)), 'is a program for another CPU');
  writeFileSync(join(base, 'script'), '#!/bin/sh\n'.padEnd(100));
  assert.is(notStatic(join(base, 'script')), 'is not a 64-bit program');
  assert.is(notStatic(join(base, 'nothing')), 'does not exist');
});

test('a named busybox that will not do is an error, and no other is taken', () => {
  assert.throws(() => busyboxTemplate(base, { TWINBOX_BUSYBOX: join(base, 'nothing') }), /TWINBOX_BUSYBOX: .*nothing does not exist/);
  // It is static, but it cannot be run.
  assert.throws(() => busyboxTemplate(base, { TWINBOX_BUSYBOX: program('empty', [1]) }), /--list failed/);
  assert.equal(readdirSync(join(base, 'images')).filter((name) => name.includes('.')), [], 'nothing half made');
});

const facts = process.platform === 'linux' ? nativeFacts(base) : undefined;

if (facts?.images?.busybox === undefined) {
  skip(test, 'the image busybox has a link for each applet', facts?.images?.busyboxMissing ?? 'not Linux', 'see the reason');
} else {
  const dir = facts.images.busybox;
  test('the image busybox has a link for each applet', () => {
    assert.is(readlinkSync(join(dir, 'bin/sh')), 'busybox');
    assert.is(lstatSync(join(dir, 'bin/busybox')).mode & 0o7777, 0o755);
    assert.ok(readdirSync(join(dir, 'bin')).length > 50);
    const { mtimeMs } = statSync(dir);
    assert.is(busyboxTemplate(base), dir);
    assert.is(statSync(dir).mtimeMs, mtimeMs, 'made once');
    assert.equal(readdirSync(join(base, 'images')).length, 1);
  });
}

if (facts === undefined) {
  skip(test, 'the image host shows what everyone may read', 'native mode needs Linux', 'run it on Linux');
} else {
  test('the image host shows what everyone may read', () => {
    const { binds, links, etc } = hostImage();
    assert.ok(binds.includes('/usr'));
    for (const [path, target] of links) assert.is(readlinkSync(path), target);
    for (const path of etc) {
      assert.is(path.endsWith('/'), statSync(path).isDirectory(), path);
      assert.ok((statSync(path).mode & 0o004) !== 0, path);
      assert.not.match(path, /private|shadow|passwd/);
    }
  });

  test('what is told of the machine is plain data and names its own kernel', () => {
    assert.equal(JSON.parse(JSON.stringify(facts)), facts);
    assert.is(facts.kernel, 'linux');
    assert.ok(existsSync(facts.staging));
    assert.ok(facts.namespaces.includes('pid') && facts.namespaces.includes('mount'));
    for (const { mount, path } of facts.hierarchies!) assert.ok(existsSync(mount + path), mount + path);
    assert.is(nativeFacts(base), facts, 'gathered once');
  });
}

test.run();
