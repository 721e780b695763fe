//! Real server processes, killed when the test lets go of them.

use super::writ;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A running `writ serve` or `writ sandbox`.
pub struct Process {
    child: Child,
    /// `http://ADDRESS`.
    pub url: String,
    /// Lines of standard output before the one that says where it listens.
    pub before_ready: Vec<String>,
    stderr: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts `writ` with these arguments and waits until it says where it listens.
    pub fn start(args: &[&str]) -> Self {
        Self::try_start(args).unwrap_or_else(|(status, stderr)| {
            panic!("writ {args:?} ended with {status} before it was ready: {stderr}")
        })
    }

    /// The same for one that may end instead: its exit status, and what it said.
    pub fn try_start(args: &[&str]) -> Result<Self, (ExitStatus, String)> {
        let mut child = writ()
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, out) = read_lines(child.stdout.take().unwrap());
        let (stderr, err) = read_all(child.stderr.take().unwrap());
        let readers = vec![out, err];
        let mut process =
            Self { child, url: String::new(), before_ready: Vec::new(), stderr, readers };
        // The channel ends with the process's output.
        for line in lines {
            if let Some(url) = line.strip_prefix("listening on ") {
                process.url = url.trim().to_owned();
                return Ok(process);
            }
            process.before_ready.push(line);
        }
        let status = process.child.wait().unwrap();
        let stderr = process.stderr();
        Err((status, stderr))
    }

    /// `writ serve` on a data directory, at a free port.
    pub fn serve(data: &Path) -> Self {
        Self::start(&["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"])
    }

    /// `writ sandbox` at a free port.
    pub fn sandbox() -> Self {
        Self::start(&["sandbox", "--listen", "127.0.0.1:0"])
    }

    /// Ends it as a power cut would: SIGKILL. Once this returns the process is gone.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, as a service manager does, and waits for its end.
    pub fn terminate(mut self) -> (ExitStatus, String) {
        let pid = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(sent.success());
        let status = self.child.wait().unwrap();
        let stderr = self.stderr();
        (status, stderr)
    }

    /// What it has written to standard error; all of it once it has ended.
    pub fn stderr(&mut self) -> String {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            for reader in self.readers.drain(..) {
                reader.join().unwrap();
            }
        }
        self.stderr.lock().unwrap().clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let stderr = self.stderr();
            eprintln!("--- standard error of {}:\n{stderr}", self.url);
        }
    }
}

fn read_lines(stream: impl Read + Send + 'static) -> (Receiver<String>, JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // Nobody listens after the ready line; the pipe is drained all the same.
            let _ = sender.send(line);
        }
    });
    (receiver, reader)
}

fn read_all(stream: impl Read + Send + 'static) -> (Arc<Mutex<String>>, JoinHandle<()>) {
    let text = Arc::new(Mutex::new(String::new()));
    let shared = text.clone();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut text = shared.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
        }
    });
    (text, reader)
}
