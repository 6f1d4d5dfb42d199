//! A component that is given functions: borrowed for the length of a call, or owned and kept.

mod cbor;

use std::cell::RefCell;

wit_bindgen::generate!({
    path: ["../../../wit/sennit-host", "apply.wit"],
    world: "sample:apply/apply",
    generate_all,
});

struct Plugin;

export!(Plugin);

thread_local! {
    /// Dropping it gives the function back to the host.
    static REMEMBERED: RefCell<Option<Callback>> = const { RefCell::new(None) };
}

impl Guest for Plugin {
    fn apply(f: &Callback, n: u32) -> Result<Vec<Value>, Error> {
        (0..n).map(|i| f.call(&[cbor::integer(i)])).collect()
    }

    fn iterate(f: &Callback, start: Value, n: u32) -> Result<Value, Error> {
        (0..n).try_fold(start, |x, _| f.call(&[x]))
    }

    fn remember(f: Callback) {
        REMEMBERED.set(Some(f));
    }

    fn recall(arguments: Vec<Value>) -> Result<Value, Error> {
        REMEMBERED.with_borrow(|kept| match kept {
            Some(f) => f.call(&arguments),
            None => Err(nothing_remembered()),
        })
    }

    fn forget() {
        REMEMBERED.set(None);
    }
}

fn nothing_remembered() -> Error {
    Error {
        code: "nothing-remembered".to_owned(),
        source: "sample:apply".to_owned(),
        message: "Call `remember` with a function first".to_owned(),
        value: cbor::null(),
    }
}
