// POSIX as pjdfstest's probe uses it, over include/linux.h: force-included before the probe, so that wasi-libc's own
// headers are read first and what they lack or number otherwise is replaced here. Error numbers become wasi-libc's.

#include "linux.h"

// Before sys/stat.h makes macros of these names.
static void posix_times(const struct LINUX_stat *from, long long *times) {
  times[0] = from->st_atime;
  times[1] = from->st_atime_nsec;
  times[2] = from->st_mtime;
  times[3] = from->st_mtime_nsec;
  times[4] = from->st_ctime;
  times[5] = from->st_ctime_nsec;
}

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#define HAVE_OPENAT 1
#define HAVE_UNLINKAT 1
#define HAVE_MKDIRAT 1
#define HAVE_LINKAT 1
#define HAVE_SYMLINKAT 1
#define HAVE_RENAMEAT 1
#define HAVE_MKFIFOAT 1
#define HAVE_MKNODAT 1
#define HAVE_FCHMODAT 1
#define HAVE_FCHOWNAT 1
#define HAVE_FSTATAT 1
#define HAVE_UTIMENSAT 1
#define HAVE_STRUCT_STAT_ST_ATIM 1
#define HAVE_STRUCT_STAT_ST_MTIM 1
#define HAVE_STRUCT_STAT_ST_CTIM 1

// Modes and types.
#undef S_IFMT
#undef S_IFSOCK
#undef S_IFLNK
#undef S_IFREG
#undef S_IFBLK
#undef S_IFDIR
#undef S_IFCHR
#undef S_IFIFO
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFLNK 0120000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFIFO 0010000
#undef S_ISUID
#undef S_ISGID
#undef S_ISVTX
#define S_ISUID 04000
#define S_ISGID 02000
#define S_ISVTX 01000
#undef ALLPERMS
#define ALLPERMS 07777

// Flags of open and the like.
#undef O_RDONLY
#undef O_WRONLY
#undef O_RDWR
#undef O_CREAT
#undef O_EXCL
#undef O_NOCTTY
#undef O_TRUNC
#undef O_APPEND
#undef O_NONBLOCK
#undef O_DIRECTORY
#undef O_NOFOLLOW
#undef O_SYNC
#undef O_DIRECT
#define O_RDONLY 0
#define O_WRONLY LINUX_O_WRONLY
#define O_RDWR LINUX_O_RDWR
#define O_CREAT LINUX_O_CREAT
#define O_EXCL LINUX_O_EXCL
#define O_NOCTTY LINUX_O_NOCTTY
#define O_TRUNC LINUX_O_TRUNC
#define O_APPEND LINUX_O_APPEND
#define O_NONBLOCK LINUX_O_NONBLOCK
#define O_DIRECTORY LINUX_O_DIRECTORY
#define O_NOFOLLOW LINUX_O_NOFOLLOW
#undef AT_FDCWD
#undef AT_REMOVEDIR
#undef AT_SYMLINK_FOLLOW
#undef AT_SYMLINK_NOFOLLOW
#define AT_FDCWD LINUX_AT_FDCWD
#define AT_REMOVEDIR LINUX_AT_REMOVEDIR
#define AT_SYMLINK_FOLLOW LINUX_AT_SYMLINK_FOLLOW
#define AT_SYMLINK_NOFOLLOW LINUX_AT_SYMLINK_NOFOLLOW
#undef UTIME_NOW
#undef UTIME_OMIT
#define UTIME_NOW 0x3fffffff
#define UTIME_OMIT 0x3ffffffe

#define makedev(major, minor) ((unsigned)((((major) & 0xfff) << 8) | ((minor) & 0xff) | (((minor) & 0xfff00) << 12)))
#define major(dev) (((dev) >> 8) & 0xfff)
#define minor(dev) (((dev) & 0xff) | (((dev) >> 12) & 0xfff00))

