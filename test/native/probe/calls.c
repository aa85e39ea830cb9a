// calls: makes each of some system calls that a container's filter or its lack of powers should refuse, and prints
// `name: ok` or `name: ERRNO`. Arguments are mostly nonsense: whether the kernel looks at them at all is what is asked, and
// nothing must change where it is run with all powers.
//
//   calls [NAME...]      only these

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long unshare_user(void) { return unshare(CLONE_NEWUSER); }
static long unshare_mount(void) { return unshare(CLONE_NEWNS); }
static long clone_user(void) {
  long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) _exit(0);
  if (pid > 0) waitpid(pid, 0, 0);
  return pid;
}
// Size 0 is EINVAL where the call is known.
static long clone3_(void) { return syscall(SYS_clone3, 0, 0); }
static long setns_(void) {
  int fd = open("/proc/self/ns/uts", O_RDONLY);
  return setns(fd, 0);
}
// ENODEV where it may.
static long mount_(void) { return mount("none", "/", "nosuchfs", 0, 0); }
static long umount_(void) { return umount2("/nowhere", MNT_DETACH); }
static long pivot_root_(void) { return syscall(SYS_pivot_root, "/nowhere", "/nowhere"); }
static long open_tree_(void) { return syscall(SYS_open_tree, AT_FDCWD, "/", 1); }
static long fsopen_(void) { return syscall(SYS_fsopen, "tmpfs", 0); }
static long mount_setattr_(void) { return syscall(SYS_mount_setattr, -1, "", 0, 0, 0); }
static long keyctl_(void) { return syscall(SYS_keyctl, 0, -3, 0); }
static long add_key_(void) { return syscall(SYS_add_key, "nosuchtype", "twinbox", "x", 1, -3); }
static long request_key_(void) { return syscall(SYS_request_key, "user", "twinbox", 0, 0); }
static long bpf_(void) {
  union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
  return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
}
static long userfaultfd_(void) { return syscall(SYS_userfaultfd, 1); }
static long io_uring_setup_(void) {
  char params[120] = {0};
  return syscall(SYS_io_uring_setup, 1, params);
}
static long af_alg(void) { return socket(38, SOCK_SEQPACKET, 0); }
static long af_vsock(void) { return socket(40, SOCK_STREAM, 0); }
static long tiocsti(void) { return ioctl(0, TIOCSTI, "x"); }
// The kernel compares 32 bits of the command; a filter that compares 64 lets this one through.
static long tiocsti_high(void) { return syscall(SYS_ioctl, 0, 0x100000000UL | TIOCSTI, "x"); }
static long kexec_load_(void) { return syscall(SYS_kexec_load, 0, 0, 0, 0); }
static long init_module_(void) { return syscall(SYS_init_module, "", 0, ""); }
static long reboot_(void) { return syscall(SYS_reboot, 0, 0, 0, 0); }
static long swapon_(void) { return syscall(SYS_swapon, "/nowhere", 0); }
static long perf_event_open_(void) { return syscall(SYS_perf_event_open, 0, 0, -1, -1, 0); }
static long open_by_handle_at_(void) { return syscall(SYS_open_by_handle_at, -1, 0, 0); }
static long settimeofday_(void) {
  long never[2] = {-1, -1};
  return syscall(SYS_settimeofday, never, 0);
}
static long personality_(void) { return syscall(SYS_personality, 0x0040000); }
static long acct_(void) { return syscall(SYS_acct, "/nowhere"); }
static long quotactl_(void) { return syscall(SYS_quotactl, 0, 0, 0, 0); }
static long syslog_(void) { return syscall(SYS_syslog, 10, 0, 0); }
static long nfsservctl_(void) { return syscall(180, 0, 0, 0); }
static long lookup_dcookie_(void) { return syscall(212, 0, 0, 0); }

