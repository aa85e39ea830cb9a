//! Deaths: what is told of them, and what follows from them. A process's record goes when nothing of it is left.

use crate::abi::*;
use crate::errno::{ESRCH, Errno};
use crate::supervisor::Supervisor;
use crate::supervisor::birth::Failure;
use crate::supervisor::event::{self, Event};
use crate::supervisor::process::{Role, State};
use crate::supervisor::watch::Watch;
use crate::sys::{self, Waited};

/// What is said of one whose end nobody can tell.
const LOST: Waited = Waited { pid: 0, code: 1, status: 255 };

impl Supervisor {
    pub fn on_death(&mut self, index: u32) {
        let pidfd = self.processes.at(index).pidfd;
        if pidfd < 0 || matches!(sys::waitid(P_PIDFD, pidfd, WEXITED | WNOHANG | WNOWAIT), Ok(None)) {
            return;
        }
        // What it said before it died comes first.
        self.on_channel(index);
        let end = match sys::waitid(P_PIDFD, pidfd, WEXITED | WNOHANG) {
            Ok(Some(end)) => end,
            Ok(None) => return,
            // Not to happen: somebody else has reaped it. Dead it is.
            Err(_) => LOST,
        };
        self.processes.at(index).pidfd = -1;
        self.unwatch(pidfd);
        let process = self.processes.at(index);
        match process.state {
            State::Running => self.on_exit(index, end),
            State::Failing => self.settle(index),
            // An intermediate child still has the channel's other end.
            state if state == State::Going || process.ends_without_word() => {
                self.on_channel_end(index);
                self.on_exit(index, end);
            }
            _ => self.fail(index, Failure::outside(Errno::new(ESRCH))),
        }
    }

    fn on_exit(&mut self, index: u32, end: Waited) {
        self.drain_terminal(index);
        let process = *self.processes.at(index);
        let group = self.processes.at(process.target).group;
        let killed = group != 0 && self.groups.at(group - 1).memory != 0 && self.oom_kills(group - 1) > 0;
        if group != 0 && self.groups.at(group - 1).oom >= 0 {
            self.on_oom(group - 1);
        }
        let (a, b, c) = (end.code, end.status as i64, killed as i64);
        self.outbox.push(&Event { kind: event::EXITED, handle: process.handle, tag: 0, a, b, c });
        self.processes.at(index).state = State::Ended;
        self.forget_birth(index);
        if process.role == Role::Container {
            // Those in a PID namespace of its own have died with it.
            if process.own & CLONE_NEWPID == 0 {
                self.kill_container(index);
            }
        }
        self.settle(index);
    }

    pub fn on_middle_death(&mut self, index: u32) {
        let middle = self.processes.at(index).middle;
        if middle < 0 || matches!(sys::waitid(P_PIDFD, middle, WEXITED | WNOHANG | WNOWAIT), Ok(None)) {
            return;
        }
        // It has said whom it made, if it could; that may still wait to be read.
        self.on_channel(index);
        let _ = sys::waitid(P_PIDFD, middle, WEXITED | WNOHANG);
        self.processes.at(index).middle = -1;
        self.unwatch(middle);
        let process = *self.processes.at(index);
        if process.pidfd < 0 && process.state == State::Making {
            self.expect_orphans();
            self.fail(index, Failure::outside(Errno::new(ESRCH)));
        } else if process.state == State::Failing {
            if process.pidfd < 0 {
                self.expect_orphans();
            }
            self.close_channel(index);
            self.settle(index);
        } else {
            self.settle(index);
        }
        if self.orphans >= 0 {
            self.reap_orphans();
        }
    }

    /// Takes the next step of an end, if there is one to take.
    pub fn settle(&mut self, index: u32) {
        let process = *self.processes.at(index);
        if process.is_alive() || !matches!(process.state, State::Failing | State::Ended) {
            return;
        }
        if matches!(process.role, Role::Container | Role::Pool) {
            let wanted = process.state == State::Failing || process.removing;
            if !wanted || process.guests > 0 {
                return;
            }
            if process.group != 0 {
                return self.remove_group(process.group - 1);
            }
        }
        self.finish(index);
    }

    fn finish(&mut self, index: u32) {
        let process = *self.processes.at(index);
        self.close_channel(index);
        self.forget_birth(index);
        if process.role == Role::Pool {
            self.on_pool_loss(index);
        } else if process.state == State::Failing {
            let (b, c) = (process.step as i64, process.call as i64);
            self.outbox.push(&Event { kind: event::FAILED, handle: process.handle, tag: 0, a: process.errno, b, c });
        }
        self.answer(process.tag, process.handle, 0, -1);
        self.leave_terminal(index);
        self.processes.remove(index);
        if process.target != index {
            let target = self.processes.at(process.target);
            target.guests = target.guests.saturating_sub(1);
            self.settle(process.target);
        }
    }

    /// Processes of a shared PID namespace whose parents have died come to us, the subreaper; they are nobody's records.
    pub fn expect_orphans(&mut self) {
        if self.orphans < 0 {
            self.orphans = sys::children_fd().unwrap_or(-1);
            self.watch(Watch::Orphans, 0, 0, self.orphans, EPOLLIN);
        }
        self.reap_orphans();
    }

    pub fn reap_orphans(&mut self) {
        let mut signals = [0u8; 128 * 4];
        let _ = sys::read(self.orphans, &mut signals);
        while let Ok(Some(end)) = sys::waitid(P_ALL, 0, WEXITED | WNOHANG | WNOWAIT | __WALL) {
            match self.whose(end.pid) {
                Some((index, Watch::Pidfd)) => self.on_death(index),
                Some((index, Watch::Middle)) => self.on_middle_death(index),
                Some((index, _)) => self.on_mapper_death(index),
                // It may be one whose intermediate parent has not told of it yet.
                None if self.is_joining() => return,
                None => {
                    let _ = sys::waitid(P_PID, end.pid, WEXITED | WNOHANG | __WALL);
                }
            }
        }
    }

    /// Whether a child is about to be told of; those that were told of are known afterwards.
    fn is_joining(&mut self) -> bool {
        let mut joining = false;
        for index in 0..self.processes.high {
            if self.processes.at(index).middle >= 0 && self.processes.at(index).pidfd < 0 {
                self.on_channel(index);
                joining = true;
            }
        }
        joining
    }

    /// Ours with a record hear of it there.
    fn whose(&mut self, pid: i32) -> Option<(u32, Watch)> {
        for index in 0..self.processes.high {
            let process = self.processes.at(index);
            if process.pid == pid && process.pidfd >= 0 {
                return Some((index, Watch::Pidfd));
            }
            if process.middle_pid == pid && process.middle >= 0 {
                return Some((index, Watch::Middle));
            }
            if process.mapper_pid == pid && process.mapper >= 0 {
                return Some((index, Watch::Mapper));
            }
        }
        None
    }
}
