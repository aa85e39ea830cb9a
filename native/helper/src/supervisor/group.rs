//! The table of groups: which directories of the cgroup hierarchies each container has. A group's names are kept as the
//! journal has them, a file of fixed records in the runtime's state directory, so that what a dead supervisor leaves
//! behind can be found: a record is written before the directories are made and cleared after they are gone.

use core::ffi::CStr;

use crate::errno::{EAGAIN, EINVAL, ENAMETOOLONG, Errno, Result, fail};
use crate::plan::{Op, Plan, Strings};
use crate::sys::{self, Fd, zeroed};

/// u32 1 (in use), u32 how many directories, their names, each with a NUL; then, for us alone, as many names of
/// controllers, where that of the v2 group is ''.
const RECORD: usize = 4096;
const HEAD: usize = 8;
/// The v2 group and every v1 hierarchy.
pub const DIRS_MAX: usize = 16;

zeroed! {
    /// What is going on with a group and has to be looked at again.
    pub enum Job {
        None,
        /// It was told to freeze, and is not yet frozen.
        Freeze,
        /// It is being emptied and removed.
        Remove,
    }
}

zeroed! {
    pub struct Group {
        used: bool,
        generation: u32,
        /// The container's first process.
        owner: u32,
        /// How many directories; the v2 one is the first.
        count: u32,
        v2: bool,
        /// How many have been made, and are ours to remove.
        made: u32,
        /// Which of them can freeze, and which has the memory controller; plus 1.
        freezer: u32,
        memory: u32,
        frozen: bool,
        /// Tells of the OOM killer: an eventfd (v1), memory.events (v2).
        oom: Fd,
        oom_kills: i64,
        job: Job,
        /// Of the request that waits for the job.
        tag: u32,
        /// When to look again, when to give up, in ms.
        due: i64,
        delay: i64,
        deadline: i64,
        next: u32,
    }
}

pub struct Groups {
    table: &'static mut [Group],
    names: &'static mut [[u8; RECORD]],
    journal: Fd,
    free: u32,
    high: u32,
    /// Groups with a job.
    pub busy: u32,
    nothing: Group,
}

impl Groups {
    pub fn new(count: usize, journal: Fd) -> Result<Groups> {
        let (table, names) = (sys::sparse_table(count)?, sys::sparse_table(count)?);
        Ok(Groups { table, names, journal, free: 0, high: 0, busy: 0, nothing: EMPTY })
    }

    pub fn at(&mut self, index: u32) -> &mut Group {
        match self.table.get_mut(index as usize) {
            Some(group) => group,
            None => &mut self.nothing,
        }
    }

    pub fn high(&self) -> u32 {
        self.high
    }

    /// A group with these directories, in the table and in the journal; nothing is made yet.
    pub fn add(&mut self, owner: u32, v2: &CStr, controllers: Strings, dirs: Strings) -> Result<u32> {
        let index = match self.free {
            0 if (self.high as usize) < self.table.len() => self.high,
            0 => return fail(EAGAIN),
            free => free - 1,
        };
        let (generation, next) = (self.at(index).generation.wrapping_add(1), self.at(index).next);
        let mut group = Group { used: true, owner, generation, ..EMPTY };
        let names = self.names.get_mut(index as usize).ok_or(Errno::new(EAGAIN))?;
        let length = fill(names, &mut group, v2, controllers, dirs)?;
        *self.at(index) = group;
        match self.free {
            0 => self.high += 1,
            _ => self.free = next,
        }
        let record = self.names.get(index as usize).and_then(|names| names.get(..length)).unwrap_or(&[]);
        match sys::pwrite(self.journal, record, index as u64 * RECORD as u64) {
            Err(error) if self.journal >= 0 => {
                self.remove(index);
                Err(error)
            }
            _ => Ok(index),
        }
    }

    /// Out of the journal and out of the table.
    pub fn remove(&mut self, index: u32) {
        if self.journal >= 0 {
            let _ = sys::pwrite(self.journal, &[0; 4], index as u64 * RECORD as u64);
        }
        let free = self.free;
        let group = self.at(index);
        let generation = group.generation;
        *group = Group { generation, next: free, ..EMPTY };
        self.free = index + 1;
    }

