//! Reading from a web server, also from one that misbehaves.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use swath_store::{Content, Credentials, Family, Put, Store};

/// What arrived: the first line and the headers in lower case.
struct Asked {
    line: String,
    headers: Vec<String>,
    count: usize,
}

impl Asked {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A server whose answers (raw bytes; empty: hang up) are made by a function; each request has its own connection.
fn serve(answer: impl Fn(&Asked) -> String + Send + Sync + 'static) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let log = Arc::new(Mutex::new(Vec::new()));
    let (seen, count, answer) = (log.clone(), AtomicUsize::new(0), Arc::new(answer));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (seen, answer, count) = (seen.clone(), answer.clone(), count.fetch_add(1, SeqCst));
            std::thread::spawn(move || respond(stream, &seen, count, &*answer));
        }
    });
    (url, log)
}

fn respond(mut stream: TcpStream, seen: &Mutex<Vec<String>>, count: usize, answer: &dyn Fn(&Asked) -> String) {
    let lines: Vec<String> = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let Some((line, headers)) = lines.split_first() else { return };
    seen.lock().unwrap().push(line.clone());
    let asked = Asked { line: line.clone(), headers: headers.iter().map(|h| h.to_lowercase()).collect(), count };
    let _ = stream.write_all(answer(&asked).as_bytes());
}

fn reply(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
}

const BODY: &str = "0123456789";

/// A server as it should be.
fn ranged(asked: &Asked) -> String {
    let Some((start, end)) = asked.header("range").and_then(|r| r.strip_prefix("bytes=")?.split_once('-')) else {
        return reply("200 OK", "ETag: \"one\"\r\n", BODY);
    };
    let (start, end) = (start.parse::<usize>().unwrap(), end.parse::<usize>().unwrap());
    reply("206 Partial Content", &format!("ETag: \"one\"\r\nContent-Range: bytes {start}-{end}/10\r\n"), &BODY[start..=end])
}

fn open(url: &str) -> Store {
    Store::open(&format!("{url}/cat"), &Credentials::anonymous()).unwrap()
}

#[tokio::test]
async fn ranges_cost_one_request_each() {
    let (url, log) = serve(ranged);
    let store = open(&url);
    let parts = store.get_ranges("a b.tif", &[0..2, 4..6, 9..10], Some("\"one\"")).await.unwrap();
    assert_eq!(parts, ["01", "45", "9"]);
    assert_eq!(store.counts().requests, 3);
    assert_eq!(log.lock().unwrap()[0], "GET /cat/a%20b.tif HTTP/1.1");
}

