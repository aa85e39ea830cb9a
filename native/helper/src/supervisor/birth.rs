//! How a process comes to be: the supervisor's steps of its plan, the clone, then what the child reports on the way to
//! its program. Whatever fails, in the order of the plan everything is taken back before Node hears of it.

use core::ffi::CStr;

use crate::abi::*;
use crate::channel::{self, Message};
use crate::errno::{EAGAIN, ECONNRESET, EEXIST, EINVAL, EPROTO, ESRCH, Errno, Result, fail};
use crate::mount;
use crate::plan::{By, Kind, Op, Plan, Step, slot};
use crate::supervisor::event::{self, Event};
use crate::supervisor::process::{self, Role, State};
use crate::supervisor::request::{self, Passed, Request};
use crate::supervisor::{Supervisor, Watch, cgroup};
use crate::sys::{self, Fd};

/// A step that failed; -1: none of the plan's.
pub struct Failure {
    pub error: Errno,
    pub step: i32,
}

impl Failure {
    pub fn at(step: u32) -> impl Fn(Errno) -> Failure {
        move |error| Failure { error, step: step as i32 }
    }

    pub fn outside(error: Errno) -> Failure {
        Failure { error, step: -1 }
    }
}

/// Whom the pipes of a process are to belong to, so that it can open /dev/stdout.
#[derive(Clone, Copy)]
enum Owner {
    Known(u32, u32),
    /// Seen when it parks.
    Unknown,
}

impl Supervisor {
    pub fn birth(&mut self, request: &Request, mut passed: Passed) {
        let refusal = match self.processes.find(request.handle) {
            Some(_) => Some(EEXIST),
            None if request.handle == 0 => Some(EINVAL),
            None => None,
        };
        if let Some(errno) = refusal {
            return self.refuse(request.handle, errno);
        }
        let plan = match passed.plan().and_then(Plan::map) {
            Ok(plan) if plan.header().kind != Kind::Update => plan,
            Ok(plan) => {
                plan.unmap();
                return self.refuse(request.handle, EINVAL);
            }
            Err(error) => return self.refuse(request.handle, error.code()),
        };
        if let Some(index) = self.take_from_pool(&plan, request.handle) {
            return self.be_born_warm(index, request, passed, plan);
        }
        let Some(index) = self.processes.add(request.handle, process::role(plan.header().kind)) else {
            plan.unmap();
            return self.refuse(request.handle, EAGAIN);
        };
        let result = self.prepare(index, request, &mut passed, &plan);
        let result = match result {
            Ok(clone) => self.clone_child(index, plan, clone, passed),
            Err(failure) => {
                plan.unmap();
                Err(failure)
            }
        };
        self.close_slots(index);
        match result {
            Ok(()) => self.after_clone(index),
            Err(failure) => self.fail(index, failure),
        }
    }

    /// One that there was no place for.
    pub fn refuse(&mut self, handle: u32, errno: i32) {
        self.outbox.push(&Event { kind: event::FAILED, handle, tag: 0, a: errno, b: -1, c: -1 });
    }

    /// A child of the pool becomes this process.
    fn be_born_warm(&mut self, index: u32, request: &Request, mut passed: Passed, plan: Plan) {
        let result = self.prepare(index, request, &mut passed, &plan).and_then(|clone| {
            let memfd = passed.plan().map_err(Failure::outside)?;
            self.send_to_pooled(index, &plan, memfd).map_err(Failure::at(clone))?;
            let process = self.processes.at(index);
            process.clone_step = clone;
            process.state = State::Making;
            (process.parks, process.syncs) = meetings(&plan);
            self.make_limits(index, &plan, clone)
        });
        plan.unmap();
        self.close_slots(index);
        match result {
            Ok(()) => self.after_clone(index),
            Err(failure) => self.fail(index, failure),
        }
    }

