//! Child processes judge the inputs, so that an abort or an overflow of the stack is seen, and one input's memory is one process's.

use std::{
    fs::{self, File},
    io::{Seek, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bytes::Bytes;

use crate::{
    dice::Dice,
    judge::{self, Fate},
    mutate, netcdf, seeds,
};

/// Makes the input of a number, and says what it is.
pub type Inputs = Box<dyn Fn(&mut Dice, u64) -> (String, Vec<u8>)>;

/// A kind of file, how inputs of it are made, and how they are read.
pub struct Kind {
    pub name: &'static str,
    pub extension: &'static str,
    inputs: fn() -> Inputs,
    read: fn(&str, &Bytes) -> Result<Fate, String>,
}

pub const TIFF: Kind = Kind { name: "tiff", extension: "tif", inputs: tiffs, read: judge::tiff };
pub const NETCDF: Kind = Kind { name: "netcdf", extension: "nc", inputs: netcdf::inputs, read: judge::netcdf };

const SEED: u64 = 20_261_122;
const TASK: &str = "SWATH_MUTATIONS_TASK";
/// A worker that stays this long with one input hangs.
const STUCK: Duration = Duration::from_secs(300);
const MOST_FAILURES: usize = 5;

fn tiffs() -> Inputs {
    let seeds = seeds::all();
    Box::new(move |dice, input| {
        let seed = &seeds[input as usize % seeds.len()];
        (seed.name.clone(), mutate::mutated(seed, &seeds, dice))
    })
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text}: a number")))
}

struct Worker {
    child: Child,
    folder: PathBuf,
    last: (u64, Instant),
}

/// Judges `count` inputs on all cores.
pub fn all(kind: &Kind, count: u64) {
    let seed = setting("SWATH_MUTATIONS_SEED").unwrap_or(SEED);
    let count = setting("SWATH_MUTATIONS_COUNT").unwrap_or(count);
    let cores = std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 8) as u64;
    let base = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("mutations-{}-{}", kind.name, std::process::id()));
    eprintln!("{count} inputs of SWATH_MUTATIONS_SEED={seed} by {cores} processes");
    let start = Instant::now();
    let mut workers: Vec<Worker> = (0..cores).map(|part| spawn(kind, seed, count, (part, cores), base.join(part.to_string()))).collect();
    let mut failures = Vec::new();
    while !workers.is_empty() {
        std::thread::sleep(Duration::from_millis(50));
        workers.retain_mut(|worker| match worker.child.try_wait().expect("a child") {
            Some(status) => {
                if !status.success() {
                    failures.push(lost(kind, seed, worker, &format!("ended with {status}")));
                }
                false
            }
            None => {
                let input = worker.input();
                if input != worker.last.0 {
                    worker.last = (input, Instant::now());
                } else if worker.last.1.elapsed() > STUCK {
                    worker.child.kill().expect("a child");
                    worker.child.wait().expect("a child");
                    failures.push(lost(kind, seed, worker, "did not end"));
                    return false;
                }
                true
            }
        });
    }
    let read =
        |name: &str| (0..cores).filter_map(|part| fs::read_to_string(base.join(part.to_string()).join(name)).ok()).collect::<Vec<_>>();
    failures.extend(read("failures").iter().flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()));
    let counts: Vec<u64> = (0..5).map(|at| read("counts").iter().filter_map(|c| c.split(' ').nth(at)?.parse::<u64>().ok()).sum()).collect();
    let [refused, opened, whole, ..] = counts[..] else { panic!("no counts") };
    eprintln!("{refused} refused, {opened} opened, {whole} read, in {:.1?}", start.elapsed());
    let hint = "to keep one: mend it, and copy it to crates/swath-raster/fixtures/crashes";
    assert!(failures.is_empty(), "{} of them broke a promise; {hint}\n{}", failures.len(), failures.join("\n"));
    assert_eq!(refused + opened + whole, count, "not all were judged");
    assert!(refused > count / 20 && opened > count / 200 && whole > count / 20, "the mutations are too weak or too strong");
    fs::remove_dir_all(&base).ok();
}

impl Worker {
    fn input(&self) -> u64 {
        fs::read(self.folder.join("input")).ok().and_then(|bytes| Some(u64::from_le_bytes(bytes.try_into().ok()?))).unwrap_or(0)
    }
}

fn spawn(kind: &Kind, seed: u64, count: u64, (part, parts): (u64, u64), folder: PathBuf) -> Worker {
    fs::create_dir_all(&folder).expect("a folder for what is found");
    let child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "worker", "--nocapture", "--test-threads=1"])
        .env(TASK, format!("{} {seed} {count} {part} {parts} {}", kind.name, folder.display()))
        // Enough that every way of sharing work is gone.
        .env("RAYON_NUM_THREADS", "3")
        .stdout(Stdio::null())
        .stderr(File::create(folder.join("said")).expect("a file"))
        .spawn()
        .expect("this test, once more");
    Worker { child, folder, last: (0, Instant::now()) }
}

/// The input at which a worker was lost, made again and kept.
fn lost(kind: &Kind, seed: u64, worker: &Worker, how: &str) -> String {
    let input = worker.input();
    let (name, bytes) = (kind.inputs)()(&mut Dice::of(seed, input), input);
    let said = fs::read_to_string(worker.folder.join("said")).unwrap_or_default();
    let said: Vec<&str> = said.lines().rev().take(4).collect();
    format!("{}: a process {how}: {}", kept(kind, &worker.folder, input, &name, &bytes), said.join(" / "))
}

fn kept(kind: &Kind, folder: &Path, input: u64, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(format!("{}-{input}.{}", name.replace('/', "-"), kind.extension));
    fs::write(&path, bytes).expect("a file for what is found");
    path.display().to_string()
}

/// The child's part: every `parts`-th input.
pub fn worker() {
    let Ok(task) = std::env::var(TASK) else { return };
    let words: Vec<&str> = task.splitn(6, ' ').collect();
    let [kind, seed, count, part, parts, folder] = words[..] else { panic!("{TASK}={task}") };
    let kind = if kind == TIFF.name { &TIFF } else { &NETCDF };
    let number = |text: &str| text.parse::<u64>().expect(TASK);
    let (seed, folder) = (number(seed), Path::new(folder));
    std::panic::set_hook(Box::new(|_| ()));
    let make = (kind.inputs)();
    let (mut counts, mut failures) = ([0_u64; 3], Vec::new());
    let mut at = File::create(folder.join("input")).expect("a file for the number of the input");
    for input in (number(part)..number(count)).step_by(number(parts) as usize) {
        // Over the one before: to cut a file and write it again waits for the disk.
        at.rewind().and_then(|()| at.write_all(&input.to_le_bytes())).expect("the number of the input");
        let (name, bytes) = make(&mut Dice::of(seed, input), input);
        let bytes = Bytes::from(bytes);
        match judge::judge(&name, kind.read, &bytes) {
            Ok(Fate::Refused) => counts[0] += 1,
            Ok(Fate::Opened) => counts[1] += 1,
            Ok(Fate::Read) => counts[2] += 1,
            Err(broken) => failures.push(format!("{}: {broken}", kept(kind, folder, input, &name, &bytes))),
        }
        if failures.len() >= MOST_FAILURES {
            break;
        }
    }
    fs::write(folder.join("failures"), failures.join("\n")).expect("a file for failures");
    fs::write(folder.join("counts"), format!("{} {} {}", counts[0], counts[1], counts[2])).expect("a file for counts");
}
