//! The supervisor: one process per runtime, which makes its containers, watches them, and takes them with it when it
//! ends. One thread waits in epoll(7) for requests, for what children report and for their deaths; it never waits for
//! one of them alone. It begins with all the memory that it will ever use.

pub mod birth;
pub mod cgroup;
pub mod clone;
pub mod event;
pub mod freeze;
pub mod group;
pub mod maps;
pub mod oom;
pub mod pool;
pub mod process;
pub mod pump;
pub mod reap;
pub mod remove;
pub mod request;
pub mod signal;

use crate::abi::*;
use crate::errno::{E2BIG, EBADF, EINVAL, EMFILE, ENODEV, ENOSYS, ENXIO, EPROTO, ESRCH, Errno, Result, fail};
use crate::fd;
use crate::plan::SLOTS_MAX;
use crate::sys::{self, Fd, Owned};
use crate::text::Path;
use event::{Event, Outbox};
use group::{Groups, Job};
use pool::Pool;
use process::{Processes, Role, State};
use pump::Terminals;
use request::{Passed, Request};

/// The first word of the first request: only who started us as the supervisor sends it.
pub const GREETING: u32 = 0x5842_5754;

/// What the library leaves open for us.
const REQUESTS: Fd = 3;
const EVENTS: Fd = 4;
const JOURNAL: Fd = 6;

/// However many files may be open: a table is reserved memory, if not used.
const PROCESSES_MAX: usize = 1 << 16;
const TERMINALS_MAX: usize = 4096;
/// In one turn, so that deaths are not kept waiting by births.
const REQUESTS_AT_ONCE: usize = 16;

/// Bits of HELLO's `b`, and of `features`.
pub const CLONE3: u64 = 1;
pub const CLONE_INTO: u64 = 2;
const OPENAT2: u64 = 4;
const MOUNT_SETATTR: u64 = 8;
const WARM_POOL: u64 = 16;

/// Whose descriptor has something to tell. It goes through epoll with an index and a generation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    Requests,
    Events,
    /// Of a process.
    Channel,
    Pidfd,
    Middle,
    Mapper,
    /// Of a group.
    Oom,
    /// Of a terminal.
    Master,
    Stream,
    Orphans,
}

const WATCHES: [Watch; 10] = [
    Watch::Requests,
    Watch::Events,
    Watch::Channel,
    Watch::Pidfd,
    Watch::Middle,
    Watch::Mapper,
    Watch::Oom,
    Watch::Master,
    Watch::Stream,
    Watch::Orphans,
];
const GENERATION: u32 = 0x00ff_ffff;

pub struct Supervisor {
    epoll: Fd,
    pub outbox: Outbox,
    pub processes: Processes,
    pub groups: Groups,
    pub terminals: Terminals,
    pub pool: Pool,
    /// Descriptors by slot, of the birth that is being made.
    pub slots: &'static mut [Fd],
    /// Our own /proc, and the host's /dev/null.
    pub proc: Fd,
    pub null: Fd,
    pub uid: u32,
    pub gid: u32,
    pub features: u64,
    /// Requests are read only while there is room for what they lead to.
    reading: bool,
    /// A signalfd for orphans, once there may be some.
    orphans: Fd,
    /// Parents of groups that we made, each with its NUL, to be removed at the end.
    parents: Path,
    closing: Option<Closing>,
}

struct Closing {
    /// Of CLOSE; 0: Node is gone.
    tag: u32,
    deadline: i64,
}

/// Where the program begins.
pub fn main() -> ! {
    if started_by_library().is_err() {
        sys::exit(126);
    }
    match Supervisor::new() {
        Ok(mut supervisor) => supervisor.run(),
        Err(error) => {
            // The first event then says why there is nothing more.
            if let Ok(mut outbox) = Outbox::new(EVENTS, 1) {
                outbox.push(&Event { kind: event::HELLO, a: -error.code(), ..Event::default() });
                outbox.flush();
            }
            sys::exit(125)
        }
    }
}

