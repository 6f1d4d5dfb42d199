//! An HTTP client in Rust, over the bindings of the crate `wasip2` and nothing else.

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, Method, OutgoingBody, OutgoingRequest, Scheme,
};
use wasip2::io::poll::poll;
use wasip2::io::streams::StreamError;

wit_bindgen::generate!({ path: "fetcher.wit", world: "web-fetcher" });

use exports::sample::fetcher::fetcher::{Answer, Guest};

struct Plugin;

export!(Plugin);

/// The most bytes that a stream takes at once, by the rules of `blocking-write-and-flush`.
const CHUNK: usize = 4096;

fn method_of(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        other => Method::Other(other.to_string()),
    }
}

/// Scheme, authority and path with query.
fn parts(url: &str) -> Result<(Scheme, &str, &str), String> {
    let (name, rest) = url.split_once("://").ok_or("no scheme")?;
    let scheme = match name {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_string()),
    };
    let at = rest.find('/').unwrap_or(rest.len());
    Ok((scheme, &rest[..at], if at == rest.len() { "/" } else { &rest[at..] }))
}

fn named(code: ErrorCode) -> String {
    format!("{code:?}")
}

fn start(
    method: &str,
    url: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<FutureIncomingResponse, String> {
    let (scheme, authority, path) = parts(url)?;
    let fields = Fields::new();
    for (name, value) in headers {
        fields.append(name, value.as_bytes()).map_err(|error| format!("{error:?}"))?;
    }
    let request = OutgoingRequest::new(fields);
    request.set_method(&method_of(method)).map_err(|()| "no method")?;
    request.set_scheme(Some(&scheme)).map_err(|()| "no scheme")?;
    request.set_authority(Some(authority)).map_err(|()| "no authority")?;
    request.set_path_with_query(Some(path)).map_err(|()| "no path")?;
    let outgoing = request.body().map_err(|()| "no body")?;
    let future = handle(request, None).map_err(named)?;
    let stream = outgoing.write().map_err(|()| "no stream")?;
    for chunk in body.chunks(CHUNK) {
        stream.blocking_write_and_flush(chunk).map_err(|error| format!("{error:?}"))?;
    }
    drop(stream);
    OutgoingBody::finish(outgoing, None).map_err(named)?;
    Ok(future)
}

fn finish(future: &FutureIncomingResponse) -> Result<Answer, String> {
    let pollable = future.subscribe();
    pollable.block();
    let response = future.get().ok_or("not ready")?.map_err(|()| "taken")?.map_err(named)?;
    let headers = response.headers();
    let content_type = headers.get("Content-Type").first().cloned().unwrap_or_default();
    let body = response.consume().map_err(|()| "consumed")?;
    let stream = body.stream().map_err(|()| "streamed")?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(1024) {
            Ok(more) => bytes.extend(more),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => return Err(error.to_debug_string()),
        }
    }
    drop(stream);
    let trailers = IncomingBody::finish(body);
    trailers.subscribe().block();
    Ok(Answer {
        status: response.status(),
        content_type: String::from_utf8_lossy(&content_type).into_owned(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

impl Guest for Plugin {
    fn fetch(method: String, url: String, headers: Vec<(String, String)>, body: String) -> Result<Answer, String> {
        finish(&start(&method, &url, &headers, body.as_bytes())?)
    }

    fn fetch_all(urls: Vec<String>) -> Vec<Result<Answer, String>> {
        let started: Vec<_> = urls.iter().map(|url| start("GET", url, &[], &[])).collect();
        let waiting: Vec<_> = started.iter().flatten().map(FutureIncomingResponse::subscribe).collect();
        if !waiting.is_empty() {
            poll(&waiting.iter().collect::<Vec<_>>());
        }
        started.into_iter().map(|each| each.and_then(|future| finish(&future))).collect()
    }

    fn forget(url: String) -> Result<(), String> {
        start("GET", &url, &[], &[]).map(drop)
    }
}
