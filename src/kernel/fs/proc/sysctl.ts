// /proc/sys: kernel parameters (proc_sys(5)). A parameter of a namespace shows and sets the reader's own.

import { capable } from '../../cred/cred.ts';
import type { Kernel } from '../../kernel.ts';
import { HOST_NAME_MAX, NGROUPS_MAX, NOFILE_HARD, NS_LEVEL_MAX, PIPE_BYTES, MOUNTS_MAX } from '../../limits.ts';
import { RELEASE, SYSNAME, VERSION } from '../../ns/uts.ts';
import type { Task } from '../../proc/task.ts';
import { CAP, CAP_LAST_CAP } from '../../uapi/capability.ts';
import { SysError } from '../../uapi/errno.ts';
import { type DirNode, type FileNode, file, type Table } from './node.ts';

const show = (read: (reader: Task) => string | number): FileNode =>
  file((reader) => `${read(reader)}\n`, 0o444, { sysctl: true });
const fixed = (value: string | number): FileNode => show(() => value);

/** A text of at most HOST_NAME_MAX bytes that ends at a newline. */
const name = (field: 'nodename' | 'domainname'): FileNode => file((reader) => `${reader.nsproxy.uts[field]}\n`, 0o644, {
  sysctl: true,
  write: (writer, _at, text) => {
    writer.nsproxy.uts[field] = text.replace(/[\n\0].*$/s, '').slice(0, HOST_NAME_MAX);
  },
});

/** An integer in a range. */
function number(
  read: (reader: Task) => number, write: (writer: Task, value: number) => void, min: number, max: number, mode = 0o644,
): FileNode {
  return file((reader) => `${read(reader)}\n`, mode, {
    sysctl: true,
    write(writer, _at, text) {
      const value = Number(text.trim());
      if (!/^-?\d+$/.test(text.trim()) || value < min || value > max) throw new SysError('EINVAL');
      write(writer, value);
    },
  });
}

const dir = (table: Table): DirNode => ({ kind: 'dir', mode: 0o555, table, sysctl: true });

export const sysctl: DirNode = dir({
  fs: dir({
    'file-max': show((reader) => reader.kernel.machine.filesMax),
    'file-nr': show((reader) => `${reader.kernel.vfs.files}\t0\t${reader.kernel.machine.filesMax}`),
    'inode-nr': fixed('0\t0'),
    'mount-max': fixed(MOUNTS_MAX),
    nr_open: fixed(NOFILE_HARD),
    'pipe-max-size': fixed(16 * PIPE_BYTES),
    protected_hardlinks: fixed(0),
    protected_symlinks: fixed(0),
  }),
  kernel: dir({
    cap_last_cap: fixed(CAP_LAST_CAP),
    core_pattern: fixed('core'),
    domainname: name('domainname'),
    hostname: name('nodename'),
    ngroups_max: fixed(NGROUPS_MAX),
    ns_last_pid: number((reader) => reader.nsproxy.pid.last, (writer, value) => {
      const ns = writer.nsproxy.pid;
      if (!capable(writer, CAP.SYS_ADMIN, ns.owner) && !capable(writer, CAP.CHECKPOINT_RESTORE, ns.owner)) {
        throw new SysError('EPERM');
      }
      ns.last = value;
    }, 0, 4194304, 0o666),
    osrelease: fixed(RELEASE),
    ostype: fixed(SYSNAME),
    overflowgid: fixed(65534),
    overflowuid: fixed(65534),
    pid_max: number((reader) => reader.nsproxy.pid.pidMax, (writer, value) => {
      writer.nsproxy.pid.pidMax = value;
    }, 301, 4194304),
    random: dir({
      boot_id: show((reader) => reader.kernel.bootId),
      entropy_avail: fixed(256),
      poolsize: fixed(256),
      uuid: show((reader) => uuid(reader.kernel)),
    }),
    'threads-max': show((reader) => reader.kernel.machine.tasksMax),
    tainted: fixed(0),
    version: fixed(VERSION),
  }),
  user: dir(Object.fromEntries(
    ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'].map((kind) => [`max_${kind}_namespaces`, fixed(NS_LEVEL_MAX ** 3)]),
  )),
  vm: dir({ overcommit_memory: fixed(0), swappiness: fixed(60) }),
});

/** A random UUID (RFC 4122, version 4). */
export function uuid(kernel: Kernel): string {
  const bytes = new Uint8Array(16);
  kernel.random(bytes);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
