// Flags of mount(2), umount2(2) and statfs(2), asm-generic values.

export const MS = {
  RDONLY: 1, NOSUID: 2, NODEV: 4, NOEXEC: 8, SYNCHRONOUS: 0x10, REMOUNT: 0x20, MANDLOCK: 0x40, DIRSYNC: 0x80,
  NOSYMFOLLOW: 0x100, NOATIME: 0x400, NODIRATIME: 0x800, BIND: 0x1000, MOVE: 0x2000, REC: 0x4000, SILENT: 0x8000,
  UNBINDABLE: 0x20000, PRIVATE: 0x40000, SLAVE: 0x80000, SHARED: 0x100000, RELATIME: 0x200000, STRICTATIME: 0x1000000,
  LAZYTIME: 0x2000000,
} as const;

export const MNT = { FORCE: 1, DETACH: 2, EXPIRE: 4 } as const;
export const UMOUNT_NOFOLLOW = 8;

/** fsopen(2), fsconfig(2), fsmount(2), open_tree(2), move_mount(2). */
export const FSCONFIG = { SET_FLAG: 0, SET_STRING: 1, CMD_CREATE: 6, CMD_RECONFIGURE: 7 } as const;
export const FSOPEN_CLOEXEC = 1;
export const FSMOUNT_CLOEXEC = 1;
export const MOUNT_ATTR = { RDONLY: 1, NOSUID: 2, NODEV: 4, NOEXEC: 8, NOATIME: 0x10, STRICTATIME: 0x20,
  NODIRATIME: 0x80 } as const;
export const OPEN_TREE = { CLONE: 1, CLOEXEC: 0o2000000 } as const;
export const MOVE_MOUNT = { F_SYMLINKS: 1, F_EMPTY_PATH: 4, T_SYMLINKS: 0x10, T_EMPTY_PATH: 0x40 } as const;

/** f_type of statfs(2). */
export const MAGIC = {
  TMPFS: 0x01021994, PROC: 0x9fa0, SYSFS: 0x62656572, DEVPTS: 0x1cd1, CGROUP: 0x27e0eb, CGROUP2: 0x63677270,
  MQUEUE: 0x19800202, OVERLAY: 0x794c7630, PIPEFS: 0x50495045, NSFS: 0x6e736673, HOSTFS: 0x01021997,
} as const;
