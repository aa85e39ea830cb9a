//! The clone itself, and what the new process does before its first step: it goes into its v1 groups and into the
//! namespaces of others. Entering a PID namespace counts for children only, so that such a process is the child of an
//! intermediate one, and by CLONE_PARENT still ours.

use crate::abi::*;
use crate::channel::{self, Message};
use crate::errno::{EINVAL, EMFILE, Errno, Result, fail};
use crate::plan::{By, Numbers, Plan, Step, slot};
use crate::step::{self, Child};
use crate::supervisor::birth::{Failure, clone_kinds, meetings};
use crate::supervisor::group::DIRS_MAX;
use crate::supervisor::process::{Role, State};
use crate::supervisor::request::Passed;
use crate::supervisor::{CLONE_INTO, CLONE3, Supervisor, cgroup};
use crate::sys::{self, Cloned, Fd, Owned};

/// The exit status of a child that did not become the program.
const FAILED: i32 = 125;

/// What a clone needs, ready before it.
struct Birth {
    flags: u64,
    exit_signal: i32,
    /// Of the v2 group, where the clone goes into it at once.
    into: Fd,
    /// Whether there is clone3.
    clone3: bool,
    /// Files into which a process writes itself to be in a group.
    doors: Doors,
    /// Both ends; ours is closed in the child by its first step.
    theirs: Fd,
    step: u32,
}

impl Supervisor {
    pub fn clone_child(
        &mut self,
        index: u32,
        plan: Plan,
        clone: u32,
        passed: Passed,
    ) -> core::result::Result<(), Failure> {
        let (plan, result) = self.clone_from(index, plan, clone);
        // The child is at work meanwhile, and goes no further than `park` before this is done.
        let result = result.map_err(Failure::at(clone)).and_then(|()| self.make_limits(index, &plan, clone));
        let later = plan.steps().any(|step| step.by == By::Runtime && step.index > clone);
        plan.unmap();
        if later && result.is_ok() {
            self.keep_plan(index, passed).map_err(Failure::at(clone))?;
        }
        result
    }

    fn keep_plan(&mut self, index: u32, mut passed: Passed) -> Result<()> {
        let plan = passed.take_plan()?;
        let process = self.processes.at(index);
        process.plan = plan;
        // With no point to meet at the child does not wait, and nor do we.
        if process.syncs { Ok(()) } else { self.make_later_steps(index) }
    }

    /// Makes the child. The plan goes with it, and comes back.
    pub fn clone_from(&mut self, index: u32, plan: Plan, clone: u32) -> (Plan, Result<()>) {
        let (birth, ours) = match self.prepare_clone(index, &plan, clone) {
            Ok(prepared) => prepared,
            Err(error) => return (plan, Err(error)),
        };
        let joining = plan.step(clone).and_then(|step| joins(&step).ok()).is_some_and(|joins| !joins.is_empty());
        let pooled = self.processes.at(index).role == Role::Pool;
        let cloned = if joining { birth.clone_plain() } else { birth.clone() };
        if let Ok(Cloned { pid: 0, .. }) = cloned {
            let slots = core::mem::take(&mut self.slots);
            let result = birth.doors.pass().and_then(|()| if joining { birth.join(&plan, slots) } else { Ok(()) });
            if let Err(error) = result {
                birth.report(error);
            }
            // No step needs them: they are closed with all that is in no slot.
            for slot in [slot::INIT, slot::CGROUP] {
                if let Some(fd) = slots.get_mut(slot) {
                    *fd = -1;
                }
            }
            let child = Child::new(slots, birth.theirs);
            match pooled {
                true => step::run_pooled(plan, child, clone + 1),
                false => step::run(plan, child, clone + 1),
            }
        }
        birth.close();
        let process = self.processes.at(index);
        process.channel = ours.keep();
        match cloned {
            Err(error) => {
                self.close_channel(index);
                (plan, Err(error))
            }
            Ok(cloned) => {
                if joining {
                    (process.middle, process.middle_pid) = (cloned.pidfd, cloned.pid);
                } else {
                    (process.pidfd, process.pid) = (cloned.pidfd, cloned.pid);
                }
                self.watch_child(index);
                (plan, Ok(()))
            }
        }
    }

