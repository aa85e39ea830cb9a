//! The one entry, and the one place where memory of the caller's is touched.

/// Answers the length of the reply, or a negative errno. The buffers stay the caller's.
///
/// # Safety
/// `request` has `request_length` bytes, `reply` room for `reply_length`; they do not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn twinbox_call(
    request: *const u8,
    request_length: u32,
    reply: *mut u8,
    reply_length: u32,
) -> i64 {
    if request.is_null() || reply.is_null() {
        return -(helper::errno::EINVAL as i64);
    }
    // SAFETY: as the caller promises.
    let (request, reply) = unsafe {
        (
            core::slice::from_raw_parts(request, request_length as usize),
            core::slice::from_raw_parts_mut(reply, reply_length as usize),
        )
    };
    match crate::entry::call(request, reply) {
        Ok(length) => length as i64,
        Err(error) => -(error.code() as i64),
    }
}
