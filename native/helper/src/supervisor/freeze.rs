//! Stops every process of a group and lets them go on: cgroup.freeze on v2, the freezer controller on v1. Either takes
//! its time, and is asked again until it is done.

use core::ffi::CStr;

use crate::abi::*;
use crate::errno::{EBUSY, EOPNOTSUPP, ESRCH, ETIMEDOUT, Errno, Result, fail};
use crate::supervisor::Supervisor;
use crate::supervisor::cgroup;
use crate::supervisor::group::Job;
use crate::sys;

/// A process that sleeps in the kernel and cannot be woken freezes late, or never.
const PATIENCE_MS: i64 = 10_000;

impl Supervisor {
    /// Answers when all stand still.
    pub fn freeze(&mut self, index: u32, tag: u32) -> Result<()> {
        let group = self.freezable(index)?;
        self.write_freezer(group, true)?;
        self.groups.at(group).frozen = true;
        if self.is_frozen(group)? {
            self.done(tag, index, Ok(0));
            return Ok(());
        }
        self.groups.at(group).tag = tag;
        self.begin(group, Job::Freeze, PATIENCE_MS);
        Ok(())
    }

    pub fn thaw(&mut self, index: u32, tag: u32) -> Result<()> {
        let group = self.freezable(index)?;
        self.write_freezer(group, false)?;
        self.groups.at(group).frozen = false;
        self.done(tag, index, Ok(0));
        Ok(())
    }

    /// Whether the job is done; it is also done when it has taken too long.
    pub fn freeze_again(&mut self, group: u32, late: bool) -> bool {
        let owner = self.groups.at(group).owner;
        let tag = self.groups.at(group).tag;
        let result = match self.is_frozen(group) {
            Ok(true) => Ok(0),
            Ok(false) if !late => {
                // On v1 those that were born meanwhile are reached only so.
                let _ = self.write_freezer(group, true);
                return false;
            }
            Ok(false) => fail(ETIMEDOUT),
            Err(error) => Err(error),
        };
        if result.is_err() {
            self.thaw_now(group);
        }
        self.done(tag, owner, result);
        true
    }

    /// SIGKILL reaches a process that is frozen on v1 only when it thaws, and others than us may have frozen it.
    pub fn thaw_now(&mut self, group: u32) {
        let group_of = self.groups.at(group);
        let v1 = group_of.freezer > 1 || !group_of.v2;
        if group_of.freezer != 0 && (v1 || group_of.frozen) {
            group_of.frozen = false;
            let _ = self.write_freezer(group, false);
        }
    }

    fn freezable(&mut self, index: u32) -> Result<u32> {
        let process = *self.processes.at(index);
        if process.group == 0 || process.target != index {
            return fail(EOPNOTSUPP);
        }
        if process.pidfd < 0 {
            return fail(ESRCH);
        }
        let group = process.group - 1;
        match self.groups.at(group) {
            group if group.freezer == 0 => fail(EOPNOTSUPP),
            group if group.job != Job::None => fail(EBUSY),
            _ => Ok(group),
        }
    }

    fn write_freezer(&mut self, group: u32, freeze: bool) -> Result<()> {
        let (dir, v2) = self.freezer(group)?;
        match (v2, freeze) {
            (true, true) => cgroup::write(dir, b"cgroup.freeze", b"1"),
            (true, false) => cgroup::write(dir, b"cgroup.freeze", b"0"),
            (false, true) => cgroup::write(dir, b"freezer.state", b"FROZEN"),
            (false, false) => cgroup::write(dir, b"freezer.state", b"THAWED"),
        }
    }

    fn is_frozen(&mut self, group: u32) -> Result<bool> {
        let (dir, v2) = self.freezer(group)?;
        let file = cgroup::open(dir, if v2 { b"cgroup.events" } else { b"freezer.state" }, O_RDONLY)?;
        let mut text = [0u8; 256];
        let length = sys::read(file.fd(), &mut text)?;
        let wanted: &[u8] = if v2 { b"frozen 1" } else { b"FROZEN" };
        Ok(text.get(..length).unwrap_or_default().split(|byte| *byte == b'\n').any(|line| line == wanted))
    }

    /// The v2 group where there is one: it can freeze without a controller.
    fn freezer(&mut self, group: u32) -> Result<(&CStr, bool)> {
        let number = self.groups.at(group).freezer.checked_sub(1).ok_or(Errno::new(EOPNOTSUPP))?;
        let v2 = self.groups.at(group).v2 && number == 0;
        self.groups.dir(group, number).map(|dir| (dir, v2))
    }
}
