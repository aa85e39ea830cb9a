//! System calls: one function for each, without policy, and everything else that cannot be written in safe Rust. It is
//! the only file of the helper with unsafe code.
//!
//! The functions are safe to call. Memory goes in and out as slices, strings as `CStr`; a descriptor is a plain number,
//! since a wrong one is an errno and no undefined behaviour. No libc is below: what the compiler wants of one (memcpy,
//! strlen) is at the end, with the entry point.

use core::arch::asm;
use core::ffi::CStr;
use core::mem::{size_of, size_of_val};
use core::ptr::{null, null_mut};

use crate::abi::*;
use crate::errno::{E2BIG, EINVAL, ERANGE, Errno, Result, fail};
use crate::number as nr;

/// A file descriptor. -1 is none.
pub type Fd = i32;

// The call itself.

/// The result as the kernel gives it. Not inlined: each of the many wrappers then only sets registers, which is most of
/// what the helper consists of.
///
/// # Safety
/// Every pointer among the arguments comes from a reference that lives across the call.
#[cfg(target_arch = "x86_64")]
#[inline(never)]
unsafe fn raw(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, number: usize) -> isize {
    let result: isize;
    unsafe {
        asm!("syscall", inlateout("rax") number as isize => result, in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d,
             in("r8") e, in("r9") f, lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    result
}

#[cfg(target_arch = "aarch64")]
#[inline(never)]
unsafe fn raw(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, number: usize) -> isize {
    let result: isize;
    unsafe {
        asm!("svc 0", in("x8") number, inlateout("x0") a as isize => result, in("x1") b, in("x2") c, in("x3") d,
             in("x4") e, in("x5") f, options(nostack));
    }
    result
}

#[inline(always)]
fn checked<const N: usize>(number: usize, given: [usize; N]) -> Result<usize> {
    let argument = |n: usize| given.get(n).copied().unwrap_or(0);
    // SAFETY: the callers are below, and pass what was made from their own references.
    let result = unsafe { raw(argument(0), argument(1), argument(2), argument(3), argument(4), argument(5), number) };
    if (-4095..0).contains(&result) { Err(Errno::of(-result as i32, number)) } else { Ok(result as usize) }
}

/// A system call with up to six arguments, each turned to a machine word.
macro_rules! call {
    ($number:expr $(, $argument:expr)*) => {
        checked($number, [$($argument as usize),*])
    };
}

fn unit(result: Result<usize>) -> Result<()> {
    result.map(|_| ())
}

fn as_fd(result: Result<usize>) -> Result<Fd> {
    result.map(|fd| fd as Fd)
}

fn optional(string: Option<&CStr>) -> *const u8 {
    string.map_or(null(), |string| string.as_ptr().cast())
}

/// Repeats a call that a signal has interrupted.
pub fn retry<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match attempt() {
            Err(error) if error == crate::errno::EINTR => continue,
            result => return result,
        }
    }
}

/// A descriptor that is closed when it goes out of scope.
pub struct Owned(Fd);

impl Owned {
    pub fn new(fd: Fd) -> Owned {
        Owned(fd)
    }

    pub fn fd(&self) -> Fd {
        self.0
    }

    /// Keeps it open.
    pub fn keep(self) -> Fd {
        let fd = self.0;
        core::mem::forget(self);
        fd
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        close(self.0);
    }
}

// Files.

pub fn read(fd: Fd, into: &mut [u8]) -> Result<usize> {
    call!(nr::READ, fd, into.as_mut_ptr(), into.len())
}

pub fn write(fd: Fd, bytes: &[u8]) -> Result<usize> {
    call!(nr::WRITE, fd, bytes.as_ptr(), bytes.len())
}

pub fn pread(fd: Fd, into: &mut [u8], offset: u64) -> Result<usize> {
    call!(nr::PREAD64, fd, into.as_mut_ptr(), into.len(), offset)
}

pub fn pwrite(fd: Fd, bytes: &[u8], offset: u64) -> Result<usize> {
    call!(nr::PWRITE64, fd, bytes.as_ptr(), bytes.len(), offset)
}

/// Nothing can be done about an error of close(2), so there is none.
pub fn close(fd: Fd) {
    let _ = call!(nr::CLOSE, fd);
}

pub fn openat(dir: Fd, path: &CStr, flags: i32, mode: u32) -> Result<Fd> {
    as_fd(call!(nr::OPENAT, dir, path.as_ptr(), flags, mode))
}

pub fn openat2(dir: Fd, path: &CStr, flags: i32, mode: u32, resolve: u64) -> Result<Fd> {
    let how: [u64; 3] = [flags as u64, mode as u64, resolve];
    as_fd(call!(nr::OPENAT2, dir, path.as_ptr(), how.as_ptr(), size_of_val(&how)))
}

pub fn mkdirat(dir: Fd, path: &CStr, mode: u32) -> Result<()> {
    unit(call!(nr::MKDIRAT, dir, path.as_ptr(), mode))
}

pub fn mknodat(dir: Fd, path: &CStr, mode: u32, device: u64) -> Result<()> {
    unit(call!(nr::MKNODAT, dir, path.as_ptr(), mode, device))
}

pub fn symlinkat(target: &CStr, dir: Fd, path: &CStr) -> Result<()> {
    unit(call!(nr::SYMLINKAT, target.as_ptr(), dir, path.as_ptr()))
}

/// The target's bytes, without a NUL.
pub fn readlinkat<'a>(dir: Fd, path: &CStr, into: &'a mut [u8]) -> Result<&'a [u8]> {
    let length = call!(nr::READLINKAT, dir, path.as_ptr(), into.as_mut_ptr(), into.len())?;
    into.get(..length).ok_or(Errno::of(ERANGE, nr::READLINKAT))
}

pub fn unlinkat(dir: Fd, path: &CStr, flags: i32) -> Result<()> {
    unit(call!(nr::UNLINKAT, dir, path.as_ptr(), flags))
}

pub fn fchmod(fd: Fd, mode: u32) -> Result<()> {
    unit(call!(nr::FCHMOD, fd, mode))
}

