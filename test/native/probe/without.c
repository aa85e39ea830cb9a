// without: runs a command for which some system calls always fail with one error, as on a kernel that has not got them, or
// under a policy that forbids them: a seccomp filter that the command and all its children inherit.
//
//   without NUMBER=ERRNO... -- CMD ARGS...      numbers, both

#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { most = 64 };

int main(int argc, char **argv) {
  struct sock_filter filter[2 * most + 2] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
  int length = 1, i = 1;
  for (; i < argc && strcmp(argv[i], "--") != 0 && i <= most; i++) {
    unsigned number, error;
    if (sscanf(argv[i], "%u=%u", &number, &error) != 2) return 2;
    filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
  }
  filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {length, filter};
  if (i + 1 >= argc) return 2;
  // Root may set a filter without no_new_privs, which would show inside the container.
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) {
      perror("without");
      return 1;
    }
  }
  execvp(argv[i + 1], argv + i + 1);
  perror(argv[i + 1]);
  return 127;
}
