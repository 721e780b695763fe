//! `writ lsp`, as an editor speaks to it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use support::writ;

const BROKEN: &str = r#"{
  "startNodeId": "ky😀c",
  "nodes": [{ "id": "kyc", "type": "transform", "value": 1 }],
  "edges": []
}"#;

/// An editor.
struct Editor {
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Editor {
    fn start(encodings: Value) -> (Self, Value) {
        let mut server = writ()
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let input = server.stdin.take().unwrap();
        let output = BufReader::new(server.stdout.take().unwrap());
        let mut editor = Self { server, input, output };
        let general = json!({"positionEncodings": encodings});
        editor.send(json!({"id": 1, "method": "initialize", "params": {
            "processId": null, "rootUri": null, "capabilities": {"general": general}
        }}));
        let answer = editor.receive();
        editor.send(json!({"method": "initialized", "params": {}}));
        (editor, answer["result"]["capabilities"].clone())
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = "2.0".into();
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server hung up");
            match line.trim() {
                "" => break,
                header => {
                    if let Some(n) = header.strip_prefix("Content-Length: ") {
                        length = n.parse().unwrap();
                    }
                }
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    fn diagnostics(&mut self) -> Value {
        loop {
            let message = self.receive();
            if message["method"] == "textDocument/publishDiagnostics" {
                return message["params"].clone();
            }
        }
    }

    fn stop(mut self) {
        self.send(json!({"id": 99, "method": "shutdown"}));
        while self.receive()["id"] != 99 {}
        self.send(json!({"method": "exit"}));
        assert!(self.server.wait().unwrap().success());
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn open(text: &str) -> Value {
    json!({"method": "textDocument/didOpen", "params": {"textDocument": {
        "uri": "file:///kyc.json", "languageId": "json", "version": 1, "text": text
    }}})
}

/// The column at which the diagnostic about the unknown start step ends.
fn unknown_step_end(published: &Value) -> u64 {
    let found = published["diagnostics"].as_array().unwrap().iter().find(|d| d["code"] == "WR0202");
    let found = found.unwrap_or_else(|| panic!("no WR0202 in {published}"));
    assert_eq!(found["severity"], 1);
    assert_eq!(found["source"], "writ");
    assert_eq!(found["range"]["start"]["line"], 1);
    found["range"]["end"]["character"].as_u64().unwrap()
        - found["range"]["start"]["character"].as_u64().unwrap()
}

#[test]
fn a_broken_document_has_diagnostics_until_it_is_mended_and_closed() {
    let (mut editor, capabilities) = Editor::start(json!(["utf-16"]));
    assert_eq!(capabilities["positionEncoding"], "utf-16");

    editor.send(open(BROKEN));
    let published = editor.diagnostics();
    assert_eq!(published["uri"], "file:///kyc.json");
    assert_eq!(published["version"], 1);
    let width = unknown_step_end(&published);
    assert!(width == 5 || width == 7, "the emoji counts two units: {published}");

    // The emoji and nothing else is removed: columns are those of UTF-16.
    editor.send(json!({"method": "textDocument/didChange", "params": {
        "textDocument": {"uri": "file:///kyc.json", "version": 2},
        "contentChanges": [{"text": "", "range": {
            "start": {"line": 1, "character": 20}, "end": {"line": 1, "character": 22}
        }}]
    }}));
    let published = editor.diagnostics();
    assert_eq!(published["version"], 2);
    assert_eq!(published["diagnostics"], json!([]), "mended");

    editor.send(json!({"method": "textDocument/didClose", "params": {
        "textDocument": {"uri": "file:///kyc.json"}
    }}));
    assert_eq!(editor.diagnostics()["diagnostics"], json!([]));
    editor.stop();
}

#[test]
fn a_document_is_formatted_as_it_stands() {
    let (mut editor, capabilities) = Editor::start(json!(["utf-16"]));
    assert_eq!(capabilities["documentFormattingProvider"], true);
    let mut format = |id: u64, text: &str| {
        editor.send(open(text));
        editor.send(json!({"id": id, "method": "textDocument/formatting", "params": {
            "textDocument": {"uri": "file:///kyc.json"}, "options": {"tabSize": 8, "insertSpaces": false}
        }}));
        loop {
            let message = editor.receive();
            if message["id"] == id {
                return message["result"].clone();
            }
        }
    };
    let edits = format(7, "{\n  \"nodes\":[ ]\n}\n");
    assert_eq!(
        edits,
        json!([{"newText": "  \"nodes\": []\n", "range": {
            "start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 0}
        }}])
    );
    assert_eq!(format(8, "{\n  \"nodes\": []\n}\n"), json!([]));
    assert_eq!(format(9, "{"), Value::Null);
    editor.stop();
}

#[test]
fn positions_are_bytes_for_an_editor_that_takes_them() {
    let (mut editor, capabilities) = Editor::start(json!(["utf-16", "utf-8"]));
    assert_eq!(capabilities["positionEncoding"], "utf-8");
    editor.send(open(BROKEN));
    let width = unknown_step_end(&editor.diagnostics());
    assert!(width == 7 || width == 9, "the emoji counts four bytes");
    editor.stop();
}

#[test]
fn what_a_diagnostic_suggests_is_offered_as_an_edit() {
    let (mut editor, capabilities) = Editor::start(json!(["utf-16"]));
    assert_eq!(capabilities["codeActionProvider"]["codeActionKinds"], json!(["quickfix"]));
    let text = BROKEN.replace("ky\u{1f600}c", "grete").replace("\"kyc\"", "\"greet\"");
    editor.send(open(&text));
    editor.diagnostics();
    let mut actions = |line: u32| {
        let cursor = json!({"line": line, "character": 20});
        editor.send(json!({"id": 7, "method": "textDocument/codeAction", "params": {
            "textDocument": {"uri": "file:///kyc.json"},
            "range": {"start": cursor, "end": cursor},
            "context": {"diagnostics": []}
        }}));
        editor.receive()["result"].clone()
    };
    let offered = actions(1);
    assert_eq!(offered[0]["title"], "did you mean \"greet\"?");
    assert_eq!(offered[0]["isPreferred"], true);
    assert_eq!(offered[0]["diagnostics"][0]["code"], "WR0202");
    let edit = &offered[0]["edit"]["changes"]["file:///kyc.json"][0];
    assert_eq!(edit["newText"], "greet");
    assert_eq!(edit["range"]["start"], json!({"line": 1, "character": 18}));
    assert_eq!(actions(3), json!([]));
    editor.stop();
}