pub fn fchmodat(dir: Fd, path: &CStr, mode: u32) -> Result<()> {
    unit(call!(nr::FCHMODAT, dir, path.as_ptr(), mode))
}

pub fn fchown(fd: Fd, uid: u32, gid: u32) -> Result<()> {
    unit(call!(nr::FCHOWN, fd, uid, gid))
}

pub fn fchownat(dir: Fd, path: &CStr, uid: u32, gid: u32, flags: i32) -> Result<()> {
    unit(call!(nr::FCHOWNAT, dir, path.as_ptr(), uid, gid, flags))
}

pub fn ftruncate(fd: Fd, length: u64) -> Result<()> {
    unit(call!(nr::FTRUNCATE, fd, length))
}

pub fn flock(fd: Fd, operation: i32) -> Result<()> {
    unit(call!(nr::FLOCK, fd, operation))
}

/// Directory entries as struct linux_dirent64; 0 at the end.
pub fn getdents64(fd: Fd, into: &mut [u8]) -> Result<usize> {
    call!(nr::GETDENTS64, fd, into.as_mut_ptr(), into.len())
}

pub fn fcntl(fd: Fd, command: i32, argument: i32) -> Result<i32> {
    call!(nr::FCNTL, fd, command, argument).map(|value| value as i32)
}

pub fn dup3(from: Fd, to: Fd, flags: i32) -> Result<()> {
    unit(call!(nr::DUP3, from, to, flags))
}

/// Read end, write end.
pub fn pipe2(flags: i32) -> Result<[Fd; 2]> {
    let mut ends = [-1; 2];
    call!(nr::PIPE2, ends.as_mut_ptr(), flags)?;
    Ok(ends)
}

pub fn close_range(first: u32, last: u32, flags: u32) -> Result<()> {
    unit(call!(nr::CLOSE_RANGE, first, last, flags))
}

pub fn memfd_create(name: &CStr, flags: u32) -> Result<Fd> {
    as_fd(call!(nr::MEMFD_CREATE, name.as_ptr(), flags))
}

pub fn splice(from: Fd, to: Fd, length: usize, flags: u32) -> Result<usize> {
    call!(nr::SPLICE, from, 0, to, 0, length, flags)
}

/// What statx(2) says of a file.
#[derive(Clone, Copy, Default, Debug)]
pub struct Stat {
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub inode: u64,
    pub size: u64,
    pub mtime_ns: i64,
    /// Of a device node.
    pub major: u32,
    pub minor: u32,
    /// Of the file system.
    pub device: (u32, u32),
    /// The number of the mount.
    pub mount: u64,
}

impl Stat {
    /// The same file by the same mount.
    pub fn same_place(&self, other: &Stat) -> bool {
        (self.mount, self.inode, self.device) == (other.mount, other.inode, other.device)
    }

    pub fn is(&self, kind: u32) -> bool {
        self.mode & S_IFMT == kind
    }
}

/// With an empty path the file that `dir` is.
pub fn statx(dir: Fd, path: &CStr, flags: i32) -> Result<Stat> {
    // struct statx is 256 bytes; STATX_BASIC_STATS and STATX_MNT_ID.
    let mut words = [0u32; 64];
    call!(nr::STATX, dir, path.as_ptr(), flags | AT_EMPTY_PATH, 0x17ff, words.as_mut_ptr())?;
    let wide = |at: usize| words[at] as u64 | (words[at + 1] as u64) << 32;
    Ok(Stat {
        uid: words[5],
        gid: words[6],
        mode: words[7] & 0xffff,
        inode: wide(8),
        size: wide(10),
        mtime_ns: (wide(28) as i64).wrapping_mul(1_000_000_000).wrapping_add(words[30] as i64),
        major: words[32],
        minor: words[33],
        device: (words[34], words[35]),
        mount: wide(36),
    })
}

pub fn fstat(fd: Fd) -> Result<Stat> {
    statx(fd, c"", 0)
}

/// The magic number of the file system.
pub fn fstatfs(fd: Fd) -> Result<i64> {
    let mut words = [0i64; 16];
    call!(nr::FSTATFS, fd, words.as_mut_ptr())?;
    Ok(words[0])
}

/// The flags of the mount (f_flags): ST_RDONLY, ST_NOSUID, ST_NODEV, ST_NOEXEC have the bits of MS_*.
pub fn mount_flags(fd: Fd) -> Result<u64> {
    let mut words = [0u64; 16];
    call!(nr::FSTATFS, fd, words.as_mut_ptr())?;
    Ok(words[10])
}

pub fn statfs(path: &CStr) -> Result<i64> {
    let mut words = [0i64; 16];
    call!(nr::STATFS, path.as_ptr(), words.as_mut_ptr())?;
    Ok(words[0])
}

pub fn umask(mask: u32) -> u32 {
    call!(nr::UMASK, mask).unwrap_or(0) as u32
}

pub fn chdir(path: &CStr) -> Result<()> {
    unit(call!(nr::CHDIR, path.as_ptr()))
}

pub fn fchdir(fd: Fd) -> Result<()> {
    unit(call!(nr::FCHDIR, fd))
}

pub fn chroot(path: &CStr) -> Result<()> {
    unit(call!(nr::CHROOT, path.as_ptr()))
}

/// The path with its NUL; it begins with "(unreachable)" outside the root.
pub fn getcwd(into: &mut [u8]) -> Result<&[u8]> {
    let length = call!(nr::GETCWD, into.as_mut_ptr(), into.len())?;
    into.get(..length).ok_or(Errno::of(ERANGE, nr::GETCWD))
}

/// glibc's makedev(3), which is what the kernel takes.
pub fn makedev(major: u32, minor: u32) -> u64 {
    (minor & 0xff) as u64 | ((major & 0xfff) as u64) << 8 | ((minor & !0xff) as u64) << 12
}

// Mounts.

pub fn mount(source: Option<&CStr>, target: &CStr, kind: Option<&CStr>, flags: u64, data: Option<&CStr>) -> Result<()> {
    unit(call!(nr::MOUNT, optional(source), target.as_ptr(), optional(kind), flags, optional(data)))
}

pub fn umount2(path: &CStr, flags: u32) -> Result<()> {
    unit(call!(nr::UMOUNT2, path.as_ptr(), flags))
}

