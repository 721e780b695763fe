//! `$ref` in a JSON Schema: JSON Pointers (RFC 6901) to the declared types, as fragments of a URI (RFC 3986).

use std::borrow::Cow;
use std::fmt::Write;

/// `#/types/<name>` or `#/services/<service>/types/<name>`; `#/$defs/<name>` in a schema that declares its own.
pub(crate) struct TypeRef<'a> {
    pub(crate) service: Option<Part<'a>>,
    pub(crate) name: Part<'a>,
}

/// A name in a reference, and the bytes of the reference that it is written in.
pub(crate) struct Part<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Reads a reference; `None` when it leads to no type.
pub(crate) fn read(text: &str) -> Option<TypeRef<'_>> {
    let mut next = 0;
    let parts = text.split('/').map(|part| {
        let start = next;
        next += part.len() + 1;
        Some(Part { text: unescaped(part)?, start, end: start + part.len() })
    });
    let mut parts: Vec<Part<'_>> = parts.collect::<Option<_>>()?;
    let words: Vec<&str> = parts.iter().map(|part| &*part.text).collect();
    let in_service = match words.as_slice() {
        ["#", "types" | "$defs", _] => false,
        ["#", "services", _, "types", _] => true,
        _ => return None,
    };
    let name = parts.pop()?;
    let service = if in_service { Some(parts.swap_remove(2)) } else { None };
    Some(TypeRef { service, name })
}

/// Writes a reference.
pub(crate) fn write(service: Option<&str>, name: &str) -> String {
    match service {
        None => format!("#/types/{}", escaped(name)),
        Some(service) => format!("#/services/{}/types/{}", escaped(service), escaped(name)),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'~' => out.push_str("~0"),
            b'/' => out.push_str("~1"),
            _ if byte.is_ascii_alphanumeric() || b"-._:".contains(&byte) => {
                out.push(char::from(byte));
            }
            // Writing to a String cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

fn unescaped(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '~']) {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    // In this order: `~01` is `~1`.
    Some(String::from_utf8(bytes).ok()?.replace("~1", "/").replace("~0", "~").into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(service in prop::option::of("\\PC*"), name in "\\PC*") {
            let text = write(service.as_deref(), &name);
            let back = read(&text).unwrap();
            prop_assert_eq!(back.name.text, name);
            prop_assert_eq!(back.service.map(|part| part.text.into_owned()), service);
        }

        #[test]
        fn any_text_is_answered(text in "#/types/\\PC*|\\PC*") {
            drop(read(&text));
        }
    }
}
