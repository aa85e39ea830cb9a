//! What a container may use: its group, and what is written to the group's files. It is written while the child is at
//! work, which goes no further than `park` before it is done.

use core::ffi::CStr;

use crate::abi::*;
use crate::errno::{EINVAL, Errno, Result, fail};
use crate::plan::{Op, Plan, Step, slot};
use crate::supervisor::birth::Failure;
use crate::supervisor::request::{Passed, Request};
use crate::supervisor::{Supervisor, cgroup};
use crate::sys;

/// A file of a group that the last limit was written to.
pub struct LimitFile<'a> {
    controller: &'a CStr,
    name: &'a CStr,
    file: sys::Owned,
}

impl Supervisor {
    /// What a container may use. Without `park` nothing would hold the child back until then.
    pub fn make_limits(&mut self, index: u32, plan: &Plan, clone: u32) -> core::result::Result<(), Failure> {
        let process = *self.processes.at(index);
        let mut file = None;
        for step in plan.steps().take(clone as usize).skip(process.paid as usize).filter(can_wait) {
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
    pub fn begin_group(&mut self, index: u32, step: &Step) -> Result<()> {
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
    pub fn limit<'a>(&mut self, group: u32, step: &Step<'a>, last: &mut Option<LimitFile<'a>>) -> Result<()> {
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
}

/// Limits, until after the clone. Not v1's rules for devices: while they are written one by one the child could not make
/// its device nodes.
pub fn can_wait(step: &Step) -> bool {
    match step.op {
        Op::Limit => {
            !step.fields().text().is_ok_and(|names| names.to_bytes().split(|byte| *byte == b',').any(is_devices))
        }
        op => matches!(op, Op::Delegate | Op::DeviceProgram),
    }
}

fn is_devices(controller: &[u8]) -> bool {
    controller == b"devices"
}
