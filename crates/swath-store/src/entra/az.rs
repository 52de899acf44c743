use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::Utc;

use super::grant::Grant;

/// `az` starts slowly: 2 to 5 s where nothing else runs.
const PATIENCE: Duration = Duration::from_secs(20);

/// The token that `az` keeps, or makes, for whoever ran `az login`.
///
/// # Errors
/// Why there is none: `az` is absent, not logged in, or too slow.
pub(super) async fn ask(resource: &str) -> Result<Grant, String> {
    let scope = format!("{resource}/.default");
    tokio::task::spawn_blocking(move || run(&scope)).await.map_err(|e| e.to_string())?
}

fn run(scope: &str) -> Result<Grant, String> {
    let args = ["account", "get-access-token", "--output", "json", "--scope", scope];
    let mut command = if cfg!(windows) {
        let mut shell = Command::new("cmd");
        shell.args(["/C", "az"]);
        shell
    } else {
        Command::new("az")
    };
    let spawned = command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => "the command az is not installed".to_owned(),
        _ => format!("the command az does not start: {e}"),
    })?;
    let (out, err) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let ended = wait(&mut child)?;
    let (out, err) = (out.join().unwrap_or_default(), err.join().unwrap_or_default());
    if ended && let Some(grant) = Grant::parse(&out, Utc::now()) {
        return Ok(grant);
    }
    Err(told(&String::from_utf8_lossy(&err)))
}

/// The line of `az` that says why; it names no secret, but what it echoes is kept short.
fn told(err: &str) -> String {
    if err.contains("az login") {
        return "az has nobody logged in".into();
    }
    let line = err.lines().find(|line| line.contains("ERROR")).or_else(|| err.lines().find(|line| !line.trim().is_empty()));
    let short: String = line.unwrap_or("it printed no token").trim_start_matches("ERROR: ").chars().take(200).collect();
    format!("az: {}", crate::redact(&short))
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        if let Some(pipe) = pipe {
            let _ = pipe.take(1 << 20).read_to_end(&mut all);
        }
        all
    })
}

/// Whether it ended well; a child that takes too long is ended.
fn wait(child: &mut Child) -> Result<bool, String> {
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if started.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("az gave no token within {} s", PATIENCE.as_secs()));
            }
            Err(e) => return Err(format!("az: {e}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn what_az_says_is_told_in_one_line() {
        for (err, said) in [
            ("ERROR: Please run 'az login' to setup account.\n", "az has nobody logged in"),
            ("WARNING: old\nERROR: AADSTS70043: The refresh token has expired\nmore", "az: AADSTS70043: The refresh token has expired"),
            ("", "az: it printed no token"),
        ] {
            assert_eq!(told(err), said);
        }
    }
}
