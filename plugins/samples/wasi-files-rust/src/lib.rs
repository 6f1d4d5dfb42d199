//! Files in Rust, by nothing but `std::fs`: the target `wasm32-wasip2` makes WASI of it.

use std::fs;
use std::io::{Error, Read, Seek, SeekFrom, Write};

wit_bindgen::generate!({ path: "../wasi-files/notes.wit", world: "note-keeper" });

use exports::sample::notes::notes::{Failure, Guest};

struct Plugin;

export!(Plugin);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure { code: error.raw_os_error().unwrap_or(0), text: error.to_string() }
    }
}

impl Guest for Plugin {
    fn read(path: String) -> Result<String, Failure> {
        Ok(fs::read_to_string(path)?)
    }

    fn write(path: String, text: String) -> Result<(), Failure> {
        Ok(fs::write(path, text)?)
    }

    fn append(path: String, text: String) -> Result<(), Failure> {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(text.as_bytes())?;
        Ok(file.sync_all()?)
    }

    fn names(path: String) -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let end = if entry.file_type()?.is_dir() { "/" } else { "" };
            names.push(format!("{}{end}", entry.file_name().to_string_lossy()));
        }
        names.sort();
        Ok(names)
    }

    fn part(path: String, offset: u64, length: u32) -> Result<Vec<u8>, Failure> {
        let mut file = fs::File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.take(length.into()).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn size(path: String) -> Result<u64, Failure> {
        Ok(fs::metadata(path)?.len())
    }

    fn make_folder(path: String) -> Result<(), Failure> {
        Ok(fs::create_dir(path)?)
    }

    fn remove_folder(path: String) -> Result<(), Failure> {
        Ok(fs::remove_dir(path)?)
    }

    fn remove(path: String) -> Result<(), Failure> {
        Ok(fs::remove_file(path)?)
    }

    fn rename(path: String, new_path: String) -> Result<(), Failure> {
        Ok(fs::rename(path, new_path)?)
    }

    fn link(target: String, path: String) -> Result<(), Failure> {
        Ok(fs::hard_link(target, path)?)
    }

    fn surroundings() -> String {
        let variables = std::env::vars().map(|(name, value)| format!("{name}={value}"));
        std::env::args().chain(variables).collect::<Vec<_>>().join("\n")
    }

    fn twice(n: u32) -> u32 {
        n.wrapping_mul(2)
    }
}
