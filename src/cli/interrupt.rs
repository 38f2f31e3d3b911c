//! Ctrl-C: the first asks the run to stop where it can be resumed, the second ends it at once.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);
static HANDLER: Once = Once::new();

/// Whether the run was asked to stop; the first call begins to listen.
pub(super) fn flag() -> &'static AtomicBool {
    HANDLER.call_once(|| {
        // Where no handler can be set, Ctrl-C ends the program as it always does.
        let _ = ctrlc::set_handler(|| {
            if STOP.swap(true, Ordering::Relaxed) {
                #[allow(clippy::exit)] // asked twice: whatever runs is not waited for
                std::process::exit(130);
            }
        });
    });
    &STOP
}
