//! The disk's part of a large file, done while the file still grows: what is left for the sync at its end is little.

use std::fs::File;
use std::io;
use std::thread::JoinHandle;

/// Bytes between two syncs.
const EVERY: usize = 32 << 20;

#[derive(Default)]
pub(super) struct Writeback {
    since: usize,
    running: Option<JoinHandle<io::Result<()>>>,
}

impl Writeback {
    /// Tells that `bytes` more were written to `file`.
    ///
    /// # Errors
    /// What an earlier sync found: the system tells of a lost write only once.
    pub(super) fn wrote(&mut self, file: &File, bytes: usize) -> io::Result<()> {
        self.since += bytes;
        let busy = self.running.as_ref().is_some_and(|running| !running.is_finished());
        if self.since < EVERY || busy {
            return Ok(());
        }
        self.wait()?;
        self.since = 0;
        let file = file.try_clone()?;
        self.running = Some(std::thread::Builder::new().name("writeback".into()).spawn(move || file.sync_data())?);
        Ok(())
    }

    /// Until the sync under way has ended.
    ///
    /// # Errors
    /// What it found.
    pub(super) fn wait(&mut self) -> io::Result<()> {
        let ended = self.running.take().map_or(Ok(Ok(())), JoinHandle::join);
        ended.unwrap_or_else(|_| Err(io::Error::other("the thread that writes to the disk ended early")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_syncs_found_is_told() {
        let mut file = tempfile::tempfile().unwrap();
        let mut writeback = Writeback::default();
        for _ in 0..5 {
            file.write_all(&vec![7; EVERY / 2]).unwrap();
            writeback.wrote(&file, EVERY / 2).unwrap();
        }
        writeback.wait().unwrap();
        assert!(writeback.running.is_none());
        writeback.running = Some(std::thread::spawn(|| Err(io::Error::other("lost"))));
        assert_eq!(writeback.wait().unwrap_err().to_string(), "lost");
    }
}