pub fn pivot_root(new: &CStr, old: &CStr) -> Result<()> {
    unit(call!(nr::PIVOT_ROOT, new.as_ptr(), old.as_ptr()))
}

pub fn open_tree(dir: Fd, path: &CStr, flags: u32) -> Result<Fd> {
    as_fd(call!(nr::OPEN_TREE, dir, path.as_ptr(), flags))
}

/// From one descriptor onto another, with MOVE_MOUNT_F_EMPTY_PATH and MOVE_MOUNT_T_EMPTY_PATH.
pub fn move_mount(from: Fd, to: Fd) -> Result<()> {
    let flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
    unit(call!(nr::MOVE_MOUNT, from, c"".as_ptr(), to, c"".as_ptr(), flags))
}

pub fn fsopen(kind: &CStr, flags: u32) -> Result<Fd> {
    as_fd(call!(nr::FSOPEN, kind.as_ptr(), flags))
}

pub fn fsconfig(fs: Fd, command: u32, key: Option<&CStr>, value: Option<&CStr>) -> Result<()> {
    unit(call!(nr::FSCONFIG, fs, command, optional(key), optional(value), 0))
}

pub fn fsmount(fs: Fd, flags: u32, attributes: u64) -> Result<Fd> {
    as_fd(call!(nr::FSMOUNT, fs, flags, attributes))
}

/// Of the mount at `path` below `dir`; AT_EMPTY_PATH and AT_RECURSIVE in `flags`.
pub fn mount_setattr(dir: Fd, path: &CStr, flags: i32, attributes: &MountAttr) -> Result<()> {
    unit(call!(nr::MOUNT_SETATTR, dir, path.as_ptr(), flags, attributes as *const MountAttr, size_of::<MountAttr>()))
}

// Processes.

pub fn getpid() -> i32 {
    call!(nr::GETPID).unwrap_or(0) as i32
}

pub fn getppid() -> i32 {
    call!(nr::GETPPID).unwrap_or(0) as i32
}

/// What a clone gives: pid 0 in the child.
#[derive(Clone, Copy, Debug)]
pub struct Cloned {
    pub pid: i32,
    /// Only in the parent.
    pub pidfd: Fd,
}

/// clone3(2) as fork(2), with a pidfd; the child is created in `cgroup` if that is not -1.
/// The child has a copy of the memory and goes on behind this call.
pub fn clone3(flags: u64, exit_signal: i32, cgroup: Fd) -> Result<Cloned> {
    let mut pidfd: Fd = -1;
    let into = if cgroup >= 0 { CLONE_INTO_CGROUP } else { 0 };
    // struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, size, tls, set_tid, size, cgroup.
    let arguments: [u64; 11] = [
        flags | CLONE_PIDFD | into,
        &raw mut pidfd as u64,
        0,
        0,
        exit_signal as u64,
        0,
        0,
        0,
        0,
        0,
        cgroup.max(0) as u64,
    ];
    let size = if cgroup >= 0 { 88 } else { 64 };
    let pid = call!(nr::CLONE3, arguments.as_ptr(), size)? as i32;
    Ok(Cloned { pid, pidfd })
}

/// clone(2), where clone3 is ENOSYS: the same without a cgroup.
pub fn clone(flags: u64, exit_signal: i32) -> Result<Cloned> {
    let mut pidfd: Fd = -1;
    let pid = call!(nr::CLONE, flags | CLONE_PIDFD | exit_signal as u64, 0, &raw mut pidfd)? as i32;
    Ok(Cloned { pid, pidfd })
}

/// fork(2): 0 in the child.
pub fn fork() -> Result<i32> {
    call!(nr::CLONE, SIGCHLD, 0, 0, 0, 0).map(|pid| pid as i32)
}

pub fn unshare(flags: u64) -> Result<()> {
    unit(call!(nr::UNSHARE, flags))
}

pub fn setns(fd: Fd, kinds: u64) -> Result<()> {
    unit(call!(nr::SETNS, fd, kinds))
}

pub fn setpgid(pid: i32, group: i32) -> Result<()> {
    unit(call!(nr::SETPGID, pid, group))
}

pub fn setsid() -> Result<()> {
    unit(call!(nr::SETSID))
}

pub fn exit(status: i32) -> ! {
    loop {
        let _ = call!(nr::EXIT_GROUP, status);
    }
}

/// Only comes back with an error.
pub fn execve(path: &CStr, arguments: &Vector, environment: &Vector) -> Errno {
    match call!(nr::EXECVE, path.as_ptr(), arguments.as_ptr(), environment.as_ptr()) {
        Err(error) => error,
        Ok(_) => Errno::of(EINVAL, nr::EXECVE),
    }
}

pub fn execveat(dir: Fd, path: &CStr, arguments: &Vector, environment: &Vector, flags: i32) -> Errno {
    match call!(nr::EXECVEAT, dir, path.as_ptr(), arguments.as_ptr(), environment.as_ptr(), flags) {
        Err(error) => error,
        Ok(_) => Errno::of(EINVAL, nr::EXECVEAT),
    }
}

pub fn pidfd_open(pid: i32) -> Result<Fd> {
    as_fd(call!(nr::PIDFD_OPEN, pid, 0))
}

pub fn pidfd_send_signal(pidfd: Fd, signal: i32) -> Result<()> {
    unit(call!(nr::PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0))
}

pub fn kill(pid: i32, signal: i32) -> Result<()> {
    unit(call!(nr::KILL, pid, signal))
}

/// What waitid(2) tells of a child.
#[derive(Clone, Copy, Debug)]
pub struct Waited {
    pub pid: i32,
    /// CLD_EXITED 1, CLD_KILLED 2, CLD_DUMPED 3.
    pub code: i32,
    pub status: i32,
}

/// `None`: with WNOHANG, and none has ended.
pub fn waitid(kind: u32, id: i32, options: u32) -> Result<Option<Waited>> {
    let mut info = [0i32; 32];
    call!(nr::WAITID, kind, id, info.as_mut_ptr(), options, 0)?;
    Ok((info[4] != 0).then_some(Waited { pid: info[4], code: info[2], status: info[6] }))
}

