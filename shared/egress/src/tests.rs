//! What holds filled holes, or an answer before it was searched, has no `Debug`: nobody prints it by accident, in a log, a
//! panic or the `Debug` of what is around it. An assertion here does not compile once one of them gets it.

use std::fmt::{Debug, Display};

use static_assertions::assert_not_impl_any;

use crate::{
    ClientCertificate, Destination, Outbound, Payload, Reply, Vetted,
    fill::Contents,
    scrub::{Scrubber, Scrubbing},
};

assert_not_impl_any!(Outbound: Debug, Display);
assert_not_impl_any!(Destination: Debug, Display);
assert_not_impl_any!(Contents: Debug, Display, Clone);
assert_not_impl_any!(Vetted: Debug, Display, Clone);
assert_not_impl_any!(Payload: Debug, Display, Clone);
assert_not_impl_any!(ClientCertificate: Debug, Display);
assert_not_impl_any!(Reply: Debug, Display, Clone);
assert_not_impl_any!(Scrubber: Debug, Display, Clone);
assert_not_impl_any!(Scrubbing: Debug, Display, Clone);
