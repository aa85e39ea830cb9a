//! How the supervisor begins: by whom it may be started, its tables, what the kernel has.

use crate::abi::*;
use crate::errno::{E2BIG, EBADF, EINVAL, ENODEV, ENOSYS, ENXIO, Errno, Result, fail};
use crate::fd;
use crate::plan::SLOTS_MAX;
use crate::supervisor::event::{self, Event, Outbox};
use crate::supervisor::group::Groups;
use crate::supervisor::pool::Pool;
use crate::supervisor::process::Processes;
use crate::supervisor::pump::Terminals;
use crate::supervisor::request::{self, Request};
use crate::supervisor::watch::Watch;
use crate::supervisor::{CLONE_INTO, CLONE3, EVENTS, GREETING, JOURNAL, REQUESTS, Supervisor};
use crate::sys::{self, Fd, Owned};
use crate::text::Path;

/// However many files may be open: a table is reserved memory, if not used.
const PROCESSES_MAX: usize = 1 << 16;
const TERMINALS_MAX: usize = 4096;

/// Further bits of HELLO's `b`.
const OPENAT2: u64 = 4;
const MOUNT_SETATTR: u64 = 8;
const WARM_POOL: u64 = 16;

impl Supervisor {
    pub fn new() -> Result<Supervisor> {
        sys::prctl(PR_SET_DUMPABLE, 0)?;
        sys::prctl(PR_SET_CHILD_SUBREAPER, 1)?;
        sys::set_name(c"twinbox")?;
        sys::umask(0);
        fd::default_signals()?;
        sys::set_signal_mask(0)?;
        for fd in REQUESTS..=JOURNAL {
            match sys::fcntl(fd, F_SETFD, FD_CLOEXEC) {
                Err(error) if error == EBADF && fd > EVENTS => {}
                result => result.map(|_| ())?,
            }
        }
        // Before anything else is opened, which would be there.
        let journal = if sys::fcntl(JOURNAL, F_GETFD, 0).is_ok() { JOURNAL } else { -1 };
        let files = open_files()?;
        let proc = sys::openat(AT_FDCWD, c"/proc", O_PATH | O_DIRECTORY | O_CLOEXEC, 0)?;
        if sys::fstatfs(proc)? != PROC_SUPER_MAGIC {
            return fail(ENODEV);
        }
        let slots = sys::table(SLOTS_MAX)?;
        slots.fill(-1);
        let mut supervisor = Supervisor {
            epoll: sys::epoll_create()?,
            outbox: Outbox::new(EVENTS, files * 4 + 1024)?,
            processes: Processes::new(files)?,
            groups: Groups::new(files, journal)?,
            terminals: Terminals::new(files.min(TERMINALS_MAX))?,
            pool: Pool::new(),
            slots,
            proc,
            null: open_null(proc)?,
            uid: sys::geteuid(),
            gid: sys::getgid(),
            features: features(),
            reading: true,
            orphans: -1,
            parents: Path::new(),
            closing: None,
        };
        supervisor.watch(Watch::Requests, 0, 0, REQUESTS, EPOLLIN);
        supervisor.watch(Watch::Events, 0, 0, EVENTS, EPOLLRDHUP);
        let features = supervisor.features as i64;
        supervisor.outbox.push(&Event { kind: event::HELLO, a: event::PROTOCOL, b: features, ..Event::default() });
        Ok(supervisor)
    }
}

/// The parent made the socket, and has put its greeting there: nobody runs this program by accident, or by another's
/// will, whatever the arguments say.
pub fn started_by_library() -> Result<()> {
    let is = |option, value| sys::getsockopt(REQUESTS, SOL_SOCKET, option).is_ok_and(|found| found == value);
    if !is(SO_DOMAIN, AF_UNIX) || !is(SO_TYPE, SOCK_SEQPACKET) {
        return fail(EINVAL);
    }
    if sys::peer_credentials(REQUESTS)?.pid != sys::getppid() {
        return fail(EINVAL);
    }
    match request::receive(REQUESTS)? {
        Some((Request { op: GREETING, .. }, _)) => Ok(()),
        _ => fail(EINVAL),
    }
}

/// How many the tables are for; the soft limit is raised to the hard one.
fn open_files() -> Result<usize> {
    let limit = sys::prlimit(0, RLIMIT_NOFILE, None)?;
    if limit.soft < limit.hard {
        let _ = sys::prlimit(0, RLIMIT_NOFILE, Some(&Rlimit { soft: limit.hard, hard: limit.hard }));
    }
    Ok((limit.hard as usize).clamp(64, PROCESSES_MAX))
}

/// The host's /dev/null, through a read-only mount that is nobody's: one can write to the device, and not change its mode
/// or owner, which would be the host's.
fn open_null(proc: Fd) -> Result<Fd> {
    let how = O_RDWR | O_NOCTTY | O_CLOEXEC;
    let copied = (|| {
        let tree = Owned::new(sys::open_tree(AT_FDCWD, c"/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)?);
        let readonly =
            MountAttr { set: MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, ..MountAttr::default() };
        sys::mount_setattr(tree.fd(), c"", AT_EMPTY_PATH, &readonly)?;
        let mut path = Path::of(&[b"self/fd/"])?;
        path.push_number(tree.fd() as u64)?;
        sys::openat(proc, path.as_c(), how, 0)
    })();
    // Without the powers for that it is not ours to change anyhow.
    let null = copied.or_else(|_: Errno| sys::openat(AT_FDCWD, c"/dev/null", how, 0))?;
    let stat = sys::fstat(null)?;
    if stat.is(S_IFCHR) && (stat.major, stat.minor) == (1, 3) { Ok(null) } else { fail(ENXIO) }
}

/// What the kernel has, asked in ways that do nothing.
fn features() -> u64 {
    let mut bits = WARM_POOL;
    // Too small a structure, and a group that is no descriptor.
    match sys::clone3_probe() {
        Err(error) if error == EBADF => bits |= CLONE3 | CLONE_INTO,
        Err(error) if error == E2BIG || error == EINVAL => bits |= CLONE3,
        _ => {}
    }
    let exists = |result: Result<()>| !matches!(result, Err(error) if error == ENOSYS);
    if exists(sys::openat2(-1, c"", O_PATH, 0, u64::MAX).map(|_| ())) {
        bits |= OPENAT2;
    }
    if exists(sys::mount_setattr(-1, c"", 0, &MountAttr::default())) {
        bits |= MOUNT_SETATTR;
    }
    bits
}