/// The parent made the socket, and has put its greeting there: nobody runs this program by accident, or by another's
/// will, whatever the arguments say.
fn started_by_library() -> Result<()> {
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

impl Supervisor {
    fn new() -> Result<Supervisor> {
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

    fn run(&mut self) -> ! {
        let mut events = [EpollEvent::default(); 64];
        self.outbox.flush();
        loop {
            let timeout = self.timeout();
            let count = sys::retry(|| sys::epoll_wait(self.epoll, &mut events, timeout)).unwrap_or(0);
            for event in events.iter().take(count) {
                self.dispatch(event.data, event.events);
            }
            self.look_again();
            if count == 0 {
                self.refill_pool();
            }
            self.outbox.flush();
            self.control_flow();
            if self.outbox.broken && self.closing.is_none() {
                self.close(0);
            }
            self.end_if_closed();
        }
    }

    /// How long nothing will happen by itself, in ms.
    fn timeout(&mut self) -> i32 {
        if self.closing.is_some() || self.groups.busy > 0 {
            return 1;
        }
        self.pool_timeout()
    }

    fn dispatch(&mut self, data: u64, events: u32) {
        let index = data as u32;
        let generation = (data >> 32) as u32 & GENERATION;
        let Some(watch) = WATCHES.get((data >> 56) as usize).copied() else { return };
        // What was closed while this event waited behind others is not its successor.
        let current = match watch {
            Watch::Requests | Watch::Events | Watch::Orphans => 0,
            Watch::Channel | Watch::Pidfd | Watch::Middle | Watch::Mapper => self.processes.at(index).generation,
            Watch::Oom => self.groups.at(index).generation,
            Watch::Master | Watch::Stream => self.terminals.at(index).generation,
        };
        if current & GENERATION != generation {
            return;
        }
        match watch {
            Watch::Requests => self.on_requests(),
            Watch::Events => self.on_events(events),
            Watch::Channel => self.on_channel(index),
            Watch::Pidfd => self.on_death(index),
            Watch::Middle => self.on_middle_death(index),
            Watch::Mapper => self.on_mapper_death(index),
            Watch::Oom => self.on_oom(index),
            Watch::Master | Watch::Stream => self.pump_on(index, events),
            Watch::Orphans => self.reap_orphans(),
        }
    }

    pub fn watch(&mut self, watch: Watch, index: u32, generation: u32, fd: Fd, events: u32) {
        let data = (watch as u64) << 56 | ((generation & GENERATION) as u64) << 32 | index as u64;
        let _ = sys::epoll_ctl(self.epoll, EPOLL_CTL_ADD, fd, events, data);
    }

    /// What an interest is changed to; none at all stops even the news of a hang-up.
    pub fn rewatch(&mut self, watch: Watch, index: u32, generation: u32, fd: Fd, events: u32) {
        let data = (watch as u64) << 56 | ((generation & GENERATION) as u64) << 32 | index as u64;
        match events {
            0 => _ = sys::epoll_ctl(self.epoll, EPOLL_CTL_DEL, fd, 0, 0),
            _ if sys::epoll_ctl(self.epoll, EPOLL_CTL_MOD, fd, events, data).is_err() => {
                let _ = sys::epoll_ctl(self.epoll, EPOLL_CTL_ADD, fd, events, data);
            }
            _ => {}
        }
    }

    /// Closed only after epoll has forgotten it: a child that was just cloned still has it open, and it would go on
    /// telling.
    pub fn unwatch(&mut self, fd: Fd) {
        if fd >= 0 {
            let _ = sys::epoll_ctl(self.epoll, EPOLL_CTL_DEL, fd, 0, 0);
            sys::close(fd);
        }
    }

    /// A full outbox takes no new work; a socket that is full is waited for.
    fn control_flow(&mut self) {
        let reading = !self.outbox.is_busy();
        if reading != self.reading {
            self.reading = reading;
            self.rewatch(Watch::Requests, 0, 0, REQUESTS, if reading { EPOLLIN } else { 0 });
        }
        let waiting = if self.outbox.is_empty() { 0 } else { EPOLLOUT };
        if self.outbox.waiting != (waiting != 0) {
            self.outbox.waiting = waiting != 0;
            self.rewatch(Watch::Events, 0, 0, EVENTS, EPOLLRDHUP | waiting);
        }
    }

    fn on_events(&mut self, events: u32) {
        if events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR) != 0 && !self.outbox.broken {
            self.outbox.broken = true;
            self.rewatch(Watch::Events, 0, 0, EVENTS, 0);
        }
    }

    fn on_requests(&mut self) {
        for _ in 0..REQUESTS_AT_ONCE {
            match request::receive(REQUESTS) {
                Ok(Some((request, passed))) if self.closing.is_none() => self.serve(&request, passed),
                Ok(Some(_)) => {}
                Ok(None) => {
                    self.rewatch(Watch::Requests, 0, 0, REQUESTS, 0);
                    if self.closing.is_none() {
                        self.close(0);
                    }
                    return;
                }
                Err(error) if error == EPROTO => {}
                Err(_) => return,
            }
            if self.outbox.is_busy() {
                return;
            }
        }
    }

    fn serve(&mut self, request: &Request, passed: Passed) {
        self.pool.not_now();
        let found = self.processes.find(request.handle);
        let known = found.ok_or(Errno::new(ESRCH));
        let tag = request.tag;
        let result = match request.op {
            request::BIRTH if passed.lost => {
                self.refuse(request.handle, EMFILE);
                Ok(())
            }
            _ if passed.lost => fail(EMFILE),
            request::BIRTH => {
                self.birth(request, passed);
                Ok(())
            }
            request::START => {
                if let Ok(index) = known {
                    self.go_on(index);
                }
                Ok(())
            }
            request::SIGNAL => known.and_then(|index| self.signal(index, request)),
            request::FREEZE => known.and_then(|index| self.freeze(index, tag)),
            request::THAW => known.and_then(|index| self.thaw(index, tag)),
            request::UPDATE => {
                self.update(request, passed);
                Ok(())
            }
            request::REMOVE => {
                match found {
                    Some(index) => self.remove(index, tag),
                    // What is not there is removed.
                    None => self.answer(tag, request.handle, 0, -1),
                }
                Ok(())
            }
            request::RESIZE => known.map(|index| self.resize(index, request.a as u16, request.b as u16)),
            request::POOL => self.set_pool(request, passed),
            request::CLOSE => {
                self.close(tag);
                Ok(())
            }
            _ => fail(ENOSYS),
        };
        if let Err(error) = result {
            self.answer(tag, request.handle, error.code(), -1);
        }
    }

    /// DONE, for a request with a tag.
    pub fn answer(&mut self, tag: u32, handle: u32, errno: i32, step: i64) {
        if tag != 0 {
            self.outbox.push(&Event { kind: event::DONE, handle, tag, a: errno, b: step, c: 0 });
        }
    }

    pub fn done(&mut self, tag: u32, index: u32, result: Result<i64>) {
        let handle = self.processes.at(index).handle;
        match result {
            Ok(value) if tag != 0 => {
                self.outbox.push(&Event { kind: event::DONE, handle, tag, a: 0, b: -1, c: value });
            }
            Ok(_) => {}
            Err(error) => self.answer(tag, handle, error.code(), -1),
        }
    }

    /// Gives a group a job that is looked at until it is done.
    pub fn begin(&mut self, group: u32, job: Job, patience_ms: i64) {
        let now = now_ms();
        let group = self.groups.at(group);
        let new = group.job == Job::None;
        group.job = job;
        group.due = now + 1;
        group.delay = 1;
        group.deadline = now + patience_ms;
        self.groups.busy += new as u32;
    }

    /// The group has no job any more.
    pub fn end_job(&mut self, group: u32) -> bool {
        let group = self.groups.at(group);
        if group.job != Job::None {
            group.job = Job::None;
            self.groups.busy -= 1;
        }
        true
    }

    /// The jobs that are due.
    fn look_again(&mut self) {
        if self.groups.busy == 0 {
            return;
        }
        let now = now_ms();
        for index in 0..self.groups.high() {
            let group = *self.groups.at(index);
            if group.job == Job::None || group.due > now {
                continue;
            }
            let late = now >= group.deadline;
            let finished = match group.job {
                Job::Freeze => self.freeze_again(index, late) && self.end_job(index),
                _ => self.remove_group_again(index, late),
            };
            if !finished {
                let group = self.groups.at(index);
                group.delay = (group.delay * 2).min(16);
                group.due = now + group.delay;
            }
        }
    }

    /// Birth and death of the process itself come before anything else: is it its program's, and alive?
    pub fn living(&mut self, handle: u32) -> Result<u32> {
        let index = self.processes.find(handle).ok_or(Errno::new(ESRCH))?;
        let process = self.processes.at(index);
        let lives = process.role == Role::Container && process.pidfd >= 0;
        let stands = matches!(process.state, State::Parked | State::Going | State::Running);
        if lives && stands && !process.removing { Ok(index) } else { fail(ESRCH) }
    }
}

pub fn now_ms() -> i64 {
    let now = sys::clock_gettime(CLOCK_MONOTONIC);
    now.seconds * 1000 + now.nanoseconds / 1_000_000
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
