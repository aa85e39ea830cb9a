//! Who is who in a new user namespace (user_namespaces(7)): uid_map, setgroups and gid_map, written by us, or by
//! newuidmap(1) and newgidmap(1), which may give more than one's own id to an unprivileged user. Those run beside us.

use core::ffi::CStr;

use crate::abi::*;
use crate::channel::{self, Message};
use crate::errno::{EINVAL, EPERM, Errno, Result, fail};
use crate::plan::{By, Op, Plan, Step};
use crate::supervisor::Supervisor;
use crate::supervisor::birth::Failure;
use crate::supervisor::process::State;
use crate::supervisor::watch::Watch;
use crate::sys::{self, Fd, Owned, Vector};
use crate::text::{Path, TextBuf};

/// What both programs take at most; the kernel has 340 lines of three numbers.
const ARGUMENTS_MAX: usize = 3 * 340 + 3;
const TEXT_MAX: usize = 4096;

impl Supervisor {
    /// The child waits at `sync`: its namespaces are there, and whatever must be done to them from outside is due.
    pub fn on_sync(&mut self, index: u32) -> Result<()> {
        if self.processes.at(index).plan >= 0 {
            return self.make_later_steps(index);
        }
        self.answer_sync(index)
    }

    /// The steps of the supervisor behind `clone`.
    pub fn make_later_steps(&mut self, index: u32) -> Result<()> {
        let process = *self.processes.at(index);
        let plan = Plan::map(process.plan)?;
        let mut waiting = false;
        let mut result = Ok(());
        for step in plan.steps().skip(process.clone_step as usize + 1).filter(|step| step.by == By::Runtime) {
            match self.make_later_step(index, process.pid, &step) {
                Ok(mapper) => waiting |= mapper,
                Err(error) if step.tolerates(error) => {}
                Err(error) => {
                    result = Err((step.index, error));
                    break;
                }
            }
        }
        plan.unmap();
        match result {
            // The step is known here, so that it is told here.
            Err((step, error)) => {
                self.fail(index, Failure::at(step)(error));
                Ok(())
            }
            Ok(()) if waiting => Ok(()),
            Ok(()) => self.end_later_steps(index),
        }
    }

    fn end_later_steps(&mut self, index: u32) -> Result<()> {
        let process = self.processes.at(index);
        let plan = core::mem::replace(&mut process.plan, -1);
        let syncs = process.syncs;
        if plan >= 0 {
            sys::close(plan);
        }
        if syncs { self.answer_sync(index) } else { Ok(()) }
    }

    fn answer_sync(&mut self, index: u32) -> Result<()> {
        let message = Message { kind: channel::SYNC, ..Message::default() };
        channel::send(self.processes.at(index).channel, &message, None)
    }

    /// Whether a mapper is at work now.
    fn make_later_step(&mut self, index: u32, pid: i32, step: &Step) -> Result<bool> {
        if step.op != Op::Maps {
            return fail(EINVAL);
        }
        let maps = Maps::of(step)?;
        if maps.helper {
            self.run_mapper(index, 1, step.index, pid, &maps)?;
            return Ok(true);
        }
        self.write_map(pid, b"uid_map", maps.uid)?;
        // Before gid_map: without it an unprivileged user may not map groups at all.
        if !maps.setgroups.is_empty() {
            self.write_map(pid, b"setgroups", maps.setgroups)?;
        }
        self.write_map(pid, b"gid_map", maps.gid)?;
        Ok(false)
    }

    /// Through our own /proc, whatever lies at that path.
    fn write_map(&self, pid: i32, file: &[u8], text: &CStr) -> Result<()> {
        let mut path = Path::new();
        path.push_number(pid as u64)?;
        path.push(b"/")?;
        path.push(file)?;
        let file = Owned::new(sys::openat(self.proc, path.as_c(), O_WRONLY | O_CLOEXEC, 0)?);
        // The kernel takes a map in one writing alone.
        match sys::write(file.fd(), text.to_bytes())? {
            length if length == text.count_bytes() => Ok(()),
            _ => fail(EINVAL),
        }
    }

