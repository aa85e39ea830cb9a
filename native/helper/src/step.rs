//! What the child does: the steps of its plan, one after the other, each a function of the file named after its
//! subject.
//!
//! Nothing is skipped and nothing is guessed: a step that fails ends the child with 125, after it has told the
//! supervisor which one it was, unless the plan says that this very error means "not here".

use crate::abi::*;
use crate::channel::{self, Message};
use crate::device::{Found, Node};
use crate::errno::{E2BIG, EBADF, EINVAL, Errno, Result, fail};
use crate::passwd::Home;
use crate::place::Places;
use crate::plan::{By, Op, Plan, Step};
use crate::sys::{self, Fd, Stat};
use crate::{exec, fd, identity, mount, net, seccomp};

/// How many mounts a child makes for later steps to place.
const OWN_MAX: usize = 16;

/// The exit status of a child that did not become the program.
const FAILED: i32 = 125;

/// A child between its birth and its program.
pub struct Child {
    /// Descriptors by slot, -1 where there is none.
    pub slots: &'static mut [Fd],
    /// The child's end.
    pub channel: Fd,
    /// Its own PID, as it sees it.
    pid: i32,
    /// What paths are resolved in, O_PATH; -1 before `pivot_root` or `enter_root`.
    pub(crate) root: Fd,
    pub(crate) root_stat: Stat,
    /// The old root lies on top of "/", and takes what is mounted there for its own.
    pub(crate) old_root: bool,
    /// The tree that will be pivoted into, once it is mounted.
    pub(crate) staged: Fd,
    /// An empty file system to cover directories with.
    pub(crate) empty: Fd,
    /// The slot that covers files is read-only and private.
    pub(crate) null_is_ready: bool,
    pub(crate) has_terminal: bool,
    /// The kinds of standard input, output and error; -1 is none.
    pub(crate) kinds: [i64; 3],
    pub(crate) found: Option<Found>,
    pub(crate) places: Places,
    /// Slots with mounts that were made here, -1 where there is none.
    pub(crate) own: [i32; OWN_MAX],
    /// The plan's environment has no HOME, and it shall have one.
    pub(crate) wants_home: bool,
    pub(crate) home: Home,
}

impl Child {
    pub fn new(slots: &'static mut [Fd], channel: Fd) -> Child {
        Child {
            slots,
            channel,
            pid: sys::getpid(),
            root: -1,
            root_stat: Stat::default(),
            old_root: false,
            staged: -1,
            empty: -1,
            null_is_ready: false,
            has_terminal: false,
            kinds: [-1; 3],
            found: None,
            places: Places::new(),
            own: [-1; OWN_MAX],
            wants_home: false,
            home: Home::new(),
        }
    }

    /// The descriptor in a slot.
    pub(crate) fn slot(&self, slot: usize) -> Result<Fd> {
        self.slots.get(slot).copied().filter(|fd| *fd >= 0).ok_or(Errno::new(EBADF))
    }

    pub(crate) fn set_slot(&mut self, slot: usize, fd: Fd) -> Result<()> {
        *self.slots.get_mut(slot).ok_or(Errno::new(EBADF))? = fd;
        Ok(())
    }

    /// The root for steps that must not come before there is one.
    pub(crate) fn root(&self) -> Result<Fd> {
        if self.root < 0 { fail(EINVAL) } else { Ok(self.root) }
    }
}

/// Makes the child's steps from index `from` to the last, which never returns: it is `exec` or `file`.
pub fn run(mut plan: Plan, mut child: Child, from: u32) -> ! {
    if let Err(error) = child.places.grow(&plan) {
        report(&child, from, error);
    }
    child.wants_home = exec::wants_home(&plan);
    child.kinds = fd::kinds(&plan);
    let last = steps(&plan, &mut child, from);
    match last {
        Some(Last::Exec(index)) => {
            let error = exec::exec(&mut plan, &mut child, index);
            report(&child, index, error)
        }
        Some(Last::File) => sys::exit(0),
        // A plan without an end is no plan.
        None => report(&child, plan.header().steps, Errno::new(EINVAL)),
    }
}

