#include "client/web/access/access.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "client/web/http/address.h"
#include "client/web/http/failure.h"

namespace forkmill::web {

namespace {

constexpr std::string_view kCookie = "forkmill_token=";

bool is_of_other_site(const std::string& fetch_site) {
  return !fetch_site.empty() && fetch_site != "same-origin" && fetch_site != "none";
}

// Whether the page of `origin` has the host and port that the request was sent to. The scheme may differ: a proxy in
// front of the gateway may speak TLS.
bool is_own_origin(const std::string& origin, const std::string& host) {
  const auto scheme = origin.find("://");
  return scheme != std::string::npos && std::string_view{origin}.substr(scheme + 3) == host;
}

// The secret in the cookie of login(). Empty: there is none.
std::string_view secret_of(std::string_view cookies) {
  while (!cookies.empty()) {
    const auto end = std::min(cookies.find(';'), cookies.size());
    auto cookie = cookies.substr(0, end);
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    while (cookie.starts_with(' ')) cookie.remove_prefix(1);
    if (cookie.starts_with(kCookie)) return cookie.substr(kCookie.size());
  }
  return {};
}

void check_origin(const Headers& headers) {
  if (!headers.origin.empty() && !is_own_origin(headers.origin, headers.host))
    throw Failure{403, "cross_site", "pages of other sites may not change anything"};
}

Failure unauthorized() {
  return {401, "unauthorized", "the request has no valid token",
          "send the header Authorization: Bearer SECRET, with a secret of the token file"};
}

bool is_json(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type == "application/json";
}

}  // namespace

Access::Access(AccessRules rules) : rules_{std::move(rules)} {}

std::string Access::admit(const Request& request, Users users) const {
  check_host(request);
  if (is_of_other_site(request.headers.fetch_site))
    throw Failure{403, "cross_site", "pages of other sites may not use this gateway"};
  if (rules_.tokens.empty()) {
    if (users == Users::own) check_user(request);
    return named_by_proxy(request.headers, "local");
  }
  const auto user = user_of(request.headers);
  if (!user) throw unauthorized();
  return named_by_proxy(request.headers, *user);
}

// Returns the user that a proxy names, and `own`, who the proxy is. Anyone whom the gateway admits can send the header:
// therefore `own` is always told.
std::string Access::named_by_proxy(const Headers& headers, std::string own) const {
  if (!rules_.user_header) return own;
  const std::string& named = headers.users.at(*rules_.user_header);
  if (named.empty()) return own;
  constexpr std::size_t kMaxUser = 128;  // bytes
  const bool is_text =
      std::none_of(named.begin(), named.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
  if (named.size() > kMaxUser || !is_text)
    throw Failure{400, "bad_user", "the proxy names no user, or several", "let it set its header once, to one name"};
  return named + " via " + own;
}

void Access::check_user(const Request& request) const {
  if (request.peer_user && (*request.peer_user == rules_.user || *request.peer_user == 0)) return;
  throw Failure{403, "other_user", "this gateway serves its own user and root",
                "start it with --token-file, for other users and for proxies that run as other users"};
}

void Access::check_host(const Request& request) const {
  const auto host = host_without_port(request.headers.host);
  const bool is_known = std::find(rules_.hosts.begin(), rules_.hosts.end(), host) != rules_.hosts.end();
  if (rules_.tokens.empty() && !is_known)
    throw Failure{421, "wrong_host", "this gateway is not " + host,
                  "use the address that it has printed, or start it with --host " + host};
}

std::string Access::login(const Request& request) const {
  check_host(request);
  check_origin(request.headers);
  if (is_of_other_site(request.headers.fetch_site))
    throw Failure{403, "cross_site", "pages of other sites may not log in"};
  const auto body = nlohmann::json::parse(request.body, nullptr, false);
  const bool has_token = body.is_object() && body.contains("token") && body.at("token").is_string();
  const std::string secret = has_token ? body.at("token").get<std::string>() : "";
  if (!rules_.tokens.user_of("Bearer " + secret)) throw unauthorized();
  return std::string{kCookie} + secret + "; HttpOnly; SameSite=Strict; Path=/" + (rules_.is_tls ? "; Secure" : "");
}

std::optional<std::string> Access::user_of(const Headers& headers) const {
  if (auto user = rules_.tokens.user_of(headers.authorization)) return user;
  return rules_.tokens.user_of("Bearer " + std::string{secret_of(headers.cookie)});
}

void Access::admit_change(const Request& request) const {
  const auto& headers = request.headers;
  if (rules_.read_only) throw Failure{403, "read_only", "this gateway was started with --read-only"};
  check_origin(headers);
  if (!request.body.empty() && !is_json(headers.content_type))
    throw Failure{415, "not_json", "the body must be JSON", "send the header Content-Type: application/json"};
  // Browsers do not send this header by themselves, but they do send cookies.
  const bool has_token = rules_.tokens.user_of(headers.authorization).has_value();
  if (!has_token && !is_same_secret(headers.csrf_token, rules_.csrf_token))
    throw Failure{403, "csrf_token", "the request has no valid CSRF token",
                  "send the header X-CSRF-Token with the csrf_token of GET /api/v1/session"};
}

}  // namespace forkmill::web
