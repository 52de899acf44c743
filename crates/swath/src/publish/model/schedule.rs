use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::build::Build;
use super::place::{Place, Seat};
use super::reader;
use crate::Family;
use crate::publish::decide::{draw, read_build};
use crate::publish::plan::Request;
use crate::publish::prune::sweep;
use crate::publish::together::insist;

/// Who does what.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    pub publishers: usize,
    /// Times that each publisher changes its build and publishes it.
    pub rounds: usize,
    pub tables: bool,
    /// Processes that are killed on the way, at most.
    pub kills: usize,
    pub prunes: bool,
}

/// One order of events, all of it told by a seed.
pub struct Schedule {
    story: Story,
    chance: Chance,
    /// The turn at which a process is killed, besides those that chance kills.
    killed_at: Option<u64>,
    place: Rc<Place>,
    builds: Vec<Rc<RefCell<Build>>>,
    /// Rounds that each publisher has ended.
    done: Vec<Rc<Cell<usize>>>,
}

type Publisher = Pin<Box<dyn Future<Output = ()>>>;

impl Schedule {
    pub fn new(seed: u64, story: Story) -> Self {
        let builds = (0..story.publishers).map(|_| Rc::new(RefCell::new(Build::new(story.tables)))).collect();
        let done = (0..story.publishers).map(|_| Rc::new(Cell::new(0))).collect();
        Self { story, chance: Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1), killed_at: None, place: Rc::default(), builds, done }
    }
    pub fn killed_at(mut self, turn: u64) -> Self {
        self.killed_at = Some(turn);
        self
    }
    /// Whether somebody was killed.
    pub fn run(mut self) -> bool {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let killed = runtime.block_on(self.interleave());
        runtime.block_on(self.settle());
        killed
    }

    async fn interleave(&mut self) -> bool {
        let mut publishers: Vec<Option<Publisher>> = (0..self.story.publishers).map(|who| Some(self.publisher(who, Start::New))).collect();
        let (mut turns, mut killed) = (0, 0);
        std::future::poll_fn(move |context| {
            loop {
                poll_all(&mut publishers, context);
                let alive: Vec<usize> = (0..publishers.len()).filter(|who| publishers[*who].is_some()).collect();
                if alive.is_empty() {
                    return Poll::Ready(killed > 0);
                }
                // Whoever waits for nobody's turn waits for a file.
                let is_waiting = |who: &usize| self.place.waiting.borrow().iter().any(|(other, _)| other == who);
                if !alive.iter().all(is_waiting) {
                    return Poll::Pending;
                }
                let next = self.chance.below(self.place.waiting.borrow().len());
                let (who, sender) = self.place.waiting.borrow_mut().swap_remove(next);
                let by_chance = killed < self.story.kills && self.chance.below(60) == 0;
                if by_chance || self.killed_at == Some(turns) {
                    killed += 1;
                    drop(sender);
                    publishers[who] = None;
                    self.place.waiting.borrow_mut().retain(|(other, _)| *other != who);
                    publishers[who] = Some(self.publisher(who, Start::Again));
                } else {
                    let _ = sender.send(());
                }
                turns += 1;
            }
        })
        .await
    }

    /// One publisher's life from here to its last round.
    fn publisher(&mut self, who: usize, start: Start) -> Publisher {
        let (build, done) = (self.builds[who].clone(), self.done[who].clone());
        let seat = Seat { place: self.place.clone(), who };
        let (story, everybody) = (self.story, self.done.clone());
        let mut chance = Chance(self.chance.next());
        let mut is_changed = start == Start::Again;
        Box::pin(async move {
            while done.get() < story.rounds {
                if !is_changed {
                    let is_known = everybody.iter().all(|done| done.get() > 0);
                    change(&mut build.borrow_mut(), (who, done.get()), if is_known { Common::Known } else { Common::New }, &mut chance);
                    // What is taken back from here on need not be visible any more.
                    let has = build.borrow().paths();
                    seat.place.promised.borrow_mut().entry(who).or_default().retain(|path| has.contains(path));
                    build.borrow().write();
                }
                is_changed = false;
                let request = Request::new(build.borrow().path());
                let first = match read_build(&request.build, request.trust).await {
                    Ok(scan) => draw(&request, scan, &seat).await,
                    Err(e) => Err(e),
                };
                insist(first, &request, &seat, &()).await.unwrap();
                seat.place.promised.borrow_mut().insert(who, build.borrow().paths());
                reader::judge(&seat.place);
                if story.prunes
                    && chance.below(2) == 0
                    && let Err(e) = sweep(&seat).await
                {
                    assert_eq!(e.family, Family::Conflict, "{e}");
                }
                done.set(done.get() + 1);
            }
        })
    }

    /// Everybody publishes once more, one after the other: then nothing is left to do for anyone.
    async fn settle(&mut self) {
        for again in 0..3 {
            let mut is_done = true;
            for who in 0..self.story.publishers {
                let (seat, build) = (Seat { place: self.place.clone(), who }, self.builds[who].clone());
                let publish = async {
                    let request = Request::new(build.borrow().path());
                    let plan = draw(&request, read_build(&request.build, request.trust).await.unwrap(), &seat).await.unwrap();
                    let was_done = plan.is_done();
                    if !was_done && again == 2 {
                        panic!("publisher {who} still has to send {:?}", plan.uploads);
                    }
                    insist(Ok(plan), &request, &seat, &()).await.unwrap();
                    was_done
                };
                is_done &= self.alone(publish).await;
                self.place.promised.borrow_mut().insert(who, build.borrow().paths());
            }
            if is_done {
                break;
            }
        }
        reader::judge_manifest(&self.place);
        if self.story.tables || self.chance.below(20) == 0 {
            reader::judge_whole(&self.place);
        }
    }

    async fn alone<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        std::future::poll_fn(|context| {
            loop {
                if let Poll::Ready(done) = work.as_mut().poll(context) {
                    return Poll::Ready(done);
                }
                let Some((_, sender)) = self.place.waiting.borrow_mut().pop() else { return Poll::Pending };
                let _ = sender.send(());
            }
        })
        .await
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    New,
    /// After a kill: with the build as it is.
    Again,
}

