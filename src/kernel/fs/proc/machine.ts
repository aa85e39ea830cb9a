// The files of procfs that tell of the machine: /proc/{uptime,meminfo,stat,...} (proc(5)).

import type { Kernel } from '../../kernel.ts';
import { MACHINE, RELEASE, SYSNAME, VERSION } from '../../ns/uts.ts';
import { kib, ticks } from './format.ts';
import { type Context, file, type Table, text } from './node.ts';

const kernelOf = (at: Context): Kernel => at.sb.kernel;
const seconds = (ns: number): string => (Math.floor(ns / 1e7) / 100).toFixed(2);
const alive = (kernel: Kernel): number => [...kernel.tasks].filter((task) => task.alive).length;
const running = (kernel: Kernel): number => [...kernel.tasks].filter((task) => task.state === 'R').length;

export const machineFiles: Table = {
  cmdline: text('twinbox\n'),
  cpuinfo: file((_reader, at) => Array.from({ length: kernelOf(at).machine.cpus }, (_, i) =>
    `processor\t: ${i}\nvendor_id\t: twinbox\nmodel name\t: ${MACHINE}\n\n`).join('')),
  devices: text('Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n136 pts\n\nBlock devices:\n'),
  filesystems: file((_reader, at) => [...kernelOf(at).vfs.types.values()].map((type) =>
    `${type.nodev ? 'nodev' : ''}\t${type.name}\n`).join('')),
  loadavg: file((_reader, at) => {
    const kernel = kernelOf(at);
    return `0.00 0.00 0.00 ${Math.max(1, running(kernel))}/${alive(kernel)} ${at.sb.pidNs.last}\n`;
  }),
  meminfo: file((_reader, at) => {
    const { machine, rootCgroup } = kernelOf(at);
    const free = Math.max(0, machine.memoryBytes - rootCgroup.memoryBytes);
    const rows: [string, number][] = [
      ['MemTotal', machine.memoryBytes], ['MemFree', free], ['MemAvailable', free], ['Buffers', 0], ['Cached', 0],
      ['SwapCached', 0], ['Active', rootCgroup.memoryBytes], ['Inactive', 0], ['SwapTotal', 0], ['SwapFree', 0],
      ['Shmem', 0], ['Slab', 0],
    ];
    return rows.map(([name, bytes]) => `${`${name}:`.padEnd(16)}${`${kib(bytes)}`.padStart(8)} kB\n`).join('');
  }),
  partitions: text('major minor  #blocks  name\n\n'),
  stat: file((_reader, at) => {
    const kernel = kernelOf(at);
    const user = ticks([...kernel.tasks].reduce((sum, task) => sum + task.utimeNs, 0));
    const system = ticks([...kernel.tasks].reduce((sum, task) => sum + task.stimeNs, 0));
    const idle = Math.max(0, ticks(kernel.clock.monotonicNs() - kernel.bootNs) * kernel.machine.cpus - user - system);
    const cpu = `${user} 0 ${system} ${idle} 0 0 0 0 0 0\n`;
    const cpus = Array.from({ length: kernel.machine.cpus }, (_, i) => `cpu${i} ${cpu}`).join('');
    return `cpu  ${cpu}${cpus}intr 0\nctxt 0\nbtime ${kernel.bootTime.sec}\nprocesses ${kernel.born}\n` +
      `procs_running ${Math.max(1, running(kernel))}\nprocs_blocked 0\nsoftirq 0\n`;
  }),
  swaps: text('Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'),
  uptime: file((reader, at) => {
    const kernel = kernelOf(at);
    const up = kernel.clock.monotonicNs() - kernel.bootNs + reader.nsproxy.time.boottimeNs;
    return `${seconds(up)} ${seconds(up * kernel.machine.cpus)}\n`;
  }),
  version: text(`${SYSNAME} version ${RELEASE} (twinbox) ${VERSION}\n`),
  vmstat: text('nr_free_pages 0\n'),
};