/// The default action for a signal (SIG_DFL).
pub fn signal_default(signal: i32) -> Result<()> {
    sigaction(signal, 0)
}

/// SIG_IGN.
pub fn signal_ignore(signal: i32) -> Result<()> {
    sigaction(signal, 1)
}

fn sigaction(signal: i32, handler: usize) -> Result<()> {
    // struct sigaction of the kernel: handler, flags, restorer (x86-64 alone), mask.
    let action = [handler, 0, 0, 0];
    unit(call!(nr::RT_SIGACTION, signal, action.as_ptr(), 0, 8))
}

/// Bit n - 1 is signal n.
pub fn set_signal_mask(mask: u64) -> Result<()> {
    const SIG_SETMASK: i32 = 2;
    unit(call!(nr::RT_SIGPROCMASK, SIG_SETMASK, &raw const mask, 0, 8))
}

/// Waits for one of these signals, which must be blocked, and takes it: rt_sigtimedwait(2).
pub fn wait_signal(mask: u64) -> Result<i32> {
    call!(nr::RT_SIGTIMEDWAIT, &raw const mask, 0, 0, 8).map(|signal| signal as i32)
}

pub fn prlimit(pid: i32, resource: i32, new: Option<&Rlimit>) -> Result<Rlimit> {
    let mut old = Rlimit::default();
    let new = new.map_or(null(), |new| new as *const Rlimit);
    call!(nr::PRLIMIT64, pid, resource, new, &raw mut old)?;
    Ok(old)
}

pub fn prctl(operation: i32, argument: usize) -> Result<i32> {
    call!(nr::PRCTL, operation, argument, 0, 0, 0).map(|value| value as i32)
}

/// prctl(2) with a second argument.
pub fn prctl2(operation: i32, first: usize, second: usize) -> Result<i32> {
    call!(nr::PRCTL, operation, first, second, 0, 0).map(|value| value as i32)
}

/// The name in /proc/PID/comm: at most 15 bytes.
pub fn set_name(name: &CStr) -> Result<()> {
    unit(call!(nr::PRCTL, PR_SET_NAME, name.as_ptr(), 0, 0, 0))
}

pub fn sethostname(name: &[u8]) -> Result<()> {
    unit(call!(nr::SETHOSTNAME, name.as_ptr(), name.len()))
}

pub fn setdomainname(name: &[u8]) -> Result<()> {
    unit(call!(nr::SETDOMAINNAME, name.as_ptr(), name.len()))
}

// Identity.

pub fn getuid() -> u32 {
    call!(nr::GETUID).unwrap_or(0) as u32
}

pub fn getgid() -> u32 {
    call!(nr::GETGID).unwrap_or(0) as u32
}

pub fn geteuid() -> u32 {
    call!(nr::GETEUID).unwrap_or(0) as u32
}

/// Real, effective and saved at once.
pub fn setresuid(uid: u32) -> Result<()> {
    unit(call!(nr::SETRESUID, uid, uid, uid))
}

pub fn setresgid(gid: u32) -> Result<()> {
    unit(call!(nr::SETRESGID, gid, gid, gid))
}

pub fn setgroups(groups: &[u32]) -> Result<()> {
    unit(call!(nr::SETGROUPS, groups.len(), groups.as_ptr()))
}

/// The sets as 64 bits: capset(2), version 3.
pub fn capset(effective: u64, permitted: u64, inheritable: u64) -> Result<()> {
    let header: [u32; 2] = [0x2008_0522, 0];
    let sets = [
        effective as u32,
        permitted as u32,
        inheritable as u32,
        (effective >> 32) as u32,
        (permitted >> 32) as u32,
        (inheritable >> 32) as u32,
    ];
    unit(call!(nr::CAPSET, header.as_ptr(), sets.as_ptr()))
}

/// Effective, permitted, inheritable.
pub fn capget() -> Result<[u64; 3]> {
    let header: [u32; 2] = [0x2008_0522, 0];
    let mut sets = [0u32; 6];
    call!(nr::CAPGET, header.as_ptr(), sets.as_mut_ptr())?;
    let wide = |n: usize| sets[n] as u64 | (sets[n + 3] as u64) << 32;
    Ok([wide(0), wide(1), wide(2)])
}

/// KEYCTL_JOIN_SESSION_KEYRING with no name: a new, anonymous one.
pub fn join_session_keyring() -> Result<()> {
    unit(call!(nr::KEYCTL, KEYCTL_JOIN_SESSION_KEYRING, 0))
}

/// SECCOMP_SET_MODE_FILTER; `filter` is struct sock_filter[].
pub fn seccomp(flags: u32, filter: &[u8]) -> Result<()> {
    #[repr(C)]
    struct Program {
        length: u16,
        filter: *const u8,
    }
    let length = u16::try_from(filter.len() / 8).map_err(|_| Errno::of(EINVAL, nr::SECCOMP))?;
    let program = Program { length, filter: filter.as_ptr() };
    unit(call!(nr::SECCOMP, SECCOMP_SET_MODE_FILTER, flags, &raw const program))
}

// Sockets.

pub fn socket(domain: i32, kind: i32, protocol: i32) -> Result<Fd> {
    as_fd(call!(nr::SOCKET, domain, kind, protocol))
}

pub fn socketpair(domain: i32, kind: i32) -> Result<[Fd; 2]> {
    let mut ends = [-1; 2];
    call!(nr::SOCKETPAIR, domain, kind, 0, ends.as_mut_ptr())?;
    Ok(ends)
}

pub fn shutdown(fd: Fd, how: i32) -> Result<()> {
    unit(call!(nr::SHUTDOWN, fd, how))
}

pub fn setsockopt(fd: Fd, level: i32, option: i32, value: i32) -> Result<()> {
    unit(call!(nr::SETSOCKOPT, fd, level, option, &raw const value, 4))
}

pub fn getsockopt(fd: Fd, level: i32, option: i32) -> Result<i32> {
    let mut value = 0i32;
    let mut length = 4u32;
    call!(nr::GETSOCKOPT, fd, level, option, &raw mut value, &raw mut length)?;
    Ok(value)
}

