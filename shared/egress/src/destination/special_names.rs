//! Names that lead to this machine, this network or a cloud's inside, whatever a name server says.

/// Top-level names that are not in the public DNS: RFC 6761 (localhost, test, invalid), RFC 6762 (local and, in
/// appendix G, the private ones in use), RFC 7686 (onion), RFC 8375 (home.arpa), ICANN (internal, corp, home), and what
/// clusters use (svc, default, consul).
const TOP_LEVEL: [&str; 16] = [
    "consul",
    "corp",
    "default",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "private",
    "svc",
    "test",
];

/// Whether a lower-case ASCII name is special. Every name without a dot is: only a local search list completes it.
pub(super) fn contains(name: &str) -> bool {
    match name.rsplit_once('.') {
        None => true,
        Some((rest, top)) => {
            TOP_LEVEL.contains(&top) || (top == "arpa" && (rest == "home" || rest.ends_with(".home")))
        }
    }
}
