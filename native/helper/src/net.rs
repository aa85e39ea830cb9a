//! The loopback interface of a new network namespace, which begins down (netdevice(7)).

use crate::abi::*;
use crate::errno::Result;
use crate::sys::{self, Owned};

/// Step `loopback`.
pub fn loopback() -> Result<()> {
    let socket = Owned::new(sys::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)?);
    sys::set_loopback_flags(socket.fd(), IFF_UP)
}