/// SO_PEERCRED: who made the socket pair.
pub fn peer_credentials(fd: Fd) -> Result<Credentials> {
    let mut peer = Credentials::default();
    let mut length = size_of::<Credentials>() as u32;
    call!(nr::GETSOCKOPT, fd, SOL_SOCKET, SO_PEERCRED, &raw mut peer, &raw mut length)?;
    Ok(peer)
}

/// The kernel passes no more at once (SCM_MAX_FD is 253).
pub const FDS_AT_ONCE: usize = 250;
/// Room for the descriptors, the credentials and both headers.
const CONTROL_WORDS: usize = (16 + 4 * FDS_AT_ONCE + 16 + 16) / 8;

#[repr(C)]
struct IoVec {
    base: *mut u8,
    length: usize,
}

#[repr(C)]
struct MsgHdr {
    name: *mut u8,
    name_length: u32,
    vector: *mut IoVec,
    vector_length: usize,
    control: *mut u8,
    control_length: usize,
    flags: i32,
}

/// sendmsg(2) of bytes with descriptors (SCM_RIGHTS).
pub fn send(fd: Fd, bytes: &[u8], fds: &[Fd], flags: i32) -> Result<usize> {
    if fds.len() > FDS_AT_ONCE {
        return Err(Errno::of(E2BIG, nr::SENDMSG));
    }
    let mut control = [0u64; CONTROL_WORDS];
    let length = 16 + 4 * fds.len();
    control[0] = length as u64;
    control[1] = SOL_SOCKET as u64 | (SCM_RIGHTS as u64) << 32;
    for (word, pair) in control[2..].iter_mut().zip(fds.chunks(2)) {
        let second = pair.get(1).map_or(0, |fd| *fd as u32);
        *word = pair.first().map_or(0, |fd| *fd as u32) as u64 | (second as u64) << 32;
    }
    let mut vector = IoVec { base: bytes.as_ptr().cast_mut(), length: bytes.len() };
    let header = MsgHdr {
        name: null_mut(),
        name_length: 0,
        vector: &mut vector,
        vector_length: 1,
        control: control.as_mut_ptr().cast(),
        control_length: if fds.is_empty() { 0 } else { length.next_multiple_of(8) },
        flags: 0,
    };
    call!(nr::SENDMSG, fd, &raw const header, flags | MSG_NOSIGNAL)
}

/// What recvmsg(2) brought.
#[derive(Clone, Copy, Debug)]
pub struct Received {
    /// Bytes; 0 is the end.
    pub length: usize,
    /// How many descriptors were filled in.
    pub fds: usize,
    /// The sender's, where SO_PASSCRED is on.
    pub credentials: Option<Credentials>,
    /// The message was longer than the buffer, or there were more descriptors than room.
    pub truncated: bool,
}

/// recvmsg(2). Descriptors come close-on-exec; those that `fds` has no room for are closed.
pub fn receive(fd: Fd, into: &mut [u8], fds: &mut [Fd], flags: i32) -> Result<Received> {
    let mut control = [0u64; CONTROL_WORDS];
    let mut vector = IoVec { base: into.as_mut_ptr(), length: into.len() };
    let mut header = MsgHdr {
        name: null_mut(),
        name_length: 0,
        vector: &mut vector,
        vector_length: 1,
        control: control.as_mut_ptr().cast(),
        control_length: size_of_val(&control),
        flags: 0,
    };
    let length = call!(nr::RECVMSG, fd, &raw mut header, flags | MSG_CMSG_CLOEXEC)?;
    let truncated = header.flags & (MSG_TRUNC | MSG_CTRUNC) != 0;
    let mut received = Received { length, fds: 0, credentials: None, truncated };
    let mut at = 0;
    // Each control message: its length with this header of 16 bytes, level and type, data, padding to 8.
    while at + 2 <= header.control_length.min(size_of_val(&control)) / 8 {
        let size = (control[at] as usize).max(16);
        let (level, kind) = (control[at + 1] as u32 as i32, (control[at + 1] >> 32) as i32);
        let half = |n: usize| (control.get(at + 2 + n / 2).map_or(0, |word| word >> (32 * (n % 2)))) as u32;
        if level == SOL_SOCKET && kind == SCM_RIGHTS {
            for n in 0..(size - 16) / 4 {
                match fds.get_mut(received.fds) {
                    Some(place) => {
                        *place = half(n) as Fd;
                        received.fds += 1;
                    }
                    None => {
                        close(half(n) as Fd);
                        received.truncated = true;
                    }
                }
            }
        } else if level == SOL_SOCKET && kind == SCM_CREDENTIALS {
            received.credentials = Some(Credentials { pid: half(0) as i32, uid: half(1), gid: half(2) });
        }
        at += size.div_ceil(8);
    }
    Ok(received)
}

// Waiting.

pub fn epoll_create() -> Result<Fd> {
    as_fd(call!(nr::EPOLL_CREATE1, O_CLOEXEC))
}

pub fn epoll_ctl(epoll: Fd, operation: i32, fd: Fd, events: u32, data: u64) -> Result<()> {
    let event = EpollEvent { events, data };
    unit(call!(nr::EPOLL_CTL, epoll, operation, fd, &raw const event))
}

/// How many events came; -1 waits for ever.
pub fn epoll_wait(epoll: Fd, events: &mut [EpollEvent], timeout_ms: i32) -> Result<usize> {
    call!(nr::EPOLL_PWAIT, epoll, events.as_mut_ptr(), events.len(), timeout_ms, 0, 8)
}

/// ppoll(2); `None` waits for ever.
pub fn poll(fds: &mut [PollFd], timeout: Option<Timespec>) -> Result<usize> {
    let timeout = timeout.as_ref().map_or(null(), |timeout| timeout as *const Timespec);
    call!(nr::PPOLL, fds.as_mut_ptr(), fds.len(), timeout, 0, 8)
}

pub fn clock_gettime(clock: i32) -> Timespec {
    let mut now = Timespec::default();
    let _ = call!(nr::CLOCK_GETTIME, clock, &raw mut now);
    now
}

pub fn timerfd_create(clock: i32, flags: i32) -> Result<Fd> {
    as_fd(call!(nr::TIMERFD_CREATE, clock, flags))
}