static int answer(int result) {
  static const short numbers[][2] = {
    {LINUX_EPERM, EPERM}, {LINUX_ENOENT, ENOENT}, {LINUX_EINTR, EINTR}, {LINUX_EIO, EIO}, {LINUX_ENXIO, ENXIO},
    {LINUX_EBADF, EBADF}, {LINUX_EAGAIN, EAGAIN}, {LINUX_ENOMEM, ENOMEM}, {LINUX_EACCES, EACCES}, {LINUX_EFAULT, EFAULT},
    {LINUX_EBUSY, EBUSY}, {LINUX_EEXIST, EEXIST}, {LINUX_EXDEV, EXDEV}, {LINUX_ENODEV, ENODEV}, {LINUX_ENOTDIR, ENOTDIR},
    {LINUX_EISDIR, EISDIR}, {LINUX_EINVAL, EINVAL}, {LINUX_ENFILE, ENFILE}, {LINUX_EMFILE, EMFILE}, {LINUX_ENOTTY, ENOTTY},
    {LINUX_ETXTBSY, ETXTBSY}, {LINUX_EFBIG, EFBIG}, {LINUX_ENOSPC, ENOSPC}, {LINUX_ESPIPE, ESPIPE}, {LINUX_EROFS, EROFS},
    {LINUX_EMLINK, EMLINK}, {LINUX_EPIPE, EPIPE}, {LINUX_ERANGE, ERANGE}, {LINUX_ENAMETOOLONG, ENAMETOOLONG},
    {LINUX_ENOSYS, ENOSYS}, {LINUX_ENOTEMPTY, ENOTEMPTY}, {LINUX_ELOOP, ELOOP}, {LINUX_EOVERFLOW, EOVERFLOW},
    {LINUX_EOPNOTSUPP, EOPNOTSUPP}, {LINUX_EDQUOT, EDQUOT},
  };
  if (result >= 0) return result;
  errno = -result;
  for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) if (numbers[i][0] == -result) errno = numbers[i][1];
  return -1;
}

// A path as pointer and length; what is no address keeps its pointer, for the kernel to refuse.
#define PATH(p) (p), ((p) == NULL || (unsigned long)(p) == 0xdeadc0de ? 1 : strlen(p))

static int posix_stat(int dir, const char *path, struct stat *st, int flags) {
  struct LINUX_stat from;
  int result = flags == -1 ? sys_fstat(dir, &from) : sys_newfstatat(dir, PATH(path), &from, flags);
  if (result < 0) return answer(result);
  memset(st, 0, sizeof *st);
  st->st_dev = from.st_dev;
  st->st_ino = from.st_ino;
  st->st_mode = from.st_mode;
  st->st_nlink = from.st_nlink;
  st->st_uid = from.st_uid;
  st->st_gid = from.st_gid;
  st->st_rdev = from.st_rdev;
  st->st_size = from.st_size;
  st->st_blocks = from.st_blocks;
  long long times[6];
  posix_times(&from, times);
  st->st_atim = (struct timespec){times[0], times[1]};
  st->st_mtim = (struct timespec){times[2], times[3]};
  st->st_ctim = (struct timespec){times[4], times[5]};
  return 0;
}

static int posix_utimensat(int dir, const char *path, const struct timespec *times, int flags) {
  struct LINUX_timespec both[2] = {{times[0].tv_sec, times[0].tv_nsec}, {times[1].tv_sec, times[1].tv_nsec}};
  return answer(sys_utimensat(dir, PATH(path), both, 2, flags));
}

static int posix_open(int dir, const char *path, int flags, mode_t mode) {
  return answer(sys_openat(dir, PATH(path), flags, mode));
}

// Linux's pathconf is the C library's knowledge of limits.
static long posix_pathconf(int name) {
  return name == _PC_LINK_MAX ? 127 : name == _PC_NAME_MAX ? 255 : name == _PC_PATH_MAX ? 4096 : -1;
}

