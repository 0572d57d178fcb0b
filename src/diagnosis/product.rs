//! Which product answered, told by what it says of itself: headers and the body of a refusal.
//!
//! Given a record, names a product only on evidence. A name stands for the hop that wrote the header, which is not
//! always the one that ended the connection.

use crate::record::Record;

/// A product that was named by something on the wire.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Product {
    /// Its name for people.
    pub name: &'static str,
    /// `fix.<id>` for its idle limit, where there is one.
    pub idle_fix: Option<&'static str>,
    /// It stands between client and server.
    pub proxy: bool,
    /// Header that names it, or `body`.
    pub header: &'static str,
    /// What the header says.
    pub value: String,
}

struct Known {
    /// Found in lower case in the value.
    mark: &'static str,
    name: &'static str,
    idle_fix: Option<&'static str>,
    proxy: bool,
}

const fn proxy(mark: &'static str, name: &'static str, idle_fix: Option<&'static str>) -> Known {
    Known { mark, name, idle_fix, proxy: true }
}

const fn server(mark: &'static str, name: &'static str, idle_fix: Option<&'static str>) -> Known {
    Known { mark, name, idle_fix, proxy: false }
}

/// Marks in Server, Via and the headers that only one product adds; the more specific first.
const KNOWN: &[Known] = &[
    proxy("cloudflare", "Cloudflare", Some("idle-cloudflare")),
    proxy("cf-ray", "Cloudflare", Some("idle-cloudflare")),
    proxy("awselb", "AWS ALB", Some("idle-alb")),
    proxy("cloudfront", "Amazon CloudFront", None),
    proxy("x-amz-cf-id", "Amazon CloudFront", None),
    proxy("envoy", "Envoy", Some("idle-envoy")),
    proxy("openresty", "OpenResty (nginx)", Some("idle-nginx")),
    proxy("nginx", "nginx", Some("idle-nginx")),
    proxy("haproxy", "HAProxy", Some("idle-haproxy")),
    proxy("vegur", "Heroku router", Some("idle-heroku")),
    proxy("heroku", "Heroku router", Some("idle-heroku")),
    proxy("caddy", "Caddy", None),
    proxy("traefik", "Traefik", None),
    proxy("kong", "Kong", None),
    proxy("varnish", "Varnish", None),
    proxy("fly/", "Fly.io proxy", None),
    proxy("google frontend", "Google Frontend", Some("lifetime-gcp")),
    proxy("1.1 google", "Google load balancer", Some("lifetime-gcp")),
    proxy("apache", "Apache httpd", Some("idle-apache")),
    server("jetty", "Jetty", Some("idle-jetty")),
    server("tomcat", "Tomcat", Some("idle-tomcat")),
    server("coyote", "Tomcat", Some("idle-tomcat")),
    server("cowboy", "Cowboy", Some("idle-cowboy")),
    server("uwebsockets", "uWebSockets", Some("idle-uws")),
    server("uvicorn", "uvicorn", None),
    server("hypercorn", "hypercorn", None),
    server("daphne", "daphne", None),
    server("aiohttp", "aiohttp", None),
    server("tornado", "Tornado", None),
    server("websockets/", "websockets (Python)", None),
    server("mojolicious", "Mojolicious", None),
    server("kestrel", "ASP.NET Core", None),
];

/// Beginnings of error pages that only one product writes.
const PAGES: &[Known] = &[
    proxy("<center>nginx", "nginx", Some("idle-nginx")),
    proxy("no server is available to handle this request", "HAProxy", Some("idle-haproxy")),
    proxy("upstream connect error or disconnect", "Envoy", Some("idle-envoy")),
    proxy("no healthy upstream", "Envoy", Some("idle-envoy")),
    proxy("cloudflare", "Cloudflare", Some("idle-cloudflare")),
    proxy("the proxy server received an invalid response from an upstream", "Apache httpd", Some("idle-apache")),
];

/// The product that the handshake names, a proxy before a server.
pub(super) fn named(record: &Record) -> Option<Product> {
    let answered = record.handshake.answered.as_ref()?;
    let mut texts: Vec<(&'static str, &str)> = Vec::new();
    texts.extend(answered.via.as_deref().map(|value| ("Via", value)));
    texts.extend(answered.server.as_deref().map(|value| ("Server", value)));
    texts.extend(answered.product_hints().iter().map(|value| ("response", value.as_str())));
    let mut found: Vec<Product> = texts.iter().filter_map(|(header, value)| look_up(KNOWN, header, value)).collect();
    found.extend(record.handshake.odd.body.as_deref().and_then(|body| look_up(PAGES, "body", body)));
    found.sort_by_key(|product| !product.proxy);
    found.into_iter().next()
}

fn look_up(table: &[Known], header: &'static str, value: &str) -> Option<Product> {
    let lower = value.to_ascii_lowercase();
    let known = table.iter().find(|known| lower.contains(known.mark))?;
    let value = value.chars().take(80).collect();
    Some(Product { name: known.name, idle_fix: known.idle_fix, proxy: known.proxy, header, value })
}
