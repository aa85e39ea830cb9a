// What a program of the wild does, by wasi-libc, and what only Linux's calls do: arguments, environment, standard streams,
// files, a pipe to a child, a handler of a signal, an exit code.

#include "linux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int got = 0;

static void handler(int number) {
  got = number;
}

static int writer(int fd) {
  static const char text[] = "through a pipe";
  sys_write(fd, text, sizeof text - 1);
  return 3;
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) printf("argument %d: %s\n", i, argv[i]);
  const char *name = getenv("WHO");
  printf("environment: %s\n", name ? name : "(none)");

  char line[64];
  while (fgets(line, sizeof line, stdin)) printf("input: %s", line);

  FILE *file = fopen("/tmp/made-in-c", "w");
  if (!file) return 1;
  fprintf(file, "%d lines\n", 1);
  fclose(file);

  struct LINUX_int2 ends;
  if (sys_pipe2(&ends, 0) < 0) return 1;
  fflush(stdout);
  char *stack = malloc(65536);
  int pid = sys_clone(writer, (unsigned)stack + 65536, LINUX_SIGCHLD, ends.value[1]);
  sys_close(ends.value[1]);
  char text[32] = "";
  int size = sys_read(ends.value[0], text, sizeof text - 1);
  int status;
  sys_wait4(pid, &status, 0, NULL);
  printf("pipe: %.*s, the child exited with %d\n", size, text, LINUX_WEXITSTATUS(status));

  struct LINUX_sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = (unsigned)handler;
  sys_rt_sigaction(LINUX_SIGUSR1, &action, NULL);
  sys_kill(sys_getpid(), LINUX_SIGUSR1);
  printf("signal: %s\n", got == LINUX_SIGUSR1 ? "USR1" : "none");
  if (argc > 1 && strcmp(argv[1], "wait") == 0) {
    fflush(stdout);
    sys_pause();
  }
  return 42;
}
