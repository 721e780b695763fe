//! Calls over HTTP: one attempt, with the connection's key, guarded and bounded.

mod address;
mod client;
mod request;
mod response;
mod url;

pub use address::{AddressPolicy, AddressRefused};
pub use client::HttpClient;
pub use url::{check_base, check_url};

use super::{Caller, Clock};
use crate::limits::{CALL_TIMEOUT_MS_MAX, REDIRECTS_MAX, RESPONSE_BYTES_MAX};
use crate::machine::{CallFailure, CallRequest, CallResponse, FailureClass};
use http::header::LOCATION;
use http::{Method, StatusCode};
use reqwest::{Request, Response, Url};
use response::BodyError;
use secrecy::SecretString;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use writ_compiler::value::Value;

/// Where calls to a service go, and the key they carry.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where the service is.
    pub base_url: String,
    /// The service's key.
    pub api_key: SecretString,
}

/// Why a connection could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// No active connection of that name is registered.
    #[error("no active connection is registered for it")]
    Missing,
    /// The store could not be read, or the key not unsealed.
    #[error("{0}")]
    Unavailable(String),
}

/// The registered connections.
pub trait Connections: Send + Sync + 'static {
    /// The connection of a service, with its key unsealed.
    fn target(&self, slug: &str) -> impl Future<Output = Result<Target, ConnectionError>> + Send;
}

/// Makes calls over HTTP.
#[derive(Clone)]
pub struct HttpCaller<N> {
    connections: Arc<N>,
    client: HttpClient,
    clock: Arc<dyn Clock>,
    response_bytes_max: usize,
}

impl<N: Connections> HttpCaller<N> {
    /// A caller that uses a client.
    pub fn new(connections: Arc<N>, client: HttpClient, clock: Arc<dyn Clock>) -> Self {
        Self { connections, client, clock, response_bytes_max: RESPONSE_BYTES_MAX }
    }

    async fn attempt(
        &self,
        service: &str,
        mut request: Request,
    ) -> Result<CallResponse, CallFailure> {
        for _ in 0..=REDIRECTS_MAX {
            let again = request.try_clone();
            let response =
                self.client.send(request).await.map_err(|e| send_failure(service, &e))?;
            match redirect(service, &response, again)? {
                Some(next) => request = next,
                None => return self.receive(service, response).await,
            }
        }
        Err(failure(
            FailureClass::BadResponse,
            format!("`{service}` redirected more than {REDIRECTS_MAX} times"),
        ))
    }

    async fn receive(
        &self,
        service: &str,
        mut response: Response,
    ) -> Result<CallResponse, CallFailure> {
        let status = response.status();
        let retry_after_ms = response::retry_after_ms(response.headers(), self.clock.now());
        let body = response::read_body(&mut response, self.response_bytes_max).await;
        if status.is_client_error() || status.is_server_error() {
            // The status decides what follows; a body that cannot be read does not change it.
            let body = body.map_or(Value::Null, |body| {
                response::parse_body_leniently(response.headers(), &body)
            });
            return Err(CallFailure {
                class: FailureClass::Status(status.as_u16()),
                message: format!("`{service}` answered {status}"),
                response: Some(CallResponse { status: status.as_u16(), body }),
                retry_after_ms,
            });
        }
        let bad = |what: String| {
            failure(
                FailureClass::BadResponse,
                format!("the answer of `{service}` ({status}) {what}"),
            )
        };
        let body = body.map_err(|error| match error {
            BodyError::TooLong(max) => bad(format!("is longer than {} MiB", max / 1024 / 1024)),
            // The connection's fault, not the answer's: another attempt may bring the whole of it.
            BodyError::Truncated => failure(
                FailureClass::Broken,
                format!("the answer of `{service}` ({status}) broke off before its end"),
            ),
        })?;
        let body = response::parse_body(response.headers(), &body).map_err(bad)?;
        Ok(CallResponse { status: status.as_u16(), body })
    }
}

