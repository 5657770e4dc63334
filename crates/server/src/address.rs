//! Where a request comes from: the peer's address, or what a proxy of ours says of it.

use crate::app::AppState;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use ipnet::IpNet;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Once;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// What limits are counted by. Of an IPv6 address the first 64 bits, because the rest is the visitor's to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

/// The networks whose word about where a request comes from is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl ClientAddress {
    fn new(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => Self(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into()),
            address @ IpAddr::V4(_) => Self(address),
        }
    }
}

impl TrustedProxies {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The nearest address that no proxy of ours has. Each proxy appends whom it heard from, so the list is read from its
    /// end, and what stands before the first stranger is only the stranger's word.
    fn client<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut nearest = peer;
        for hop in forwarded.rev() {
            if !self.contains(nearest) {
                break;
            }
            let Some(address) = parse(hop) else { break };
            nearest = address;
        }
        nearest
    }

    fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// An address, with or without a port.
fn parse(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = hop.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
}

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let networks = text.split(',').map(str::trim).filter(|network| !network.is_empty());
        let network = |network: &str| {
            network
                .parse::<IpNet>()
                .or_else(|_| network.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| format!("{network:?} is no address and no network such as 10.0.0.0/8"))
        };
        networks.map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl FromRequest for ClientAddress {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

impl ClientAddress {
    pub fn of(request: &HttpRequest) -> Self {
        let state = request.app_data::<web::Data<AppState>>().expect("the app carries its state");
        let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
        let lines = request.headers().get_all(FORWARDED_FOR).filter_map(|line| line.to_str().ok());
        let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
        if !hops.is_empty() && !state.trusted_proxies.contains(peer) {
            warn_once();
        }
        Self::new(state.trusted_proxies.client(peer, hops.into_iter()))
    }
}

/// Behind a proxy that is not trusted everybody seems to come from one address, and shares its limits.
fn warn_once() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "somebody sends x-forwarded-for and is not in TRUSTED_PROXIES: where that is a proxy of yours, name its network \
             there, or all its visitors share the limits of one address"
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let trusted: TrustedProxies = trusted.parse().unwrap();
        trusted.client(peer.parse().unwrap(), forwarded.iter().copied()).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(client("", "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.0/8, ::1", "::1", &["198.51.100.1:4711", "10.9.9.9"]), "198.51.100.1");
        assert_eq!(client("10.1.2.3", "::ffff:10.1.2.3", &["[2001:db8::7]:443"]), "2001:db8::7");
    }

    #[test]
    fn what_a_stranger_says_of_themselves_counts_for_nothing() {
        let chain = ["192.0.2.66", "198.51.100.1", "10.0.0.7"];
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &chain), "198.51.100.1");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &["nonsense"]), "10.1.2.3");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &[]), "10.1.2.3");
    }

    #[test]
    fn the_addresses_of_one_household_are_one() {
        let address = |text: &str| ClientAddress::new(text.parse().unwrap());
        assert_eq!(address("2001:db8:1:2:3::4"), address("2001:db8:1:2:ffff::1"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
    }

    #[test]
    fn a_network_is_checked_when_it_is_read() {
        for wrong in ["10.0.0.0/33", "proxy.example", "10.0.0.0/8;::1"] {
            assert!(wrong.parse::<TrustedProxies>().is_err(), "{wrong}");
        }
        assert_eq!(" ".parse::<TrustedProxies>().unwrap(), TrustedProxies::default());
    }
}
