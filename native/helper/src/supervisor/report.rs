//! What a child reports on the way to its program, and what follows from it; above all from a failure.

use crate::abi::*;
use crate::channel::{self, Message};
use crate::errno::{EAGAIN, ECONNRESET, EPROTO, ESRCH, Errno, Result, fail};
use crate::supervisor::Supervisor;
use crate::supervisor::birth::Failure;
use crate::supervisor::event::{self, Event};
use crate::supervisor::process::{Role, State};
use crate::sys;

impl Supervisor {
    /// What a child reports.
    pub fn on_channel(&mut self, index: u32) {
        loop {
            let channel = self.processes.at(index).channel;
            if channel < 0 {
                return;
            }
            let mut bytes = [0u8; channel::LENGTH];
            let mut fds = [-1];
            let received = match sys::retry(|| sys::receive(channel, &mut bytes, &mut fds, MSG_DONTWAIT)) {
                Ok(received) if received.length > 0 => received,
                Err(error) if error == EAGAIN => return,
                // It ended without having read what we sent. What it sent is still there.
                Err(error) if error == ECONNRESET => continue,
                _ => return self.on_channel_end(index),
            };
            let fd = (received.fds == 1).then_some(fds[0]).map(sys::Owned::new);
            let result = match Message::decode(bytes.get(..received.length).unwrap_or_default()) {
                Ok(message) => self.on_message(index, &message, received.credentials, fd),
                Err(error) => Err(error),
            };
            if let Err(error) = result {
                self.fail(index, Failure::outside(error));
            }
        }
    }

    fn on_message(
        &mut self,
        index: u32,
        message: &Message,
        who: Option<Credentials>,
        fd: Option<sys::Owned>,
    ) -> Result<()> {
        let process = *self.processes.at(index);
        match message.kind {
            channel::FAIL => {
                let step = i32::try_from(message.b).unwrap_or(-1);
                self.fail_with(index, message.a, step, message.c as i32);
                Ok(())
            }
            channel::JOINED => self.adopt(index, message.a, fd.ok_or(Errno::new(EPROTO))?),
            channel::SYNC => self.on_sync(index),
            channel::CONSOLE => self.open_terminal(index, fd.ok_or(Errno::new(EPROTO))?),
            channel::READY if process.role == Role::Pool => {
                self.on_pool_ready(index);
                Ok(())
            }
            channel::PARKED if process.state == State::Making => {
                self.on_parked(index, message.a, who.ok_or(Errno::new(EPROTO))?);
                Ok(())
            }
            _ => fail(EPROTO),
        }
    }

    fn on_parked(&mut self, index: u32, inside: i32, who: Credentials) {
        let process = self.processes.at(index);
        process.inside = inside;
        process.state = State::Parked;
        if process.pid < 0 {
            process.pid = who.pid;
        }
        let (handle, pid, pipes, goes) = (process.handle, process.pid, process.pipes, process.go);
        if (who.uid, who.gid) != (self.uid, self.gid) {
            for pipe in pipes.iter().filter(|pipe| **pipe >= 0) {
                let _ = sys::fchown(*pipe, who.uid, who.gid);
            }
        }
        self.close_pipes(index);
        self.outbox.push(&Event { kind: event::PARKED, handle, a: pid, b: inside as i64, ..Event::default() });
        if goes {
            self.processes.at(index).state = State::Going;
            self.tell_to_go(index);
        }
    }

    pub fn tell_to_go(&mut self, index: u32) {
        let process = self.processes.at(index);
        if !process.told {
            process.told = true;
            let _ = channel::send(process.channel, &Message { kind: channel::GO, ..Message::default() }, None);
        }
    }

    /// START.
    pub fn go_on(&mut self, index: u32) {
        let process = self.processes.at(index);
        match process.state {
            State::Parked => {
                process.state = State::Going;
                self.tell_to_go(index);
            }
            // It will not stop there.
            State::Making if process.role != Role::Pool => process.go = true,
            _ => {}
        }
    }

    /// The child's end is closed: by execve, or by its death, which is the end of its birth if it was not told to go on.
    /// Killed between that word and the program it counts as having started: it will be seen to have been killed.
    pub fn on_channel_end(&mut self, index: u32) {
        self.close_channel(index);
        let process = *self.processes.at(index);
        match process.state {
            State::Going => self.on_started(index),
            State::Making if process.ends_without_word() => self.on_started(index),
            State::Making | State::Parked | State::Waiting => self.fail(index, Failure::outside(Errno::new(ESRCH))),
            _ => {}
        }
    }

    fn on_started(&mut self, index: u32) {
        let process = self.processes.at(index);
        process.state = State::Running;
        let (handle, pid, inside) = (process.handle, process.pid, process.inside);
        self.outbox.push(&Event { kind: event::STARTED, handle, a: pid, b: inside as i64, ..Event::default() });
    }

    /// The first failure counts. Everything of this birth ends now; Node hears of it when nothing is left.
    pub fn fail(&mut self, index: u32, failure: Failure) {
        self.fail_with(index, failure.error.code(), failure.step, failure.error.call());
    }

    fn fail_with(&mut self, index: u32, errno: i32, step: i32, call: i32) {
        let process = self.processes.at(index);
        if matches!(process.state, State::Free | State::Failing | State::Ended | State::Running) {
            return;
        }
        process.state = State::Failing;
        (process.errno, process.step, process.call) = (errno, step, call);
        // Whatever it is in: it may even be frozen.
        match self.processes.at(index).role {
            Role::Container => self.kill_container(index),
            _ => self.kill_process(index),
        }
        self.forget_birth(index);
        self.settle(index);
    }

    /// What a birth holds open.
    pub fn forget_birth(&mut self, index: u32) {
        self.close_channel_unless_joining(index);
        self.close_pipes(index);
        let process = self.processes.at(index);
        for fd in [&mut process.plan, &mut process.stream] {
            let fd = core::mem::replace(fd, -1);
            if fd >= 0 {
                sys::close(fd);
            }
        }
        if process.state == State::Failing {
            self.close_terminal(index);
        }
    }

    pub fn close_channel(&mut self, index: u32) {
        let channel = core::mem::replace(&mut self.processes.at(index).channel, -1);
        self.unwatch(channel);
    }

    /// The intermediate child may still tell of the one that it made, which must be reaped.
    fn close_channel_unless_joining(&mut self, index: u32) {
        let process = self.processes.at(index);
        if process.middle < 0 || process.pidfd >= 0 {
            self.close_channel(index);
        }
    }
}