    /// Every step before `clone`, whose index it answers, but for limits: those are made while the child is at work. The
    /// first descriptor of the request, the plan, stays there.
    fn prepare(
        &mut self,
        index: u32,
        request: &Request,
        passed: &mut Passed,
        plan: &Plan,
    ) -> core::result::Result<u32, Failure> {
        let role = process::role(plan.header().kind);
        let clone = plan.clone_step().ok_or(Failure::outside(Errno::new(EINVAL)))?;
        let count = plan.header().slots as usize;
        self.slots.get_mut(..count).unwrap_or(&mut []).fill(-1);
        self.set_slot(slot::PROC, self.proc);
        self.processes.at(index).role = role;
        if role != Role::Container {
            self.enter(index, request.target).map_err(Failure::outside)?;
        }
        let process = self.processes.at(index);
        process.go = request.b & request::GO != 0;
        let mut stdio = Stdio { kinds: request.a as u32, owner: self.owner(plan, clone), passed };
        if stdio.kinds & request::TERMINAL != 0 {
            self.processes.at(index).stream = stdio.passed.take().map_err(Failure::outside)?;
        }
        let paid = self.processes.at(index).paid;
        for step in plan.steps().take(clone as usize).skip(paid as usize) {
            if step.by != By::Runtime {
                return Err(Failure::at(step.index)(Errno::new(EINVAL)));
            }
            if is_limit(&step) {
                continue;
            }
            match self.prepare_step(index, &step, &mut stdio) {
                Err(error) if !step.tolerates(error) => return Err(Failure::at(step.index)(error)),
                _ => {}
            }
        }
        Ok(clone)
    }

    /// An exec or a visit goes to a container that lives: its namespaces and its group.
    fn enter(&mut self, index: u32, target: u32) -> Result<()> {
        let target = self.living(target)?;
        let (pidfd, group) = (self.processes.at(target).pidfd, self.processes.at(target).group);
        self.set_slot(slot::INIT, pidfd);
        if group != 0 && self.groups.at(group - 1).v2 {
            let dir = sys::openat(AT_FDCWD, self.groups.dir(group - 1, 0)?, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)?;
            self.set_slot(slot::CGROUP, dir);
        }
        self.processes.at(target).guests += 1;
        self.processes.at(index).target = target;
        Ok(())
    }

    fn prepare_step(&mut self, index: u32, step: &Step, stdio: &mut Stdio) -> Result<()> {
        let mut fields = step.fields();
        let slot = step.slot.unwrap_or(usize::MAX);
        match step.op {
            Op::Cgroup => self.begin_group(index, step),
            // Not to wait for who writes to a fifo.
            Op::Open => {
                let fd = sys::openat(AT_FDCWD, fields.text()?, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0)?;
                self.fill_slot(slot, fd)
            }
            Op::OpenTree => {
                let fd = mount::open_tree(fields.text()?, fields.flags()?)?;
                self.fill_slot(slot, fd)
            }
            Op::Fsmount => {
                let fd = mount::fsmount(fields.text()?, fields.text()?, fields.texts()?, fields.flags()?)?;
                self.fill_slot(slot, fd)
            }
            Op::Stdio => self.stdio(index, fields.ints()?.iter(), stdio),
            _ => fail(EINVAL),
        }
    }

