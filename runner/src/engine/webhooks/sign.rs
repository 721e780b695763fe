//! Signatures of webhook deliveries: the documented one, and Standard Webhooks' beside it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::fmt::Write as _;

/// The two signatures of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// `X-Quantum-Signature`: `sha256=` and the hex HMAC-SHA256 of the raw body.
    pub quantum: String,
    /// `webhook-signature`: `v1,` and the base64 HMAC-SHA256 of `<id>.<timestamp>.<body>`.
    pub standard: String,
}

/// Signs one attempt. The key of both signatures is the secret's text; a secret of the form `whsec_<base64>`
/// stands for its decoded bytes in the second one, as Standard Webhooks has it.
#[must_use]
pub fn sign(secret: &SecretString, id: &str, timestamp_seconds: i64, body: &[u8]) -> Signed {
    let text = secret.expose_secret();
    let mut quantum = String::from("sha256=");
    for byte in hmac(text.as_bytes(), &[body]) {
        // Writing to a string does not fail.
        let _ = write!(quantum, "{byte:02x}");
    }
    let decoded = text.strip_prefix("whsec_").and_then(|rest| STANDARD.decode(rest).ok());
    let key = decoded.as_deref().unwrap_or(text.as_bytes());
    let head = format!("{id}.{timestamp_seconds}.");
    let standard = format!("v1,{}", STANDARD.encode(hmac(key, &[head.as_bytes(), body])));
    Signed { quantum, standard }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn the_documented_signature_is_over_the_raw_body() {
        // RFC 4231, test case 2.
        let signed = sign(&"Jefe".into(), "whd_1", 0, b"what do ya want for nothing?");
        assert_eq!(
            signed.quantum,
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn the_standard_signature_is_over_id_time_and_body() {
        // The example of the Standard Webhooks specification's reference libraries.
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = sign(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed.standard, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