    /// Stage 1: newuidmap, 2: newgidmap.
    fn run_mapper(&mut self, index: u32, stage: u32, step: u32, pid: i32, maps: &Maps) -> Result<()> {
        let (program, map) =
            if stage == 1 { (c"/usr/bin/newuidmap", maps.uid) } else { (c"/usr/bin/newgidmap", maps.gid) };
        let cloned = match sys::clone3(0, SIGCHLD, -1) {
            Err(_) => sys::clone(0, SIGCHLD)?,
            Ok(cloned) => cloned,
        };
        if cloned.pid == 0 {
            let _ = sys::set_signal_mask(0);
            let error = exec_mapper(program, pid, map);
            // Shells' word for a program that cannot be run; what errno it was is passed on as well as it can be.
            sys::exit(if error.code() == 0 { 127 } else { error.code().clamp(2, 127) });
        }
        let process = self.processes.at(index);
        (process.mapper, process.mapper_pid) = (cloned.pidfd, cloned.pid);
        (process.map_stage, process.map_step) = (stage, step);
        let generation = process.generation;
        self.watch(Watch::Mapper, index, generation, cloned.pidfd, EPOLLIN);
        Ok(())
    }

    pub fn on_mapper_death(&mut self, index: u32) {
        let process = self.processes.at(index);
        let mapper = process.mapper;
        let Ok(Some(end)) = sys::waitid(P_PIDFD, mapper, WEXITED | WNOHANG) else { return };
        process.mapper = -1;
        let (stage, step, failing) = (process.map_stage, process.map_step, process.state == State::Failing);
        self.unwatch(mapper);
        if failing {
            return self.settle(index);
        }
        let result = match (end.code, end.status) {
            (CLD_EXITED, 0) if stage == 1 => self.second_mapper(index, step),
            (CLD_EXITED, 0) => self.end_later_steps(index),
            // The programs say 1, and why on a standard error that nobody has.
            (CLD_EXITED, status) if status > 1 => fail(status),
            _ => fail(EPERM),
        };
        if let Err(error) = result {
            self.fail(index, Failure::at(step)(error));
        }
    }

    fn second_mapper(&mut self, index: u32, step: u32) -> Result<()> {
        let process = *self.processes.at(index);
        let plan = Plan::map(process.plan)?;
        let result = plan.step(step).ok_or(Errno::new(EINVAL)).and_then(|step| {
            let maps = Maps::of(&step)?;
            if maps.setgroups == c"deny" {
                self.write_map(process.pid, b"setgroups", maps.setgroups)?;
            }
            self.run_mapper(index, 2, step.index, process.pid, &maps)
        });
        plan.unmap();
        result
    }
}

const CLD_EXITED: i32 = 1;

struct Maps<'a> {
    uid: &'a CStr,
    gid: &'a CStr,
    setgroups: &'a CStr,
    helper: bool,
}

impl<'a> Maps<'a> {
    fn of(step: &Step<'a>) -> Result<Maps<'a>> {
        let mut fields = step.fields();
        Ok(Maps { uid: fields.text()?, gid: fields.text()?, setgroups: fields.text()?, helper: fields.int()? != 0 })
    }
}

/// `newuidmap PID inside outside count ...`. Comes back with an error alone.
fn exec_mapper(program: &CStr, pid: Fd, map: &CStr) -> Errno {
    let mut words = [0u8; TEXT_MAX];
    for (place, byte) in words.iter_mut().zip(map.to_bytes()) {
        *place = if byte.is_ascii_whitespace() { 0 } else { *byte };
    }
    let (mut room, mut none) = ([0usize; ARGUMENTS_MAX], [0usize; 1]);
    let run = || -> Result<core::convert::Infallible> {
        let mut number = TextBuf::<16>::new();
        number.push_number(pid as u64)?;
        if map.count_bytes() >= TEXT_MAX {
            return fail(EINVAL);
        }
        let mut arguments = Vector::new(&mut room)?;
        arguments.push(program)?;
        arguments.push(number.as_c())?;
        let mut at = 0;
        while let Some(rest) = words.get(at..).filter(|_| at < map.count_bytes()) {
            let word = CStr::from_bytes_until_nul(rest).map_err(|_| Errno::new(EINVAL))?;
            if !word.is_empty() {
                arguments.push(word)?;
            }
            at += word.count_bytes() + 1;
        }
        Err(sys::execve(program, &arguments, &Vector::new(&mut none)?))
    };
    let mut run = run;
    match run() {
        Err(error) => error,
        Ok(never) => match never {},
    }
}
