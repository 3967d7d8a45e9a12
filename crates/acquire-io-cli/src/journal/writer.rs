//! Writing to a journal: records that come at the same time go to the disk together.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::sync::Arc;
use std::thread;

use anyhow::Context as _;
use tokio::sync::{mpsc, oneshot};

use super::record::{Header, Record};

/// How many bytes go to the disk together at most, so that a queue of records takes bounded memory.
const GROUP: usize = 1 << 20;

/// Writes the first line of a journal, and returns its length.
pub(super) fn create(file: &mut File, header: &Header) -> anyhow::Result<u64> {
    let mut line = serde_json::to_vec(header)?;
    line.push(b'\n');
    // What is there of a first line that was torn was read, so the place is behind it.
    file.rewind()?;
    file.set_len(0)?;
    file.write_all(&line)
        .and_then(|()| file.sync_all())
        .context("it can't be written")?;
    Ok(line.len() as u64)
}

/// Writes records, in the order of the calls.
pub(crate) struct Writer {
    queue: mpsc::UnboundedSender<Entry>,
}

struct Entry {
    line: Vec<u8>,
    /// Whether it is done when it is on the disk, or when the system has it.
    sync: bool,
    done: oneshot::Sender<Result<(), Arc<io::Error>>>,
}

/// A record on its way.
#[must_use = "a record is written only when this has been awaited"]
pub(crate) struct Recorded(oneshot::Receiver<Result<(), Arc<io::Error>>>);

impl Recorded {
    /// Waits until the record is written.
    ///
    /// # Errors
    /// When it can't be written. Then no later one is either.
    pub(crate) async fn wait(self) -> anyhow::Result<()> {
        let written = self.0.await.context("the journal's writer has ended")?;
        written.context("the journal can't be written")
    }
}

impl Writer {
    pub(super) fn start(file: File, length: u64) -> io::Result<Self> {
        let (queue, entries) = mpsc::unbounded_channel();
        thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || run(file, length, entries))?;
        Ok(Self { queue })
    }

    /// Writes a record to the disk.
    pub(crate) fn record(&self, record: &Record) -> Recorded {
        self.write(serde_json::to_vec(record), true)
    }

    /// Writes a record that comes to the disk with the next one. The end of this process doesn't undo it. The end of
    /// the system may: then the outcome of its message is unknown.
    pub(crate) fn record_lazily(&self, record: &Record) -> Recorded {
        self.write(serde_json::to_vec(record), false)
    }

    /// Brings to the disk what isn't there yet.
    pub(crate) fn sync(&self) -> Recorded {
        self.write(Ok(Vec::new()), true)
    }

    fn write(&self, line: serde_json::Result<Vec<u8>>, sync: bool) -> Recorded {
        let (done, recorded) = oneshot::channel();
        // What isn't queued is dropped, which the waiting side learns.
        if let Ok(mut line) = line {
            if !line.is_empty() {
                line.push(b'\n');
            }
            let _ = self.queue.send(Entry { line, sync, done });
        }
        Recorded(recorded)
    }
}

fn run(mut file: File, mut length: u64, mut entries: mpsc::UnboundedReceiver<Entry>) {
    let mut broken: Option<Arc<io::Error>> = None;
    let (mut group, mut waiting) = (Vec::new(), Vec::new());
    while let Some(entry) = entries.blocking_recv() {
        let mut sync = false;
        let mut next = Some(entry);
        while let Some(entry) = next {
            group.extend(entry.line);
            waiting.push(entry.done);
            sync |= entry.sync;
            next = (group.len() < GROUP)
                .then(|| entries.try_recv().ok())
                .flatten();
        }
        let result = match &broken {
            Some(error) => Err(Arc::clone(error)),
            None => write(&mut file, &group, sync).map_err(Arc::new),
        };
        match &result {
            Ok(()) => length += group.len() as u64,
            // After a failed sync nobody knows what is on the disk, so nothing more is written. A torn line is taken
            // back where that can be done; where not, the next start does it.
            Err(error) if broken.is_none() => {
                broken = Some(Arc::clone(error));
                let _ = file.set_len(length);
            }
            Err(_) => {}
        }
        group.clear();
        for done in waiting.drain(..) {
            // Nobody waits any more.
            let _ = done.send(result.clone());
        }
    }
}

fn write(file: &mut File, group: &[u8], sync: bool) -> io::Result<()> {
    file.write_all(group)?;
    if sync {
        file.sync_data()?;
    }
    Ok(())
}
