// watch: lies in wait in a container for processes that appear, and tries to get at each at once: to attach to it, to list
// and open its descriptors, to read its memory, to write to its program. It prints what it got of processes whose program
// is not of the container, that is, of whoever was still on the way in.
//
//   watch SECONDS      `seen N`, `denied N`, then a line for each catch

#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long seen, denied, caught;

// A memfd or a path that leads nowhere here is the helper, or the host's node: not ours.
static int stranger(const char *exe) {
  struct stat st;
  if (strstr(exe, "memfd:") || strstr(exe, "node") || strstr(exe, "(deleted)")) return 1;
  return stat(exe, &st) != 0;
}

// It may have become the container's own program since it was looked at: then there is nothing to hide.
static void catch(const char *what, int pid) {
  char path[64], exe[256];
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  ssize_t length = readlink(path, exe, sizeof exe - 1);
  if (length < 0 && errno != EACCES && errno != EPERM) return;
  exe[length < 0 ? 0 : length] = 0;
  if (length >= 0 && !stranger(exe)) return;
  if (++caught <= 20) printf("caught: %s of %d (%s)\n", what, pid, length < 0 ? "hidden" : exe);
}

static void try(int pid) {
  char path[64], exe[256];
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  ssize_t length = readlink(path, exe, sizeof exe - 1);
  if (length < 0) {
    if (errno == EACCES || errno == EPERM) {
      denied++;
      snprintf(path, sizeof path, "/proc/%d/fd", pid);
      DIR *dir = opendir(path);
      // The names of descriptors are root's to list; what they lead to is not.
      for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char target[256];
        if (!isdigit(entry->d_name[0])) continue;
        if (readlinkat(dirfd(dir), entry->d_name, target, sizeof target) >= 0) catch("a descriptor's target", pid);
        int fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_NONBLOCK);
        if (fd >= 0) catch("a descriptor", pid);
        if (fd >= 0) close(fd);
      }
      if (dir) closedir(dir);
      snprintf(path, sizeof path, "/proc/%d/mem", pid);
      int fd = open(path, O_RDONLY);
      if (fd >= 0) catch("memory", pid);
      if (fd >= 0) close(fd);
      if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0) {
        catch("the process itself (ptrace)", pid);
        ptrace(PTRACE_DETACH, pid, 0, 0);
      }
    }
    return;
  }
  exe[length] = 0;
  if (!stranger(exe)) return;
  catch("the program's name", pid);
  int fd = open(path, O_WRONLY);
  if (fd >= 0) catch("the program, to write", pid);
}

int main(int argc, char **argv) {
  static unsigned char known[1 << 22];
  int self = getpid();
  time_t end = time(0) + (argc > 1 ? atoi(argv[1]) : 1);
  puts("ready");
  fflush(stdout);
  while (time(0) < end) {
    DIR *proc = opendir("/proc");
    if (!proc) return 1;
    for (struct dirent *entry; (entry = readdir(proc));) {
      int pid = atoi(entry->d_name);
      if (!isdigit(entry->d_name[0]) || pid == self || pid == 1) continue;
      if (!known[pid & (sizeof known - 1)]) seen++;
      known[pid & (sizeof known - 1)] = 1;
      try(pid);
    }
    closedir(proc);
  }
  printf("seen %ld\ndenied %ld\ncaught %ld\n", seen, denied, caught);
  return 0;
}
