//! A component that uses what belongs to the user: requests, files, variables, secrets by name, the time, chance, commands.

wit_bindgen::generate!({
    path: ["../../../wit/sennit-host-0.2", "../courier/courier.wit"],
    world: "sample:courier/courier",
    generate_all,
});

use sennit::host::{clock, env, files, http, random, run, secrets};

struct Courier;

export!(Courier);

impl Guest for Courier {
    fn fetch(url: String, secret: Option<String>) -> Result<(u16, String), String> {
        let headers: Vec<_> =
            secret.into_iter().map(|name| ("authorization".to_owned(), http::HeaderValue::Bearer(name))).collect();
        http::get(&url, &headers).map(answer).map_err(http_error)
    }

    fn send(url: String, body: String) -> Result<(u16, String), String> {
        let request = http::Request {
            method: "POST".to_owned(),
            url,
            headers: vec![],
            body: Some(body.into_bytes()),
            timeout: None,
            limit: None,
            redirects: None,
        };
        http::send(&request).map(answer).map_err(http_error)
    }

    fn read_file(path: String) -> Result<String, String> {
        files::read(&path).map(text).map_err(file_error)
    }

    fn write_file(path: String, text: String) -> Result<(), String> {
        files::write(&path, text.as_bytes()).map_err(file_error)
    }

    fn list_folder(path: String) -> Result<Vec<String>, String> {
        let entries = files::list(&path).map_err(file_error)?;
        Ok(entries.into_iter().map(|entry| entry.name).collect())
    }

    fn variable(name: String) -> Result<Option<String>, String> {
        env::get(&name).map_err(|env::Error::Denied(why)| format!("denied: {why}"))
    }

    fn has_secret(name: String) -> Result<bool, String> {
        secrets::is_set(&name).map_err(|secrets::Error::Denied(why)| format!("denied: {why}"))
    }

    fn time() -> Result<u64, String> {
        clock::now_live().map_err(|clock::Error::Denied(why)| format!("denied: {why}"))
    }

    fn chance(length: u32) -> Result<Vec<u8>, String> {
        random::live_bytes(length).map_err(|error| match error {
            random::Error::Denied(why) => format!("denied: {why}"),
            random::Error::Invalid(why) => format!("invalid: {why}"),
        })
    }

    fn command(argv: Vec<String>, input: String) -> Result<String, String> {
        let output = run::command(&argv, input.as_bytes()).map_err(|error| match error {
            run::Error::Denied(why) => format!("denied: {why}"),
            run::Error::Invalid(why) => format!("invalid: {why}"),
            run::Error::Failed(why) => format!("failed: {why}"),
        })?;
        Ok(output.stdout)
    }
}

fn answer(response: http::Response) -> (u16, String) {
    (response.status, text(response.body))
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn http_error(error: http::Error) -> String {
    use http::Error::{Denied, Failed, Invalid, Timeout, TooLarge, Unreachable};
    let (case, why) = match error {
        Denied(why) => ("denied", why),
        Invalid(why) => ("invalid", why),
        Unreachable(why) => ("unreachable", why),
        Timeout(why) => ("timeout", why),
        TooLarge(why) => ("too-large", why),
        Failed(why) => ("failed", why),
    };
    format!("{case}: {why}")
}

fn file_error(error: files::Error) -> String {
    use files::Error::{
        Denied, Exists, Failed, Invalid, IsAFolder, NotAFolder, NotEmpty, NotFound, TooLarge,
    };
    let (case, why) = match error {
        Denied(why) => ("denied", why),
        NotFound(why) => ("not-found", why),
        Exists(why) => ("exists", why),
        NotAFolder(why) => ("not-a-folder", why),
        IsAFolder(why) => ("is-a-folder", why),
        NotEmpty(why) => ("not-empty", why),
        Invalid(why) => ("invalid", why),
        TooLarge(why) => ("too-large", why),
        Failed(why) => ("failed", why),
    };
    format!("{case}: {why}")
}