    /// What a container may use. Without `park` nothing would hold the child back until then.
    pub fn make_limits(&mut self, index: u32, plan: &Plan, clone: u32) -> core::result::Result<(), Failure> {
        let process = *self.processes.at(index);
        let mut file = None;
        for step in plan.steps().take(clone as usize).skip(process.paid as usize).filter(is_limit) {
            let group = process.group.checked_sub(1).filter(|_| process.parks).ok_or(Errno::new(EINVAL));
            match group.and_then(|group| self.limit(group, &step, &mut file)) {
                Err(error) if !step.tolerates(error) => return Err(Failure::at(step.index)(error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// For a child of the pool: its group, whole, before it is cloned into that.
    pub fn prepare_group(&mut self, index: u32, plan: &Plan, clone: u32) -> core::result::Result<(), Failure> {
        let mut file = None;
        for step in plan.steps().take(clone as usize) {
            let result = match (step.op, self.processes.at(index).group) {
                (Op::Cgroup, _) => self.begin_group(index, &step),
                (_, group @ 1..) => self.limit(group - 1, &step, &mut file),
                _ => fail(EINVAL),
            };
            match result {
                Err(error) if !step.tolerates(error) => return Err(Failure::at(step.index)(error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Step `cgroup`.
    fn begin_group(&mut self, index: u32, step: &Step) -> Result<()> {
        let mut fields = step.fields();
        let (v2, controllers, dirs) = (fields.text()?, fields.texts()?, fields.texts()?);
        if self.processes.at(index).group != 0 {
            return fail(EINVAL);
        }
        let group = self.groups.add(index, v2, controllers, dirs)?;
        self.processes.at(index).group = group + 1;
        self.make_group(group)?;
        if self.groups.at(group).v2 {
            let dir = self.groups.dir(group, 0)?;
            let fd = sys::openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)?;
            self.set_slot(slot::CGROUP, fd);
        }
        Ok(())
    }

    /// A step that only writes to a group; one after the other often to one file.
    fn limit<'a>(&mut self, group: u32, step: &Step<'a>, last: &mut Option<LimitFile<'a>>) -> Result<()> {
        let mut fields = step.fields();
        match step.op {
            Op::Delegate => cgroup::delegate(fields.text()?, fields.text()?),
            Op::Limit => {
                let (controller, name, text) = (fields.text()?, fields.text()?, fields.text()?);
                if last.as_ref().is_none_or(|last| (last.controller, last.name) != (controller, name)) {
                    let dir = self.groups.dir_of(group, controller)?;
                    let file = cgroup::open(dir, name.to_bytes(), O_WRONLY | O_TRUNC)?;
                    *last = Some(LimitFile { controller, name, file });
                }
                let file = last.as_ref().map_or(-1, |last| last.file.fd());
                sys::retry(|| sys::write(file, text.to_bytes())).map(|_| ())
            }
            Op::DeviceProgram if self.groups.at(group).v2 => {
                let dir = sys::openat(AT_FDCWD, self.groups.dir(group, 0)?, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)?;
                cgroup::attach_device_program(sys::Owned::new(dir).fd(), fields.bytes()?)
            }
            _ => fail(EINVAL),
        }
    }

    /// UPDATE: limits of a container that lives.
    pub fn update(&mut self, request: &Request, passed: Passed) {
        let mut at = -1;
        let result = self.living(request.target).and_then(|target| {
            let group = self.processes.at(target).group.checked_sub(1).ok_or(Errno::new(EINVAL))?;
            let plan = Plan::map(passed.plan()?)?;
            let (mut result, mut file) = (Ok(()), None);
            for step in plan.steps() {
                at = step.index as i64;
                match self.limit(group, &step, &mut file) {
                    Err(error) if !step.tolerates(error) => {
                        result = Err(error);
                        break;
                    }
                    _ => {}
                }
            }
            plan.unmap();
            result
        });
        match result {
            Ok(()) => self.answer(request.tag, request.target, 0, -1),
            Err(error) => self.answer(request.tag, request.target, error.code(), at),
        }
    }

    /// Kinds: 0 null, 1 pipe, 2 log, 3 inherit.
    fn stdio(&mut self, index: u32, kinds: impl Iterator<Item = i64>, stdio: &mut Stdio) -> Result<()> {
        for (n, kind) in kinds.take(3).enumerate() {
            if stdio.kinds & 1 << n == 0 || stdio.kinds & request::TERMINAL != 0 {
                if kind == 0 {
                    self.set_slot(slot::STDIO + n, self.null);
                }
                continue;
            }
            let fd = stdio.passed.take()?;
            self.set_slot(slot::STDIO + n, fd);
            if kind != 1 && kind != 2 {
                continue;
            }
            match stdio.owner {
                Owner::Known(uid, gid) if (uid, gid) == (self.uid, self.gid) => {}
                // Without the powers for it things stay as they are.
                Owner::Known(uid, gid) => _ = sys::fchown(fd, uid, gid),
                Owner::Unknown => {
                    let kept = sys::fcntl(fd, F_DUPFD_CLOEXEC, 0)?;
                    if let Some(place) = self.processes.at(index).pipes.get_mut(n) {
                        *place = kept;
                    }
                }
            }
        }
        Ok(())
    }

    /// Ids that a plan gives as numbers are the host's, unless there is a user namespace.
    fn owner(&self, plan: &Plan, clone: u32) -> Owner {
        let mut owner = Owner::Known(self.uid, self.gid);
        for step in plan.steps() {
            let mut fields = step.fields();
            match step.op {
                Op::Clone if clone_kinds(&step).is_ok_and(|kinds| kinds & CLONE_NEWUSER == 0) => {}
                Op::Clone => return Owner::Unknown,
                Op::Unshare if fields.flags().is_ok_and(|flags| flags & CLONE_NEWUSER == 0) => {}
                Op::Unshare | Op::Setns => return Owner::Unknown,
                Op::Credentials if step.index > clone => match (fields.int(), fields.small(), fields.small()) {
                    (Ok(0), Ok(uid), Ok(gid)) => owner = Owner::Known(uid, gid),
                    _ => return Owner::Unknown,
                },
                _ => {}
            }
        }
        owner
    }

    pub fn set_slot(&mut self, slot: usize, fd: Fd) {
        if let Some(place) = self.slots.get_mut(slot) {
            *place = fd;
        }
    }

    /// With what a step has made.
    fn fill_slot(&mut self, slot: usize, fd: Fd) -> Result<()> {
        match self.slots.get_mut(slot) {
            Some(place) if slot >= slot::FIRST && *place < 0 => {
                *place = fd;
                Ok(())
            }
            _ => {
                sys::close(fd);
                fail(EINVAL)
            }
        }
    }

    /// Those that were opened for this birth.
    pub fn close_slots(&mut self, index: u32) {
        let target = self.processes.at(index).target;
        let lent = [self.proc, self.null, self.processes.at(target).pidfd];
        for fd in self.slots.iter_mut() {
            if *fd >= 0 && !lent.contains(fd) {
                sys::close(*fd);
            }
            *fd = -1;
        }
    }

    /// The child is on its way.
    fn after_clone(&mut self, index: u32) {
        let process = *self.processes.at(index);
        // Nothing is left to do at the park point: the word to go on waits there for the child.
        if process.go && process.pipes == [-1; 3] && process.parks && !process.syncs {
            self.tell_to_go(index);
        }
        if process.role == Role::Container && process.group != 0 {
            self.watch_oom(process.group - 1);
        }
        if process.role == Role::Container && process.kinds & CLONE_NEWPID == 0 {
            self.expect_orphans();
        }
    }

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

    fn tell_to_go(&mut self, index: u32) {
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
            State::Making if !process.parks && process.role != Role::Pool => self.on_started(index),
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

    pub fn close_channel(&mut self, index: u32) {
        let channel = core::mem::replace(&mut self.processes.at(index).channel, -1);
        self.unwatch(channel);
    }

    pub fn close_pipes(&mut self, index: u32) {
        let pipes = core::mem::replace(&mut self.processes.at(index).pipes, [-1; 3]);
        for pipe in pipes.into_iter().filter(|pipe| *pipe >= 0) {
            sys::close(pipe);
        }
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

    /// The intermediate child may still tell of the one that it made, which must be reaped.
    fn close_channel_unless_joining(&mut self, index: u32) {
        let process = self.processes.at(index);
        if process.middle < 0 || process.pidfd >= 0 {
            self.close_channel(index);
        }
    }

    /// With events of its own from now on.
    pub fn watch_child(&mut self, index: u32) {
        let process = *self.processes.at(index);
        for (watch, fd) in
            [(Watch::Channel, process.channel), (Watch::Pidfd, process.pidfd), (Watch::Middle, process.middle)]
        {
            if fd >= 0 {
                self.watch(watch, index, process.generation, fd, EPOLLIN);
            }
        }
    }
}

/// A file of a group that the last limit was written to.
struct LimitFile<'a> {
    controller: &'a CStr,
    name: &'a CStr,
    file: sys::Owned,
}

fn is_limit(step: &Step) -> bool {
    matches!(step.op, Op::Delegate | Op::Limit | Op::DeviceProgram)
}

/// The descriptors that came with a birth.
struct Stdio<'a> {
    /// Bits of the request: which are there.
    kinds: u32,
    owner: Owner,
    passed: &'a mut Passed,
}

/// Every kind of namespace that the child will be in anew or by joining.
pub fn clone_kinds(step: &Step) -> Result<u64> {
    let mut fields = step.fields();
    let flags = fields.flags()?;
    fields.int()?;
    let joins = fields.ints()?;
    Ok(joins.iter().skip(1).step_by(2).fold(flags, |kinds, join| kinds | join as u64))
}

/// Whether a plan has the steps `park` and `sync`.
pub fn meetings(plan: &Plan) -> (bool, bool) {
    let has = |op| plan.steps().any(|step| step.op == op);
    (has(Op::Park), has(Op::Sync))
}
