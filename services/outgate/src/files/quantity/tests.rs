use super::*;

fn timeout(text: &str) -> Result<Duration, String> {
    Timeout::try_from(text.to_owned()).map(|timeout| timeout.0)
}

fn bytes(text: &str) -> Result<u64, String> {
    Size::try_from(text.to_owned()).map(|size| size.0)
}

#[test]
fn times_are_read_and_written() {
    for (text, expected) in
        [("500ms", 500), ("30s", 30_000), ("2m", 120_000), ("10m", 600_000), ("1 s", 1000)]
    {
        let read = timeout(text).unwrap();
        assert_eq!(read, Duration::from_millis(expected));
        assert_eq!(timeout(&time(read)).unwrap(), read);
    }
    for text in
        ["", "30", "s", "-1s", "1.5s", "0s", "11m", "1h", "99999999999999999999s", "99999999999999999m"]
    {
        assert!(timeout(text).is_err(), "{text}");
    }
}

#[test]
fn sizes_are_read_and_written() {
    for (text, expected) in
        [("1B", 1), ("512KiB", 512 << 10), ("10MiB", 10 << 20), ("10MB", 10_000_000), ("64MiB", 64 << 20)]
    {
        let read = bytes(text).unwrap();
        assert_eq!(read, expected);
        assert_eq!(bytes(&size(read)).unwrap(), read);
    }
    for text in
        ["", "10", "MiB", "0B", "65MiB", "1GiB", "1.5MiB", "99999999999999999999B", "9999999999999999999MiB"]
    {
        assert!(bytes(text).is_err(), "{text}");
    }
}
