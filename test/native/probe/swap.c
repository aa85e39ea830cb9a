// swap: exchanges two names without end, by renameat2(2) RENAME_EXCHANGE, so that whoever looks a path up twice gets two
// answers. It runs until it is killed.
//
//   swap ONE OTHER

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE)) {
    perror("swap");
    return 1;
  }
  puts("ready");
  fflush(stdout);
  pid_t parent = getppid();
  for (unsigned long i = 1;; i++) {
    renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE);
    if (i % 1024 == 0 && getppid() != parent) return 0;
  }
}
