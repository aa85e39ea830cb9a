//! A plan's bytes, written for tests: what src/native/encode.ts does.

use crate::plan::{MAGIC, Op};

pub const RUNTIME: u8 = 0;
pub const CHILD: u8 = 1;

pub struct Encoder {
    pub bytes: Vec<u8>,
    steps: u32,
    start: usize,
}

impl Encoder {
    pub fn new() -> Encoder {
        Encoder { bytes: vec![0; 64], steps: 0, start: 0 }
    }

    /// The index that the next step has.
    pub fn next_index(&self) -> u32 {
        self.steps
    }

    fn close(&mut self) {
        if self.start != 0 {
            let length = (self.bytes.len() - self.start) as u32;
            self.bytes[self.start + 4..self.start + 8].copy_from_slice(&length.to_le_bytes());
        }
    }

    pub fn step(&mut self, op: Op, by: u8) -> &mut Encoder {
        self.close();
        self.start = self.bytes.len();
        self.steps += 1;
        let mut record = [0u8; 24];
        record[..2].copy_from_slice(&(op as u16).to_le_bytes());
        record[2] = by;
        record[8..10].copy_from_slice(&[0xff, 0xff]);
        self.bytes.extend(record);
        self
    }

    pub fn child(&mut self, op: Op) -> &mut Encoder {
        self.step(op, CHILD)
    }

    pub fn runtime(&mut self, op: Op) -> &mut Encoder {
        self.step(op, RUNTIME)
    }

    /// Where the last step's result goes.
    pub fn result(&mut self, slot: u16) -> &mut Encoder {
        self.bytes[self.start + 8..self.start + 10].copy_from_slice(&slot.to_le_bytes());
        self
    }

    pub fn optional(&mut self, errno: i32) -> &mut Encoder {
        let count = self.bytes[self.start + 10] as usize;
        self.bytes[self.start + 10] += 1;
        let at = self.start + 12 + 2 * count;
        self.bytes[at..at + 2].copy_from_slice(&(errno as u16).to_le_bytes());
        self
    }

    fn word(&mut self, value: usize) {
        self.bytes.extend((value as u32).to_le_bytes());
    }

    fn pad(&mut self) -> &mut Encoder {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        self
    }

    pub fn int(&mut self, value: i64) -> &mut Encoder {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Encoder {
        self.word(text.len());
        self.bytes.extend(text.as_bytes());
        self.bytes.push(0);
        self.pad()
    }

    pub fn blob(&mut self, bytes: &[u8]) -> &mut Encoder {
        self.word(bytes.len());
        self.word(0);
        self.bytes.extend(bytes);
        self.pad()
    }

    pub fn texts(&mut self, texts: &[&str]) -> &mut Encoder {
        self.word(texts.len());
        self.word(texts.iter().map(|text| text.len() + 1).sum());
        for text in texts {
            self.bytes.extend(text.as_bytes());
            self.bytes.push(0);
        }
        self.pad()
    }

    pub fn ints(&mut self, values: &[i64]) -> &mut Encoder {
        self.word(values.len());
        self.word(0);
        values.iter().for_each(|value| self.bytes.extend(value.to_le_bytes()));
        self
    }

    pub fn vector(&mut self, texts: &[&str], spare: usize) -> &mut Encoder {
        self.word(texts.len());
        self.word(spare);
        let mut at = self.bytes.len() + 8 * (texts.len() + spare + 1);
        for text in texts {
            self.bytes.extend((at as u64).to_le_bytes());
            at += text.len() + 1;
        }
        self.bytes.resize(self.bytes.len() + 8 * (spare + 1), 0);
        for text in texts {
            self.bytes.extend(text.as_bytes());
            self.bytes.push(0);
        }
        self.pad()
    }

    pub fn finish(mut self, kind: u16, slots: u32) -> Vec<u8> {
        self.close();
        let size = self.bytes.len() as u32;
        self.bytes[..4].copy_from_slice(&MAGIC.to_le_bytes());
        self.bytes[4..6].copy_from_slice(&1u16.to_le_bytes());
        self.bytes[6..8].copy_from_slice(&kind.to_le_bytes());
        self.bytes[8..12].copy_from_slice(&size.to_le_bytes());
        self.bytes[12..16].copy_from_slice(&self.steps.to_le_bytes());
        self.bytes[16..20].copy_from_slice(&slots.to_le_bytes());
        self.bytes
    }
}
