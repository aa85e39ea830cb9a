// The library's one entry, twinbox_call: request bytes in, reply bytes out, a length or a negative errno back. The only
// file that knows ffi-rs, and the one place where a negative reply becomes a SysError. Two buffers are kept and reused;
// a call takes 8 to 14 microseconds, so there is one per thing asked and never one per field.

import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { TwinboxError } from '../errno.ts';
import { errnoName, SysError } from '../kernel/uapi/errno.ts';
import { type Found, findLibrary } from './library.ts';

/** What the library answers by, in both directions. */
export const abiVersion = 1;
const verbs = { version: 1, open: 2, send: 3, lock: 4, close: 5 } as const;
type Verb = keyof typeof verbs;

/** A supervisor that has been started: its two sockets, and a descriptor of the process itself. */
export interface Started {
  readonly pid: number;
  readonly requestFd: number;
  readonly eventFd: number;
  readonly pidFd: number;
}

const headBytes = 8;
let request = Buffer.alloc(64 * 1024);
const reply = Buffer.alloc(256);
let entry: ((request: Buffer, length: number, reply: Buffer, replyLength: number) => number) | undefined;
let found: Found | undefined;

/** Where the library was found; loads it. The error says where it was looked for and what to do. */
export function library(): Found {
  load();
  return found!;
}

/** Which helper the library carries: a hash of its bytes. Also the cheapest call there is. */
export function helperHash(): string {
  load();
  begin('version', headBytes);
  enter('version', headBytes);
  return reply.readBigUInt64LE(4).toString(16).padStart(16, '0');
}

/** Locks the state entry ('' is none) and starts a supervisor that holds the lock. */
export function openSupervisor(entryDir: string, flags = 0): Started {
  load();
  const path = Buffer.from(entryDir);
  const length = headBytes + 8 + path.length;
  begin('open', length);
  request.writeUInt32LE(flags, headBytes);
  request.writeUInt32LE(path.length, headBytes + 4);
  path.copy(request, headBytes + 8);
  enter('open', length);
  return {
    pid: reply.readInt32LE(0), requestFd: reply.readInt32LE(4), eventFd: reply.readInt32LE(8), pidFd: reply.readInt32LE(12),
  };
}

/**
 * One request to a supervisor, with a plan where it has one. False: its queue is full and nothing was made. The
 * descriptors that stay with us are left in `ends`, -1 where there is none.
 */
export function send(requestFd: number, header: Uint8Array, plan: Uint8Array | undefined, ends: Int32Array): boolean {
  const size = plan?.length ?? 0;
  const at = headBytes + 8;
  const length = at + header.length + size;
  begin('send', length);
  request.writeInt32LE(requestFd, headBytes);
  request.writeUInt32LE(size, headBytes + 4);
  request.set(header, at);
  if (plan !== undefined) request.set(plan, at + header.length);
  const answered = entry!(request, length, reply, reply.length);
  if (answered === -11) return false;
  check('send', answered);
  for (let i = 0; i < ends.length; i++) ends[i] = answered >= (i + 1) * 4 ? reply.readInt32LE(i * 4) : -1;
  return true;
}

/** An exclusive lock on a file: its descriptor, or undefined while another holds it. */
export function lockFile(path: string): number | undefined {
  load();
  const name = Buffer.from(path);
  const length = headBytes + 4 + name.length;
  begin('lock', length);
  request.writeUInt32LE(name.length, headBytes);
  name.copy(request, headBytes + 4);
  const answered = entry!(request, length, reply, reply.length);
  if (answered === -11) return undefined;
  check('lock', answered);
  return reply.readInt32LE(0);
}

/** Closes a descriptor that came from here; with the one of a supervisor that has ended, that process is reaped. */
export function closeFd(fd: number): void {
  begin('close', headBytes + 4);
  request.writeInt32LE(fd, headBytes);
  enter('close', headBytes + 4);
}

function begin(verb: Verb, length: number): void {
  if (request.length < length) request = Buffer.alloc(length * 2);
  request.writeUInt32LE(verbs[verb], 0);
  request.writeUInt32LE(0, 4);
}

function enter(verb: Verb, length: number): number {
  const answered = entry!(request, length, reply, reply.length);
  check(verb, answered);
  return answered;
}

function check(verb: Verb, answered: number): void {
  if (answered >= 0) return;
  throw new SysError(errnoName(-answered) ?? 'EIO', `twinbox_call`, verb);
}

function load(): void {
  if (entry !== undefined) return;
  found ??= findLibrary();
  const bridge = requireBridge(found);
  try {
    bridge.open({ library: 'twinbox', path: found.path });
    entry = entryOf(bridge);
    begin('version', headBytes);
    enter('version', headBytes);
  } catch (error) {
    entry = undefined;
    throw unusable(found, (error as Error).message);
  }
  const version = reply.readUInt32LE(0);
  if (version === abiVersion) return;
  entry = undefined;
  throw unusable(found, `its interface has version ${version}, and ${abiVersion} is needed`);
}

function entryOf(bridge: Bridge): typeof entry {
  // What ffi-rs's `define` would build anew for every call. The lengths given here are not looked at for a Buffer.
  const buffer = { type: 10, ffiTypeTag: 997, length: 1 };
  const params = {
    library: 'twinbox', funcName: 'twinbox_call', retType: 8, paramsType: [buffer, 20, buffer, 20],
    paramsValue: [] as unknown[], freeResultMemory: false,
  };
  return (...args) => {
    params.paramsValue = args;
    return bridge.load(params);
  };
}

function unusable({ path }: Found, why: string): TwinboxError {
  return new TwinboxError({
    code: 'ERR_UNSUPPORTED', message: `the native library ${path} cannot be used: ${why.replace(`${path}: `, '')}`,
    hint: 'library and package must be of one version: build or install them together',
  });
}

interface Bridge {
  open(options: { readonly library: string; readonly path: string }): void;
  load(params: object): number;
}

/**
 * dlopen(3): never unloaded. ffi-rs leaves a destructor with each thread that has used it, and Node unloads an addon with
 * the last worker thread that asked for it, before that destructor runs.
 */
const RTLD_NODELETE = 0x1000;

/**
 * ffi-rs's own entry asks the system which C library it has; its platform packages are the same object, and quicker. They
 * lie beside it or, as some package managers have it, where only ffi-rs itself sees them.
 */
function requireBridge(library: Found): Bridge {
  const here = createRequire(import.meta.url);
  let why = '';
  for (const place of [() => here, () => createRequire(here.resolve('ffi-rs'))]) {
    for (const libc of ['gnu', 'musl']) {
      try {
        const loaded = { exports: {} };
        process.dlopen(loaded, place().resolve(`@yuuang/ffi-rs-linux-${process.arch}-${libc}`), constants.dlopen.RTLD_NOW | RTLD_NODELETE);
        return loaded.exports as Bridge;
      } catch (error) {
        why ||= (error as Error).message.split('\n')[0]!;
      }
    }
  }
  throw new TwinboxError({
    code: 'ERR_UNSUPPORTED', message: `ffi-rs, which calls ${library.path}, cannot be loaded: ${why}`,
    hint: 'npm install ffi-rs@1.3.7 (an optional dependency of twinbox)',
  });
}
