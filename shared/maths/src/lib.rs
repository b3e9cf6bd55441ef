//! The elementary functions that no two C libraries compute alike, under the C library's own names: `sin`, `pow`, `exp`, …
//!
//! glibc picks among several versions of each by the processor that it finds, and they differ in the last digit. A program
//! that this crate is linked into has these instead, for its C parts (the JavaScript engine) and for `f64`'s methods alike.
//! They are the `libm` crate's: additions, multiplications and shifts as IEEE 754 defines them, without anything that depends
//! on a processor, so that every machine gives the same bits.
//!
//! Only a function whose result IEEE 754 does not prescribe is here: `sqrt`, `fmod`, `floor` and the like are exact
//! everywhere. Nothing calls this crate; whoever needs it says `use maths as _;`, which has it linked.

#![no_std]

/// A function with the C library's name, which the linker finds before the C library's.
macro_rules! named {
    ($($name:ident($($argument:ident),+);)+) => {$(
        #[doc = concat!("`", stringify!($name), "` of C, on doubles.")]
        #[expect(unsafe_code, reason = "the name and the signature are those of C")]
        #[unsafe(no_mangle)]
        pub extern "C" fn $name($($argument: f64),+) -> f64 {
            libm::$name($($argument),+)
        }
    )+};
}

named! {
    acos(x);
    acosh(x);
    asin(x);
    asinh(x);
    atan(x);
    atan2(y, x);
    atanh(x);
    cbrt(x);
    cos(x);
    cosh(x);
    exp(x);
    exp2(x);
    expm1(x);
    hypot(x, y);
    log(x);
    log10(x);
    log1p(x);
    log2(x);
    pow(x, y);
    sin(x);
    sinh(x);
    tan(x);
    tanh(x);
}
