//! The helper: a static program without libc that makes containers. As the supervisor it waits for requests; each child
//! that it clones carries out the steps of a plan and becomes the container's program.
//!
//! No allocation, no panic that is meant to happen, no unsafe code outside sys.rs. Between clone and exec a child makes
//! system calls and nothing else.

#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

pub mod abi;
pub mod channel;
pub mod errno;
pub mod number;
pub mod plan;
#[allow(unsafe_code)]
pub mod sys;
pub mod text;

// The child.
pub mod console;
pub mod device;
pub mod exec;
pub mod fd;
pub mod file;
pub mod identity;
pub mod init;
pub mod mount;
pub mod net;
pub mod passwd;
pub mod place;
pub mod resolve;
pub mod seccomp;
pub mod step;

#[cfg(test)]
mod encode;
#[cfg(test)]
mod trial;

// The supervisor.
pub mod supervisor;