/// Once after `delay`, then each `interval`; zero is never.
pub fn timerfd_settime(fd: Fd, delay: Timespec, interval: Timespec) -> Result<()> {
    let times = [interval, delay];
    unit(call!(nr::TIMERFD_SETTIME, fd, 0, times.as_ptr(), 0))
}

pub fn eventfd(initial: u32, flags: i32) -> Result<Fd> {
    as_fd(call!(nr::EVENTFD2, initial, flags))
}

pub fn inotify_init(flags: i32) -> Result<Fd> {
    as_fd(call!(nr::INOTIFY_INIT1, flags))
}

pub fn inotify_add_watch(fd: Fd, path: &CStr, mask: u32) -> Result<i32> {
    as_fd(call!(nr::INOTIFY_ADD_WATCH, fd, path.as_ptr(), mask))
}

// Terminals and interfaces.

/// TIOCSPTLCK: unlocks the slave of a master.
pub fn unlock_pty(master: Fd) -> Result<()> {
    let locked = 0i32;
    unit(call!(nr::IOCTL, master, TIOCSPTLCK, &raw const locked))
}

/// TIOCGPTPEER: the slave, opened without a path.
pub fn pty_peer(master: Fd, flags: i32) -> Result<Fd> {
    as_fd(call!(nr::IOCTL, master, TIOCGPTPEER, flags))
}

/// TIOCSCTTY.
pub fn set_controlling_terminal(terminal: Fd) -> Result<()> {
    unit(call!(nr::IOCTL, terminal, TIOCSCTTY, 0))
}

/// TIOCSPGRP.
pub fn set_foreground_group(terminal: Fd, group: i32) -> Result<()> {
    unit(call!(nr::IOCTL, terminal, TIOCSPGRP, &raw const group))
}

/// TIOCSWINSZ.
pub fn set_window_size(terminal: Fd, columns: u16, rows: u16) -> Result<()> {
    let size: [u16; 4] = [rows, columns, 0, 0];
    unit(call!(nr::IOCTL, terminal, TIOCSWINSZ, size.as_ptr()))
}

/// SIOCSIFFLAGS of the interface `lo`. struct ifreq: the name in 16 bytes, then the flags.
pub fn set_loopback_flags(socket: Fd, flags: u16) -> Result<()> {
    let mut request = [0u64; 5];
    request[0] = u64::from_le_bytes(*b"lo\0\0\0\0\0\0");
    request[2] = flags as u64;
    unit(call!(nr::IOCTL, socket, SIOCSIFFLAGS, request.as_mut_ptr()))
}

// BPF.

/// BPF_PROG_LOAD; `instructions` is struct bpf_insn[].
pub fn bpf_prog_load(kind: u32, instructions: &[u8]) -> Result<Fd> {
    let license = c"GPL";
    let mut attributes = [0u64; 16];
    attributes[0] = kind as u64 | ((instructions.len() / 8) as u64) << 32;
    attributes[1] = instructions.as_ptr() as u64;
    attributes[2] = license.as_ptr() as u64;
    as_fd(call!(nr::BPF, BPF_PROG_LOAD, attributes.as_ptr(), size_of_val(&attributes)))
}

/// BPF_PROG_ATTACH of a program to a cgroup's directory.
pub fn bpf_prog_attach(cgroup: Fd, program: Fd, kind: u32, flags: u32) -> Result<()> {
    let attributes: [u32; 8] = [cgroup as u32, program as u32, kind, flags, 0, 0, 0, 0];
    unit(call!(nr::BPF, BPF_PROG_ATTACH, attributes.as_ptr(), size_of_val(&attributes)))
}

pub fn bpf_prog_detach(cgroup: Fd, program: Fd, kind: u32) -> Result<()> {
    let attributes: [u32; 8] = [cgroup as u32, program as u32, kind, 0, 0, 0, 0, 0];
    unit(call!(nr::BPF, BPF_PROG_DETACH, attributes.as_ptr(), size_of_val(&attributes)))
}

// Memory.

/// A type for which zero bytes, and any others, are a value.
///
/// # Safety
/// No padding that is read, no pointers, no invalid patterns.
pub unsafe trait Plain: Copy {}
unsafe impl Plain for u8 {}
unsafe impl Plain for i32 {}
unsafe impl Plain for u32 {}
unsafe impl Plain for i64 {}
unsafe impl Plain for u64 {}
unsafe impl Plain for usize {}

const PROT_READ: usize = 1;
const PROT_WRITE: usize = 2;
const MAP_PRIVATE: usize = 2;
const MAP_ANONYMOUS: usize = 0x20;

/// A table of zeros from mmap(2), for as long as the process lives.
pub fn table<T: Plain>(count: usize) -> Result<&'static mut [T]> {
    let Some(bytes) = count.checked_mul(size_of::<T>()) else { return fail(E2BIG) };
    if bytes == 0 {
        return Ok(&mut []);
    }
    let start = call!(nr::MMAP, 0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1isize, 0)?;
    // SAFETY: new pages, aligned, zero, and nobody else's.
    Ok(unsafe { core::slice::from_raw_parts_mut(start as *mut T, count) })
}

/// The first `length` bytes of a file, copied when written to. The caller has seen to it that the file cannot change or
/// shrink (F_SEAL_WRITE, F_SEAL_SHRINK).
pub fn map_sealed(fd: Fd, length: usize) -> Result<&'static mut [u8]> {
    if length == 0 {
        return fail(EINVAL);
    }
    let start = call!(nr::MMAP, 0, length, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0)?;
    // SAFETY: new pages, whose contents are constant but for what is written through this slice.
    Ok(unsafe { core::slice::from_raw_parts_mut(start as *mut u8, length) })
}

/// Takes a mapping back, from `table` or `map_sealed`.
pub fn unmap<T: Plain>(memory: &'static mut [T]) {
    if !memory.is_empty() {
        let _ = call!(nr::MUNMAP, memory.as_mut_ptr(), size_of_val(memory));
    }
}

