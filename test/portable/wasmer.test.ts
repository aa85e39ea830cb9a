// The adapters beside @wasmer/wasi 0.12.0 as it comes: the same where it is right, and a list of where it is not.

import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {text, utf8} from '../../src/kernel/bytes.ts';
import {wasiCalls} from '../../src/portable/abi/wasi.ts';
import {stock} from '../../src/portable/abi/wasmer.ts';
import type {WasiImport} from '../../src/portable/abi/wasmer.ts';
import {Guest} from './wasiguest.ts';

const args = ['prog', 'a b', '', 'é'];
const env = {HOME: '/', X: 'é=1'};

interface Peer {
  imports: WasiImport;
  bytes: Uint8Array;
}

async function pair(): Promise<{ours: Guest; peer: Peer}> {
  const memory = new WebAssembly.Memory({initial: 2});
  const peer = {imports: await stock({args, env, memory}), bytes: new Uint8Array(memory.buffer)};
  const ours = new Guest(args.map(utf8), Object.entries(env).map(([name, value]) => utf8(`${name}=${value}`)));
  return {ours, peer};
}

test('every call of the package is in our table', async () => {
  const {peer} = await pair();
  const names = new Set(wasiCalls.map(({name}) => name));
  assert.equal(Object.keys(peer.imports).filter((name) => !names.has(name)), []);
  assert.equal([...names].filter((name) => !(name in peer.imports)), ['sock_accept']);
});

test('arguments and environment are laid out alike, byte for byte', async () => {
  for (const [sizes, get] of [['args_sizes_get', 'args_get'], ['environ_sizes_get', 'environ_get']] as const) {
    const {ours, peer} = await pair();
    for (const [name, ...words] of [[sizes, 0, 4], [get, 16, 1000]] as const) {
      assert.is(peer.imports[name]!(...words), 0);
      ours.ok(name, ...words);
    }
    assert.is(Buffer.compare(peer.bytes, ours.memory), 0, text(ours.string(1000, 40)));
  }
});

test('bad descriptors are bad in both', async () => {
  const {ours, peer} = await pair();
  const calls: [string, ...number[]][] = [['fd_close', 99], ['fd_sync', 99], ['fd_datasync', 99]];
  for (const [name, ...words] of calls) assert.is(ours.call(name, ...words), peer.imports[name]!(...words), name);
});

test('known defects of the package: closed here, or the row goes', async () => {
  const {ours, peer} = await pair();
  const u64 = (bytes: Uint8Array) => new DataView(bytes.buffer).getBigUint64(0, true);
  // It has no view of the memory yet, unless another call made one.
  assert.throws(() => peer.imports.clock_res_get!(1, 0), /undefined/);
  peer.imports.args_sizes_get!(0, 4);
  peer.imports.clock_res_get!(1, 0);
  ours.ok('clock_res_get', 1, 0);
  assert.ok(u64(peer.bytes) > 1n << 50n, 'clock_res_get is no longer big-endian');
  assert.ok(u64(ours.memory) <= 1_000_000_000n);
});

test.run();
