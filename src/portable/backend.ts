// The portable backend in the caller's own thread: a machine is booted, and the link to it is a call.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { asset } from '../asset.ts';
import { Kernel } from '../kernel/kernel.ts';
import { RELEASE } from '../kernel/ns/uts.ts';
import { issue } from '../kernel/syscall/dispatch.ts';
import { byName } from '../kernel/syscall/table.ts';
import { SysError } from '../kernel/uapi/errno.ts';
import { defaultAction } from '../kernel/signal/signal.ts';
import { AT, O } from '../kernel/uapi/fcntl.ts';
import { SA, SIG } from '../kernel/uapi/signal.ts';
import { Server } from '../backend/server.ts';
import type { Backend, BackendFacts, BackendOptions, Message, Request } from '../wire.ts';
import { PortableDriver } from './backend-driver.ts';
import { kernelCalls } from './calls.ts';
import { hostClock } from './clock.ts';
import { createHardware, type Machine as HardwareMachine } from './hardware.ts';
import { NodeHostDriver } from './hostdir.ts';
import { busyboxTemplate } from './rootfs.ts';

/** Boots a machine. Messages come through `receive` as they arise, also inside `send`. */
export function openDirect(options: BackendOptions): Backend {
  const { kernel, hardware } = boot(options);
  const driver = new PortableDriver({ kernel, program: readProgram }, facts(kernel, hardware));
  const server = new Server(driver, (message) => backend.receive(message));
  const backend: Backend = {
    send: (request: Request) => server.receive(request),
    receive: (_message: Message) => {},
    release: () => hardware.close(),
  };
  return backend;
}

function boot(options: BackendOptions): { kernel: Kernel; hardware: HardwareMachine } {
  const cpu = options.cpu ?? cpuOfEnvironment();
  const hardware = createHardware({ calls: kernelCalls, ...(cpu === undefined ? {} : { cpu }) });
  const kernel = new Kernel({
    hardware, clock: hostClock(), random: (bytes) => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
    ...(options.machine === undefined ? {} : { machine: options.machine }),
    hostname: 'twinbox', hostDriver: new NodeHostDriver(),
  });
  // A worker takes its time to start: it begins while the rest is prepared.
  hardware.warm();
  // Task 1 reaps by not wanting to know.
  kernel.init.sighand.actions[SIG.CHLD] = { ...defaultAction, flags: SA.NOCLDWAIT };
  // Its descriptors 0 to 2, so that no slot of a plan gets one of these numbers.
  for (let fd = 0; fd < 3; fd++) issue(kernel.init, 'openat', [AT.FDCWD, '/dev/null', O.RDWR, 0]);
  const busybox = readFileSync(asset(`busybox.${hardware.cpu}.wasm`));
  hardware.trust(busybox);
  const applets = JSON.parse(readFileSync(asset('applets.json'), 'utf8')) as string[];
  kernel.templates.set('busybox', busyboxTemplate(kernel, { busybox, applets }));
  return { kernel, hardware };
}

function cpuOfEnvironment(): 'lane' | 'worker' | undefined {
  const word = process.env.TWINBOX_CPU;
  if (word === undefined || word === '') return undefined;
  if (word === 'lane' || word === 'worker') return word;
  throw new SysError('EINVAL', 'TWINBOX_CPU', `${word}: not lane or worker`);
}

function readProgram(source: string): Uint8Array {
  try {
    return readFileSync(resolve(source));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SysError(code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR' ? code : 'EIO', 'open', source);
  }
}

const preemption =
  'on workers a program without checks is stopped at its next system call only; kill ends it at once';

function facts(kernel: Kernel, hardware: HardwareMachine): BackendFacts {
  const { machine } = kernel;
  return {
    kernel: 'portable', release: RELEASE, cgroup: 'v2', controllers: [], cgroupParent: '/twinbox', rootless: false,
    namespaces: ['user', 'pid', 'mount', 'uts', 'ipc', 'network', 'cgroup', 'time'],
    filesystems: [...kernel.vfs.types.keys()], hostDirectory: 'hostfs', staging: '/mnt', cpu: hardware.cpu,
    features: Object.values(byName).filter((row) => row.support !== 'none').map((row) => `syscall:${row.name}`),
    machine,
    reasons: {
      isolation: 'portable mode is no boundary against hostile programs beyond that of the WebAssembly engine',
      memory: 'the memory controller comes later: a limit is refused, not ignored',
      cpus: 'the cpu controller comes later', pids: 'the pids controller comes later',
      network: 'no network leads outside; a container has a loopback of its own',
      elf: 'programs are WebAssembly: one for Linux needs native mode',
      ...(hardware.cpu === 'worker' ? { preemption } : {}),
    },
  };
}
