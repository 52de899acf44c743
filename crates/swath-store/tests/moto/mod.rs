//! An emulator of Amazon S3 for one test, stopped when dropped. It checks no signatures.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use swath_store::{Credentials, Store};

pub struct Moto {
    child: Child,
    endpoint: String,
}

impl Moto {
    /// Starts the server of the Python that `SWATH_JUDGES` names; `None`, and one line on stderr, where it is absent.
    pub fn start() -> Option<Self> {
        let python = std::env::var("SWATH_JUDGES").unwrap_or_default();
        let there = Command::new(&python).args(["-c", "import moto.server, flask_cors"]).stderr(Stdio::null()).status();
        if !there.is_ok_and(|status| status.success()) {
            eprintln!("not run: SWATH_JUDGES names no Python with moto's server");
            return None;
        }
        let mut child = Command::new(&python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("moto starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
        let url = lines.find_map(|line| line.split_once("Running on ").map(|(_, url)| url.trim().to_owned())).expect("moto tells its port");
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, endpoint: url })
    }
    /// A place in a bucket, which is made.
    pub async fn open(&self, place: &str) -> Store {
        let bucket = place.split('/').next().unwrap_or(place);
        let made = reqwest::Client::builder().no_proxy().build().expect("a client").put(format!("{}/{bucket}", self.endpoint)).send().await;
        assert!(made.expect("moto answers").status().is_success());
        let credentials = Credentials::anonymous()
            .setting("AWS_ACCESS_KEY_ID", "AKIATEST")
            .setting("AWS_SECRET_ACCESS_KEY", "CANARY-secret")
            .setting("AWS_REGION", "us-east-1")
            .setting("AWS_ENDPOINT_URL", &self.endpoint);
        Store::open(&format!("s3://{}", place.replace('%', "%25")), &credentials).expect("a store")
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
