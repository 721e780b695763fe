//! JSON, as `convert` prints it: a member or an item a line. Strings and numbers stay as they are written.

const INDENT: &str = "  ";

/// Valid JSON in its canonical form.
pub(super) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut rest = after_space(text);
    while let Some(first) = rest.chars().next() {
        let (token, behind) = rest.split_at_checked(length(rest, first)).unwrap_or((rest, ""));
        rest = after_space(behind);
        match first {
            '{' | '[' => {
                out.push(first);
                if !rest.starts_with(['}', ']']) {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                if !out.ends_with(['{', '[']) {
                    depth = depth.saturating_sub(1);
                    line(&mut out, depth);
                }
                out.push(first);
            }
            ',' => {
                out.push(',');
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => out.push_str(token),
        }
    }
    out.push('\n');
    out
}

fn after_space(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n'])
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str(INDENT);
    }
}

/// How many bytes the token is long that `rest` begins with.
fn length(rest: &str, first: char) -> usize {
    match first {
        '{' | '}' | '[' | ']' | ',' | ':' => 1,
        '"' => {
            let mut escaped = false;
            let mut body = rest.char_indices().skip(1);
            let close = body.find(|(_, c)| {
                let is_close = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                is_close
            });
            close.map_or(rest.len(), |(at, _)| at + 1)
        }
        _ => rest
            .find(|c: char| {
                matches!(c, '{' | '}' | '[' | ']' | ',' | ':' | '"') || c.is_ascii_whitespace()
            })
            .unwrap_or(rest.len()),
    }
}
