// The call that containers begin with, in C: clone(main, stack, CLONE_NEWPID | SIGCHLD, arg). The child believes that it is
// PID 1; its parent knows it by another number.

#include "linux.h"

#include <stdio.h>
#include <stdlib.h>

static int child(int arg) {
  printf("child:  my PID is %d, my parent is %d\n", sys_getpid(), sys_getppid());
  fflush(stdout);
  return arg;
}

int main(void) {
  enum { STACK = 65536 };
  char *stack = malloc(STACK);
  printf("parent: my PID is %d\n", sys_getpid());
  fflush(stdout);
  int pid = sys_clone(child, (unsigned)stack + STACK, LINUX_CLONE_NEWPID | LINUX_SIGCHLD, 7);
  if (pid < 0) {
    printf("parent: clone answers %d\n", pid);
    return 1;
  }
  int status;
  int waited = sys_wait4(pid, &status, 0, NULL);
  printf("parent: child %s, exited with %d\n", waited == pid ? "waited for" : "lost", LINUX_WEXITSTATUS(status));
  return 0;
}
