//! Decimal digits, two at a time.
//!
//! Every finding is fifty numbers: formatting takes ten times as long.

/// `00` to `99`.
const PAIRS: &[u8; 200] =
    b"00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748\
    49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697989\
    9";

/// A number below 100, with its leading zero.
#[inline]
pub fn pair(number: u32) -> [u8; 2] {
    PAIRS.as_chunks().0.get(number as usize).copied().unwrap_or(*b"00")
}

/// A number below 10 000, with its leading zeros.
#[inline]
pub fn four(number: u32) -> [u8; 4] {
    let ([a, b], [c, d]) = (pair(number / 100), pair(number % 100));
    [a, b, c, d]
}

/// A number below 10⁹, with its leading zeros.
#[inline]
pub fn nine(number: u32) -> [u8; 9] {
    let ([a, b, c, d], [e, f, g, h]) = (four(number / 100_000), four(number / 10 % 10_000));
    let [_, i] = pair(number % 10);
    [a, b, c, d, e, f, g, h, i]
}

/// Gives a number's digits to `push`, piece by piece.
#[inline]
pub fn decimal(number: u64, push: &mut impl FnMut(&[u8])) {
    match u32::try_from(number) {
        Ok(number @ 0..10_000) => {
            let [a, b, c, d] = four(number);
            match number {
                0..10 => push(&[d]),
                10..100 => push(&[c, d]),
                100..1000 => push(&[b, c, d]),
                _ => push(&[a, b, c, d]),
            }
        }
        _ => long_decimal(number, push),
    }
}

fn long_decimal(number: u64, push: &mut impl FnMut(&[u8])) {
    decimal(number / 10_000, push);
    // What is left after dividing fits by arithmetic.
    push(&four(u32::try_from(number % 10_000).unwrap_or(0)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(number: u64) -> String {
        let mut out = Vec::new();
        decimal(number, &mut |piece| out.extend_from_slice(piece));
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn digits_are_those_that_formatting_writes(number: u64, bits in 0_u32..64, below in 0_u32..1_000_000_000) {
            let number = number >> bits;
            prop_assert_eq!(written(number), number.to_string());
            prop_assert_eq!(nine(below).to_vec(), format!("{below:09}").into_bytes());
        }
    }
}
