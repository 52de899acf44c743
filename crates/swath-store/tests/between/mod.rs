//! A proxy between a store and an emulator that can lose, change and hold back what passes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to one exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    Pass,
    /// One byte of the body changes on its way.
    Flip,
    /// The server hears it, the client hears nothing more.
    LoseAnswer,
    /// Neither hears anything for so many seconds.
    HoldBack(u64),
}

/// The first lines of the requests that came, and how many bytes their bodies had.
pub type Log = Arc<Mutex<Vec<(String, usize)>>>;

/// A proxy to `target` (`http://host:port`); `fate` is asked for every request by its first line and its number.
pub fn proxy(target: &str, fate: impl Fn(&str, usize) -> Fate + Send + Sync + 'static) -> (String, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (log, fate, target) = (Log::default(), Arc::new(fate), target.trim_start_matches("http://").to_owned());
    let seen = log.clone();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (seen, fate, target) = (seen.clone(), fate.clone(), target.clone());
            std::thread::spawn(move || pass(client, &target, &seen, &*fate));
        }
    });
    (url, log)
}

/// One request of one connection.
fn pass(client: TcpStream, target: &str, seen: &Log, fate: &dyn Fn(&str, usize) -> Fate) -> Option<()> {
    let mut reader = BufReader::new(&client);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let length = |lines: &[String]| {
        let told = lines.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        told.unwrap_or(0)
    };
    let mut body = vec![0; length(&lines)];
    reader.read_exact(&mut body).ok()?;
    let fate = {
        let mut log = seen.lock().unwrap();
        log.push((lines.first()?.clone(), body.len()));
        fate(lines.first()?, log.len() - 1)
    };
    match fate {
        Fate::HoldBack(seconds) => {
            std::thread::sleep(Duration::from_secs(seconds));
            return None;
        }
        Fate::Flip => *body.last_mut()? ^= 1,
        _ => {}
    }
    let mut server = TcpStream::connect(target).ok()?;
    lines.retain(|line| !line.to_lowercase().starts_with("connection:"));
    lines.push("Connection: close".to_owned());
    server.write_all(format!("{}\r\n\r\n", lines.join("\r\n")).as_bytes()).ok()?;
    server.write_all(&body).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    if fate != Fate::LoseAnswer {
        (&client).write_all(&answer).ok()?;
    }
    Some(())
}
