//! Name servers that lie, dawdle, or say a great deal.

use std::{
    collections::{HashMap, VecDeque},
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use mapping::Encoder;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    time::Instant,
};

use super::{
    Door, HOST, Keeper,
    authority::{Authority, params},
    counterpart::{Counterpart, ok},
    get, policy,
    raw::{Dress, Raw},
    secret,
};
use crate::{
    EgressPolicy, Error, ErrorKind, Outbound, Reply, Resolver, Transport, TransportError, Vetted,
    transport::ReqwestTransport,
};

/// Gives its answers in turn, and counts the questions.
#[derive(Debug, Default)]
struct InTurn {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl InTurn {
    fn new<A: Into<IpAddr>>(answers: impl IntoIterator<Item = Vec<A>>) -> Arc<Self> {
        let answers = answers.into_iter().map(|answer| answer.into_iter().map(Into::into).collect());
        Arc::new(Self { answers: Mutex::new(answers.collect()), asked: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl Resolver for InTurn {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.answers.lock().unwrap().pop_front().expect("it was asked more often than there are answers"))
    }
}

/// Keeps what it was to connect to, and has no answer.
#[derive(Debug, Default)]
struct Addresses(Mutex<Vec<Vec<SocketAddr>>>);

#[async_trait]
impl Transport for Addresses {
    async fn send(&self, request: Vetted) -> Result<Reply, TransportError> {
        self.0.lock().unwrap().push(request.addresses.to_vec());
        Err(TransportError::new(crate::TransportErrorKind::BrokeOff, "nobody is there"))
    }
}

/// What a request that carries a secret comes to, and the addresses that would have been connected to.
async fn vetted(resolver: Arc<InTurn>) -> (Error, Vec<Vec<SocketAddr>>, usize) {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let closed = EgressPolicy { networks: vec![], ..policy(&counterpart) };
    let addresses = Arc::<Addresses>::default();
    let door = Door::with_transport(closed, resolver, Arc::<Addresses>::clone(&addresses));
    let keeper = Keeper::with(&[("key", b"hunter2-hunter21")]);
    let mut outbound = get(&counterpart, "/");
    outbound.credentials = vec![("x-key".into(), secret("key", Encoder::Header))];
    let error = door.send(outbound, &keeper).await.unwrap_err();
    (error, std::mem::take(&mut *addresses.0.lock().unwrap()), keeper.asked().len())
}

#[tokio::test]
async fn a_name_that_is_rebound_after_it_was_vetted_leads_to_what_was_vetted() {
    let public = Ipv4Addr::new(93, 184, 215, 14);
    let rebinding = InTurn::new([vec![public], vec![Ipv4Addr::LOCALHOST]]);
    let (_, addresses, _) = vetted(Arc::clone(&rebinding)).await;
    assert_eq!(rebinding.asked.load(Ordering::SeqCst), 1, "asked once, whatever comes of it");
    assert_eq!(addresses.len(), 1);
    assert_eq!(addresses[0].iter().map(SocketAddr::ip).collect::<Vec<_>>(), [IpAddr::from(public)]);
}

#[tokio::test]
async fn a_real_connection_asks_the_name_server_once_and_goes_nowhere_else() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    // A second question would panic, and so fail the request.
    let resolver = InTurn::new([vec![Ipv4Addr::LOCALHOST]]);
    let door = Door::new(policy(&counterpart), Arc::<InTurn>::clone(&resolver)).unwrap();
    door.send(get(&counterpart, "/"), &Keeper::default()).await.unwrap();
    assert_eq!((resolver.asked.load(Ordering::SeqCst), counterpart.connections()), (1, 1));
}

#[tokio::test]
async fn one_bad_address_of_sixty_four_refuses_all_wherever_it_stands() {
    let good = |last| IpAddr::from([93, 184, 215, last]);
    let bad: [IpAddr; 4] = [
        Ipv4Addr::new(169, 254, 169, 254).into(),
        "::ffff:10.0.0.1".parse().unwrap(),
        "::1".parse().unwrap(),
        "64:ff9b::a00:1".parse().unwrap(),
    ];
    for bad in bad {
        for place in [0, 31, 63] {
            let mut answer: Vec<IpAddr> = (0..64).map(good).collect();
            answer[place] = bad;
            let (error, addresses, opened) = vetted(InTurn::new([answer])).await;
            assert!(matches!(error.kind(), ErrorKind::AddressRefused), "{bad} at {place}: {error:?}");
            assert_eq!((addresses.len(), opened), (0, 0), "{bad} at {place}: neither connected nor opened");
        }
    }
    let (_, addresses, _) = vetted(InTurn::new([(0..64).map(good).collect()])).await;
    assert_eq!(addresses[0].len(), 64);
}

#[tokio::test]
async fn an_address_in_disguise_is_connected_to_as_what_it_is() {
    let (_, addresses, _) =
        vetted(InTurn::new([vec!["::ffff:93.184.215.14".parse::<IpAddr>().unwrap()]])).await;
    assert_eq!(addresses[0][0].ip(), IpAddr::from([93, 184, 215, 14]));
}

#[tokio::test]
async fn no_address_is_no_destination() {
    let (error, addresses, opened) = vetted(InTurn::new([Vec::<IpAddr>::new()])).await;
    assert!(matches!(error.kind(), ErrorKind::ResolveFailed), "{error:?}");
    assert_eq!((addresses.len(), opened), (0, 0));
}

#[tokio::test]
async fn every_address_is_tried_until_one_connects() {
    let counterpart = Counterpart::start(|_| ok("at last")).await;
    // Nobody listens on the first sixty-three: loopback has addresses enough.
    let mut answer: Vec<_> = (1..64).map(|last| Ipv4Addr::new(127, 0, 0, last + 1)).collect();
    answer.push(Ipv4Addr::LOCALHOST);
    let door = Door::new(policy(&counterpart), InTurn::new([answer])).unwrap();
    let answer = door.send(get(&counterpart, "/"), &Keeper::default()).await.unwrap();
    assert_eq!(answer.body, "at last");
    assert_eq!(counterpart.connections(), 1);
}

#[tokio::test]
async fn an_address_that_says_nothing_leaves_time_for_the_next() {
    let counterpart = Counterpart::start(|_| ok("by the other")).await;
    // A listener that accepts nobody, and has no room for more to wait: what knocks there is not answered.
    let silent = Ipv4Addr::new(127, 0, 0, 2);
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((silent, counterpart.port()).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(one)) = tokio::time::timeout(Duration::from_millis(200), knock(&listener)).await {
        waiting.push(one);
    }
    let resolver = InTurn::new([vec![silent, Ipv4Addr::LOCALHOST]]);
    let (door, keeper) = (Door::new(policy(&counterpart), resolver).unwrap(), Keeper::default());
    let outbound = Outbound { timeout: Duration::from_secs(60), ..get(&counterpart, "/") };
    let mut sending = std::pin::pin!(door.send(outbound, &keeper));
    // It knocks at the first address. Half of the time that both share passes, and not all that the request has.
    for _ in 0..10 {
        assert!(futures::poll!(&mut sending).is_pending());
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(16)).await;
    tokio::time::resume();
    assert_eq!(sending.await.unwrap().body, "by the other");
}

async fn knock(listener: &TcpListener) -> io::Result<TcpStream> {
    TcpStream::connect(listener.local_addr()?).await
}

/// Takes its time, for ever.
#[derive(Debug)]
struct Slow;

#[async_trait]
impl Resolver for Slow {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_name_server_that_dawdles_ends_with_the_time() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let door = Door::new(policy(&counterpart), Arc::new(Slow)).unwrap();
    let mut outbound = get(&counterpart, "/");
    outbound.timeout = Duration::from_secs(7);
    tokio::time::pause();
    let started = Instant::now();
    let error = door.send(outbound, &Keeper::default()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout), "{error:?}");
    assert!(started.elapsed() <= Duration::from_millis(7050), "{:?}", started.elapsed());
    assert_eq!(counterpart.connections(), 0);
}

/// A name server that answers the first thirty-two questions never, and every other at once.
#[derive(Debug, Default)]
struct SlowAtFirst(AtomicUsize);

#[async_trait]
impl Resolver for SlowAtFirst {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        if self.0.fetch_add(1, Ordering::SeqCst) < 32 {
            std::future::pending::<()>().await;
        }
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }
}

