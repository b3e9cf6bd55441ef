//! Chance that is the same each time.

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) struct Random(pub(crate) u64);

/// Numbers that are near something, as JavaScript writes them.
const NUMBERS: [&str; 24] = [
    "0",
    "-0",
    "1",
    "-1",
    "0.1",
    "0.5",
    "1.5",
    "2.5",
    "1.005",
    "-7.25",
    "1e21",
    "1e-7",
    "123456789.125",
    "4294967295.5",
    "-2147483649",
    "9007199254740993",
    "1.7976931348623157e308",
    "5e-324",
    "2.2250738585072014e-308",
    "1 / 0",
    "-1 / 0",
    "0 / 0",
    "-(0 / 0)",
    "1 / 0 - 1 / 0",
];

/// Texts with what scripts of the world have of their own.
const TEXTS: [&str; 22] = [
    "",
    "a",
    "abc",
    "ABC",
    "Straße",
    "ǆ",
    "İstanbul",
    "ΑΣ ΟΔΟΣ",
    "e\u{301}",
    "\u{e9}",
    "\u{1e9b}\u{323}",
    "가각",
    "x😀y",
    "👩‍👩‍👧",
    "עברית",
    "12.50",
    "0x1F",
    " 7 ",
    "a,b,,c",
    "line\u{2028}end",
    "\u{feff}tab\t",
    "ﬁ ﬀ ŉ",
];

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn pick<'l, T: ?Sized>(&mut self, list: &[&'l T]) -> &'l T {
        list[usize::try_from(self.below(list.len() as u64)).expect("an index")]
    }

    /// A number as JavaScript writes it: of every size, of every bit, or one that is near something.
    pub(crate) fn number(&mut self) -> String {
        match self.below(4) {
            0 => self.pick(&NUMBERS).to_owned(),
            1 => format!("{:?}", self.below(2_000_001) as f64 / 1000.0 - 1000.0),
            2 => format!("{:?}", (self.next() >> 11) as f64 / (1_u64 << 40) as f64),
            _ => {
                let number = f64::from_bits(self.next());
                if number.is_finite() { format!("{number:e}") } else { "0 / 0".to_owned() }
            }
        }
    }

    pub(crate) fn text(&mut self) -> String {
        (0..=self.below(3)).map(|_| self.pick(&TEXTS)).collect()
    }
}
