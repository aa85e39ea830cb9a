//! Signals: to one process by its pidfd, so that never another is hit, or to all of a container.

use crate::abi::*;
use crate::errno::{EINVAL, ENOENT, ESRCH, Errno, Result, fail};
use crate::supervisor::request::{self, Request};
use crate::supervisor::{Supervisor, cgroup};
use crate::sys;

impl Supervisor {
    pub fn signal(&mut self, index: u32, request: &Request) -> Result<()> {
        let signal =
            i32::try_from(request.a).ok().filter(|signal| (0..=NSIG).contains(signal)).ok_or(Errno::new(EINVAL))?;
        let process = *self.processes.at(index);
        if process.pidfd < 0 {
            return fail(ESRCH);
        }
        match request.b == request::ALL {
            true => self.signal_all(process.target, signal)?,
            false => sys::pidfd_send_signal(process.pidfd, signal)?,
        }
        // A frozen process of v1 is told to die, and then must be able to.
        if signal == SIGKILL && process.group != 0 {
            self.thaw_now(process.group - 1);
        }
        self.done(request.tag, index, Ok(0));
        Ok(())
    }

    /// To every process of a container: those in its group, or in its PID namespace, or at least those that we know.
    fn signal_all(&mut self, index: u32, signal: i32) -> Result<()> {
        let process = *self.processes.at(index);
        if signal == SIGKILL {
            self.kill_container(index);
            return Ok(());
        }
        if let Some(group) = process.group.checked_sub(1).filter(|group| self.groups.at(*group).count > 0) {
            return cgroup::signal(self.groups.dir(group, 0)?, signal);
        }
        if process.own & CLONE_NEWPID != 0 {
            self.signal_namespace(index, signal)?;
        } else {
            self.signal_guests(index, signal);
        }
        sys::pidfd_send_signal(process.pidfd, signal)
    }

    /// kill(2) of -1, by a process that is sent into the namespace for it: the one way to reach those that nobody knows.
    fn signal_namespace(&mut self, index: u32, signal: i32) -> Result<()> {
        let process = *self.processes.at(index);
        self.expect_orphans();
        let fork = || sys::clone3(0, SIGCHLD, -1).or_else(|_| sys::clone(0, SIGCHLD));
        let messenger = fork()?;
        if messenger.pid == 0 {
            let joined = sys::setns(process.pidfd, process.kinds & (CLONE_NEWUSER | CLONE_NEWPID));
            if joined.is_ok() && fork().is_ok_and(|inside| inside.pid == 0) {
                let _ = sys::kill(-1, signal);
            }
            sys::exit(0);
        }
        // Both are orphans, of whom nobody wants to know anything.
        sys::close(messenger.pidfd);
        Ok(())
    }

    /// Execs and visits.
    fn signal_guests(&mut self, index: u32, signal: i32) {
        for guest in 0..self.processes.high {
            if self.processes.at(index).guests == 0 {
                return;
            }
            let process = *self.processes.at(guest);
            if guest != index && process.target == index && process.pidfd >= 0 {
                let _ = sys::pidfd_send_signal(process.pidfd, signal);
            }
        }
    }

    /// SIGKILL to everything that is in a container, however it came there.
    pub fn kill_container(&mut self, index: u32) {
        self.kill_process(index);
        self.signal_guests(index, SIGKILL);
        if let Some(group) = self.processes.at(index).group.checked_sub(1) {
            self.kill_group(group);
        }
    }

    pub fn kill_group(&mut self, group: u32) {
        for number in 0..self.groups.at(group).made {
            let v2 = self.groups.at(group).v2 && number == 0;
            let Ok(dir) = self.groups.dir(group, number) else { break };
            match if v2 { cgroup::kill(dir) } else { fail(ENOENT) } {
                Ok(()) => break,
                // One hierarchy is enough: each has them all.
                Err(_) if cgroup::signal(dir, SIGKILL).is_ok() => break,
                Err(_) => {}
            }
        }
        self.thaw_now(group);
    }

    /// The process itself, and those that are at work for its birth.
    pub fn kill_process(&mut self, index: u32) {
        let process = *self.processes.at(index);
        for pidfd in [process.pidfd, process.middle, process.mapper] {
            if pidfd >= 0 {
                let _ = sys::pidfd_send_signal(pidfd, SIGKILL);
            }
        }
    }
}
