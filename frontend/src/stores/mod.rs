//! State beside the machine's own: what this device keeps, and what is made ready for showing.

pub(crate) mod appearance;
pub(crate) mod device;
pub(crate) mod notices;
pub(crate) mod people;
pub(crate) mod remote;
pub(crate) mod shelf;
pub(crate) mod timeline;