#define OPEN_MODE(dir, path, flags, mode, ...) posix_open(dir, path, flags, mode)
#define open(path, ...) OPEN_MODE(AT_FDCWD, path, __VA_ARGS__, 0)
#define openat(dir, path, ...) OPEN_MODE(dir, path, __VA_ARGS__, 0)
#define close(fd) answer(sys_close(fd))
#define stat(path, st) posix_stat(AT_FDCWD, path, st, 0)
#define lstat(path, st) posix_stat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW)
#define fstat(fd, st) posix_stat(fd, NULL, st, -1)
#define fstatat(dir, path, st, flags) posix_stat(dir, path, st, flags)
#define unlink(path) answer(sys_unlinkat(AT_FDCWD, PATH(path), 0))
#define unlinkat(dir, path, flags) answer(sys_unlinkat(dir, PATH(path), flags))
#define rmdir(path) answer(sys_unlinkat(AT_FDCWD, PATH(path), AT_REMOVEDIR))
#define mkdir(path, mode) answer(sys_mkdirat(AT_FDCWD, PATH(path), mode))
#define mkdirat(dir, path, mode) answer(sys_mkdirat(dir, PATH(path), mode))
#define link(from, to) answer(sys_linkat(AT_FDCWD, PATH(from), AT_FDCWD, PATH(to), 0))
#define linkat(dir, from, dir2, to, flags) answer(sys_linkat(dir, PATH(from), dir2, PATH(to), flags))
#define symlink(from, to) answer(sys_symlinkat(PATH(from), AT_FDCWD, PATH(to)))
#define symlinkat(from, dir, to) answer(sys_symlinkat(PATH(from), dir, PATH(to)))
#define rename(from, to) answer(sys_renameat2(AT_FDCWD, PATH(from), AT_FDCWD, PATH(to), 0))
#define renameat(dir, from, dir2, to) answer(sys_renameat2(dir, PATH(from), dir2, PATH(to), 0))
#define mknod(path, mode, dev) answer(sys_mknodat(AT_FDCWD, PATH(path), mode, dev))
#define mknodat(dir, path, mode, dev) answer(sys_mknodat(dir, PATH(path), mode, dev))
#define mkfifo(path, mode) mknod(path, (mode) | S_IFIFO, 0)
#define mkfifoat(dir, path, mode) mknodat(dir, path, (mode) | S_IFIFO, 0)
#define chmod(path, mode) answer(sys_fchmodat2(AT_FDCWD, PATH(path), mode, 0))
#define fchmod(fd, mode) answer(sys_fchmod(fd, mode))
#define fchmodat(dir, path, mode, flags) answer(sys_fchmodat2(dir, PATH(path), mode, flags))
#define chown(path, uid, gid) answer(sys_fchownat(AT_FDCWD, PATH(path), uid, gid, 0))
#define lchown(path, uid, gid) answer(sys_fchownat(AT_FDCWD, PATH(path), uid, gid, AT_SYMLINK_NOFOLLOW))
#define fchown(fd, uid, gid) answer(sys_fchown(fd, uid, gid))
#define fchownat(dir, path, uid, gid, flags) answer(sys_fchownat(dir, PATH(path), uid, gid, flags))
#define truncate(path, length) answer(sys_truncate(PATH(path), length))
#define ftruncate(fd, length) answer(sys_ftruncate(fd, length))
#define pathconf(path, name) posix_pathconf(name)
#define fpathconf(fd, name) posix_pathconf(name)
#define pread(fd, at, count, offset) answer(sys_pread64(fd, at, count, offset))
#define pwrite(fd, at, count, offset) answer(sys_pwrite64(fd, at, count, offset))
#define write(fd, at, count) answer(sys_write(fd, at, count))
#define utimensat posix_utimensat
#define umask(mask) sys_umask(mask)
#define setuid(uid) answer(sys_setuid(uid))
#define setegid(gid) answer(sys_setresgid(-1, gid, -1))
#define setgroups(count, list) answer(sys_setgroups(list, (count) * sizeof *(list)))
#undef _SC_NGROUPS_MAX
#define _SC_NGROUPS_MAX 3
#define sysconf(name) 65536L

// There are no sockets; the file that bind(2) makes is made by mknod(2), with a socket's default mode.
struct posix_un {
  sa_family_t sun_family;
  char sun_path[108];
};
#define sockaddr_un posix_un
#undef SOCK_STREAM
#define SOCK_STREAM 1
#undef AF_UNIX
#define AF_UNIX 1
#define socket(family, type, protocol) 1000
#define bind(fd, address, size) answer(sys_mknodat(AT_FDCWD, PATH(((struct posix_un *)(address))->sun_path), S_IFSOCK | 0777, 0))
#define connect(fd, address, size) answer(-LINUX_EOPNOTSUPP)
