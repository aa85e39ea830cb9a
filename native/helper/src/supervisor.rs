//! The supervisor: one process per runtime, which makes its containers, watches them, and takes them with it when it
//! ends. One thread waits in epoll(7) for requests, for what children report and for their deaths; it never waits for
//! one of them alone. It begins with all the memory that it will ever use.

pub mod birth;
pub mod cgroup;
pub mod clone;
pub mod event;
pub mod freeze;
pub mod group;
pub mod limit;
pub mod maps;
pub mod oom;
pub mod pool;
pub mod process;
pub mod pump;
pub mod reap;
pub mod remove;
pub mod report;
pub mod request;
pub mod signal;
pub mod start;
pub mod stdio;
pub mod watch;

use crate::abi::*;
use crate::errno::{EMFILE, ENOSYS, EPROTO, ESRCH, Errno, Result, fail};
use crate::sys::{self, Fd};
use crate::text::Path;
use event::{Event, Outbox};
use group::{Groups, Job};
use pool::Pool;
use process::{Processes, Role, State};
use pump::Terminals;
use request::{Passed, Request};
use watch::Watch;

/// The first word of the first request: only who started us as the supervisor sends it.
pub const GREETING: u32 = 0x5842_5754;

/// What the library leaves open for us.
const REQUESTS: Fd = 3;
const EVENTS: Fd = 4;
const JOURNAL: Fd = 6;

/// In one turn, so that deaths are not kept waiting by births.
const REQUESTS_AT_ONCE: usize = 16;

/// Bits of HELLO's `b`, and of `features`.
pub const CLONE3: u64 = 1;
pub const CLONE_INTO: u64 = 2;

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
    /// Parents of groups that we made, a line each, to be removed at the end.
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
    if start::started_by_library().is_err() {
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

impl Supervisor {
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

    /// A container that others can be sent into.
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
