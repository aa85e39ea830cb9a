//! Who is waited for: descriptors in epoll(7), each with what it is, an index and a generation.

use crate::abi::*;
use crate::supervisor::Supervisor;
use crate::sys::{self, Fd};

/// Whose descriptor has something to tell. It goes through epoll with an index and a generation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    Requests,
    Events,
    /// Of a process.
    Channel,
    Pidfd,
    Middle,
    Mapper,
    /// Of a group.
    Oom,
    /// Of a terminal.
    Master,
    Stream,
    Orphans,
}

const WATCHES: [Watch; 10] = [
    Watch::Requests,
    Watch::Events,
    Watch::Channel,
    Watch::Pidfd,
    Watch::Middle,
    Watch::Mapper,
    Watch::Oom,
    Watch::Master,
    Watch::Stream,
    Watch::Orphans,
];
const GENERATION: u32 = 0x00ff_ffff;

impl Supervisor {
    pub fn dispatch(&mut self, data: u64, events: u32) {
        let index = data as u32;
        let generation = (data >> 32) as u32 & GENERATION;
        let Some(watch) = WATCHES.get((data >> 56) as usize).copied() else { return };
        // What was closed while this event waited behind others is not its successor.
        let current = match watch {
            Watch::Requests | Watch::Events | Watch::Orphans => 0,
            Watch::Channel | Watch::Pidfd | Watch::Middle | Watch::Mapper => self.processes.at(index).generation,
            Watch::Oom => self.groups.at(index).generation,
            Watch::Master | Watch::Stream => self.terminals.at(index).generation,
        };
        if current & GENERATION != generation {
            return;
        }
        match watch {
            Watch::Requests => self.on_requests(),
            Watch::Events => self.on_events(events),
            Watch::Channel => self.on_channel(index),
            Watch::Pidfd => self.on_death(index),
            Watch::Middle => self.on_middle_death(index),
            Watch::Mapper => self.on_mapper_death(index),
            Watch::Oom => self.on_oom(index),
            Watch::Master | Watch::Stream => self.pump_on(index, events),
            Watch::Orphans => self.reap_orphans(),
        }
    }

    pub fn watch(&mut self, watch: Watch, index: u32, generation: u32, fd: Fd, events: u32) {
        let data = (watch as u64) << 56 | ((generation & GENERATION) as u64) << 32 | index as u64;
        let _ = sys::epoll_ctl(self.epoll, EPOLL_CTL_ADD, fd, events, data);
    }

    /// What an interest is changed to; none at all stops even the news of a hang-up.
    pub fn rewatch(&mut self, watch: Watch, index: u32, generation: u32, fd: Fd, events: u32) {
        let data = (watch as u64) << 56 | ((generation & GENERATION) as u64) << 32 | index as u64;
        match events {
            0 => _ = sys::epoll_ctl(self.epoll, EPOLL_CTL_DEL, fd, 0, 0),
            _ if sys::epoll_ctl(self.epoll, EPOLL_CTL_MOD, fd, events, data).is_err() => {
                let _ = sys::epoll_ctl(self.epoll, EPOLL_CTL_ADD, fd, events, data);
            }
            _ => {}
        }
    }

    /// Closed only after epoll has forgotten it: a child that was just cloned still has it open, and it would go on
    /// telling.
    pub fn unwatch(&mut self, fd: Fd) {
        if fd >= 0 {
            let _ = sys::epoll_ctl(self.epoll, EPOLL_CTL_DEL, fd, 0, 0);
            sys::close(fd);
        }
    }
}
