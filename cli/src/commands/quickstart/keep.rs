//! `--keep`: the quickstart page's commands, ready to paste.

use super::story::{NOTES, SERVICE_KEY, SLUG, WORKFLOW, inputs};
use crate::failure::Failure;
use std::fmt::Write;
use std::path::Path;

/// The pasted workflow has its own slug, because the quickstart's is taken by now.
const PASTED_SLUG: &str = "my-kyc-v1";

/// Where everything is.
pub struct Place<'a> {
    /// `http://ADDRESS` of the server.
    pub server: &'a str,
    /// `http://ADDRESS` of the sandbox services.
    pub sandbox: &'a str,
    /// A key with every scope.
    pub key: &'a str,
    /// The data directory.
    pub data: &'a Path,
}

/// Writes the workflow to the data directory, and gives the commands.
pub fn commands(place: &Place<'_>) -> Result<String, Failure> {
    let spec = place.data.join("my-kyc-v1.json");
    // The commands may be pasted in any directory.
    let spec = std::path::absolute(&spec).unwrap_or(spec);
    let text = String::from_utf8_lossy(WORKFLOW).replacen(SLUG, PASTED_SLUG, 1);
    std::fs::write(&spec, text).map_err(|e| Failure::file("write", &spec, &e))?;

    let Place { server, sandbox, key, .. } = place;
    let spec = quote(&spec.display().to_string());
    let body = inputs("cus_01HXY_requires_review");
    let mut text = String::new();
    let mut part = |title: &str, lines: &str| {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n# {title}\n{lines}\n");
    };
    part(
        "The key, with every scope, and where the server is",
        &format!("export QE_API_KEY={key}\nexport QE={server}"),
    );
    part(
        "1. Register sibling services (all six are registered already; this replaces one)",
        &format!(
            r#"curl -X POST $QE/api/service-connections \
  -H "Authorization: Bearer $QE_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{{"serviceSlug": "identity", "baseUrl": "{sandbox}/identity", "apiKey": "{SERVICE_KEY}"}}'"#
        ),
    );
    part(
        "2. Create a workflow",
        &format!(
            r#"curl -X POST $QE/api/workflows \
  -H "Authorization: Bearer $QE_API_KEY" \
  -H "Content-Type: application/json" \
  --data-binary @{spec}"#
        ),
    );
    part(
        "3. Publish",
        &format!(
            r#"curl -X POST $QE/api/workflows/{PASTED_SLUG}/publish \
  -H "Authorization: Bearer $QE_API_KEY""#
        ),
    );
    part(
        "4. Trigger an execution (the customer's id ends in the verdict: passed, requires_review or failed)",
        &format!(
            r#"EXE=$(curl -s -X POST $QE/api/workflows/{PASTED_SLUG}/execute \
  -H "Authorization: Bearer $QE_API_KEY" \
  -H "Content-Type: application/json" \
  -d {} | grep -o 'exe_[0-9A-Z]*' | head -n 1); echo $EXE"#,
            quote(&body.to_string())
        ),
    );
    part(
        "5. Watch it run",
        r#"curl $QE/api/executions/$EXE \
  -H "Authorization: Bearer $QE_API_KEY""#,
    );
    part(
        "6. Handle approval",
        &format!(
            r#"curl -X POST $QE/api/executions/$EXE/approve \
  -H "Authorization: Bearer $QE_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{{"decision": "approve", "notes": "{NOTES}"}}'"#
        ),
    );
    Ok(text)
}

/// A shell word, quoted so that nothing in it is special.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn a_quote_in_a_word_stays_a_quote() {
        assert_eq!(quote("it's"), r"'it'\''s'");
    }
}