#[tokio::test]
async fn names_that_are_never_answered_starve_nobody_but_the_tenant_who_calls_them() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let (slow, addresses) = (Arc::<SlowAtFirst>::default(), Arc::<Addresses>::default());
    let transport = Arc::<Addresses>::clone(&addresses);
    let door = Door::with_transport(policy(&counterpart), Arc::<SlowAtFirst>::clone(&slow), transport);
    let call = |tenant: &str| {
        let (tenant, timeout) = (tenant.to_owned(), Duration::from_secs(7));
        let outbound = Outbound { tenant, timeout, ..get(&counterpart, "/") };
        async { door.send(outbound, &Keeper::default()).await.unwrap_err() }
    };
    tokio::time::pause();
    for error in futures::future::join_all((0..32).map(|_| call("slow"))).await {
        assert!(matches!(error.kind(), ErrorKind::Timeout), "{error:?}");
    }
    // Those calls are over, their look-ups are not.
    let started = Instant::now();
    let error = call("slow").await;
    assert!(matches!(error.kind(), ErrorKind::LookupsBusy), "{error:?}");
    assert_eq!(error.host(), Some(HOST));
    assert!(started.elapsed() <= Duration::from_millis(7050), "{:?}", started.elapsed());
    assert_eq!((slow.0.load(Ordering::SeqCst), addresses.0.lock().unwrap().len()), (32, 0));

    let error = call("other").await;
    assert!(matches!(error.kind(), ErrorKind::BrokeOff), "{error:?}");
    assert_eq!((slow.0.load(Ordering::SeqCst), addresses.0.lock().unwrap().len()), (33, 1));
}

