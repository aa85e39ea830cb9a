//! The table of processes: containers' first ones, execs and visits, children of the pool. It is as large as the limit
//! of open files lets it become, and only what is in use takes memory.

use crate::plan::Kind;
use crate::sys::{self, Fd, zeroed};

zeroed! {
    /// How far a process is.
    pub enum State {
        Free,
        /// It makes its steps.
        Making,
        /// It has reported at `park`, and waits.
        Parked,
        /// It has been told to go on, and is not yet its program.
        Going,
        /// It is its program.
        Running,
        /// A step has failed; what there was of it is being taken back.
        Failing,
        /// It is dead. A container's stays until it is removed.
        Ended,
        /// A child of the pool that has made its steps.
        Waiting,
    }
}

zeroed! {
    pub enum Role {
        None,
        Container,
        Exec,
        Visit,
        Pool,
    }
}

zeroed! {
    pub struct Process {
        handle: u32,
        generation: u32,
        state: State,
        role: Role,
        /// The first process of the container that this one is in: an index, for containers their own.
        target: u32,
        /// How many execs and visits have this as their target.
        guests: u32,
        /// In the table of groups, plus 1.
        group: u32,
        /// In the table of terminals, plus 1.
        terminal: u32,
        /// CLONE_NEW* of the namespaces that are not the supervisor's: new ones, and those that it has joined.
        kinds: u64,
        /// Of the new ones alone.
        own: u64,
        pid: i32,
        /// Its PID in its own namespace.
        inside: i32,
        pidfd: Fd,
        /// The supervisor's end; open until execve.
        channel: Fd,
        /// The intermediate child of a clone with joins, until it has ended.
        middle: Fd,
        middle_pid: i32,
        /// newuidmap or newgidmap at work.
        mapper: Fd,
        mapper_pid: i32,
        map_stage: u32,
        map_step: u32,
        /// The memfd of the plan, while steps of the supervisor are left in it.
        plan: Fd,
        clone_step: u32,
        /// How many of the plan's first steps were made by the pool.
        paid: u32,
        /// Pipes that are to belong to whom it becomes.
        pipes: [Fd; 3],
        /// Our end of the terminal's stream, until there is a master.
        stream: Fd,
        columns: u16,
        rows: u16,
        /// The plan has a step `park`, and `sync`.
        parks: bool,
        syncs: bool,
        /// Goes on through `park`, and was told so.
        go: bool,
        told: bool,
        errno: i32,
        step: i32,
        call: i32,
        removing: bool,
        /// Of the REMOVE; 0: nobody asked.
        tag: u32,
        /// Next in the list of free ones, plus 1.
        next: u32,
    }
}

impl Process {
    pub fn is_alive(&self) -> bool {
        self.pidfd >= 0 || self.middle >= 0 || self.mapper >= 0
    }

    /// It neither parks nor says that it is done: its end, without a failure, is all there is.
    pub fn ends_without_word(&self) -> bool {
        self.state == State::Making && !self.parks && self.role != Role::Pool
    }

    /// On its way to its program: others should leave it the CPU.
    pub fn is_being_born(&self) -> bool {
        matches!(self.state, State::Making | State::Going) && self.role != Role::Pool
    }
}

pub fn role(kind: Kind) -> Role {
    match kind {
        Kind::Create => Role::Container,
        Kind::Exec => Role::Exec,
        Kind::Visit => Role::Visit,
        Kind::Update => Role::None,
    }
}

pub struct Processes {
    table: &'static mut [Process],
    /// Handle to index plus 1, by open addressing; twice as large as the table and more.
    handles: &'static mut [u32],
    free: u32,
    /// Those from here on were never used.
    pub high: u32,
    pub count: u32,
    /// What an index outside means.
    nobody: Process,
}

impl Processes {
    pub fn new(count: usize) -> crate::errno::Result<Processes> {
        let table = sys::sparse_table::<Process>(count)?;
        let handles = sys::sparse_table::<u32>((count * 2).next_power_of_two())?;
        let nobody = Process { state: State::Free, ..EMPTY };
        Ok(Processes { table, handles, free: 0, high: 0, count: 0, nobody })
    }

    pub fn at(&mut self, index: u32) -> &mut Process {
        match self.table.get_mut(index as usize) {
            Some(process) => process,
            None => &mut self.nobody,
        }
    }

