//! Digits, eight at a time.
//!
//! Every finding is fifty numbers: formatting takes ten times as long.

const ZEROS: u64 = u64::from_le_bytes(*b"00000000");

/// A number below 10⁸, with its leading zeros.
///
/// Divided into halves, quarters and digits that stand side by side in one word: what is divided by 100 and by 10 is
/// multiplied and shifted, which is exact for numbers as small as these.
#[inline]
pub fn eight(number: u32) -> [u8; 8] {
    let number = u64::from(number);
    let halves = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((halves * 10_486) >> 20) & 0x0000_007F_0000_007F;
    let quarters = hundreds | ((halves - hundreds * 100) << 16);
    let tens = ((quarters * 103) >> 10) & 0x000F_000F_000F_000F;
    let digits = tens | ((quarters - tens * 10) << 8);
    (digits | ZEROS).to_le_bytes()
}

/// The same for a number below 100.
#[inline]
pub fn two(number: u32) -> [u8; 2] {
    let tens = (number * 103) >> 10;
    let digits = tens | ((number - tens * 10) << 8);
    let [first, second, ..] = (digits | 0x3030).to_le_bytes();
    [first, second]
}

/// The same for a number below 10 000, which most are.
#[inline]
fn four(number: u32) -> u32 {
    let hundreds = (number * 10_486) >> 20;
    let halves = hundreds | ((number - hundreds * 100) << 16);
    let tens = ((halves * 103) >> 10) & 0x000F_000F;
    tens | ((halves - tens * 10) << 8)
}

/// A number below 10⁹, with its leading zeros.
#[inline]
pub fn nine(number: u32) -> [u8; 9] {
    let [a, b, c, d, e, f, g, h] = eight(number / 10);
    [a, b, c, d, e, f, g, h, b'0' + u8::try_from(number % 10).unwrap_or(0)]
}

/// A number that fits by arithmetic.
#[inline]
pub fn small(number: u64) -> u32 {
    debug_assert!(u32::try_from(number).is_ok());
    u32::try_from(number).unwrap_or(0)
}

/// How many of the digits, from the first on, can be left out at the end.
#[inline]
pub fn zeros_behind(digits: [u8; 8]) -> usize {
    ((u64::from_le_bytes(digits) ^ ZEROS).leading_zeros() / 8) as usize
}

/// The digits of a number below 10⁸: the first of some bytes, and how many they are.
#[inline]
fn short(number: u32) -> ([u8; 8], usize) {
    let (digits, len) = match number {
        0..10_000 => (u64::from(four(number)), 4),
        _ => (u64::from_le_bytes(eight(number)) ^ ZEROS, 8),
    };
    // The last one stands, even if it is a zero.
    let zeros = (digits.trailing_zeros() / 8).min(len - 1);
    (((digits >> (zeros * 8)) | ZEROS).to_le_bytes(), (len - zeros) as usize)
}

/// A number below 10⁶, a point, and so many digits that stand side by side: the first of some bytes, and how many.
#[inline]
pub fn with_fraction(whole: u32, fraction: u128, places: usize) -> ([u8; 16], usize) {
    let (digits, len) = short(whole);
    let whole = u64::from_le_bytes(digits) & !(u64::MAX << (8 * len));
    let text = u128::from(whole) | (fraction << 8 | u128::from(b'.')) << (8 * len);
    (text.to_le_bytes(), len + 1 + places)
}

/// Gives the digits of a number to `push`, at most eight at a time: the first of some bytes, and how many they are.
#[inline]
pub fn decimal(number: u64, push: &mut impl FnMut([u8; 8], usize)) {
    match u32::try_from(number) {
        Ok(number @ 0..100_000_000) => {
            let (digits, len) = short(number);
            push(digits, len);
        }
        _ => long_decimal(number, push),
    }
}

#[cold]
fn long_decimal(number: u64, push: &mut impl FnMut([u8; 8], usize)) {
    let part = |by: u64| small(number / by % 100_000_000);
    let (first, second, third) = (part(10_000_000_000_000_000), part(100_000_000), part(1));
    let (digits, len) = short(if first > 0 { first } else { second });
    push(digits, len);
    if first > 0 {
        push(eight(second), 8);
    }
    push(eight(third), 8);
}

/// A number in hexadecimal digits.
#[inline]
pub fn hexadecimal(number: u64) -> [u8; 16] {
    let [high, low] = [number >> 32, number & 0xFFFF_FFFF].map(|half| {
        // The digits moved apart, a byte each.
        let pairs = (half | (half << 16)) & 0x0000_FFFF_0000_FFFF;
        let bytes = (pairs | (pairs << 8)) & 0x00FF_00FF_00FF_00FF;
        let digits = (bytes | (bytes << 4)) & 0x0F0F_0F0F_0F0F_0F0F;
        let letters = ((digits + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
        digits + ZEROS + letters * u64::from(b'a' - b'0' - 10)
    });
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(number: u64) -> String {
        let mut out = Vec::new();
        decimal(number, &mut |digits, len| out.extend_from_slice(&digits[..len]));
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn digits_are_those_that_formatting_writes(number: u64, bits in 0_u32..64, below in 0_u32..1_000_000_000) {
            let number = number >> bits;
            prop_assert_eq!(written(number), number.to_string());
            prop_assert_eq!(eight(below / 10).to_vec(), format!("{:08}", below / 10).into_bytes());
            prop_assert_eq!(hexadecimal(number).to_vec(), format!("{number:016x}").into_bytes());
            prop_assert_eq!(nine(below).to_vec(), format!("{below:09}").into_bytes());
            prop_assert_eq!(two(below % 100).to_vec(), format!("{:02}", below % 100).into_bytes());
        }
    }
}