    fn prepare_clone(&mut self, index: u32, plan: &Plan, clone: u32) -> Result<(Birth, Owned)> {
        let step = plan.step(clone).ok_or(Errno::new(EINVAL))?;
        let mut fields = step.fields();
        let (flags, grouped) = (fields.flags()?, fields.int()? != 0);
        let process = self.processes.at(index);
        process.kinds = clone_kinds(&step)?;
        process.own = flags;
        process.clone_step = clone;
        (process.parks, process.syncs) = meetings(plan);
        let target = process.target;
        let group = self.processes.at(target).group.checked_sub(1).filter(|_| grouped);
        let v2 = self.slots.get(slot::CGROUP).copied().filter(|fd| *fd >= 0 && group.is_some());
        let into = v2.filter(|_| self.features & CLONE_INTO != 0).unwrap_or(-1);
        let [ours, theirs] = sys::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC)?.map(Owned::new);
        // The kernel then says who sends, in our own numbers.
        sys::setsockopt(ours.fd(), SOL_SOCKET, SO_PASSCRED, 1)?;
        let mut doors = Doors::new();
        if let Some(group) = group {
            self.open_doors(group, into < 0, &mut doors)?;
        }
        let clone3 = self.features & CLONE3 != 0;
        let birth = Birth { flags, exit_signal: SIGCHLD, into, clone3, doors, theirs: theirs.keep(), step: clone };
        Ok((birth, ours))
    }

    /// Of each hierarchy that the clone does not enter by itself.
    fn open_doors(&mut self, group: u32, v2_too: bool, doors: &mut Doors) -> Result<()> {
        let (count, v2) = (self.groups.at(group).count, self.groups.at(group).v2);
        for number in 0..count {
            let is_v2 = v2 && number == 0;
            if is_v2 && !v2_too {
                continue;
            }
            // A thread that moves itself alone (v1's `tasks`) need not wait until no thread is born or dies anywhere.
            let file: &[u8] = if is_v2 { b"cgroup.procs" } else { b"tasks" };
            doors.add(cgroup::open(self.groups.dir(group, number)?, file, O_WRONLY)?)?;
        }
        Ok(())
    }

    /// A child of the pool lives already, and goes into its groups by itself.
    pub fn send_to_pooled(&mut self, index: u32, plan: &Plan, memfd: Fd) -> Result<()> {
        let process = *self.processes.at(index);
        let mut doors = Doors::new();
        if let Some(group) = process.group.checked_sub(1).filter(|_| process.paid == 0) {
            self.open_doors(group, true, &mut doors)?;
        }
        let slots = self.slots.get(..plan.header().slots as usize).unwrap_or(&[]);
        channel::send_plan(process.channel, memfd, slots, doors.fds(), plan.header().prepaid)
    }

    /// The child of the intermediate one is known.
    pub fn adopt(&mut self, index: u32, pid: i32, pidfd: Owned) -> Result<()> {
        let process = self.processes.at(index);
        if process.pidfd >= 0 || process.middle < 0 {
            return fail(EINVAL);
        }
        let generation = process.generation;
        process.pid = pid;
        process.pidfd = pidfd.keep();
        let (fd, failing) = (process.pidfd, process.state == State::Failing);
        self.watch(crate::supervisor::watch::Watch::Pidfd, index, generation, fd, EPOLLIN);
        if failing {
            self.kill_process(index);
        }
        Ok(())
    }
}

impl Birth {
    fn clone(&self) -> Result<Cloned> {
        match self.clone3 {
            true => sys::clone3(self.flags, self.exit_signal, self.into),
            false => sys::clone(self.flags, self.exit_signal),
        }
    }

    /// The intermediate child: a plain fork.
    fn clone_plain(&self) -> Result<Cloned> {
        match self.clone3 {
            true => sys::clone3(0, SIGCHLD, -1),
            false => sys::clone(0, SIGCHLD),
        }
    }

    /// In the intermediate child: into each namespace, then the clone whose child goes on; this one ends.
    fn join(&self, plan: &Plan, slots: &[Fd]) -> Result<()> {
        let joins = joins(&plan.step(self.step).ok_or(Errno::new(EINVAL))?)?;
        for n in (0..joins.len()).step_by(2) {
            let slot = joins.get(n).and_then(|slot| usize::try_from(slot).ok()).ok_or(Errno::new(EINVAL))?;
            let kinds = joins.get(n + 1).ok_or(Errno::new(EINVAL))?;
            let fd = slots.get(slot).copied().filter(|fd| *fd >= 0).ok_or(Errno::new(EINVAL))?;
            sys::setns(fd, kinds as u64)?;
        }
        // With CLONE_PARENT the signal is that of the intermediate child, and clone3 wants none.
        let flags = self.flags | CLONE_PARENT;
        let cloned = match self.clone3 {
            true => sys::clone3(flags, 0, self.into)?,
            false => sys::clone(flags, SIGCHLD)?,
        };
        if cloned.pid == 0 {
            return Ok(());
        }
        let message = Message { kind: channel::JOINED, a: cloned.pid, ..Message::default() };
        match channel::send(self.theirs, &message, Some(cloned.pidfd)) {
            Ok(()) => sys::exit(0),
            Err(error) => self.report(error),
        }
    }

    fn report(&self, error: Errno) -> ! {
        let (b, c) = (self.step as i64, error.call() as i64);
        let _ = channel::tell(self.theirs, &Message { kind: channel::FAIL, a: error.code(), b, c, d: 0 });
        sys::exit(FAILED)
    }

    fn close(self) {
        sys::close(self.theirs);
    }
}

/// Slots and kinds of namespaces, in pairs.
fn joins<'a>(step: &Step<'a>) -> Result<Numbers<'a>> {
    let mut fields = step.fields();
    fields.flags()?;
    fields.int()?;
    fields.ints()
}

/// Open files of groups; who writes 0 to one is in that group.
struct Doors {
    fds: [Fd; DIRS_MAX],
    count: usize,
}

impl Doors {
    fn new() -> Doors {
        Doors { fds: [-1; DIRS_MAX], count: 0 }
    }

    fn add(&mut self, file: Owned) -> Result<()> {
        let place = self.fds.get_mut(self.count).ok_or(Errno::new(EMFILE))?;
        *place = file.keep();
        self.count += 1;
        Ok(())
    }

    fn fds(&self) -> &[Fd] {
        self.fds.get(..self.count).unwrap_or(&[])
    }

    fn pass(&self) -> Result<()> {
        self.fds.iter().take(self.count).try_for_each(|door| sys::retry(|| sys::write(*door, b"0")).map(|_| ()))
    }
}

impl Drop for Doors {
    fn drop(&mut self) {
        for door in self.fds.iter().take(self.count) {
            sys::close(*door);
        }
    }
}
