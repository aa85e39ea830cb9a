//! Starts a supervisor: a lock that it holds, two sockets, and a process from the helper's own file.

use core::ffi::CStr;

use helper::abi::*;
use helper::errno::{EACCES, EINVAL, EPERM, Errno, Result};
use helper::sys::{self, Fd, Owned, Vector};

use crate::entry::Path;
use crate::store;

/// Of the flags: the helper lies in a file, whatever the system allows; for tests.
const NO_MEMFD: u32 = 1;

/// What the supervisor finds open: 3 requests, 4 events, 5 the lock, 6 the journal. 0 to 2 are /dev/null.
const FIRST: Fd = 3;
const PASSED: usize = 4;
/// Out of the way of those.
const ASIDE: i32 = 16;

pub struct Started {
    pub pid: i32,
    pub requests: Fd,
    pub events: Fd,
    pub pidfd: Fd,
}

/// `entry` is the runtime's directory of state, or empty. EAGAIN: another holds its lock.
pub fn open(flags: u32, entry: &[u8]) -> Result<Started> {
    let mut path = Path::new();
    let (mut lock, mut journal, mut directory) = (None, None, None);
    if !entry.is_empty() {
        let opened = Owned::new(sys::openat(AT_FDCWD, path.set(entry)?, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)?);
        lock = Some(self::lock(opened.fd(), c"lock")?);
        let how = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
        journal = Some(Owned::new(sys::openat(opened.fd(), c"journal", how, 0o600)?));
        directory = Some(opened);
    }
    let null = Owned::new(sys::openat(AT_FDCWD, c"/dev/null", O_RDWR | O_CLOEXEC, 0)?);
    let requests = pair(SOCK_SEQPACKET)?;
    let events = pair(SOCK_STREAM)?;
    greet(requests.0.fd())?;

    let fd = |owned: &Option<Owned>| owned.as_ref().map_or(-1, Owned::fd);
    let mut start = Start {
        null: null.fd(),
        passed: [requests.1.fd(), events.1.fd(), fd(&lock), fd(&journal)],
        helper: -1,
        error: 0,
    };
    let memfd = if flags & NO_MEMFD != 0 { Err(Errno::new(EACCES)) } else { store::memfd() };
    let started = match memfd {
        Ok((helper, _)) => start.run(&helper),
        Err(error) => Err(error),
    };
    let (pid, pidfd) = match started {
        Err(error) if error == EACCES || error == EPERM => {
            start.run(&store::file(directory.as_ref().map(Owned::fd))?)?
        }
        result => result?,
    };
    Ok(Started { pid, requests: requests.0.keep(), events: events.0.keep(), pidfd })
}

/// The lock file, made where it is missing, and locked. EAGAIN: another has it.
pub fn lock(directory: Fd, path: &CStr) -> Result<Owned> {
    let file = Owned::new(sys::openat(directory, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)?);
    sys::retry(|| sys::flock(file.fd(), LOCK_EX | LOCK_NB))?;
    Ok(file)
}

/// Ours, the supervisor's.
fn pair(kind: i32) -> Result<(Owned, Owned)> {
    sys::socketpair(AF_UNIX, kind | SOCK_CLOEXEC).map(|[ours, theirs]| (Owned::new(ours), Owned::new(theirs)))
}

/// The first message, without which the helper does nothing.
fn greet(requests: Fd) -> Result<()> {
    let mut header = [0u8; crate::send::HEADER];
    if let Some(place) = header.first_chunk_mut() {
        *place = helper::supervisor::GREETING.to_le_bytes();
    }
    sys::send(requests, &header, &[], MSG_DONTWAIT).map(|_| ())
}

/// What the new process needs; it runs in our memory until it has become the helper.
struct Start {
    null: Fd,
    passed: [Fd; PASSED],
    helper: Fd,
    /// The errno of what failed there.
    error: i32,
}

impl Start {
    fn run(&mut self, helper: &Owned) -> Result<(i32, Fd)> {
        self.helper = helper.fd();
        self.error = 0;
        let mut stack = [0u64; 1024];
        // No handler of Node's may run in that process.
        let mask = sys::block_signals();
        let cloned = sys::vfork(&mut stack, become_helper, self);
        let _ = sys::set_signal_mask(mask);
        let cloned = cloned?;
        if self.error == 0 {
            return Ok((cloned.pid, cloned.pidfd));
        }
        let _ = sys::waitid(P_PIDFD, cloned.pidfd, WEXITED | __WALL);
        sys::close(cloned.pidfd);
        Err(Errno::new(self.error))
    }
}

extern "C" fn become_helper(start: &mut Start) -> ! {
    let error = match prepare(start) {
        Ok(helper) => exec(helper),
        Err(error) => error,
    };
    start.error = if error.code() == 0 { EINVAL } else { error.code() };
    sys::exit(127)
}

/// A session and a set of descriptors of its own. Answers the helper's.
fn prepare(start: &Start) -> Result<Fd> {
    sys::setsid()?;
    sys::chdir(c"/")?;
    let aside = |fd: Fd| sys::fcntl(fd, F_DUPFD_CLOEXEC, ASIDE);
    let null = aside(start.null)?;
    let helper = aside(start.helper)?;
    let mut passed = [-1; PASSED];
    for (place, fd) in passed.iter_mut().zip(start.passed) {
        *place = if fd < 0 { -1 } else { aside(fd)? };
    }
    for fd in 0..FIRST {
        sys::dup3(null, fd, 0)?;
    }
    for (to, from) in (FIRST..).zip(passed) {
        match from {
            -1 => sys::close(to),
            _ => sys::dup3(from, to, 0)?,
        }
    }
    let last = FIRST + PASSED as Fd;
    sys::dup3(helper, last, O_CLOEXEC)?;
    sys::close_range(last as u32 + 1, u32::MAX, 0)?;
    sys::set_signal_mask(0)?;
    Ok(last)
}

fn exec(helper: Fd) -> Errno {
    let (mut arguments, mut environment) = ([0; 2], [0; 1]);
    let (Ok(mut arguments), Ok(environment)) = (Vector::new(&mut arguments), Vector::new(&mut environment)) else {
        return Errno::new(EINVAL);
    };
    match arguments.push(c"twinbox") {
        Ok(()) => sys::execveat(helper, c"", &arguments, &environment, AT_EMPTY_PATH),
        Err(error) => error,
    }
}
