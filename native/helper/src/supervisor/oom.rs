//! What the OOM killer did in a group: v1 tells by an eventfd that is registered in cgroup.event_control, v2 by a change
//! of memory.events; both count the processes that it has killed.

use crate::abi::*;
use crate::errno::Result;
use crate::supervisor::event::{self, Event};
use crate::supervisor::watch::Watch;
use crate::supervisor::{Supervisor, cgroup};
use crate::sys::{self, Fd};
use crate::text::{TextBuf, number};

impl Supervisor {
    /// Listens, where the group has the memory controller. Without it there is nothing to hear.
    pub fn watch_oom(&mut self, group: u32) {
        // A v2 group has the controllers that its parent lets it have.
        let number = self.groups.at(group).memory.saturating_sub(1);
        let v2 = self.groups.at(group).v2 && number == 0;
        if self.groups.at(group).memory == 0 && !v2 {
            return;
        }
        let listener = if v2 { self.events_file(group, number) } else { self.register(group, number) };
        let Ok(listener) = listener else { return };
        self.groups.at(group).memory = number + 1;
        let (events, generation) = (if v2 { EPOLLPRI } else { EPOLLIN }, self.groups.at(group).generation);
        self.groups.at(group).oom = listener;
        self.watch(Watch::Oom, group, generation, listener, events);
    }

    fn events_file(&mut self, group: u32, number: u32) -> Result<Fd> {
        let file = cgroup::open(self.groups.dir(group, number)?, b"memory.events", O_RDONLY)?;
        // A change is one since the last reading.
        let mut text = [0u8; 512];
        sys::pread(file.fd(), &mut text, 0)?;
        Ok(file.keep())
    }

    fn register(&mut self, group: u32, number: u32) -> Result<Fd> {
        let dir = self.groups.dir(group, number)?;
        let control = cgroup::open(dir, b"memory.oom_control", O_RDONLY)?;
        let listener = sys::Owned::new(sys::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)?);
        let mut line = TextBuf::<32>::new();
        line.push_number(listener.fd() as u64)?;
        line.push(b" ")?;
        line.push_number(control.fd() as u64)?;
        cgroup::write(dir, b"cgroup.event_control", line.as_bytes())?;
        Ok(listener.keep())
    }

    /// Also before a death is told, which it may have caused: the kernel tells of it with some delay.
    pub fn on_oom(&mut self, group: u32) {
        let (listener, known, owner) =
            (self.groups.at(group).oom, self.groups.at(group).oom_kills, self.groups.at(group).owner);
        if self.is_v2_memory(group) {
            let kills = self.oom_kills(group);
            self.groups.at(group).oom_kills = kills;
            // The file also changes when a limit is only touched.
            if kills <= known {
                return;
            }
        } else {
            // It fires before the killing is counted.
            let mut counter = [0u8; 8];
            if sys::read(listener, &mut counter).is_err() {
                return;
            }
        }
        if !self.outbox.is_busy() {
            let handle = self.processes.at(owner).handle;
            self.outbox.push(&Event { kind: event::OOM, handle, ..Event::default() });
        }
    }

    fn is_v2_memory(&mut self, group: u32) -> bool {
        self.groups.at(group).v2 && self.groups.at(group).memory == 1
    }

    /// How many processes of the group it has killed so far.
    pub fn oom_kills(&mut self, group: u32) -> i64 {
        self.read_kills(group).unwrap_or(0)
    }

    fn read_kills(&mut self, group: u32) -> Option<i64> {
        let memory = self.groups.at(group).memory.checked_sub(1)?;
        let v2 = self.groups.at(group).v2 && memory == 0;
        let mut text = [0u8; 512];
        let length = if v2 && self.groups.at(group).oom >= 0 {
            sys::pread(self.groups.at(group).oom, &mut text, 0).ok()?
        } else {
            let dir = self.groups.dir(group, memory).ok()?;
            let file = cgroup::open(dir, if v2 { b"memory.events" } else { b"memory.oom_control" }, O_RDONLY).ok()?;
            sys::read(file.fd(), &mut text).ok()?
        };
        let mut lines = text.get(..length)?.split(|byte| *byte == b'\n');
        let count = lines.find_map(|line| line.strip_prefix(b"oom_kill "))?;
        number(count, i64::MAX as u64).map(|count| count as i64)
    }

    pub fn unwatch_oom(&mut self, group: u32) {
        let listener = core::mem::replace(&mut self.groups.at(group).oom, -1);
        self.unwatch(listener);
    }
}
