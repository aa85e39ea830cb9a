//! The warm pool: children that have made the first steps of a plan before anybody asks, because those do not depend on
//! what will be asked. They are made when nothing else is to be done, so that no birth is slower for it.
//!
//! There are two kinds. Of one plan without a group so many are kept ready; whoever has its key takes one. A plan with
//! a group makes one child, in that group from its birth on, for the one container that will have just that group.

use crate::abi::*;
use crate::errno::{EAGAIN, EINTR, EINVAL, Errno, Result, fail};
use crate::plan::{Kind, Op, Plan, slot};
use crate::supervisor::birth::{Failure, clone_kinds};
use crate::supervisor::process::{Role, State};
use crate::supervisor::request::{Passed, Request};
use crate::supervisor::{Supervisor, now_ms};
use crate::sys::{self, Fd};

const SIZE_MAX: usize = 64;
/// How long no request must have come.
const QUIET_MS: i64 = 2;

/// A child that waits, or is on its way there.
#[derive(Clone, Copy)]
struct Place {
    index: u32,
    /// Plans with this key may go on from here.
    key: u64,
    /// How many of the supervisor's steps are made with it: those of its group.
    paid: u32,
    /// Of the request for this one.
    tag: u32,
}

const NOWHERE: Place = Place { index: u32::MAX, key: 0, paid: 0, tag: 0 };

pub struct Pool {
    /// What those without a group begin with: a memfd.
    plan: Fd,
    key: u64,
    wanted: usize,
    waiting: [Place; SIZE_MAX],
    count: usize,
    making: Option<Place>,
    /// Plans with a group that are still to be begun, and the tags of their requests.
    queue: [(Fd, u32); SIZE_MAX],
    queued: usize,
    /// Of the request that waits for the pool to be full.
    tag: u32,
    /// When to make the next one, in ms.
    due: i64,
}

impl Pool {
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Pool {
        Pool {
            plan: -1,
            key: 0,
            wanted: 0,
            waiting: [NOWHERE; SIZE_MAX],
            count: 0,
            making: None,
            queue: [(-1, 0); SIZE_MAX],
            queued: 0,
            tag: 0,
            due: 0,
        }
    }

    /// Somebody wants something.
    pub fn not_now(&mut self) {
        if self.wanted > 0 || self.queued > 0 {
            self.due = now_ms() + QUIET_MS;
        }
    }

    pub fn forget(&mut self) {
        self.wanted = 0;
        self.key = 0;
    }

    /// Of those without a group.
    fn plain(&self) -> usize {
        self.waiting.iter().take(self.count).filter(|place| place.paid == 0).count()
    }

    fn is_short(&self) -> bool {
        self.making.is_none() && (self.queued > 0 || self.plain() < self.wanted)
    }

    fn put(&mut self, place: Place) {
        if let Some(free) = self.waiting.get_mut(self.count) {
            *free = place;
            self.count += 1;
        }
    }

    fn take(&mut self, mut fits: impl FnMut(&Place) -> bool) -> Option<Place> {
        let at = self.waiting.iter().take(self.count).position(&mut fits)?;
        let place = self.waiting.get(at).copied();
        self.waiting.copy_within(at + 1..self.count, at);
        self.count -= 1;
        place
    }

    fn next_in_queue(&mut self) -> Option<(Fd, u32)> {
        self.queued = self.queued.checked_sub(1)?;
        let first = self.queue[0];
        self.queue.copy_within(1.., 0);
        Some(first)
    }
}

impl Supervisor {
    /// POOL. With a group in its plan: one child for that group, answered when it is ready. Else so many children; none
    /// is the end of all, with a group or without.
    pub fn set_pool(&mut self, request: &Request, mut passed: Passed) -> Result<()> {
        let wanted = usize::try_from(request.a).map_err(|_| Errno::new(EINVAL))?.min(SIZE_MAX);
        if wanted == 0 {
            self.empty_pool();
            self.answer(request.tag, 0, 0, -1);
            return Ok(());
        }
        let plan = Plan::map(passed.plan()?)?;
        let header = *plan.header();
        let grouped = plan.steps().any(|step| step.op == Op::Cgroup);
        plan.unmap();
        if header.kind != Kind::Create || header.pool_key == 0 {
            return fail(EINVAL);
        }
        self.pool.due = now_ms();
        if grouped {
            let queued = self.pool.queued;
            if queued + self.pool.count >= SIZE_MAX {
                return fail(EAGAIN);
            }
            if let Some(place) = self.pool.queue.get_mut(queued) {
                *place = (passed.take_plan()?, request.tag);
                self.pool.queued += 1;
            }
            return Ok(());
        }
        // Who waited for another pool has what it asked for, as far as it was made.
        let tag = core::mem::replace(&mut self.pool.tag, 0);
        self.answer(tag, 0, 0, -1);
        let keep = if header.pool_key == self.pool.key { wanted } else { 0 };
        self.drop_plain(keep);
        (self.pool.plan, self.pool.key) = (passed.take_plan()?, header.pool_key);
        (self.pool.wanted, self.pool.tag) = (wanted, request.tag);
        self.answer_if_full();
        Ok(())
    }

    /// Those without a group, but for so many.
    fn drop_plain(&mut self, keep: usize) {
        self.pool.forget();
        while self.pool.plain() > keep {
            if let Some(place) = self.pool.take(|place| place.paid == 0) {
                self.remove(place.index, 0);
            }
        }
        let plan = core::mem::replace(&mut self.pool.plan, -1);
        if plan >= 0 {
            sys::close(plan);
        }
    }

