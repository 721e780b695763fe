//! From a connection's base URL and a step's path to the URL that is called.

use super::AddressPolicy;
use reqwest::Url;
use std::net::IpAddr;

/// Checks a connection's base URL: http(s), with a host, without credentials, query or fragment, and not a
/// refused address.
///
/// # Errors
/// What is wrong, in words for the operator.
pub fn check_base(base_url: &str, policy: AddressPolicy) -> Result<Url, String> {
    let url = Url::parse(base_url).map_err(|e| format!("the base URL is not a URL: {e}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("the base URL must be http or https, not `{}`", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the base URL must not hold credentials; the key belongs in `apiKey`".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the base URL must not have a query or a fragment".into());
    }
    let Some(host) = url.host_str() else {
        return Err("the base URL has no host".into());
    };
    let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    if let Some(reason) = literal.and_then(|address| policy.refuses(address)) {
        return Err(format!("the base URL has {reason}, which calls may not go to"));
    }
    Ok(url)
}

/// Appends a step's path and query to a checked base URL. The result never leaves the base.
///
/// # Errors
/// What is wrong with the path, in words for the operator. The path itself is not repeated: it may hold values
/// that are not for logs.
pub(super) fn join(base: &Url, path: &str) -> Result<Url, String> {
    let (path_only, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    if !path_only.starts_with('/') {
        return Err("the path must start with `/`".into());
    }
    if path.contains(|c: char| c.is_ascii_control() || matches!(c, '\\' | '#' | ' ')) {
        return Err(
            "the path holds a character that no URL path may hold unless percent-encoded".into()
        );
    }
    if path_only.split('/').any(is_dot_segment) {
        return Err("the path holds a `.` or `..` segment".into());
    }
    let mut url = base.clone();
    let joined = format!("{}{path_only}", base.path().trim_end_matches('/'));
    url.set_path(&joined);
    url.set_query(query);
    let inside = url.path().starts_with(base.path().trim_end_matches('/'));
    if !inside || !same_origin(base, &url) {
        return Err("the path leads outside the connection's base URL".into());
    }
    Ok(url)
}

/// Whether two URLs have the same scheme, host and port.
pub(super) fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme()
        && a.host_str() == b.host_str()
        && a.port_or_known_default() == b.port_or_known_default()
}

/// Whether a path segment is `.` or `..`, in any spelling that a URL parser or a server may take for one.
fn is_dot_segment(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    // A parameter (`..;x=1`) or an encoded slash hides the dots from a simple comparison, not from every server.
    let plain = plain.replace("%2f", "/").replace("%5c", "/").replace(';', "/");
    plain.split('/').any(|part| matches!(part, "." | ".."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    fn joined(base: &str, path: &str) -> Result<String, String> {
        let base = check_base(base, AddressPolicy::default()).unwrap();
        join(&base, path).map(|url| url.to_string())
    }

    #[test]
    fn paths_go_below_the_base() {
        for (base, path, expected) in [
            ("http://h/identity", "/api/x", "http://h/identity/api/x"),
            ("http://h/identity/", "/api/x?a=1&b=%20", "http://h/identity/api/x?a=1&b=%20"),
            ("http://h:81", "/api/a%2Fb", "http://h:81/api/a%2Fb"),
            ("http://h", "//evil.example/x", "http://h//evil.example/x"),
            ("http://h", "/@evil.example", "http://h/@evil.example"),
            ("http://h/a", "/x?next=http://e/../..", "http://h/a/x?next=http://e/../.."),
        ] {
            assert_eq!(joined(base, path).unwrap(), expected);
        }
    }

    #[test]
    fn paths_cannot_leave_the_base() {
        for path in [
            "api/x",
            "@evil.example/x",
            "http://evil.example/",
            "/../admin",
            "/api/../../admin",
            "/api/%2e%2E/admin",
            "/api/.%2e/admin",
            "/api/..;/admin",
            "/api/..%2fadmin",
            "/api\\..\\admin",
            "/api/x#y",
            "/api/a b",
            "/api/a\r\nHost: x",
        ] {
            assert!(joined("http://h/identity", path).is_err(), "{path}");
        }
    }

    #[test]
    fn base_urls_are_checked() {
        let check = |base: &str| check_base(base, AddressPolicy::default());
        assert!(check("https://api.example.com/identity").is_ok());
        assert!(check("http://127.0.0.1:8080").is_ok());
        for base in [
            "ftp://h/",
            "file:///etc/passwd",
            "nonsense",
            "http://user:pw@h/",
            "http://h/?a=b",
            "http://h/#f",
            "http://169.254.169.254/latest",
            "http://[fe80::1]/",
            "http://0xa9fea9fe/",
        ] {
            assert!(check(base).is_err(), "{base}");
        }
        let strict = AddressPolicy { deny_private: true };
        assert!(check_base("http://127.0.0.1:8080", strict).is_err());
    }
}
