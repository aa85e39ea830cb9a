// init: a minimal first process, for scripts that stand for the machine. It runs one program as a child in a process
// group of its own, reaps whatever is orphaned, and ends with that child's status.
//
//   init -- CMD ARGS...

#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
  if (first >= argc) return 125;
  pid_t child = fork();
  if (child < 0) return 126;
  if (child == 0) {
    setpgid(0, 0);
    execvp(argv[first], argv + first);
    _exit(127);
  }
  for (;;) {
    int status;
    pid_t gone = waitpid(-1, &status, 0);
    if (gone == child) return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (gone < 0 && errno != EINTR) return 126;
  }
}
