// Requests and responses of HTTP as the gateway sees them. Plain values.
#pragma once

#include <sys/types.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/web/http/event_stream.h"
#include "client/web/http/target.h"

namespace forkmill::web {

// The headers in which proxies name the user that they have authenticated.
inline constexpr std::array<const char*, 4> kUserHeaders{"X-Forwarded-User", "X-Auth-Request-User", "X-Remote-User",
                                                         "Remote-User"};

// The headers that the gateway reads. Empty: the request does not have the header.
struct Headers {
  std::string host{};
  std::string origin{};
  std::string fetch_site{};     // Sec-Fetch-Site
  std::string authorization{};  // with its scheme: "Bearer …"
  std::string csrf_token{};     // X-CSRF-Token
  std::string content_type{};
  std::string accept{};
  std::string accept_encoding{};
  std::string cookie{};
  std::string last_event_id{};                           // the last event that the peer has had
  std::array<std::string, kUserHeaders.size()> users{};  // kUserHeaders; a line break: the header is there twice
  bool repeated = false;  // one of these but Accept and Accept-Encoding was sent more than once
};

struct Request {
  std::string method;
  Target target;
  Headers headers;
  std::string body{};
  std::string peer{};                // the address of the other end, for the audit log
  std::optional<uid_t> peer_user{};  // the user of the other end; none: it is unknown, or on another machine
};

struct Response {
  unsigned status = 200;
  std::string body{};
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};
  std::shared_ptr<EventStream> events{};  // null: the body is `body`
};

}  // namespace forkmill::web
