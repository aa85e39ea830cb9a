// WASI preview1 and its older wasi_unstable, as a table over Linux's system calls. A WASI call has no kernel code of its
// own: its adapter turns the arguments into those of a row, and the row's result into WASI's errno and layouts. What the
// kernel does, filters and shows in --strace is the Linux call.

import type {Task} from '../../kernel/proc/task.ts';
import type {CallName} from '../../kernel/syscall/abi.ts';
import {
  fdAdvise, fdAllocate, fdClose, fdDatasync, fdPread, fdPwrite, fdRead, fdReaddir, fdRenumber, fdSeek, fdSync, fdTell,
  fdWrite, noSocket,
} from './fd.ts';
import {
  pathCreateDirectory, pathLink, pathOpen, pathReadlink, pathRemoveDirectory, pathRename, pathSymlink, pathUnlinkFile,
} from './path.ts';
import {pollOneoff} from './poll.ts';
import {fdPrestatDirName, fdPrestatGet} from './preopen.ts';
import {
  argsGet, argsSizesGet, clockResGet, clockTimeGet, environGet, environSizesGet, procExit, procRaise, randomGet,
  schedYield,
} from './process.ts';
import {errorOf} from './row.ts';
import {
  fdFdstatGet, fdFdstatSetFlags, fdFdstatSetRights, fdFilestatGet, fdFilestatSetSize, fdFilestatSetTimes,
  pathFilestatGet, pathFilestatSetTimes,
} from './stat.ts';

/** The first call number of WASI's; Linux's are the rows of the table, from 0 on. */
export const WASI_FIRST = 4096;
/** wasi_unstable has numbers of its own, since some layouts differ. */
const UNSTABLE = 64;

/** Takes the raw words of a call and answers WASI's errno or a mark. `old`: the caller imports wasi_unstable. */
type Adapt = (task: Task, words: Int32Array, old: boolean) => number;

export interface WasiCall {
  readonly name: string;
  /** The rows that it becomes; none where the adapter answers itself. */
  readonly rows: readonly CallName[];
  readonly adapt: Adapt;
}

const call = (name: string, rows: readonly CallName[], adapt: Adapt): WasiCall => ({name, rows, adapt});

export const wasiCalls: readonly WasiCall[] = [
  call('args_get', [], argsGet),
  call('args_sizes_get', [], argsSizesGet),
  call('environ_get', [], environGet),
  call('environ_sizes_get', [], environSizesGet),
  call('clock_res_get', ['clock_getres'], clockResGet),
  call('clock_time_get', ['clock_gettime'], clockTimeGet),
  call('fd_advise', [], fdAdvise),
  call('fd_allocate', ['fallocate'], fdAllocate),
  call('fd_close', ['close'], fdClose),
  call('fd_datasync', ['fdatasync'], fdDatasync),
  call('fd_fdstat_get', ['fcntl', 'fstat'], fdFdstatGet),
  call('fd_fdstat_set_flags', ['fcntl'], fdFdstatSetFlags),
  call('fd_fdstat_set_rights', [], fdFdstatSetRights),
  call('fd_filestat_get', ['fstat'], fdFilestatGet),
  call('fd_filestat_set_size', ['ftruncate'], fdFilestatSetSize),
  call('fd_filestat_set_times', ['utimensat'], fdFilestatSetTimes),
  call('fd_pread', ['preadv'], fdPread),
  call('fd_prestat_get', [], fdPrestatGet),
  call('fd_prestat_dir_name', [], fdPrestatDirName),
  call('fd_pwrite', ['pwritev'], fdPwrite),
  call('fd_read', ['readv'], fdRead),
  call('fd_readdir', ['lseek', 'getdents64'], fdReaddir),
  call('fd_renumber', ['dup2', 'close'], fdRenumber),
  call('fd_seek', ['lseek'], fdSeek),
  call('fd_sync', ['fsync'], fdSync),
  call('fd_tell', ['lseek'], fdTell),
  call('fd_write', ['writev'], fdWrite),
  call('path_create_directory', ['mkdirat'], pathCreateDirectory),
  call('path_filestat_get', ['newfstatat'], pathFilestatGet),
  call('path_filestat_set_times', ['utimensat'], pathFilestatSetTimes),
  call('path_link', ['linkat'], pathLink),
  call('path_open', ['openat'], pathOpen),
  call('path_readlink', ['readlinkat'], pathReadlink),
  call('path_remove_directory', ['unlinkat'], pathRemoveDirectory),
  call('path_rename', ['renameat2'], pathRename),
  call('path_symlink', ['symlinkat'], pathSymlink),
  call('path_unlink_file', ['unlinkat'], pathUnlinkFile),
  call('poll_oneoff', ['ppoll'], pollOneoff),
  call('proc_exit', ['exit_group'], procExit),
  call('proc_raise', ['getpid', 'kill'], procRaise),
  call('random_get', ['getrandom'], randomGet),
  call('sched_yield', ['sched_yield'], schedYield),
  call('sock_accept', ['fcntl'], noSocket),
  call('sock_recv', ['fcntl'], noSocket),
  call('sock_send', ['fcntl'], noSocket),
  call('sock_shutdown', ['fcntl'], noSocket),
];

const indices = new Map(wasiCalls.map(({name}, i) => [name, i]));

/** The number of a WASI import, or -1 for a module or name that is none. */
export function wasiNumber(module: string, name: string): number {
  const index = indices.get(name) ?? -1;
  if (index < 0) return -1;
  if (module === 'wasi_snapshot_preview1') return WASI_FIRST + index;
  return module === 'wasi_unstable' && name !== 'sock_accept' ? WASI_FIRST + UNSTABLE + index : -1;
}

/** The try of a WASI call, its words in `task.regs`: WASI's errno, or a mark. */
export function wasiTrap(task: Task, nr: number): number {
  const index = nr - WASI_FIRST;
  try {
    return wasiCalls[index % UNSTABLE]!.adapt(task, task.regs, index >= UNSTABLE);
  } catch (error) {
    return errorOf(error);
  }
}
