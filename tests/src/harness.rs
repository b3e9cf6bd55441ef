//! What the tests stand on: the suite as a process, its counterparts, and the tools that tests are written with.

mod answer;
mod authority;
mod bao;
mod client;
mod collector;
mod command;
mod counterpart;
mod definition;
mod demo;
mod identity;
mod issuer;
mod namespace;
mod oauth;
mod oidc;
mod prerequisites;
mod process;
mod proxy;
mod setup;
mod suite;
mod tap;

pub(crate) use answer::{Answer, Received};
pub(crate) use authority::{Authority, Shown};
pub(crate) use bao::Bao;
pub(crate) use client::{Bearer, Client, reason};
pub(crate) use collector::{Collector, Span};
pub(crate) use command::{Output, command, run, run_in};
pub(crate) use counterpart::Counterpart;
pub(crate) use definition::{
    anybody, api_key_in_header, api_key_in_query, basic, bearer, client_credentials, endpoint,
};
pub(crate) use demo::Demo;
pub(crate) use identity::Known;
pub(crate) use issuer::{Issuer, Signer, encode, now};
pub(crate) use namespace::{in_a_namespace, mount};
pub(crate) use oauth::OauthServer;
pub(crate) use oidc::OpenIdProvider;
pub(crate) use oracle::{Canary, came_out, random};
pub(crate) use prerequisites::{free_port, node, project, python, raise_open_files, store_editor, tool};
pub(crate) use proxy::Proxy;
pub(crate) use setup::{Setup, sealing_keys};
pub(crate) use suite::{Suite, get};
pub(crate) use tap::{OverTls, Tap};