/// A NULL-terminated array of strings, as execve(2) takes it.
pub struct Vector<'a> {
    /// `used` pointers into strings that live for 'a, then a null one, then room.
    pointers: &'a mut [usize],
    used: usize,
    strings: core::marker::PhantomData<&'a CStr>,
}

impl<'a> Vector<'a> {
    /// An empty one; it can hold one string fewer than there is room.
    pub fn new(room: &'a mut [usize]) -> Result<Vector<'a>> {
        *room.first_mut().ok_or(Errno::new(E2BIG))? = 0;
        Ok(Vector { pointers: room, used: 0, strings: core::marker::PhantomData })
    }

    /// The first `count` words of `table` are offsets into `strings`, counted from `base`; they become pointers where
    /// they are. The words behind must be room for more strings and the final NULL.
    pub fn relocate(table: &'a mut [u8], count: usize, strings: &'a [u8], base: usize) -> Result<Vector<'a>> {
        // SAFETY: any bytes are a usize.
        let (before, pointers, after) = unsafe { table.align_to_mut::<usize>() };
        let aligned = before.is_empty() && after.is_empty();
        if !aligned || count >= pointers.len() || (count > 0 && strings.last() != Some(&0)) {
            return fail(EINVAL);
        }
        for word in pointers.iter_mut().take(count) {
            let string = word.checked_sub(base).and_then(|at| strings.get(at..)).filter(|rest| !rest.is_empty());
            *word = string.ok_or(Errno::new(EINVAL))?.as_ptr() as usize;
        }
        for word in pointers.iter_mut().skip(count) {
            *word = 0;
        }
        Ok(Vector { pointers, used: count, strings: core::marker::PhantomData })
    }

    pub fn push(&mut self, string: &'a CStr) -> Result<()> {
        match self.pointers.get_mut(self.used..self.used + 2) {
            Some([place, end]) => {
                *place = string.as_ptr() as usize;
                *end = 0;
                self.used += 1;
                Ok(())
            }
            _ => fail(E2BIG),
        }
    }

    pub fn len(&self) -> usize {
        self.used
    }

    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    pub fn get(&self, n: usize) -> Option<&'a CStr> {
        let pointer = self.pointers.get(..self.used)?.get(n)?;
        // SAFETY: each of the first `used` words points at a string with a NUL.
        Some(unsafe { CStr::from_ptr(*pointer as *const core::ffi::c_char) })
    }

    fn as_ptr(&self) -> *const usize {
        self.pointers.as_ptr()
    }
}

// What the compiler and the kernel expect of a program without a libc.

/// The first instruction. The stack pointer is at argc; the ABI wants it a multiple of 16 at a call.
#[cfg(all(feature = "program", not(test)))]
mod entry {
    #[cfg(target_arch = "x86_64")]
    core::arch::global_asm!(".globl _start", "_start:", "xor ebp, ebp", "and rsp, -16", "call {}", "ud2", sym begin);
    #[cfg(target_arch = "aarch64")]
    core::arch::global_asm!(".globl _start", "_start:", "mov x29, xzr", "mov x30, xzr", "b {}", sym begin);

    extern "C" fn begin() -> ! {
        crate::supervisor::main()
    }
}

// What the compiler calls for copies and comparisons. In assembly, so that it makes no loop into a call of the same
// function; hidden, so that the library which has them inside exports nothing but its entry.
#[cfg(all(not(test), target_arch = "x86_64"))]
core::arch::global_asm!(
    ".globl memcpy, memmove, memset, memcmp, bcmp, strlen",
    ".hidden memcpy, memmove, memset, memcmp, bcmp, strlen",
    // rdi: to, rsi: from, rdx: length.
    "memmove:",
    "mov rax, rdi",
    "sub rax, rsi",
    "cmp rax, rdx",
    "jb 2f",
    "memcpy:",
    "mov rax, rdi",
    "mov rcx, rdx",
    "rep movsb",
    "ret",
    // The target begins inside the source: from the end down.
    "2:",
    "mov rax, rdi",
    "mov rcx, rdx",
    "lea rdi, [rdi + rdx - 1]",
    "lea rsi, [rsi + rdx - 1]",
    "std",
    "rep movsb",
    "cld",
    "ret",
    "memset:",
    "mov r8, rdi",
    "mov eax, esi",
    "mov rcx, rdx",
    "rep stosb",
    "mov rax, r8",
    "ret",
    "memcmp:",
    "bcmp:",
    "xor eax, eax",
    "xor r8d, r8d",
    "3:",
    "cmp r8, rdx",
    "je 4f",
    "movzx eax, byte ptr [rdi + r8]",
    "movzx ecx, byte ptr [rsi + r8]",
    "inc r8",
    "sub eax, ecx",
    "jz 3b",
    "4:",
    "ret",
    "strlen:",
    "xor eax, eax",
    "5:",
    "cmp byte ptr [rdi + rax], 0",
    "je 6f",
    "inc rax",
    "jmp 5b",
    "6:",
    "ret",
);

#[cfg(all(not(test), target_arch = "aarch64"))]
core::arch::global_asm!(
    ".globl memcpy",
    ".globl memmove",
    ".globl memset",
    ".globl memcmp",
    ".globl bcmp",
    ".globl strlen",
    ".hidden memcpy",
    ".hidden memmove",
    ".hidden memset",
    ".hidden memcmp",
    ".hidden bcmp",
    ".hidden strlen",
    // x0: to, x1: from, x2: length.
    "memmove:",
    "sub x3, x0, x1",
    "cmp x3, x2",
    "b.lo 3f",
    "memcpy:",
    "mov x3, xzr",
    "2:",
    "cmp x3, x2",
    "b.eq 4f",
    "ldrb w4, [x1, x3]",
    "strb w4, [x0, x3]",
    "add x3, x3, 1",
    "b 2b",
    // The target begins inside the source: from the end down.
    "3:",
    "cbz x2, 4f",
    "sub x2, x2, 1",
    "ldrb w4, [x1, x2]",
    "strb w4, [x0, x2]",
    "b 3b",
    "4:",
    "ret",
    "memset:",
    "mov x3, xzr",
    "5:",
    "cmp x3, x2",
    "b.eq 4b",
    "strb w1, [x0, x3]",
    "add x3, x3, 1",
    "b 5b",
    "memcmp:",
    "bcmp:",
    "mov x3, xzr",
    "mov w6, wzr",
    "6:",
    "cmp x3, x2",
    "b.eq 7f",
    "ldrb w4, [x0, x3]",
    "ldrb w5, [x1, x3]",
    "add x3, x3, 1",
    "subs w6, w4, w5",
    "b.eq 6b",
    "7:",
    "mov w0, w6",
    "ret",
    "strlen:",
    "mov x1, x0",
    "mov x0, xzr",
    "8:",
    "ldrb w2, [x1, x0]",
    "cbz w2, 9f",
    "add x0, x0, 1",
    "b 8b",
    "9:",
    "ret",
);

