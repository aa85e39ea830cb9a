//! The warm pool: children that have made the first steps of a plan before anybody asks, because those do not depend on
//! what will be asked. They are made when nothing else is to be done, so that no birth is slower for it.

use crate::abi::*;
use crate::errno::{EINVAL, Errno, Result, fail};
use crate::plan::{Kind, Plan, slot};
use crate::supervisor::process::{Role, State};
use crate::supervisor::request::{Passed, Request};
use crate::supervisor::{Supervisor, now_ms};
use crate::sys::{self, Fd};

const SIZE_MAX: usize = 64;
/// How long no request must have come.
const QUIET_MS: i64 = 2;

pub struct Pool {
    /// What they begin with: a memfd.
    plan: Fd,
    /// Plans with this key may go on from there.
    key: u64,
    wanted: usize,
    /// Indices of those that wait.
    waiting: [u32; SIZE_MAX],
    count: usize,
    /// One is being made.
    making: bool,
    /// Of the request that waits for the pool to be full.
    tag: u32,
    /// When to make the next one, in ms.
    due: i64,
}

impl Pool {
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Pool {
        Pool { plan: -1, key: 0, wanted: 0, waiting: [0; SIZE_MAX], count: 0, making: false, tag: 0, due: 0 }
    }

    /// Somebody wants something.
    pub fn not_now(&mut self) {
        if self.wanted > 0 {
            self.due = now_ms() + QUIET_MS;
        }
    }

    pub fn forget(&mut self) {
        self.wanted = 0;
        self.key = 0;
    }

    fn is_short(&self) -> bool {
        self.count < self.wanted && !self.making
    }

    fn pop(&mut self) -> Option<u32> {
        self.count = self.count.checked_sub(1)?;
        self.waiting.get(self.count).copied()
    }
}

impl Supervisor {
    /// POOL: keeps so many of this plan ready; none is an end of it. Answers when they are.
    pub fn set_pool(&mut self, request: &Request, mut passed: Passed) -> Result<()> {
        let wanted = usize::try_from(request.a).map_err(|_| Errno::new(EINVAL))?.min(SIZE_MAX);
        let mut key = 0;
        if wanted > 0 {
            let plan = Plan::map(passed.plan()?)?;
            let header = *plan.header();
            plan.unmap();
            if header.kind != Kind::Create || header.pool_key == 0 {
                return fail(EINVAL);
            }
            key = header.pool_key;
        }
        // Who waited for another pool has what it asked for, as far as it was made.
        let tag = core::mem::replace(&mut self.pool.tag, 0);
        self.answer(tag, 0, 0, -1);
        let other = key != self.pool.key;
        self.pool.forget();
        while other || self.pool.count > wanted {
            let Some(index) = self.pool.pop() else { break };
            self.remove(index, 0);
        }
        if self.pool.plan >= 0 {
            sys::close(self.pool.plan);
            self.pool.plan = -1;
        }
        if wanted > 0 {
            self.pool.plan = passed.take_plan()?;
        }
        (self.pool.key, self.pool.wanted, self.pool.due, self.pool.tag) = (key, wanted, now_ms(), request.tag);
        self.answer_if_full();
        Ok(())
    }

    fn answer_if_full(&mut self) {
        if self.pool.count >= self.pool.wanted {
            let tag = core::mem::replace(&mut self.pool.tag, 0);
            self.answer(tag, 0, 0, -1);
        }
    }

    /// A child that has begun like this plan, under the plan's own handle.
    pub fn take_from_pool(&mut self, plan: &Plan, handle: u32) -> Option<u32> {
        let header = plan.header();
        if header.kind != Kind::Create || header.pool_key == 0 || header.pool_key != self.pool.key {
            return None;
        }
        while let Some(index) = self.pool.pop() {
            let process = self.processes.at(index);
            let dead = sys::waitid(P_PIDFD, process.pidfd, WEXITED | WNOHANG | WNOWAIT).is_ok_and(|end| end.is_some());
            if dead || process.state != State::Waiting {
                continue;
            }
            process.state = State::Making;
            process.role = Role::Container;
            self.processes.name(index, handle);
            return Some(index);
        }
        None
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
        // A full table, or a plan that cannot be made: births are cold then, and say why.
        if let Err((error, step)) = self.make_pooled() {
            self.give_up_pool(error.code(), step);
        }
    }

    fn make_pooled(&mut self) -> core::result::Result<(), (Errno, i64)> {
        let outside = |error: Errno| (error, -1);
        let plan = Plan::map(self.pool.plan).map_err(outside)?;
        let Some(clone) = plan.clone_step() else {
            plan.unmap();
            return Err(outside(Errno::new(EINVAL)));
        };
        let Some(index) = self.processes.add(0, Role::Pool) else {
            plan.unmap();
            return Err(outside(Errno::new(crate::errno::EAGAIN)));
        };
        let count = plan.header().slots as usize;
        self.slots.get_mut(..count).unwrap_or(&mut []).fill(-1);
        self.set_slot(slot::PROC, self.proc);
        let (plan, result) = self.clone_from(index, plan, clone);
        plan.unmap();
        self.set_slot(slot::PROC, -1);
        match result {
            Ok(()) => {
                self.pool.making = true;
                Ok(())
            }
            Err(error) => {
                self.processes.remove(index);
                Err((error, clone as i64))
            }
        }
    }

    pub fn on_pool_ready(&mut self, index: u32) {
        self.pool.making = false;
        self.processes.at(index).state = State::Waiting;
        // Nobody wants it any more.
        if self.pool.count >= self.pool.wanted {
            return self.remove(index, 0);
        }
        if let Some(place) = self.pool.waiting.get_mut(self.pool.count) {
            *place = index;
            self.pool.count += 1;
        }
        self.answer_if_full();
    }

    /// One has ended without having been used.
    pub fn on_pool_loss(&mut self, index: u32) {
        let process = *self.processes.at(index);
        let count = self.pool.count;
        if let Some(at) = self.pool.waiting.iter().take(count).position(|one| *one == index) {
            self.pool.waiting.copy_within(at + 1..count, at);
            self.pool.count -= 1;
        } else if self.pool.making && !process.removing {
            // Another would fail like it.
            self.give_up_pool(process.errno, process.step as i64);
        }
    }

    fn give_up_pool(&mut self, errno: i32, step: i64) {
        self.pool.making = false;
        self.pool.wanted = 0;
        let tag = core::mem::replace(&mut self.pool.tag, 0);
        self.answer(tag, 0, errno, step);
    }
}
