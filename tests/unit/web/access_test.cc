#include "client/web/access/access.h"

#include <doctest/doctest.h>

#include "client/web/http/failure.h"

namespace forkmill::web::access_test {
namespace {

constexpr uid_t kUser = 1000;

// The status of the refusal. 0: the request is admitted.
template <class Check>
unsigned refusal(Check check) {
  try {
    check();
    return 0;
  } catch (const Failure& failure) {
    return failure.status();
  }
}

unsigned admit(const Access& access, const Headers& headers) {
  return refusal([&] { access.admit(Request{.method = "GET", .target = {}, .headers = headers, .peer_user = kUser}); });
}

unsigned change(const Access& access, const Headers& headers, const std::string& body = "{}") {
  return refusal(
      [&] { access.admit_change(Request{.method = "POST", .target = {}, .headers = headers, .body = body}); });
}

const Access kLocal{{.hosts = {"localhost", "127.0.0.1"}, .user = kUser, .csrf_token = "csrf"}};
const Access kGuarded{{.tokens = Tokens{"anna 0123456789abcdef"}, .hosts = {"localhost"}, .csrf_token = "csrf"}};
const Access kGuardedByTls{{.tokens = Tokens{"anna 0123456789abcdef"}, .csrf_token = "csrf", .is_tls = true}};

TEST_CASE("without tokens, a request must name this gateway") {
  CHECK(admit(kLocal, {.host = "localhost:7118"}) == 0);
  CHECK(admit(kLocal, {.host = "LOCALHOST"}) == 0);
  for (const char* host : {"", "evil.example", "localhost.evil.example:7118", "evil.example:localhost", "127.0.0.2"})
    CHECK_MESSAGE(admit(kLocal, {.host = host}) == 421, host);
}

TEST_CASE("without tokens, a request must come from the gateway's own user or from root") {
  const auto from = [](const Access& access, std::optional<uid_t> user, Access::Users users = Access::Users::own) {
    const Headers headers{.host = "localhost", .authorization = "Bearer 0123456789abcdef"};
    return refusal(
        [&] { access.admit(Request{.method = "GET", .target = {}, .headers = headers, .peer_user = user}, users); });
  };
  CHECK(from(kLocal, kUser) == 0);
  CHECK(from(kLocal, 0) == 0);
  CHECK(from(kLocal, kUser + 1) == 403);
  CHECK(from(kLocal, std::nullopt) == 403);
  CHECK(from(kLocal, kUser + 1, Access::Users::all) == 0);
  CHECK(from(kGuarded, kUser + 1) == 0);
  CHECK(from(kGuarded, std::nullopt) == 0);
}

TEST_CASE("with tokens, a request must have one, under any name of the gateway") {
  CHECK(admit(kGuarded, {.host = "queue.example", .authorization = "Bearer 0123456789abcdef"}) == 0);
  CHECK(admit(kGuarded, {.host = "localhost"}) == 401);
  CHECK(admit(kGuarded, {.host = "localhost", .authorization = "Bearer 0123456789abcdeX"}) == 401);
  const Request request{.method = "GET", .target = {}, .headers = {.authorization = "Bearer 0123456789abcdef"}};
  CHECK(kGuarded.admit(request) == "anna");
}

TEST_CASE("a proxy names its users in the header that is allowed, and is named itself as well") {
  const Access access{{.tokens = Tokens{"proxy 0123456789abcdef"}, .csrf_token = "csrf", .user_header = 0}};
  const auto user = [&](const std::string& named, const std::string& other = "") {
    Request request{.method = "GET", .target = {}, .headers = {.authorization = "Bearer 0123456789abcdef"}};
    request.headers.users[0] = named;
    request.headers.users[1] = other;
    return access.admit(request);
  };
  CHECK(user("") == "proxy");
  CHECK(user("anna") == "anna via proxy");
  CHECK(user("", "eve") == "proxy");
  for (const std::string& named : {std::string{"\n"}, std::string{"an\x1b[0mna"}, std::string(129, 'a')})
    CHECK(refusal([&] { user(named); }) == 400);
  Request stranger{.method = "GET", .target = {}, .headers = {}};
  stranger.headers.users[0] = "anna";
  CHECK(refusal([&] { access.admit(stranger); }) == 401);
  Request ignored{.method = "GET", .target = {}, .headers = {.authorization = "Bearer 0123456789abcdef"}};
  ignored.headers.users[0] = "eve";
  CHECK(kGuarded.admit(ignored) == "anna");
}

TEST_CASE("pages of other sites are refused") {
  for (const char* site : {"cross-site", "same-site", "unheard-of"})
    CHECK_MESSAGE(admit(kLocal, {.host = "localhost", .fetch_site = site}) == 403, site);
  for (const char* site : {"", "none", "same-origin"})
    CHECK_MESSAGE(admit(kLocal, {.host = "localhost", .fetch_site = site}) == 0, site);
}

TEST_CASE("a change without a bearer token needs the CSRF token") {
  CHECK(change(kLocal, {.host = "localhost", .csrf_token = "csrf", .content_type = "application/json"}) == 0);
  CHECK(change(kLocal, {.host = "localhost", .csrf_token = "wrong", .content_type = "application/json"}) == 403);
  CHECK(change(kLocal, {.host = "localhost", .content_type = "application/json"}) == 403);
  CHECK(change(kGuarded, {.authorization = "Bearer 0123456789abcdef", .content_type = "application/json"}) == 0);
  CHECK(change(kGuarded, {.content_type = "application/json"}) == 403);
}

std::string login(const Access& access, const Headers& headers, const std::string& body) {
  return access.login(Request{.method = "POST", .target = {}, .headers = headers, .body = body});
}

TEST_CASE("a login turns a token into a cookie, with which a change needs the CSRF token") {
  const std::string body = R"({"token":"0123456789abcdef"})";
  const auto cookie = login(kGuarded, {.host = "queue.example"}, body);
  CHECK(cookie == "forkmill_token=0123456789abcdef; HttpOnly; SameSite=Strict; Path=/");
  CHECK(login(kGuardedByTls, {.host = "queue.example"}, body) == cookie + "; Secure");
  const std::string sent = "theme=dark; " + cookie.substr(0, cookie.find(';'));
  CHECK(admit(kGuarded, {.host = "queue.example", .cookie = sent}) == 0);
  CHECK(admit(kGuarded, {.host = "queue.example", .cookie = "x" + cookie}) == 401);
  CHECK(change(kGuarded, {.content_type = "application/json", .cookie = sent}) == 403);
  CHECK(change(kGuarded, {.csrf_token = "csrf", .content_type = "application/json", .cookie = sent}) == 0);
}

TEST_CASE("a login without a valid token, or from another site, is refused") {
  const auto status = [](const Headers& headers, const std::string& body) {
    return refusal([&] { login(kGuarded, headers, body); });
  };
  for (const char* body : {"", "{}", "[]", R"({"token":1})", R"({"token":""})", R"({"token":"0123456789abcdeX"})"})
    CHECK_MESSAGE(status({.host = "queue.example"}, body) == 401, body);
  const std::string good = R"({"token":"0123456789abcdef"})";
  CHECK(status({.host = "queue.example", .origin = "http://evil.example"}, good) == 403);
  CHECK(status({.host = "queue.example", .fetch_site = "cross-site"}, good) == 403);
}

TEST_CASE("a change from a page of another origin is refused") {
  const auto from = [](const char* origin) {
    return change(kLocal, {.host = "localhost:7118",
                           .origin = origin,
                           .csrf_token = "csrf",
                           .content_type = "application/json; charset=utf-8"});
  };
  CHECK(from("http://localhost:7118") == 0);
  CHECK(from("https://localhost:7118") == 0);
  for (const char* origin : {"null", "http://evil.example", "http://localhost:8000", "localhost:7118", "http://"})
    CHECK_MESSAGE(from(origin) == 403, origin);
}

TEST_CASE("bodies must be JSON, as forms of other sites are not") {
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"})
    CHECK_MESSAGE(change(kLocal, {.csrf_token = "csrf", .content_type = type}) == 415, type);
  CHECK(change(kLocal, {.csrf_token = "csrf"}, "") == 0);
}

TEST_CASE("a read-only gateway refuses all changes") {
  const Access read_only{{.hosts = {"localhost"}, .user = kUser, .csrf_token = "csrf", .read_only = true}};
  CHECK(change(read_only, {.csrf_token = "csrf", .content_type = "application/json"}) == 403);
  CHECK(admit(read_only, {.host = "localhost"}) == 0);
}

}  // namespace
}  // namespace forkmill::web::access_test