#[tokio::test]
async fn the_end_of_an_object_costs_one_request() {
    let end = |headers: &'static str, body: &'static str| move |_: &Asked| reply("206 Partial Content", headers, body);
    type Answer = Box<dyn Fn(&Asked) -> String + Send + Sync>;
    let cases: [(Answer, Option<(&str, u64)>); 6] = [
        (Box::new(end("ETag: \"one\"\r\nContent-Range: bytes 6-9/10\r\n", "6789")), Some(("6789", 10))),
        (Box::new(end("Content-Range: bytes 0-2/3\r\n", "012")), Some(("012", 3))),
        (Box::new(|_: &Asked| reply("200 OK", "", BODY)), Some(("6789", 10))),
        // Another part, fewer bytes, nobody knows of how many.
        (Box::new(end("Content-Range: bytes 5-8/10\r\n", "5678")), None),
        (Box::new(end("Content-Range: bytes 7-9/10\r\n", "789")), None),
        (Box::new(end("Content-Range: bytes 6-9/*\r\n", "6789")), None),
    ];
    for (answer, expected) in cases {
        let (url, _) = serve(answer);
        let store = open(&url);
        match (store.get_end("a", 4).await, expected) {
            (Ok(Some(found)), Some((bytes, size))) => {
                assert_eq!((found.bytes, found.size, store.counts().requests), (bytes.into(), Some(size), 1));
            }
            (found, None) => assert_eq!(found.unwrap_err().family, Family::Damaged),
            (found, _) => panic!("{found:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_that_ignores_ranges_is_read_once_whole() {
    let (url, _) = serve(|_| reply("200 OK", "", BODY));
    let store = open(&url);
    assert_eq!(store.get_ranges("a.tif", &[0..2, 4..6], None).await.unwrap(), ["01", "45"]);
    assert_eq!(store.counts().requests, 1);
}

#[tokio::test]
async fn a_changed_object_is_a_conflict_even_without_if_match() {
    let (url, _) = serve(ranged);
    let error = open(&url).get_ranges("a.tif", &[0..2], Some("W/\"old\"")).await.unwrap_err();
    assert_eq!(error.family, Family::Conflict);
}

#[tokio::test]
async fn passing_faults_are_outlasted() {
    for fault in [
        "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 429 Slow Down\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n0123",
        "",
    ] {
        let (url, _) = serve(move |asked| if asked.count < 2 { fault.to_owned() } else { ranged(asked) });
        let store = open(&url);
        assert_eq!(store.get("a.json").await.unwrap_or_else(|e| panic!("{fault}: {e}")).bytes, BODY);
        assert_eq!(store.counts().requests, 3, "{fault}");
    }
}

#[tokio::test]
async fn answers_to_another_question_are_asked_for_again() {
    let md5 = "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    for (fault, range) in [
        (reply("206 Partial Content", "Content-Range: bytes 3-4/10\r\n", "34"), true),
        (reply("206 Partial Content", "Content-Range: bytes 0-9/10\r\n", BODY), true),
        (reply("206 Partial Content", "Content-Range: bytes 0-1/10\r\n", "01"), false),
        (reply("200 OK", "Content-Encoding: gzip\r\n", "zipped"), false),
        (reply("200 OK", md5, "swapped"), false),
    ] {
        let passing = fault.clone();
        let (url, _) = serve(move |asked| if asked.count < 1 { passing.clone() } else { ranged(asked) });
        let ask = async |url: &str| match range {
            true => open(url).get_ranges("a.tif", &[0..2], None).await.map(|parts| parts[0].clone()),
            false => open(url).get("a.tif").await.map(|fetched| fetched.bytes),
        };
        let found = ask(&url).await.unwrap_or_else(|e| panic!("{fault}: {e}"));
        assert_eq!(found, if range { "01" } else { BODY }, "{fault}");
        let lasting = fault.clone();
        let (url, _) = serve(move |_| lasting.clone());
        let error = ask(&url).await.unwrap_err();
        assert_eq!(error.family, Family::Damaged, "{fault}: {error}");
    }
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let (url, _) = serve(|asked| if asked.count == 0 { reply("503 Busy", "Retry-After: 2\r\n", "") } else { ranged(asked) });
    let start = Instant::now();
    open(&url).get("a.json").await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_silent_server_is_noticed_in_about_ten_seconds() {
    let (url, _) = serve(|asked| {
        if asked.count == 0 {
            std::thread::sleep(Duration::from_secs(20));
        }
        ranged(asked)
    });
    let start = Instant::now();
    open(&url).get("a.json").await.unwrap();
    assert!((9..14).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_byte_now_and_then_is_a_stall_too() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for (count, stream) in listener.incoming().flatten().enumerate() {
            std::thread::spawn(move || trickle(stream, count));
        }
    });
    let start = Instant::now();
    assert_eq!(open(&url).get("a.json").await.unwrap().bytes, BODY);
    assert!((9..14).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

/// The first answer comes at a byte in two seconds, later ones at once.
fn trickle(mut stream: TcpStream, count: usize) {
    let _ = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).count();
    let answer = reply("200 OK", "", BODY);
    let (head, body) = answer.split_at(answer.len() - BODY.len());
    let _ = stream.write_all(head.as_bytes());
    for byte in body.bytes() {
        if count == 0 {
            std::thread::sleep(Duration::from_secs(2));
        }
        let _ = stream.write_all(&[byte]);
    }
}

#[tokio::test]
async fn what_stays_broken_has_its_family() {
    for (status, family) in [
        ("500 Ill", Family::Unreachable),
        ("404 Not Found", Family::Absent),
        ("401 Login", Family::Refused),
        ("403 Forbidden", Family::Refused),
        ("418 Teapot", Family::Unsupported),
    ] {
        let (url, _) = serve(move |_| reply(status, "", ""));
        let error = open(&url).get("a.json").await.unwrap_err();
        assert_eq!(error.family, family, "{error}");
        assert!(error.at.ends_with("/cat/a.json"), "{error}");
    }
}

#[tokio::test]
async fn nobody_listening_is_told_within_two_seconds() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let start = Instant::now();
    let error = open(&format!("http://127.0.0.1:{port}")).get("a.json").await.unwrap_err();
    assert_eq!(error.family, Family::Unreachable, "{error}");
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_web_site_is_read_only() {
    let store = Store::open("https://host/cat", &Credentials::anonymous()).unwrap();
    let error = store.put("a", "x".into(), &Put::Create, &Content::of("a")).await.unwrap_err();
    assert_eq!(error.family, Family::Unsupported);
    assert_eq!(store.list("").await.unwrap_err().family, Family::Unsupported);
    assert_eq!(store.counts().requests, 0);
}

#[tokio::test]
async fn a_token_of_azure_is_never_shown_to_a_web_server() {
    let (url, log) = serve(|asked| {
        let told = asked.headers.iter().any(|h| h.contains("authorization")) || asked.line.contains("CANARY");
        reply(if told { "500 Leak" } else { "200 OK" }, "", "{}")
    });
    let token = Credentials::sas("sv=1&sp=rl&sig=CANARY").unwrap();
    // A SAS without an account on a loopback URL means an emulator; a catalog that leads to a web site does not.
    let store = Store::open("https://acct.blob.core.windows.net/maps", &token).unwrap();
    assert_eq!(store.resolve("collection.json", "https://host/x.json").unwrap().0.url(), "https://host");
    let guessed = Store::open(&format!("{url}/mine/maps"), &token).unwrap();
    guessed.get("a.json").await.unwrap();
    let owned = Store::open(&format!("{url}/other/x"), &Credentials::key("mine", "Q0FOQVJZ")).unwrap();
    owned.get("a.json").await.unwrap();
    assert!(log.lock().unwrap().iter().all(|line| !line.contains("sig")));
}

#[tokio::test]
async fn the_query_of_a_web_url_goes_with_its_requests_and_into_no_error() {
    let (url, log) = serve(|_| reply("404 Not Found", "", ""));
    let store = Store::open(&format!("{url}/cat?token=CANARY"), &Credentials::anonymous()).unwrap();
    let error = store.get("a.json").await.unwrap_err();
    assert!(!format!("{error:?} {store:?}").contains("CANARY"));
    assert_eq!(log.lock().unwrap()[0], "GET /cat/a.json?token=CANARY HTTP/1.1");
}