fn poll_all(publishers: &mut [Option<Publisher>], context: &mut Context<'_>) {
    for publisher in publishers {
        if publisher.as_mut().is_some_and(|future| future.as_mut().poll(context).is_ready()) {
            *publisher = None;
        }
    }
}

/// Whether everybody has published what all have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Common {
    New,
    Known,
}

/// Adds an item of one's own, changes or takes back another, and now and then one that all have.
fn change(build: &mut Build, (who, round): (usize, usize), common: Common, chance: &mut Chance) {
    let own = format!("p{who}r{round}");
    if round == 0 {
        build.set("maps", "common", "pixels of all");
        build.set("maps", "common2", "more pixels of all");
    }
    build.set("maps", &own, &format!("pixels {who} {round}"));
    if round > 0 {
        let last = format!("p{who}r{}", round - 1);
        match chance.below(4) {
            0 => build.set("maps", &last, &format!("new pixels {who} {round}")),
            1 => drop(build.items.remove(&("maps".to_owned(), last))),
            2 => build.set(&format!("own{who}"), &own, "a dataset of one's own"),
            _ => build.items.retain(|(dataset, _), _| dataset == "maps"),
        }
        // Only one of them ever changes what all have; anybody may drop it.
        match chance.below(4) {
            0 if who == 0 && common == Common::Known => build.set("maps", "common", &format!("pixels of all, {round}")),
            1 => drop(build.items.remove(&("maps".to_owned(), "common2".to_owned()))),
            _ => {}
        }
    }
}

/// Numbers that look like chance and are told by a seed (Marsaglia, "Xorshift RNGs").
pub struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 | 1
    }
    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 8) as usize % end
    }
}