/// Another answer for each request, in turn.
#[derive(Debug, Default)]
struct PerRequest(AtomicUsize);

const PLACES: [Ipv4Addr; 2] = [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)];

#[async_trait]
impl Resolver for PerRequest {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let place = PLACES[self.0.fetch_add(1, Ordering::SeqCst) % 2];
        // Every request has its own answer before any of them connects.
        tokio::task::yield_now().await;
        Ok(vec![place.into()])
    }
}

/// Writes down what was vetted for each path, and sends.
#[derive(Debug)]
struct Watched {
    transport: ReqwestTransport,
    vetted: Mutex<HashMap<String, IpAddr>>,
}

#[async_trait]
impl Transport for Watched {
    async fn send(&self, request: Vetted) -> Result<Reply, TransportError> {
        let [address] = &request.addresses[..] else { panic!("one address: {:?}", request.addresses) };
        self.vetted.lock().unwrap().insert(request.url.path().to_owned(), address.ip());
        self.transport.send(request).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_at_the_same_time_connect_each_to_its_own_address() {
    let authority = Authority::new();
    let config = authority.chain(&params()).server(rustls::ALL_VERSIONS);
    let first = TcpListener::bind((PLACES[0], 0)).await.unwrap();
    let second = TcpListener::bind((PLACES[1], first.local_addr().unwrap().port())).await.unwrap();
    let listen = |listener: TcpListener, authority: Authority| {
        let says = listener.local_addr().unwrap().ip().to_string();
        Raw::listen(listener, authority, Dress::Tls(Arc::clone(&config)), move |mut wire| {
            let answer = format!(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{says}",
                says.len()
            );
            async move {
                wire.request().await;
                wire.write(answer.as_bytes()).await;
                wire.close().await;
            }
        })
    };
    let first = listen(first, authority);
    let _second = listen(second, Authority::new());
    let resolver: Arc<dyn Resolver> = Arc::<PerRequest>::default();
    let transport = ReqwestTransport::new(&policy(&first), &resolver).unwrap();
    let watched = Arc::new(Watched { transport, vetted: Mutex::default() });
    let door = Door::with_transport(policy(&first), resolver, Arc::<Watched>::clone(&watched));
    let door = Arc::new(door);
    let sending = (0..64).map(|index| {
        let (door, path) = (Arc::clone(&door), format!("/{index}"));
        let outbound = get(&first, &path);
        tokio::spawn(async move { (path, told(&door, outbound).await) })
    });
    let all = futures::future::join_all(sending).await;
    let vetted = watched.vetted.lock().unwrap();
    for one in all {
        let (path, told) = one.unwrap();
        assert_eq!(told, vetted[&path].to_string());
    }
    for place in PLACES {
        assert_eq!(vetted.values().filter(|vetted| **vetted == place).count(), 32);
    }
}

async fn told(door: &Door, outbound: Outbound) -> String {
    let answer = door.send(outbound, &Keeper::default()).await.unwrap();
    String::from_utf8(answer.body.to_vec()).unwrap()
}
