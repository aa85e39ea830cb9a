// The limits of the emulated machine, with Linux's names where it has one.

/** What the machine has; /proc/meminfo, nproc, tmpfs defaults and EAGAIN/ENOMEM/ENFILE/ENOSPC follow from it. */
export interface Machine {
  readonly memoryBytes: number;
  readonly cpus: number;
  /** kernel.threads-max. */
  readonly tasksMax: number;
  readonly inodesMax: number;
  /** fs.file-max. */
  readonly filesMax: number;
}

export const defaultMachine: Machine = {
  memoryBytes: 512 * 1024 * 1024, cpus: 1, tasksMax: 4096, inodesMax: 1_000_000, filesMax: 65536,
};

export const NAME_MAX = 255;
export const PATH_MAX = 4096;
export const SYMLINKS_MAX = 40;
/** fs.mount-max: mounts of one namespace; Linux's default is 100,000. */
export const MOUNTS_MAX = 10_000;
export const PIPE_BUF = 4096;
export const PIPE_BYTES = 65536;
export const HOST_NAME_MAX = 64;
export const COMM_LEN = 16;
export const PID_MAX = 32768;
export const NGROUPS_MAX = 65536;
export const PAGE_SIZE = 4096;
/** MAX_PID_NS_LEVEL and the depth of user namespaces. */
export const NS_LEVEL_MAX = 32;
/** Soft and hard RLIMIT_NOFILE of a fresh machine. */
export const NOFILE_SOFT = 1024;
export const NOFILE_HARD = 1048576;
/** USER_HZ: ticks of times(2) and /proc/PID/stat. */
export const USER_HZ = 100;