/// A child of the pool: makes the steps of the pool's plan, then waits for its own and goes on with that.
pub fn run_pooled(pool: Plan, mut child: Child, from: u32) -> ! {
    if let Err(error) = child.places.grow(&pool) {
        report(&child, from, error);
    }
    if steps(&pool, &mut child, from).is_some() {
        report(&child, pool.header().steps, Errno::new(EINVAL));
    }
    match go_on(&pool, &mut child, from) {
        Ok((plan, next)) => run(plan, child, next),
        Err(error) => report(&child, 0, error),
    }
}

/// Takes the plan that the child was waiting for, and the step to go on with.
fn go_on(pool: &Plan, child: &mut Child, from: u32) -> Result<(Plan, u32)> {
    channel::tell(child.channel, &Message { kind: channel::READY, ..Message::default() })?;
    let (plan, slots, next) = channel::receive_plan(child.channel)?;
    // What is prepaid follows the clone in both plans, step for step, but slots may have other numbers in them.
    let first = plan.clone_step().map_or(next, |clone| clone + 1);
    let prepaid = plan.steps().skip(first as usize).take_while(|step| step.index < next);
    for (made, step) in pool.steps().skip(from as usize).zip(prepaid) {
        if let (By::Child, Some(old), Some(new)) = (made.by, made.slot, step.slot) {
            if let (Some(held), Some(place)) = (child.slots.get_mut(old), slots.get_mut(new)) {
                *place = core::mem::replace(held, -1);
            }
            child.own.iter_mut().filter(|slot| **slot == old as i32).for_each(|slot| *slot = new as i32);
        }
    }
    child.slots.iter().filter(|fd| **fd >= 0).for_each(|fd| sys::close(*fd));
    child.slots = slots;
    child.null_is_ready = false;
    child.found = None;
    child.stdio()?;
    Ok((plan, next))
}

/// A step that ends the plan.
enum Last {
    /// The one at this index, which is still to be made.
    Exec(u32),
    File,
}

fn steps(plan: &Plan, child: &mut Child, from: u32) -> Option<Last> {
    for step in plan.steps().skip(from as usize).filter(|step| step.by == By::Child) {
        if step.op == Op::Exec {
            return Some(Last::Exec(step.index));
        }
        match make(child, &step) {
            Err(error) if !step.tolerates(error) => report(child, step.index, error),
            _ => (),
        }
        if ![Op::Mkdirs, Op::Mknod, Op::Symlink].contains(&step.op) {
            child.found = None;
        }
        if step.op == Op::File {
            return Some(Last::File);
        }
    }
    None
}

