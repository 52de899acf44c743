use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use futures::channel::oneshot;
use swath_store::{Container, Content, Entry, Error, Family, Fetched, LocalFile, Put, Result};

use super::reader;
use crate::publish::remote::Remote;

/// A place in memory, at which everybody waits for their turn before each request and before each answer.
#[derive(Default)]
pub struct Place {
    pub objects: RefCell<BTreeMap<String, (Bytes, u64)>>,
    version: Cell<u64>,
    /// Whose turn may come next.
    pub waiting: RefCell<Vec<(usize, oneshot::Sender<()>)>>,
    /// What must be visible, whatever happens, by publisher.
    pub promised: RefCell<BTreeMap<usize, Vec<String>>>,
    pub requests: Cell<u64>,
}

/// The place as one publisher sees it.
pub struct Seat {
    pub place: Rc<Place>,
    pub who: usize,
}

impl Seat {
    async fn turn(&self) {
        let (sender, receiver) = oneshot::channel();
        self.place.waiting.borrow_mut().push((self.who, sender));
        if receiver.await.is_err() {
            // Its process was killed.
            std::future::pending::<()>().await;
        }
    }
    async fn ask<T>(&self, answer: impl FnOnce(&Place) -> T) -> T {
        self.turn().await;
        self.place.requests.set(self.place.requests.get() + 1);
        let answer = answer(&self.place);
        self.turn().await;
        answer
    }
}

impl Place {
    fn entry(path: &str, (bytes, version): &(Bytes, u64)) -> Entry {
        Entry { path: path.to_owned(), size: bytes.len() as u64, etag: Some(etag(*version)), md5: None, content_type: None }
    }
    fn find(&self, path: &str) -> Result<(Bytes, u64)> {
        let absent = || Error::new(Family::Absent, path, "is not there", "");
        self.objects.borrow().get(path).cloned().ok_or_else(absent)
    }
    fn write(&self, path: &str, bytes: Bytes, put: &Put) -> Result<Option<String>> {
        let there = self.objects.borrow().get(path).map(|(_, version)| etag(*version));
        let may = match put {
            Put::Create => there.is_none(),
            Put::Overwrite => true,
            Put::IfMatch(pin) => there.as_ref() == Some(pin),
        };
        if !may {
            return Err(Error::new(Family::Conflict, format!("memory://place/{path}"), "was changed by somebody else", ""));
        }
        reader::judge_write(self, path, &bytes);
        let version = self.version.get() + 1;
        self.version.set(version);
        self.objects.borrow_mut().insert(path.to_owned(), (bytes, version));
        reader::judge(self);
        Ok(Some(etag(version)))
    }
}

fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

impl Remote for Seat {
    fn url(&self) -> String {
        "memory://place".to_owned()
    }
    fn url_of(&self, path: &str) -> String {
        format!("memory://place/{path}")
    }
    async fn list(&self) -> Result<Vec<Entry>> {
        self.ask(|place| Ok(place.objects.borrow().iter().map(|(path, object)| Place::entry(path, object)).collect())).await
    }
    async fn get(&self, path: &str) -> Result<Fetched> {
        self.ask(|place| place.find(path).map(|(bytes, version)| Fetched { bytes, etag: Some(etag(version)) })).await
    }
    async fn head(&self, path: &str) -> Result<Entry> {
        self.ask(|place| place.find(path).map(|object| Place::entry(path, &object))).await
    }
    async fn put(&self, path: &str, bytes: Bytes, put: &Put, _: &Content) -> Result<Option<String>> {
        self.ask(|place| place.write(path, bytes, put)).await
    }
    async fn put_file(&self, path: &str, file: &LocalFile<'_>, put: &Put, _: &Content, _: &(dyn Fn(u64) + Sync)) -> Result<Option<String>> {
        let bytes = std::fs::read(file.path).unwrap().into();
        self.ask(|place| place.write(path, bytes, put)).await
    }
    async fn delete(&self, path: &str, pin: Option<&str>) -> Result<()> {
        self.ask(|place| {
            let Ok((_, version)) = place.find(path) else { return Ok(()) };
            if pin.is_some_and(|pin| pin != etag(version)) {
                return Err(Error::new(Family::Conflict, format!("memory://place/{path}"), "was changed by somebody else", ""));
            }
            place.objects.borrow_mut().remove(path);
            reader::judge(place);
            Ok(())
        })
        .await
    }
    async fn holds(&self, entry: &Entry, file: &Path) -> Result<bool> {
        let ours = std::fs::read(file).unwrap();
        self.ask(|place| Ok(place.find(&entry.path)?.0 == ours)).await
    }
    async fn ensure_container(&self) -> Result<Container> {
        Ok(Container::There)
    }
    async fn pause(&self, _: Duration) {
        self.turn().await;
    }
}
