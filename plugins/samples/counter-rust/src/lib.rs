//! The counter in Rust, with wit-bindgen.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

wit_bindgen::generate!({ path: "../counter/counter.wit", world: "counter" });

struct Plugin;

export!(Plugin);

/// Lives in the instance's memory, and so as long as the instance.
static COUNT: AtomicU32 = AtomicU32::new(0);

impl Guest for Plugin {
    fn increment() -> u32 {
        COUNT.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }

    fn fail(message: String) -> Result<u32, String> {
        Err(message)
    }

    fn trap() {
        panic!("trap was called");
    }

    fn count_words(text: String) -> Vec<(String, u32)> {
        let mut counts = BTreeMap::new();
        for word in text.split_ascii_whitespace() {
            *counts.entry(word).or_insert(0) += 1;
        }
        counts.into_iter().map(|(word, count)| (word.to_owned(), count)).collect()
    }
}
