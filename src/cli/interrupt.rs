//! Ctrl-C: the first asks the run to stop where it can be resumed, the second ends it at once.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

use signal_hook::{consts, flag};

static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| {
    let stop = Arc::new(AtomicBool::new(false));
    let ignored = ignored();
    #[cfg(unix)]
    let signals = [consts::SIGINT, consts::SIGTERM, consts::SIGHUP];
    #[cfg(not(unix))]
    let signals = [consts::SIGINT, consts::SIGTERM];
    // What `nohup` and shells set to be ignored stays so.
    for signal in signals.into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0) {
        // Asked twice, nothing that runs is waited for: this one looks before the next one notes it.
        // Where no handler can be set, the signal ends the program as it always does.
        let _ = flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop));
        let _ = flag::register(signal, Arc::clone(&stop));
    }
    stop
});

/// Whether the run was asked to stop; the first call begins to listen.
pub(super) fn flag() -> &'static AtomicBool {
    &STOP
}

/// The signals that are ignored, a bit for each, where the system says so (Linux: proc(5)).
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