    fn empty_pool(&mut self) {
        self.drop_plain(0);
        while let Some(place) = self.pool.take(|_| true) {
            self.remove(place.index, 0);
        }
        while let Some((plan, tag)) = self.pool.next_in_queue() {
            sys::close(plan);
            self.answer(tag, 0, EINTR, -1);
        }
        let tag = core::mem::replace(&mut self.pool.tag, 0);
        self.answer(tag, 0, EINTR, -1);
    }

    fn answer_if_full(&mut self) {
        if self.pool.plain() >= self.pool.wanted {
            let tag = core::mem::replace(&mut self.pool.tag, 0);
            self.answer(tag, 0, 0, -1);
        }
    }

    /// A child that has begun like this plan, under the plan's own handle.
    pub fn take_from_pool(&mut self, plan: &Plan, handle: u32) -> Option<u32> {
        let header = plan.header();
        if header.kind != Kind::Create || header.pool_key == 0 {
            return None;
        }
        let key = header.pool_key;
        let kinds = plan.clone_step().and_then(|clone| plan.step(clone)).and_then(|step| clone_kinds(&step).ok())?;
        loop {
            let (processes, groups) = (&mut self.processes, &self.groups);
            // A key is only a name; the namespaces are what counts.
            let mut fits = |place: &Place, own: bool| {
                let process = processes.at(place.index);
                let group = process.group;
                let alike = place.key == key && process.kinds == kinds && own == (place.paid > 0);
                alike && (!own || (group != 0 && groups.is(group - 1, plan)))
            };
            // Its own before one that is anybody's.
            let place = match self.pool.take(|place| fits(place, true)) {
                None => self.pool.take(|place| fits(place, false))?,
                Some(place) => place,
            };
            let process = self.processes.at(place.index);
            let dead = sys::waitid(P_PIDFD, process.pidfd, WEXITED | WNOHANG | WNOWAIT).is_ok_and(|end| end.is_some());
            if dead || process.state != State::Waiting {
                continue;
            }
            process.state = State::Making;
            process.role = Role::Container;
            process.paid = place.paid;
            self.processes.name(place.index, handle);
            return Some(place.index);
        }
    }

    /// For epoll: when to look whether it is time, -1 for never.
    pub fn pool_timeout(&mut self) -> i32 {
        if self.pool.is_short() { (self.pool.due - now_ms()).clamp(0, 1000) as i32 } else { -1 }
    }

    /// Nothing has happened for a while.
    pub fn refill_pool(&mut self) {
        if !self.pool.is_short() || self.closing.is_some() || now_ms() < self.pool.due {
            return;
        }
        for index in 0..self.processes.high {
            if self.processes.at(index).is_being_born() {
                self.pool.not_now();
                return;
            }
        }
        match self.pool.next_in_queue() {
            Some((plan, tag)) => {
                self.make_pooled(plan, tag, true);
                sys::close(plan);
            }
            None => self.make_pooled(self.pool.plan, 0, false),
        }
    }

    fn make_pooled(&mut self, memfd: Fd, tag: u32, grouped: bool) {
        let plan = match Plan::map(memfd) {
            Ok(plan) => plan,
            Err(error) => return self.give_up_pool(tag, error.code(), -1),
        };
        let (Some(clone), Some(index)) = (plan.clone_step(), self.processes.add(0, Role::Pool)) else {
            plan.unmap();
            return self.give_up_pool(tag, EAGAIN, -1);
        };
        let paid = if grouped { clone } else { 0 };
        self.pool.making = Some(Place { index, key: plan.header().pool_key, paid, tag });
        let count = plan.header().slots as usize;
        self.slots.get_mut(..count).unwrap_or(&mut []).fill(-1);
        self.set_slot(slot::PROC, self.proc);
        let prepared = self.prepare_group(index, &plan, clone);
        let (plan, result) = match prepared {
            Ok(()) => {
                let (plan, result) = self.clone_from(index, plan, clone);
                (plan, result.map_err(Failure::at(clone)))
            }
            Err(failure) => (plan, Err(failure)),
        };
        plan.unmap();
        self.close_slots(index);
        if let Err(failure) = result {
            self.fail(index, failure);
        }
    }

    pub fn on_pool_ready(&mut self, index: u32) {
        self.processes.at(index).state = State::Waiting;
        let Some(place) = self.pool.making.take() else { return };
        // Nobody wants it any more.
        if place.paid == 0 && (self.pool.plain() >= self.pool.wanted || place.key != self.pool.key) {
            return self.remove(index, 0);
        }
        self.pool.put(place);
        self.answer(place.tag, 0, 0, -1);
        self.answer_if_full();
    }

    /// One has ended without having been used.
    pub fn on_pool_loss(&mut self, index: u32) {
        let process = *self.processes.at(index);
        if let Some(place) = self.pool.making.filter(|place| place.index == index) {
            self.pool.making = None;
            if !process.removing {
                self.give_up_pool(place.tag, process.errno, process.step as i64);
            }
        } else {
            let _ = self.pool.take(|place| place.index == index);
        }
    }

    /// It cannot be made: births are cold then, and say why. Another of the same plan would fail like it.
    fn give_up_pool(&mut self, tag: u32, errno: i32, step: i64) {
        self.answer(tag, 0, errno, step);
        if tag == 0 {
            self.pool.wanted = 0;
            let tag = core::mem::replace(&mut self.pool.tag, 0);
            self.answer(tag, 0, errno, step);
        }
    }
}
