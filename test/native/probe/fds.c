// fds: the open descriptors, asked of the kernel by number, whatever lies at /proc. Then what signals it was born with.

#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

int main(void) {
  printf("open:");
  for (int fd = 0; fd < 4096; fd++) if (fcntl(fd, F_GETFD) >= 0) printf(" %d", fd);
  printf("\nignored:");
  for (int sig = 1; sig < 65; sig++) {
    struct sigaction old;
    if (sigaction(sig, 0, &old) == 0 && old.sa_handler == SIG_IGN) printf(" %d", sig);
  }
  sigset_t mask;
  sigprocmask(SIG_BLOCK, 0, &mask);
  printf("\nblocked:");
  for (int sig = 1; sig < 65; sig++) if (sigismember(&mask, sig) == 1) printf(" %d", sig);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  printf("\nnofile: %llu\n", (unsigned long long)files.rlim_cur);
  return 0;
}
