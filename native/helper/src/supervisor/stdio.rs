//! Standard input, output and error: /dev/null, or what came with the request. A pipe belongs to whom the process becomes,
//! so that it can open /dev/stdout.

use crate::abi::*;
use crate::errno::Result;
use crate::plan::{Op, Plan, slot};
use crate::supervisor::Supervisor;
use crate::supervisor::birth::clone_kinds;
use crate::supervisor::request::{self, Passed};
use crate::sys;

/// Whom the pipes of a process are to belong to, so that it can open /dev/stdout.
#[derive(Clone, Copy)]
pub enum Owner {
    Known(u32, u32),
    /// Seen when it parks.
    Unknown,
}

/// The descriptors that came with a birth.
pub struct Stdio<'a> {
    /// Bits of the request: which are there.
    pub kinds: u32,
    pub owner: Owner,
    pub passed: &'a mut Passed,
}

impl Supervisor {
    /// Kinds: 0 null, 1 pipe, 2 log, 3 inherit.
    pub fn stdio(&mut self, index: u32, kinds: impl Iterator<Item = i64>, stdio: &mut Stdio) -> Result<()> {
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
    pub fn owner(&self, plan: &Plan, clone: u32) -> Owner {
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

    pub fn close_pipes(&mut self, index: u32) {
        let pipes = core::mem::replace(&mut self.processes.at(index).pipes, [-1; 3]);
        for pipe in pipes.into_iter().filter(|pipe| *pipe >= 0) {
            sys::close(pipe);
        }
    }
}
