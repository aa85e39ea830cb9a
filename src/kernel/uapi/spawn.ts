// The numbers of twinbox's own call `spawn`: posix_spawn(3) done by the kernel. Linux has no such call.

/** spawn_action.op: what posix_spawn_file_actions_add* would add. */
export const SPAWN_ACTION = { OPEN: 1, DUP2: 2, CLOSE: 3, CHDIR: 4, FCHDIR: 5 } as const;

/** spawn_attr.flags: which attributes are set. SETFG also makes the new group the foreground group of `tty_fd`. */
export const SPAWN = { SETPGID: 1, SETSID: 2, SETSIGMASK: 4, SETSIGDEF: 8, SETFG: 16, CGROUP: 32 } as const;
