//! `evaluate`, away from everything: scripts run in worker processes that have no keys, no network, no files and no
//! environment, and that end after one evaluation.
//!
//! [`Workers`] is the pool; it is what `mapping` asks to run a script. [`worker::serve`] is the other side: the program that
//! [`Command`] names, once for each evaluation.
//!
//! # Decisions
//!
//! * **One evaluation, one process.** A fresh process costs one to two milliseconds of processor time, a fresh engine in the
//!   same process a tenth of one; but a process that has run one script is not known to be sound, and as workers wait, a
//!   script has its answer after a quarter of a millisecond all the same (`cargo bench -p scripts`).
//! * **Three bounds of time.** The kernel's is the one that always holds: a worker is killed as soon as it has had 225 ms of
//!   a processor since it was ready, whatever it does and whether or not there still is a pool. The other two go by the
//!   clock: the engine's own at 180 ms (it does not hold in native functions), and the pool's at [`Config::time`] (it kills
//!   the process). They wait for a script that had less than a fifth of its time on a processor, the pool up to four times
//!   as long: a busy machine makes scripts slow and does not make them fail.
//! * **Memory.** The engine may take 64 MiB, the process 112 MiB of writable memory besides 8 MiB of stack. Who wants more, or
//!   calls deeper, is ended with the process; there is nothing to catch.
//! * **Same bytes.** A script finds the globals that `worker/prelude.js` names, and no other: no clock but the run's timestamp,
//!   UTC, nothing local (`Intl`), no garbage collection that it could see (`WeakRef`, `FinalizationRegistry`), no threads
//!   (`Atomics`, `SharedArrayBuffer`), and nothing that shows a number as bytes (`ArrayBuffer`, `DataView`, typed arrays), whose
//!   order and whose NaNs are a processor's. No randomness: `Math.random` throws. Elementary functions and `**` are those of the
//!   crate `maths`, which is linked in the place of the C library's. What a value takes in memory and a call on the stack no
//!   script sees: at the bound of either it ends (`heap`). Held on processors of other kinds by `tests/architectures/run`.
//! * **Numbers.** A whole number that a double would change is handed over as a `BigInt`, whose digits stay; a `BigInt` in a
//!   result is a number with all its digits, also where the script calls `JSON.stringify`. Other numbers are doubles: `0.10`
//!   comes out as `0.1`, and `1e400` is an infinity, as where `mapping` runs a simple shape itself.
//! * **Errors** say what kind was thrown and where, and of its text only what stands in the script or is the engine's own,
//!   because a text may repeat data.

mod fair;
mod pool;
mod process;
mod wire;
pub mod worker;

pub use pool::{Config, StartError, Workers};
pub use process::Command;
