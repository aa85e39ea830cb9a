//! Groups come and go here, containers go, and at the end the supervisor itself, with everything that it made.

use crate::abi::*;
use crate::errno::{EBUSY, EINTR, ESRCH, Errno, Result, fail};
use crate::supervisor::birth::Failure;
use crate::supervisor::group::Job;
use crate::supervisor::process::{Role, State};
use crate::supervisor::{Closing, EVENTS, Supervisor, cgroup, now_ms};
use crate::sys;
use crate::text::Path;

/// A process that sleeps in the kernel cannot die; its group then stays in the journal, for a later sweep.
const PATIENCE_MS: i64 = 10_000;
/// The same when we must end ourselves.
const LAST_PATIENCE_MS: i64 = 5_000;

impl Supervisor {
    /// The directories of a new group, one in each hierarchy.
    pub fn make_group(&mut self, group: u32) -> Result<()> {
        for number in 0..self.groups.at(group).count {
            let cpuset = self.groups.has(group, number, b"cpuset");
            let parents = &mut self.parents;
            cgroup::make(self.groups.dir(group, number)?, cpuset, &mut |parent| remember(parents, parent.to_bytes()))?;
            let freezes = (self.groups.at(group).v2 && number == 0) || self.groups.has(group, number, b"freezer");
            let counts = self.groups.has(group, number, b"memory");
            let group = self.groups.at(group);
            group.made = number + 1;
            if freezes && group.freezer == 0 {
                group.freezer = number + 1;
            }
            if counts {
                group.memory = number + 1;
            }
        }
        Ok(())
    }

    /// Kills what is in it and takes its directories away, now or, while somebody still dies in it, in a moment.
    pub fn remove_group(&mut self, group: u32) {
        match self.groups.at(group).job {
            Job::Remove => return,
            Job::Freeze => {
                let (tag, owner) = (self.groups.at(group).tag, self.groups.at(group).owner);
                self.done(tag, owner, fail(EINTR));
            }
            Job::None => {}
        }
        self.unwatch_oom(group);
        if self.groups.at(group).frozen {
            self.thaw_now(group);
        }
        match self.remove_dirs(group) {
            Ok(()) => self.on_group_removed(group, true),
            Err(_) => self.begin(group, Job::Remove, PATIENCE_MS),
        }
    }

    pub fn remove_group_again(&mut self, group: u32, late: bool) -> bool {
        self.kill_group(group);
        let gone = self.remove_dirs(group).is_ok();
        if gone || late {
            self.on_group_removed(group, gone);
        }
        gone || late
    }

    /// The last one made first.
    fn remove_dirs(&mut self, group: u32) -> Result<()> {
        while let Some(number) = self.groups.at(group).made.checked_sub(1) {
            cgroup::remove(self.groups.dir(group, number)?)?;
            self.groups.at(group).made = number;
        }
        Ok(())
    }

    fn on_group_removed(&mut self, group: u32, gone: bool) {
        let owner = self.groups.at(group).owner;
        self.end_job(group);
        if gone {
            self.groups.remove(group);
        } else {
            let (tag, index) = (self.processes.at(owner).tag, owner);
            self.done(tag, index, fail(EBUSY));
            self.processes.at(owner).tag = 0;
        }
        self.processes.at(owner).group = 0;
        self.settle(owner);
    }

    /// REMOVE: of a container with all that is in it, of an exec or a visit alone.
    pub fn remove(&mut self, index: u32, tag: u32) {
        let process = self.processes.at(index);
        if process.removing {
            return self.done(tag, index, fail(EBUSY));
        }
        process.removing = true;
        process.tag = tag;
        self.end(index);
    }

    fn end(&mut self, index: u32) {
        let process = *self.processes.at(index);
        match process.state {
            State::Running if process.role == Role::Container => self.kill_container(index),
            State::Running => self.kill_process(index),
            State::Making | State::Parked | State::Going | State::Waiting => {
                self.fail(index, Failure::outside(Errno::new(ESRCH)));
                return;
            }
            _ => {}
        }
        self.settle(index);
    }

    /// CLOSE, or Node is gone: everything ends.
    pub fn close(&mut self, tag: u32) {
        self.closing = Some(Closing { tag, deadline: now_ms() + LAST_PATIENCE_MS });
        self.pool.forget();
        for index in 0..self.processes.high {
            let process = self.processes.at(index);
            if process.state == State::Free {
                continue;
            }
            process.removing = true;
            self.end(index);
        }
    }

    pub fn end_if_closed(&mut self) {
        let Some(Closing { tag, deadline }) = self.closing else { return };
        if self.processes.count > 0 && now_ms() < deadline {
            return;
        }
        self.remove_parents();
        self.answer(tag, 0, 0, -1);
        self.outbox.flush();
        if !self.outbox.is_empty() && !self.outbox.broken {
            let mut wait = [PollFd { fd: EVENTS, events: POLLOUT, revents: 0 }];
            let _ = sys::poll(&mut wait, Some(Timespec { seconds: 0, nanoseconds: 50_000_000 }));
            self.outbox.flush();
        }
        sys::exit(0)
    }

    /// Those that are empty; others may be in use by another runtime.
    fn remove_parents(&mut self) {
        for parent in self.parents.as_bytes().split(|byte| *byte == b'\n').rev().filter(|parent| !parent.is_empty()) {
            if let Ok(parent) = Path::of(&[parent]) {
                let _ = sys::unlinkat(AT_FDCWD, parent.as_c(), AT_REMOVEDIR);
            }
        }
    }
}

/// What there is no room for stays behind, empty.
fn remember(parents: &mut Path, parent: &[u8]) {
    let room = crate::text::PATH_MAX - parents.as_bytes().len();
    if parent.len() + 2 < room && !parent.contains(&b'\n') {
        let _ = parents.push(parent);
        let _ = parents.push(b"\n");
    }
}