impl<N: Connections> Caller for HttpCaller<N> {
    async fn call(&self, request: CallRequest) -> Result<CallResponse, CallFailure> {
        let service = request.service.as_str();
        let refused = |what: String| {
            failure(FailureClass::Refused, format!("`{service}` cannot be called: {what}"))
        };
        let target = match self.connections.target(service).await {
            Ok(target) => target,
            Err(error @ ConnectionError::Missing) => return Err(refused(error.to_string())),
            // Nothing was sent, and the store may be readable again on the next attempt.
            Err(error @ ConnectionError::Unavailable(_)) => {
                return Err(failure(
                    FailureClass::NotSent,
                    format!("the connection of `{service}` could not be read: {error}"),
                ));
            }
        };
        let base = check_base(&target.base_url, self.client.policy())
            .map_err(|what| refused(format!("its base URL is refused: {what}")))?;
        let prepared = request::prepare(&base, &target.api_key, &request).map_err(refused)?;
        let limit_ms = request.timeout_ms.min(CALL_TIMEOUT_MS_MAX);
        let attempt = self.attempt(service, prepared);
        match tokio::time::timeout(Duration::from_millis(limit_ms), attempt).await {
            Ok(outcome) => outcome,
            Err(_) => Err(failure(
                FailureClass::Timeout,
                format!("`{service}` did not answer within {limit_ms} ms"),
            )),
        }
    }
}

/// The request to send after a redirect; `None` when the response is not one. Only redirects within the same
/// scheme, host and port are followed, and only where the request stays what it was.
fn redirect(
    service: &str,
    response: &Response,
    request: Option<Request>,
) -> Result<Option<Request>, CallFailure> {
    let status = response.status();
    let keeps_method =
        matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    let may_change_method =
        matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER);
    if !keeps_method && !may_change_method {
        return Ok(None);
    }
    let bad = |what: &str| {
        failure(FailureClass::BadResponse, format!("`{service}` answered {status}, {what}"))
    };
    let to = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let to: Option<Url> = to.and_then(|location| response.url().join(location).ok());
    let Some(to) = to else { return Err(bad("a redirect to nowhere")) };
    if !url::same_origin(response.url(), &to) {
        return Err(bad("a redirect to another host, which is not followed"));
    }
    match request {
        Some(mut request)
            if keeps_method || matches!(*request.method(), Method::GET | Method::HEAD) =>
        {
            *request.url_mut() = to;
            Ok(Some(request))
        }
        _ => Err(bad("a redirect that would turn the call into another one")),
    }
}

/// How an attempt failed of which no answer came.
pub(super) fn send_failure(service: &str, error: &reqwest::Error) -> CallFailure {
    if let Some(refused) = source_of::<AddressRefused>(error) {
        return failure(FailureClass::Refused, format!("`{service}` cannot be called: {refused}"));
    }
    if error.is_builder() {
        return failure(
            FailureClass::Refused,
            format!("`{service}` cannot be called: the request cannot be built"),
        );
    }
    // The messages name the cause only: URLs and headers may hold what is not for logs.
    let cause = source_of::<std::io::Error>(error)
        .map_or_else(|| "the connection failed".to_owned(), ToString::to_string);
    if error.is_connect() {
        return failure(
            FailureClass::NotSent,
            format!("`{service}` could not be reached: {cause}"),
        );
    }
    if error.is_timeout() {
        return failure(FailureClass::Timeout, format!("`{service}` did not answer in time"));
    }
    failure(
        FailureClass::Broken,
        format!("the connection to `{service}` broke before it answered: {cause}"),
    )
}

/// The first cause of a type.
fn source_of<'a, E: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An I/O error hides the error it was made from from `source`.
        if let Some(found) = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .and_then(|inner| inner.downcast_ref::<E>())
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn failure(class: FailureClass, message: String) -> CallFailure {
    CallFailure { class, message, response: None, retry_after_ms: None }
}

#[cfg(test)]
mod tests;