#ifdef __x86_64__
// The other two ways into an x86_64 kernel: the calls of i386 by int 0x80, and of x32 by a bit of the number.
static long i386(long number, long a, long b) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(0), "S"(0), "D"(0) : "memory", "r8", "r9", "r10", "r11");
  result = (int)result;
  if (result < 0 && result > -4096) {
    errno = -result;
    return -1;
  }
  return result;
}
static long i386_getpid(void) { return i386(20, 0, 0); }
static long i386_unshare(void) { return i386(310, CLONE_NEWUSER, 0); }
static long i386_keyctl(void) { return i386(288, 0, -3); }
static long i386_bpf(void) { return i386(357, 0, 0); }
static long i386_userfaultfd(void) { return i386(374, 1, 0); }
static long i386_socket_vsock(void) { return i386(359, 40, SOCK_STREAM); }
// socketcall(SYS_SOCKET, {AF_ALG, ...}) with its arguments below 4 GiB: where they lie does not matter to a filter.
static long i386_socketcall(void) {
  static unsigned args[3] = {38, SOCK_SEQPACKET, 0};
  return i386(102, 1, (long)(unsigned)(unsigned long)args);
}
static long x32_getpid(void) { return syscall(0x40000000 | SYS_getpid); }
static long x32_unshare(void) { return syscall(0x40000000 | SYS_unshare, CLONE_NEWUSER); }
static long x32_keyctl(void) { return syscall(0x40000000 | SYS_keyctl, 0, -3, 0); }
#endif

static const struct {
  const char *name;
  long (*call)(void);
} calls[] = {
  {"unshare_mount", unshare_mount}, {"clone_user", clone_user}, {"clone3", clone3_}, {"setns", setns_}, {"mount", mount_},
  {"umount", umount_}, {"pivot_root", pivot_root_}, {"open_tree", open_tree_}, {"fsopen", fsopen_},
  {"mount_setattr", mount_setattr_}, {"keyctl", keyctl_}, {"add_key", add_key_}, {"request_key", request_key_}, {"bpf", bpf_},
  {"userfaultfd", userfaultfd_}, {"io_uring_setup", io_uring_setup_}, {"af_alg", af_alg}, {"af_vsock", af_vsock},
  {"tiocsti", tiocsti}, {"tiocsti_high", tiocsti_high}, {"kexec_load", kexec_load_}, {"init_module", init_module_}, {"reboot", reboot_}, {"swapon", swapon_},
  {"perf_event_open", perf_event_open_}, {"open_by_handle_at", open_by_handle_at_}, {"settimeofday", settimeofday_},
  {"personality", personality_}, {"acct", acct_}, {"quotactl", quotactl_}, {"syslog", syslog_}, {"nfsservctl", nfsservctl_},
  {"lookup_dcookie", lookup_dcookie_},
#ifdef __x86_64__
  {"i386_getpid", i386_getpid}, {"i386_unshare", i386_unshare}, {"i386_keyctl", i386_keyctl}, {"i386_bpf", i386_bpf},
  {"i386_userfaultfd", i386_userfaultfd}, {"i386_socket_vsock", i386_socket_vsock}, {"i386_socketcall", i386_socketcall},
  {"x32_getpid", x32_getpid}, {"x32_unshare", x32_unshare}, {"x32_keyctl", x32_keyctl},
#endif
  {"unshare_user", unshare_user},
};

// In a child of its own: what one call changes does not help the next, and a signal is an answer.
static void one(const char *name, long (*call)(void)) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    errno = 0;
    long result = call();
    const char *error = strerrorname_np(errno);
    printf("%s: %s\n", name, result >= 0 ? "ok" : error ? error : "?");
    fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFSIGNALED(status)) printf("%s: %s\n", name, sigabbrev_np(WTERMSIG(status)));
}

int main(int argc, char **argv) {
  for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
    int wanted = argc < 2;
    for (int k = 1; k < argc; k++) wanted |= strcmp(argv[k], calls[i].name) == 0;
    if (wanted) one(calls[i].name, calls[i].call);
  }
  return 0;
}
