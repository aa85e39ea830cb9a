// docker's default profile, as facts: which calls a container's processes may make, by subject, and which more with a
// capability. The facts are those of moby/profiles, seccomp/default.json (Docker 29), which began as moby/moby,
// profiles/seccomp/default.json; names of other CPUs are left out. Everything that is not named answers EPERM, and that
// is what matters most: keyctl, add_key and request_key (keys are not in any namespace), userfaultfd (holds the kernel
// still in the middle of a copy), io_uring_* (makes calls that no filter sees), kexec, swapon, pivot_root, nfsservctl,
// vm86, and without CAP_SYS_ADMIN mount, unshare, setns and clone with new namespaces, the door to most of the kernel.
//
// Where it is ours:
// - ioctl TIOCSTI and TIOCLINUX answer EPERM: they type into the terminal that one was started from.
// - socketcall of i386 opens no socket: its arguments cannot be seen, so it would open the families that are forbidden.
//   That follows from decision.ts for every profile; programs use socket(2) since Linux 4.3.
// - x32 calls answer ENOSYS: few kernels have that ABI, hardly a program uses it, and it doubles what can be called.

import type { SeccompArg, SeccompProfile, SeccompRule } from './profile.ts';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);
const allow = (names: readonly string[], more: Omit<SeccompRule, 'names' | 'action'> = {}): SeccompRule =>
  ({ names, action: 'SCMP_ACT_ALLOW', ...more });

const file = words(`
  access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
  fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync flock fstat
  fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 lchown lchown32
  link linkat listmount _llseek lseek lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat
  openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv rename renameat
  renameat2 rmdir sendfile sendfile64 splice stat stat64 statfs statfs64 statmount statx symlink symlinkat sync
  sync_file_range syncfs tee truncate truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes vmsplice
  write writev`);
const attribute = words(`
  fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat llistxattr
  lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat`);
const wait = words(`
  epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2
  fanotify_mark inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents
  io_pgetevents io_pgetevents_time64 io_setup io_submit _newselect pipe pipe2 poll ppoll ppoll_time64 pselect6
  pselect6_time64 select signalfd signalfd4`);
const memory = words(`
  brk cachestat madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2
  mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages`);
const processes = words(`
  arch_prctl capget capset execve execveat exit exit_group fork futex futex_requeue futex_time64 futex_wait futex_waitv
  futex_wake getcpu getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp getpid
  getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit get_robust_list getrusage getsid
  get_thread_area gettid getuid getuid32 ioprio_get ioprio_set kill landlock_add_rule landlock_create_ruleset
  landlock_restrict_self modify_ldt pause pidfd_open pidfd_send_signal prctl prlimit64 process_mrelease
  restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
  rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam
  sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64
  sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp setfsgid setfsgid32 setfsuid
  setfsuid32 setgid setgid32 setgroups setgroups32 setpgid setpriority setregid setregid32 setresgid setresgid32
  setresuid setresuid32 setreuid setreuid32 setrlimit set_robust_list setsid set_thread_area set_tid_address setuid
  setuid32 sigaltstack sigprocmask sigreturn sysinfo tgkill tkill ugetrlimit uname uretprobe vfork wait4 waitid
  waitpid`);
// adjtimex and clock_adjtime read the clock; to set it they ask for CAP_SYS_TIME themselves.
const time = words(`
  adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
  clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create timer_delete
  timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime
  timerfd_gettime64 timerfd_settime timerfd_settime64 times`);
const communication = words(`
  accept accept4 bind connect getpeername getsockname getsockopt ipc listen mq_getsetattr mq_notify mq_open
  mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd recv
  recvfrom recvmmsg recvmmsg_time64 recvmsg semctl semget semop semtimedop semtimedop_time64 send sendmmsg sendmsg
  sendto setsockopt shmat shmctl shmdt shmget shutdown socketcall socketpair`);

/** What the kernel asks a capability for anyway, and without it is only more kernel within reach. */
const withCapability: Readonly<Record<string, string>> = {
  CAP_BPF: 'bpf',
  CAP_DAC_READ_SEARCH: 'open_by_handle_at',
  CAP_PERFMON: 'perf_event_open',
  CAP_SYSLOG: 'syslog',
  CAP_SYS_ADMIN: `
    bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules
    lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname
    sethostname setns syslog umount umount2 unshare`,
  CAP_SYS_BOOT: 'reboot',
  CAP_SYS_CHROOT: 'chroot',
  CAP_SYS_MODULE: 'delete_module finit_module init_module',
  CAP_SYS_NICE: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node',
  CAP_SYS_PACCT: 'acct',
  CAP_SYS_PTRACE: 'kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace',
  CAP_SYS_RAWIO: 'ioperm iopl',
  CAP_SYS_TIME: 'clock_settime clock_settime64 settimeofday stime',
  CAP_SYS_TTY_CONFIG: 'vhangup',
};

/**
 * Address families of socket(2), first and last. Left out are those that Linux has removed (DECnet 12, Econet 19,
 * ATMSVC 20, IrDA 23, Wanpipe 25, ISDN 34, CAIF 37), AF_ALG (38: the kernel's ciphers, with a history of holes) and
 * AF_VSOCK (40: leads to the virtual machine's host, past every network namespace), and what is yet to come.
 */
const families: readonly (readonly [first: number, last: number])[] =
  [[0, 11], [13, 18], [21, 22], [24, 24], [26, 33], [35, 36], [39, 39], [41, 45]];

/** PER_LINUX, PER_LINUX32, either with UNAME26, and the question what it is: no executable stack, no mapping of 0. */
const personalities = [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff];

const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET; NEWTIME is no flag of clone(2). */
const newNamespaces = 0x7e02_0000;
const ENOSYS = 38;

const withoutAdmin = { excludes: { caps: ['CAP_SYS_ADMIN'] } };

const argument = (index: number, op: SeccompArg['op'], value: number, valueTwo?: number): SeccompArg =>
  ({ index, op, value, ...(valueTwo !== undefined && { valueTwo }) });

export const defaultProfile: SeccompProfile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 1,
  architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_AARCH64'],
  syscalls: [
    allow([...file, ...attribute, ...wait, ...memory, ...processes, ...time, ...communication, 'ioctl']),
    // Before 4.8 a tracer could change a call after the filter had seen it.
    allow(['process_vm_readv', 'process_vm_writev', 'ptrace'], { includes: { minKernel: '4.8' } }),
    ...Object.entries(withCapability).map(([cap, names]) => allow(words(names), { includes: { caps: [cap] } })),
    ...families.map(([first, last]) =>
      allow(['socket'], { args: [argument(0, 'SCMP_CMP_GE', first), argument(0, 'SCMP_CMP_LE', last)] })),
    ...personalities.map((persona) => allow(['personality'], { args: [argument(0, 'SCMP_CMP_EQ', persona)] })),
    ...[TIOCSTI, TIOCLINUX].map((request): SeccompRule => ({
      names: ['ioctl'], action: 'SCMP_ACT_ERRNO', errnoRet: 1,
      // The request is an unsigned int: its upper half does not count.
      args: [argument(1, 'SCMP_CMP_MASKED_EQ', 0xffff_ffff, request)],
    })),
    allow(['clone'], { args: [argument(0, 'SCMP_CMP_MASKED_EQ', newNamespaces, 0)], ...withoutAdmin }),
    // Its flags lie behind a pointer. A libc that is told ENOSYS uses clone(2); told EPERM it gives up.
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS, ...withoutAdmin },
  ],
};