fn make(child: &mut Child, step: &Step) -> Result<()> {
    let mut f = step.fields();
    match step.op {
        Op::CloseFds => child.close_fds(),
        Op::Dumpable => sys::prctl(PR_SET_DUMPABLE, f.int()? as usize & 1).map(|_| ()),
        Op::Pdeathsig => identity::pdeathsig(child.channel, f.small()?),
        Op::Keyring => sys::join_session_keyring(),
        Op::Loopback => net::loopback(),
        Op::Sync => {
            channel::tell(child.channel, &Message { kind: channel::SYNC, ..Message::default() })?;
            channel::expect(child.channel, channel::SYNC).map(|_| ())
        }
        Op::Park => {
            channel::tell(child.channel, &Message { kind: channel::PARKED, a: child.pid, ..Message::default() })?;
            channel::expect(child.channel, channel::GO).map(|_| ())
        }

        Op::OpenTree => {
            let (path, flags) = (f.text()?, f.flags()?);
            let tree = mount::open_tree(path, flags)?;
            // Without that flag it is a mount of this very namespace.
            keep(child, step, tree, flags & OPEN_TREE_CLONE as u64 == 0)
        }
        Op::Fsmount => {
            let tree = mount::fsmount(f.text()?, f.text()?, f.texts()?, f.flags()?)?;
            keep(child, step, tree, true)
        }
        Op::Mount => child.mount(f.text()?, f.text()?, f.text()?, f.flags()?, f.texts()?),
        Op::MoveMount => child.move_mount(f.slot()?.ok_or(Errno::new(EBADF))?, f.text()?),
        Op::Mask => child.mask(f.text()?, f.slot()?),
        Op::Readonly => child.readonly(f.text()?),
        Op::Mkdirs => child.mkdirs(f.text()?, f.small()?, f.int()? != 0),
        Op::Mknod => {
            let path = f.text()?;
            let (kind, major, minor) = (f.small()?, f.small()?, f.small()?);
            let (mode, uid, gid) = (f.small()?, f.small()?, f.small()?);
            child.mknod(path, &Node { kind, major, minor, mode, uid, gid })
        }
        Op::Symlink => child.symlink(f.text()?, f.text()?),
        Op::Chdir => child.chdir(f.text()?),
        Op::PivotRoot => child.pivot_root(),
        Op::EnterRoot => {
            child.enter_root()?;
            sys::chdir(c"/")
        }
        Op::Umount => child.umount(f.text()?, f.flags()?),
        Op::Write => child.write(f.text()?, f.text()?),
        Op::File => child.file(f.int()?, f.text()?, f.small()?),

        Op::Unshare => sys::unshare(f.flags()?),
        Op::Setns => child.setns(f.text()?, f.flags()?),
        Op::Sethostname => sys::sethostname(f.text()?.to_bytes()),
        Op::Setdomainname => sys::setdomainname(f.text()?.to_bytes()),
        Op::Setsid => sys::setsid(),
        Op::Init => child.init(),
        Op::Console => child.console(f.size()?, f.size()?, f.int()? != 0),

        Op::Prlimit => identity::prlimit(f.small()?, f.int()?, f.int()?),
        Op::Bounding => identity::bounding(f.flags()?),
        Op::Keepcaps => sys::prctl(PR_SET_KEEPCAPS, f.int()? as usize & 1).map(|_| ()),
        Op::Credentials => {
            let (by_name, uid, gid) = (f.int()? != 0, f.small()?, f.small()?);
            child.credentials(by_name, uid, gid, f.ints()?, f.text()?)
        }
        Op::Capset => sys::capset(f.flags()?, f.flags()?, f.flags()?),
        Op::Ambient => identity::ambient(f.flags()?),
        Op::NoNewPrivs => sys::prctl(PR_SET_NO_NEW_PRIVS, 1).map(|_| ()),
        Op::Umask => {
            sys::umask(f.small()?);
            Ok(())
        }
        Op::Seccomp => seccomp::seccomp(f.small()?, f.bytes()?),

        // Made by the supervisor alone; a checked plan has none of them by the child.
        Op::Exec
        | Op::Cgroup
        | Op::Delegate
        | Op::Limit
        | Op::DeviceProgram
        | Op::Open
        | Op::Stdio
        | Op::Clone
        | Op::Maps => fail(EINVAL),
    }
}

/// Fills the slot of a step with what it opened.
fn keep(child: &mut Child, step: &Step, fd: Fd, own: bool) -> Result<()> {
    let slot = step.slot.ok_or(Errno::new(EBADF))?;
    if own {
        *child.own.iter_mut().find(|slot| **slot < 0).ok_or(Errno::new(E2BIG))? = slot as i32;
    }
    child.set_slot(slot, fd)
}

fn report(child: &Child, step: u32, error: Errno) -> ! {
    let message = Message { kind: channel::FAIL, a: error.code(), b: step as i64, c: error.call() as i64, d: 0 };
    let _ = channel::tell(child.channel, &message);
    sys::exit(FAILED)
}