    /// `None`: there is no more room.
    pub fn add(&mut self, handle: u32, role: Role) -> Option<u32> {
        let index = match self.free {
            0 if (self.high as usize) < self.table.len() => {
                self.high += 1;
                self.high - 1
            }
            0 => return None,
            free => free - 1,
        };
        let process = self.at(index);
        let (next, generation) = (process.next, process.generation);
        *process = Process {
            handle,
            role,
            state: State::Making,
            target: index,
            generation: generation.wrapping_add(1),
            ..EMPTY
        };
        if self.free != 0 {
            self.free = next;
        }
        self.count += 1;
        self.name(index, handle);
        Some(index)
    }

    /// A child of the pool gets its handle when it is used.
    pub fn name(&mut self, index: u32, handle: u32) {
        self.at(index).handle = handle;
        if handle != 0 {
            let place = self.probe(handle).1;
            if let Some(word) = self.handles.get_mut(place) {
                *word = index + 1;
            }
        }
    }

    pub fn find(&mut self, handle: u32) -> Option<u32> {
        if handle == 0 { None } else { self.probe(handle).0 }
    }

    pub fn remove(&mut self, index: u32) {
        let free = self.free;
        let process = self.at(index);
        if process.state == State::Free {
            return;
        }
        let handle = process.handle;
        let generation = process.generation;
        *process = Process { state: State::Free, next: free, generation, ..EMPTY };
        self.free = index + 1;
        self.count -= 1;
        if handle != 0 {
            self.forget(handle, index);
        }
    }

    /// The index of a handle, and the place where it is or would be.
    fn probe(&mut self, handle: u32) -> (Option<u32>, usize) {
        let mask = self.handles.len() - 1;
        let mut place = hash(handle) & mask;
        loop {
            match self.handles.get(place).copied().unwrap_or(0) {
                0 => return (None, place),
                word if self.at(word - 1).handle == handle => return (Some(word - 1), place),
                _ => place = (place + 1) & mask,
            }
        }
    }

    /// Takes an entry out, and moves those behind that would not be found any more.
    fn forget(&mut self, handle: u32, index: u32) {
        let mask = self.handles.len() - 1;
        let mut hole = hash(handle) & mask;
        while self.handles.get(hole).is_some_and(|word| *word != index + 1 && *word != 0) {
            hole = (hole + 1) & mask;
        }
        let mut place = hole;
        loop {
            place = (place + 1) & mask;
            let word = self.handles.get(place).copied().unwrap_or(0);
            if word == 0 {
                break;
            }
            let home = hash(self.at(word - 1).handle) & mask;
            // It may move up if its home is not between the hole and where it is.
            if (place.wrapping_sub(home) & mask) >= (place.wrapping_sub(hole) & mask) {
                if let Some(to) = self.handles.get_mut(hole) {
                    *to = word;
                }
                hole = place;
            }
        }
        if let Some(word) = self.handles.get_mut(hole) {
            *word = 0;
        }
    }
}

fn hash(handle: u32) -> usize {
    handle.wrapping_mul(0x9e37_79b1) as usize
}

const EMPTY: Process = Process {
    handle: 0,
    generation: 0,
    state: State::Free,
    role: Role::None,
    target: 0,
    guests: 0,
    group: 0,
    terminal: 0,
    kinds: 0,
    own: 0,
    pid: -1,
    inside: 0,
    pidfd: -1,
    channel: -1,
    middle: -1,
    middle_pid: -1,
    mapper: -1,
    mapper_pid: -1,
    map_stage: 0,
    map_step: 0,
    plan: -1,
    clone_step: 0,
    paid: 0,
    pipes: [-1; 3],
    stream: -1,
    columns: 0,
    rows: 0,
    parks: false,
    syncs: false,
    go: false,
    told: false,
    errno: 0,
    step: -1,
    call: -1,
    removing: false,
    tag: 0,
    next: 0,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_found_again_whatever_was_removed() {
        let mut processes = Processes::new(64).unwrap();
        let mut known: Vec<(u32, u32)> = Vec::new();
        let mut seed = 1u32;
        for handle in 1..20_000u32 {
            seed = seed.wrapping_mul(1664525).wrapping_add(1013904223);
            if known.len() == 64 || (!known.is_empty() && seed >> 31 == 1) {
                let (handle, index) = known.swap_remove(seed as usize % known.len());
                processes.remove(index);
                assert_eq!(processes.find(handle), None);
            } else {
                known.push((handle, processes.add(handle, Role::Exec).unwrap()));
            }
            for (handle, index) in &known {
                assert_eq!(processes.find(*handle), Some(*index));
            }
            assert_eq!(processes.count as usize, known.len());
        }
    }

    #[test]
    fn a_full_table_takes_no_more() {
        let mut processes = Processes::new(2).unwrap();
        assert!(processes.add(1, Role::Exec).is_some() && processes.add(2, Role::Exec).is_some());
        assert!(processes.add(3, Role::Exec).is_none());
    }
}
