//! The two kinds of `value` that this plugin makes itself, in canonical CBOR (RFC 8949).

pub fn null() -> Vec<u8> {
    vec![0xf6]
}

/// The head of an unsigned integer: the number itself below 24, else its shortest width and big-endian bytes.
pub fn integer(n: u32) -> Vec<u8> {
    match n {
        0..24 => vec![n as u8],
        24..0x100 => vec![0x18, n as u8],
        0x100..0x1_0000 => [&[0x19], &(n as u16).to_be_bytes()[..]].concat(),
        _ => [&[0x1a], &n.to_be_bytes()[..]].concat(),
    }
}
