// Our ends of a process's pipes, without a process: a fifo's two ends in this one.

import {spawnSync} from 'node:child_process';
import {closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {Output} from '../../src/backend/output.ts';
import {Ring} from '../../src/backend/ring.ts';
import {PipeInput, PipeSource} from '../../src/native/stdio.ts';
import type {Message} from '../../src/wire.ts';
import {skip} from '../skip.ts';

const test = suite('pipes');
const dir = mkdtempSync(join(tmpdir(), 'twinbox-pipe-'));
test.after(() => rmSync(dir, {recursive: true, force: true}));
let fifos = 0;

/** pipe(2): read end, write end. */
function pipe(): [number, number] {
  const path = join(dir, String(fifos++));
  spawnSync('mkfifo', [path]);
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return [read, openSync(path, constants.O_WRONLY)];
}

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

async function until(is: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !is(); i++) await sleep(2);
  assert.ok(is());
}

const textOf = (ring: Ring): string => ring.chunks().map(({data}) => new TextDecoder().decode(data)).join('');

/** An output of the kind, with what it says: bytes of channel 1, and its end. */
function output(kind: 'pipe' | 'log') {
  const [read, write] = pipe();
  const ring = new Ring(1 << 20);
  const said = {bytes: 0, text: '', ended: false};
  const post = (message: Message): void => {
    if (!('channel' in message)) return;
    if ('end' in message) said.ended = true;
    else {
      said.bytes += message.data.length;
      said.text += new TextDecoder().decode(message.data);
    }
  };
  return {out: new Output(1, new PipeSource(read), kind, ring, post), write, said, ring};
}

const cases: Record<string, () => Promise<void>> = {
  async 'a log is drained without a reader, and ends'() {
    const {out, write, ring, said} = output('log');
    writeSync(write, 'one\n');
    await until(() => ring.chunks().length === 1);
    writeSync(write, 'two\n');
    closeSync(write);
    await until(() => ring.chunks().length === 2);
    out.attach(1, 1 << 20, true);
    await until(() => said.ended);
    assert.is(said.text, 'one\ntwo\n');
  },

  async 'a pipe waits for its reader and stops when the credit is spent'() {
    const {out, write, said} = output('pipe');
    writeSync(write, Buffer.alloc(40_000));
    await sleep(20);
    out.attach(1, 10_000, false);
    await until(() => said.bytes > 0);
    const first = said.bytes;
    // The pipe fills, and no more is taken.
    let more = 0;
    const writer = openSync(`/proc/self/fd/${write}`, constants.O_WRONLY | constants.O_NONBLOCK);
    for (let i = 0; i < 200; i++) {
      try {
        more += writeSync(writer, Buffer.alloc(4096));
      } catch {
        await sleep(1);
      }
    }
    assert.is(said.bytes, first);
    assert.ok(more <= 65536, `${more} bytes were taken`);
    out.credit(1, 1 << 20);
    closeSync(writer);
    closeSync(write);
    await until(() => said.ended);
    assert.is(said.bytes, 40_000 + more);
  },

  async 'what a process has left behind is there at its end, before its pipe ends'() {
    const {out, write, ring} = output('log');
    await sleep(5);
    writeSync(write, 'last words');
    out.finish();
    assert.is(textOf(ring), 'last words');
    // One that it left running may go on writing.
    writeSync(write, '!');
    await until(() => ring.chunks().length === 2);
    closeSync(write);
    out.end();
  },

  async 'the last words of two processes are two'() {
    const [one, two] = [output('log'), output('log')];
    writeSync(one.write, 'one');
    writeSync(two.write, 'TWO');
    one.out.finish();
    two.out.finish();
    assert.equal([textOf(one.ring), textOf(two.ring)], ['one', 'TWO']);
    for (const {out, write} of [one, two]) {
      out.end();
      closeSync(write);
    }
  },

  async 'an end that is known at once ends the stream at once'() {
    const {out, write, said} = output('pipe');
    out.attach(1, 1 << 20, false);
    writeSync(write, 'all');
    closeSync(write);
    out.finish();
    assert.equal([said.text, said.ended], ['all', true]);
  },

  async 'a reader that leaves a pipe closes it, and its writer hears of it'() {
    const {out, write} = output('pipe');
    out.attach(1, 1 << 20, false);
    out.detach(1);
    await sleep(5);
    assert.throws(() => writeSync(write, 'x'), /EPIPE/);
    closeSync(write);
  },

  async 'input is answered when the pipe has taken it, and closed after it'() {
    const [read, write] = pipe();
    const input = new PipeInput(write);
    let done = false;
    input.write(Buffer.alloc(100_000), error => {
      assert.is(error, undefined);
      done = true;
    });
    input.close();
    await sleep(20);
    assert.is(done, false, 'more than a pipe holds');
    let total = 0;
    const page = Buffer.alloc(65536);
    for (let n = 1; n > 0;) {
      try {
        n = readSync(read, page);
        total += n;
      } catch {
        await sleep(1);
      }
    }
    assert.equal([total, done], [100_000, true]);
    closeSync(read);
  },

  async 'input to a process that has gone is EPIPE, for what waits and for what comes'() {
    const [read, write] = pipe();
    const input = new PipeInput(write);
    const codes: (string | undefined)[] = [];
    input.write(Buffer.alloc(100_000), error => codes.push(error?.code));
    await sleep(5);
    closeSync(read);
    await until(() => codes.length === 1);
    input.write(Buffer.from('x'), error => codes.push(error?.code));
    assert.equal(codes, ['EPIPE', 'EPIPE']);
    const [, other] = pipe();
    const ended = new PipeInput(other);
    ended.write(Buffer.alloc(100_000), error => codes.push(error?.code));
    ended.end();
    assert.is(codes.at(-1), 'EPIPE');
  },
};

for (const [name, body] of Object.entries(cases)) {
  if (process.platform === 'linux') test(name, body);
  else skip(test, name, 'the pipes are Linux\'s', 'run it on Linux');
}
test.run();
