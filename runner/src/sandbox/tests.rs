#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::Duration;

/// A sandbox that stops with the test.
struct Served {
    url: String,
    http: Client,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Served {
    async fn start() -> Self {
        // A second installation changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel();
        tokio::spawn(serve(listener, async move {
            let _ = stopped.await;
        }));
        Self { url, http: Client::builder().no_proxy().build().unwrap(), _stop: stop }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth("qe_sk_any")
    }

    async fn screen(&self, customer: &str, key: &str) -> (u16, Value) {
        let body = json!({
            "customerId": customer, "lane": "onboarding", "subjectType": "individual", "fullName": "SITI"
        });
        let request = self.request(Method::POST, "/aml/api/screenings").json(&body);
        send(request.header("Idempotency-Key", key)).await
    }

    async fn capture(&self, customer: &str) -> Value {
        let body = json!({"customerId": customer, "bundle": {
            "version": "1.0", "sdkVersion": "3", "platform": "web", "frames": ["AA=="],
            "capturedAt": "2026-05-01T12:00:00.000Z", "signature": "s"
        }});
        let path = "/identity/api/identity/document/ktp/capture";
        let (status, answer) = send(self.request(Method::POST, path).json(&body)).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn fault(&self, fault: Value) -> u16 {
        let mut body = json!({"service": "aml", "operation": "createScreening"});
        for (name, value) in fault.as_object().unwrap() {
            body[name] = value.clone();
        }
        send(self.request(Method::POST, "/__faults").json(&body)).await.0
    }
}

async fn send(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn magic_customers_select_the_verdict_of_the_service_they_mean() {
    let served = Served::start().await;
    let verdict = async |customer: &str| {
        let capture = served.capture(customer).await;
        let (_, screening) = served.screen(customer, customer).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&capture["ktpBundle"]["verdict"]), text(&screening["data"]["status"]))
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(verdict("cus_01HXY").await, pair("passed", "no_match"));
    assert_eq!(verdict("cus_01HXY_passed").await, pair("passed", "no_match"));
    assert_eq!(verdict("cus_01HXY_failed").await, pair("failed", "no_match"));
    // Of `requires_review` and `review` the longer is meant, and aml has no such status.
    assert_eq!(verdict("cus_01HXY_requires_review").await, pair("requires_review", "no_match"));
    assert_eq!(verdict("cus_01HXY_confirmed").await, pair("passed", "confirmed"));
}

#[tokio::test]
async fn an_answer_is_plausible_and_all_of_one_piece() {
    let served = Served::start().await;
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    insta::assert_snapshot!(pretty(&served.capture("cus_1_failed").await), @r#"
    {
      "verification": {
        "id": "ver_01KQHPHXG0STBWVBBK2E8MJ8YE",
        "status": "failed",
        "score": 41
      },
      "ktpBundle": {
        "id": "ktpb_01KQHPHXG0DMGXYR3YAYT7MSBG",
        "verdict": "failed",
        "assuranceTier": "low",
        "framesStored": 1,
        "ocr": {
          "fullName": "BUDI SANTOSO",
          "nik": "3174010101900001"
        }
      },
      "antiSpoof": {
        "fused": "spoof",
        "assuranceTier": "low",
        "voters": [
          {
            "name": "sandbox",
            "passed": false
          }
        ],
        "passed": 0,
        "present": 1
      },
      "tamper": {
        "fused": "tampered",
        "voters": [
          {
            "name": "sandbox",
            "passed": false,
            "reason": "chosen by the id that was given"
          }
        ]
      }
    }
    "#);
    let (_, screening) = served.screen("cus_1_confirmed", "stp_1").await;
    insta::assert_snapshot!(pretty(&screening), @r#"
    {
      "ok": true,
      "data": {
        "screeningId": "scr_01KQHPHXG0PKN123DXM13K7R9N",
        "customerId": "cus_1_confirmed",
        "status": "confirmed",
        "topMatchScore": 0.93,
        "startedAt": "2026-05-01T12:00:00.000Z",
        "completedAt": "2026-05-01T12:00:00.250Z",
        "matches": [
          {
            "id": "mat_01KQHPHXG064KQ8RQCMEJVNKZB",
            "score": 0.93,
            "watchlistEntry": {
              "fullName": "SITI",
              "category": "sanctions",
              "watchlistId": "wl_01KQHPHXG0DTBGWV6JE8VH7PZ1"
            }
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_and_a_key_stands_for_its_first() {
    let served = Served::start().await;
    assert_eq!(served.capture("cus_1").await, served.capture("cus_1").await);
    assert_ne!(
        served.capture("cus_1").await["ktpBundle"]["id"],
        served.capture("cus_2").await["ktpBundle"]["id"]
    );
    let (_, first) = served.screen("cus_1", "stp_1").await;
    let (_, other) = served.screen("cus_1", "stp_2").await;
    assert_ne!(first["data"]["screeningId"], other["data"]["screeningId"]);
    assert_eq!(served.screen("cus_2", "stp_1").await, (200, first));

    let calls = send(served.request(Method::GET, "/__calls")).await.1;
    let of = |field: &str| -> Vec<&str> {
        calls.as_array().unwrap().iter().filter_map(|call| call[field].as_str()).collect()
    };
    assert_eq!(of("operation")[4..], ["createScreening"; 3]);
    assert_eq!(of("idempotencyKey"), ["stp_1", "stp_2", "stp_1"]);
    assert_eq!(of("path")[4], "/aml/api/screenings");
}

#[tokio::test]
async fn requests_are_refused_as_the_services_refuse_them() {
    let served = Served::start().await;
    let path = "/aml/api/screenings";
    let with = |body: &'static str| {
        served.request(Method::POST, path).header("Content-Type", "application/json").body(body)
    };
    let (status, answer) = send(with(r#"{"lane": "other", "fullName": 7}"#)).await;
    assert_eq!(status, 400);
    insta::assert_snapshot!(answer, @r#"{"error":"validation failed","details":{"fieldErrors":{"fullName":["must be a string"],"lane":["must be one of \"onboarding\", \"ongoing\", \"transaction\""],"subjectType":["is required"]}}}"#);
    assert_eq!(send(with("{")).await.0, 400);
    assert_eq!(send(with("")).await.0, 400);
    assert_eq!(send(served.request(Method::POST, path).body("{}")).await.0, 415);
    let unsigned = served.http.post(format!("{}{path}", served.url)).json(&json!({}));
    assert_eq!(send(unsigned).await, (401, json!({"error": "missing or invalid Bearer"})));
    for nowhere in ["/aml/api/nothing", "/nobody/api/screenings", "/"] {
        assert_eq!(send(served.request(Method::POST, nowhere)).await.0, 404, "{nowhere}");
    }
    let response = served.request(Method::DELETE, path).send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "POST, GET");
    assert_eq!(send(served.request(Method::GET, "/aml/health")).await.0, 200);
    let (status, answer) = send(served.request(Method::GET, "/aml/api/alerts?limit=many")).await;
    assert_eq!(
        (status, &answer["details"]["fieldErrors"]["limit"][0]),
        (400, &json!("must be an integer"))
    );
    let (_, answer) = send(served.request(Method::GET, "/aml/api/alerts/alt%5f7?x=1")).await;
    assert_eq!(answer["data"]["id"], "alt_7");
}

#[tokio::test]
async fn what_is_to_go_wrong_goes_wrong_that_often() {
    let served = Served::start().await;
    assert_eq!(served.fault(json!({"status": 503, "times": 2})).await, 200);
    assert_eq!(served.screen("cus_1", "a").await.0, 503);
    assert_eq!(served.screen("cus_1", "a").await.0, 503);
    assert_eq!(served.screen("cus_1", "a").await.0, 200);

    served.fault(json!({"html": true})).await;
    let (status, page) = served.screen("cus_1", "a").await;
    assert_eq!((status, page.is_string()), (200, true));

    served.fault(json!({"truncate": true})).await;
    let request = served.request(Method::POST, "/aml/api/screenings").json(&json!({
        "lane": "onboarding", "subjectType": "individual", "fullName": "SITI"
    }));
    let broken = request.send().await.unwrap();
    assert_eq!(broken.status(), 200);
    assert!(broken.text().await.is_err());

    // A call that hangs ends with the caller's patience, and is counted.
    served.fault(json!({"hang": true, "times": 9})).await;
    let request = served.request(Method::POST, "/aml/api/screenings").json(&json!({}));
    assert!(request.timeout(Duration::from_millis(50)).send().await.unwrap_err().is_timeout());
    served.fault(json!({"times": 0})).await;
    assert_eq!(served.screen("cus_1", "a").await.0, 200);

    for (fault, status) in [
        (json!({}), 400),
        (json!({"status": 200}), 400),
        (json!({"hang": true, "html": true}), 400),
        (json!({"colour": "red"}), 400),
        (json!({"operation": "nothing", "hang": true}), 404),
    ] {
        assert_eq!(served.fault(fault.clone()).await, status, "{fault}");
    }
}
