#include "proto/names.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "proto/limits.h"

namespace forkmill::proto {

namespace {

constexpr bool allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-' || c == ':' || c == '/';
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= limits::kMaxName && std::all_of(text.begin(), text.end(), allowed);
}

bool is_endpoint(std::string_view text) {
  constexpr std::string_view kTcp = "tcp://";
  constexpr std::string_view kIpc = "ipc://";
  constexpr std::size_t kMaxPath = 107;  // the address of a Unix socket has 108 bytes, the last of which is 0
  if (text.starts_with(kIpc)) return text.size() > kIpc.size() && text.size() - kIpc.size() <= kMaxPath;
  const auto colon = text.rfind(':');
  if (!text.starts_with(kTcp) || colon == std::string_view::npos || colon <= kTcp.size()) return false;
  if (text.find_first_of(", ") != std::string_view::npos) return false;  // a list with a mistake
  const auto digits = text.substr(colon + 1);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc{} && end == digits.data() + digits.size() && port > 0 && port <= 65'535;
}

std::vector<std::string> split_endpoints(std::string_view text) {
  std::vector<std::string> all;
  for (;;) {
    const auto comma = std::min(text.find(",tcp://"), text.find(",ipc://"));
    all.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return all;
    text.remove_prefix(comma + 1);
  }
}

bool is_endpoint_list(std::string_view text) {
  const auto all = split_endpoints(text);
  return std::all_of(all.begin(), all.end(), is_endpoint);
}

bool is_listen_endpoint(std::string_view text) {
  constexpr std::string_view kAnyPort = "1";
  for (const std::string_view end : {":*", ":0"})
    if (text.ends_with(end)) return is_endpoint(std::string{text.substr(0, text.size() - 1)}.append(kAnyPort));
  return is_endpoint(text);
}

std::string not_an_endpoint(std::string_view text) {
  const bool is_port = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  const auto tcp = is_port ? "tcp://127.0.0.1:" + std::string{text} : "tcp://HOST:PORT";
  return "'" + std::string{text} + "' is not an endpoint: write " + tcp + " or ipc://PATH";
}

}  // namespace forkmill::proto