    /// The directory with this number.
    pub fn dir(&self, index: u32, number: u32) -> Result<&CStr> {
        self.name(index, number as usize)
    }

    /// The directory of a controller; '' is the v2 group.
    pub fn dir_of(&mut self, index: u32, controller: &CStr) -> Result<&CStr> {
        let count = self.at(index).count as usize;
        let found = (0..count).find(|number| self.name(index, count + number).is_ok_and(|name| name == controller));
        self.name(index, found.ok_or(Errno::new(EINVAL))?)
    }

    /// Whether it is the very group that a plan's step `cgroup` makes.
    pub fn is(&self, index: u32, plan: &Plan) -> bool {
        let Some(step) = plan.steps().find(|step| step.op == Op::Cgroup) else { return false };
        let mut fields = step.fields();
        let (Ok(v2), Ok(_), Ok(dirs)) = (fields.text(), fields.texts(), fields.texts()) else { return false };
        let count = self.table.get(index as usize).map_or(0, |group| group.count as usize);
        let first = (!v2.is_empty()).then_some(v2);
        let mut number = 0;
        for dir in first.into_iter().chain(dirs) {
            if !self.name(index, number).is_ok_and(|name| name == dir) {
                return false;
            }
            number += 1;
        }
        number == count
    }

    /// Whether directory `number` belongs to a hierarchy with this controller (`cpu,cpuacct` has two).
    pub fn has(&mut self, index: u32, number: u32, controller: &[u8]) -> bool {
        let count = self.at(index).count as usize;
        let names = self.name(index, count + number as usize).map_or(&[][..], CStr::to_bytes);
        names.split(|byte| *byte == b',').any(|name| name == controller)
    }

    fn name(&self, index: u32, number: usize) -> Result<&CStr> {
        let names = self.names.get(index as usize).and_then(|names| names.get(HEAD..)).ok_or(Errno::new(EINVAL))?;
        let mut rest = names;
        for _ in 0..number {
            let end = rest.iter().position(|byte| *byte == 0).ok_or(Errno::new(EINVAL))?;
            rest = rest.get(end + 1..).ok_or(Errno::new(EINVAL))?;
        }
        CStr::from_bytes_until_nul(rest).map_err(|_| Errno::new(EINVAL))
    }
}

/// Writes the record; answers its length.
fn fill(names: &mut [u8; RECORD], group: &mut Group, v2: &CStr, controllers: Strings, dirs: Strings) -> Result<usize> {
    let first = (!v2.is_empty()).then_some(v2);
    let count = dirs.len() + first.is_some() as usize;
    if controllers.len() != dirs.len() || count > DIRS_MAX {
        return fail(EINVAL);
    }
    let mut at = HEAD;
    let mut put = |text: &CStr| {
        let bytes = text.to_bytes_with_nul();
        let place = names.get_mut(at..at + bytes.len()).ok_or(Errno::new(ENAMETOOLONG))?;
        place.copy_from_slice(bytes);
        at += bytes.len();
        Ok(())
    };
    for dir in first.into_iter().chain(dirs) {
        // Whoever reads the journal acts on it.
        if !dir.to_bytes().starts_with(b"/") {
            return fail(EINVAL);
        }
        put(dir)?;
    }
    if first.is_some() {
        put(c"")?;
    }
    controllers.into_iter().try_for_each(put)?;
    for (place, word) in names.chunks_exact_mut(4).zip([1u32, count as u32]) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    group.count = count as u32;
    group.v2 = first.is_some();
    Ok(at)
}

const EMPTY: Group = Group {
    used: false,
    generation: 0,
    owner: 0,
    count: 0,
    v2: false,
    made: 0,
    freezer: 0,
    memory: 0,
    frozen: false,
    oom: -1,
    oom_kills: 0,
    job: Job::None,
    tag: 0,
    due: 0,
    delay: 0,
    deadline: 0,
    next: 0,
};
