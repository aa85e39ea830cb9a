//! How a process comes to be: the supervisor's steps of its plan in their order, up to the clone. Whatever fails, there
//! or later, everything is taken back before Node hears of it.

use crate::abi::*;
use crate::errno::{EAGAIN, EEXIST, EINVAL, Errno, Result, fail};
use crate::mount;
use crate::plan::{By, Kind, Op, Plan, Step, slot};
use crate::supervisor::Supervisor;
use crate::supervisor::event::{self, Event};
use crate::supervisor::limit::{LimitFile, can_wait};
use crate::supervisor::process::{self, Role, State};
use crate::supervisor::request::{self, Passed, Request};
use crate::supervisor::stdio::Stdio;
use crate::supervisor::watch::Watch;
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
        let mut file = None;
        for step in plan.steps().take(clone as usize).skip(paid as usize) {
            if step.by != By::Runtime {
                return Err(Failure::at(step.index)(Errno::new(EINVAL)));
            }
            if can_wait(&step) {
                continue;
            }
            match self.prepare_step(index, &step, &mut stdio, &mut file) {
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

    fn prepare_step<'a>(
        &mut self,
        index: u32,
        step: &Step<'a>,
        stdio: &mut Stdio,
        file: &mut Option<LimitFile<'a>>,
    ) -> Result<()> {
        let mut fields = step.fields();
        let slot = step.slot.unwrap_or(usize::MAX);
        match step.op {
            Op::Cgroup => self.begin_group(index, step),
            Op::Limit => {
                let group = self.processes.at(index).group.checked_sub(1).ok_or(Errno::new(EINVAL))?;
                self.limit(group, step, file)
            }
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
