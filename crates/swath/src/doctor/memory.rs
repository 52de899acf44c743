//! Memory that this process may still take: the machine's, or that of the control group that it runs in.

use std::fs;

/// Bytes; `None` where the system does not tell.
pub(super) fn available() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().as_deref().and_then(meminfo);
    let number = |name: &str| fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?.trim().parse::<u64>().ok();
    let group = number("memory.max").zip(number("memory.current")).map(|(most, now)| most.saturating_sub(now));
    [machine, group].into_iter().flatten().min()
}

/// `MemAvailable` of `/proc/meminfo` (proc_meminfo(5)), in bytes.
fn meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_available_memory_is_read() {
        for (text, right) in [
            ("MemTotal:  100 kB\nMemAvailable:       16 kB\nBuffers: 1 kB\n", Some(16 * 1024)),
            ("MemTotal:  100 kB\n", None),
            ("MemAvailable: x kB\n", None),
            ("", None),
        ] {
            assert_eq!(meminfo(text), right, "{text:?}");
        }
    }
}
