use crate::error::{Error, Result};

/// `N` bytes from the random source of the operating system.
///
/// Fails when that source does; there is no other to fall back to.
pub fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(Error::internal(format!(
            "the system's random source failed: {error}"
        ))),
    }
}

/// 16 random bytes as 32 hexadecimal digits: the form of `fs_uniquifier` and `handle`.
pub fn random_hex32() -> Result<String> {
    Ok(data_encoding::HEXLOWER.encode(&random_bytes::<16>()?))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn differs_each_time_and_has_the_promised_form() {
        let made: HashSet<String> = (0..100).map(|_| random_hex32().unwrap()).collect();
        assert_eq!(made.len(), 100);
        for text in made {
            assert_eq!(text.len(), 32);
            assert!(text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        }
    }

    #[test]
    fn every_bit_of_every_byte_varies() {
        let mut ones = [0u8; 32];
        let mut zeros = [0u8; 32];
        for _ in 0..200 {
            for (i, byte) in random_bytes::<32>().unwrap().into_iter().enumerate() {
                ones[i] |= byte;
                zeros[i] |= !byte;
            }
        }
        assert_eq!(ones, [0xff; 32]);
        assert_eq!(zeros, [0xff; 32]);
    }
}
