// Files of a container, for the runtime: a child of the supervisor's enters the container's mount namespace, does one
// thing there as its root by the helper's own path walk, which never leaves that root, and ends. It cannot be traced
// from inside, and it holds nothing but its pipe.

import { Socket } from 'node:net';
import { SysError } from '../kernel/uapi/errno.ts';
import type { NamespaceType, StdioKind, Step } from '../kernel/uapi/step.ts';
import type { Exit, FsAnswer, FsCall } from '../wire.ts';
import { callName } from './callname.ts';
import { encodePlan } from './encode.ts';
import type { FileStep, Visit } from './ops.ts';
import type { StepError } from './answer.ts';
import type { Supervisor } from './supervisor.ts';

/** A file that is read is held in memory whole: more than this is EFBIG. */
const fileBytesMax = 512 * 1024 * 1024;

interface House {
  readonly handle: number;
  readonly userNamespace: boolean;
}

const verbs = {
  readFile: 'read', writeFile: 'write', readdir: 'readdir', mkdir: 'mkdir', unlink: 'unlink', stat: 'stat',
} as const;

interface Sender {
  readonly supervisor: Supervisor;
  handle(): number;
}

export async function visit(machine: Sender, house: House, call: FsCall): Promise<FsAnswer> {
  const birth = { handle: machine.handle(), plan: encodePlan(visitPlan(house, call)), target: house.handle, go: true };
  let reading: Promise<Uint8Array> = Promise.resolve(new Uint8Array());
  const over = new Promise<void>((resolve, reject) => {
    const listener = {
      failed: ({ cause }: StepError) => reject(new SysError(cause.code, callName(cause.syscall), call.path)),
      exited: ({ exitCode }: Exit) => (exitCode === 0 ? resolve() : reject(new SysError('EIO', call.op, call.path))),
      broken: reject,
    };
    reading = machine.supervisor.birth({ ...birth, listener }).then(({ stdin, stdout }) => {
      if (stdin !== undefined && call.op === 'writeFile') give(stdin, call.data);
      return stdout === undefined ? new Uint8Array() : take(stdout, call.path);
    });
  });
  // What is wrong first is what was wrong: a visitor whose reader has had enough fails by that.
  const [bytes] = await Promise.all([reading, over]);
  return answer(call, bytes);
}

/** What root of a container does with files, and nothing beside: no device or log of the kernel's opens to this. */
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID'];

function visitPlan({ userNamespace }: House, call: FsCall): Visit {
  const output = call.op === 'readFile' || call.op === 'readdir' || call.op === 'stat';
  const pipeIf = (wanted: boolean): StdioKind => (wanted ? 'pipe' : 'null');
  const fds: [StdioKind, StdioKind, StdioKind] = [pipeIf(call.op === 'writeFile'), pipeIf(output), 'null'];
  const namespaces: NamespaceType[] = userNamespace ? ['user', 'mount'] : ['mount'];
  const file: FileStep = {
    op: 'file', by: 'child', args: { verb: verbs[call.op], path: call.path, mode: 'mode' in call ? call.mode : 0 },
  };
  const steps: (Step | FileStep)[] = [
    { by: 'runtime', op: 'stdio', args: { fds }, slot: '$stdio' },
    { by: 'runtime', op: 'clone', args: { flags: ['SIGCHLD'], join: [{ from: '$init', namespaces }] }, slot: '$pid' },
    { by: 'child', op: 'close_fds', args: {} },
    { by: 'child', op: 'pdeathsig', args: { signal: 'SIGKILL' } },
    // Root of its user namespace, whoever that is outside.
    ...(userNamespace ? [{ by: 'child', op: 'credentials', args: { user: { uid: 0, gid: 0 } } }] satisfies Step[] : []),
    { by: 'child', op: 'enter_root', args: {} },
    { by: 'child', op: 'capset', args: { effective: capabilities, permitted: capabilities, inheritable: [] } },
    file,
  ];
  return { kind: 'visit', given: ['$init'], steps };
}

function give(fd: number, data: Uint8Array): void {
  const socket = new Socket({ fd, readable: false, writable: true });
  // A visitor that failed says so itself.
  socket.on('error', () => {});
  socket.write(data, () => socket.destroy());
}

function take(fd: number, path: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    const socket = new Socket({ fd, readable: true, writable: false });
    socket.on('data', (part) => {
      parts.push(part as Buffer);
      length += part.length;
      if (length <= fileBytesMax) return;
      socket.destroy(new SysError('EFBIG', 'read', `${path}: more than ${fileBytesMax} bytes`));
    });
    socket.on('error', reject);
    socket.on('end', () => resolve(new Uint8Array(Buffer.concat(parts, length))));
  });
}

function answer(call: FsCall, bytes: Uint8Array): FsAnswer {
  switch (call.op) {
    case 'readFile': return { data: bytes };
    case 'readdir': {
      const names = new TextDecoder().decode(bytes).split('\0');
      return { names: names.filter((name) => name !== '' && name !== '.' && name !== '..') };
    }
    case 'stat': {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const at = (i: number): number => Number(view.getBigInt64(i * 8, true));
      return { stat: { mode: at(0), size: at(1), uid: at(2), gid: at(3), mtimeMs: at(4) / 1e6 } };
    }
    default: return {};
  }
}