// Used by the supervisor.

/// A type for which zero bytes are a value.
///
/// # Safety
/// No references, no enumeration without a 0; what derives it by `zeroed!` is right.
pub unsafe trait Zeroed: Copy {}
unsafe impl Zeroed for u8 {}
unsafe impl Zeroed for u16 {}
unsafe impl Zeroed for u32 {}
unsafe impl Zeroed for u64 {}
unsafe impl Zeroed for i32 {}
unsafe impl Zeroed for i64 {}
unsafe impl Zeroed for usize {}
unsafe impl Zeroed for bool {}
unsafe impl<T: Zeroed, const N: usize> Zeroed for [T; N] {}

/// Declares structures of such types, and enumerations whose first value is 0.
macro_rules! zeroed {
    ($(#[$meta:meta])* $visible:vis struct $name:ident { $($(#[$of:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        $visible struct $name { $($(#[$of])* pub $field: $type,)* }
        const _: fn() = || {
            fn zeroed<T: $crate::sys::Zeroed>() {}
            $(zeroed::<$type>();)*
        };
        #[allow(unsafe_code)]
        // SAFETY: each field is, and padding is never read.
        unsafe impl $crate::sys::Zeroed for $name {}
    };
    ($(#[$meta:meta])* $visible:vis enum $name:ident { $(#[$one:meta])* $first:ident, $($(#[$of:meta])* $other:ident,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        $visible enum $name { $(#[$one])* $first = 0, $($(#[$of])* $other,)* }
        #[allow(unsafe_code)]
        // SAFETY: the first value is 0.
        unsafe impl $crate::sys::Zeroed for $name {}
    };
}
pub(crate) use zeroed;

/// A table that is as large as it may ever have to be: pages come when they are touched, and a child has none of them.
pub fn sparse_table<T: Zeroed>(count: usize) -> Result<&'static mut [T]> {
    const MAP_NORESERVE: usize = 0x4000;
    const MADV_DONTFORK: usize = 10;
    let Some(bytes) = count.checked_mul(size_of::<T>()).filter(|bytes| *bytes > 0) else { return fail(E2BIG) };
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    let start = call!(nr::MMAP, 0, bytes, PROT_READ | PROT_WRITE, flags, -1isize, 0)?;
    call!(nr::MADVISE, start, bytes, MADV_DONTFORK)?;
    // SAFETY: new pages, aligned, zero, nobody else's, and zero is a value of T.
    Ok(unsafe { core::slice::from_raw_parts_mut(start as *mut T, count) })
}

/// A descriptor that can be read when a child has ended; blocks SIGCHLD, as it must.
pub fn children_fd() -> Result<Fd> {
    const SIG_BLOCK: i32 = 0;
    let mask = 1u64 << (SIGCHLD - 1);
    call!(nr::RT_SIGPROCMASK, SIG_BLOCK, &raw const mask, 0, 8)?;
    as_fd(call!(nr::SIGNALFD4, -1isize, &raw const mask, 8, O_NONBLOCK | O_CLOEXEC))
}

/// Blocks every signal in this thread; gives the mask that there was.
pub fn block_signals() -> u64 {
    const SIG_SETMASK: i32 = 2;
    let (all, mut old) = (u64::MAX, 0u64);
    let _ = call!(nr::RT_SIGPROCMASK, SIG_SETMASK, &raw const all, &raw mut old, 8);
    old
}

/// vfork(2) on a stack of its own: the child runs `run`, in the caller's memory, which stands still until it has called
/// execve or exit. It sends no signal when it ends, and only __WALL waits for it.
pub fn vfork<T>(stack: &mut [u64], run: extern "C" fn(&mut T) -> !, argument: &mut T) -> Result<Cloned> {
    let mut pidfd: Fd = -1;
    let flags = (CLONE_VM | CLONE_VFORK | CLONE_PIDFD) as usize;
    let top = stack.as_mut_ptr_range().end as usize & !15;
    let result: isize;
    // SAFETY: the child begins on the other stack and never comes back; registers but the result are as in the parent.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!("syscall", "test rax, rax", "jnz 2f", "xor ebp, ebp", "mov rdi, r12", "call r9", "ud2", "2:",
             inlateout("rax") nr::CLONE as isize => result, in("rdi") flags, in("rsi") top, in("rdx") &raw mut pidfd,
             in("r10") 0, in("r8") 0, in("r9") run, in("r12") argument as *mut T, lateout("rcx") _, lateout("r11") _);
    }
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!("svc 0", "cbnz x0, 2f", "mov x29, xzr", "mov x0, x10", "blr x9", "brk 1", "2:",
             in("x8") nr::CLONE, inlateout("x0") flags as isize => result, in("x1") top, in("x2") &raw mut pidfd,
             in("x3") 0, in("x4") 0, in("x9") run, in("x10") argument as *mut T);
    }
    if result < 0 { Err(Errno::of(-result as i32, nr::CLONE)) } else { Ok(Cloned { pid: result as i32, pidfd }) }
}

/// A clone that always fails. EBADF: clone3 knows CLONE_INTO_CGROUP; EINVAL, E2BIG: it does not; ENOSYS: there is none.
pub fn clone3_probe() -> Result<()> {
    let mut arguments = [0u64; 11];
    arguments[0] = CLONE_INTO_CGROUP;
    arguments[10] = i32::MAX as u64;
    unit(call!(nr::CLONE3, arguments.as_ptr(), size_of_val(&arguments)))
}
