#include "broker/store/postgres/server_address.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace forkmill::broker {

namespace {

constexpr std::string_view kSchemes[] = {"postgresql://", "postgres://"};

// Returns what libpq says of a URL that it refuses, without the part of the URL that it quotes if there is a password,
// which may be in that part.
std::string reason(std::string text, const std::string& url) {
  std::string hidden = url;
  hide_passwords(hidden.data());
  if (hidden != url) text.erase(std::min(text.find(": \""), text.size()));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

bool is_postgres_url(std::string_view text) {
  return std::any_of(std::begin(kSchemes), std::end(kSchemes),
                     [text](std::string_view scheme) { return text.starts_with(scheme); });
}

void hide_passwords(char* text) {
  char* begin = std::strstr(text, "postgres");
  begin = begin == nullptr ? nullptr : std::strstr(begin, "://");
  if (begin == nullptr) return;
  begin += 3;
  // The last @, since a password may have the letters / ? @ that should be written as %2F %3F %40.
  if (char* at = std::strrchr(begin, '@')) {
    char* colon = std::find(begin, at, ':');
    if (colon != at) std::fill(colon + 1, at, '*');
  }
  constexpr std::string_view kOption = "password=";  // and sslpassword=
  for (char* option = begin; (option = std::strstr(option, kOption.data())) != nullptr;) {
    option += kOption.size();
    for (; *option != '\0' && *option != '&'; ++option) *option = '*';
  }
}

proto::Result<ServerAddress> ServerAddress::parse(const std::string& url) {
  if (!is_postgres_url(url)) {
    return proto::Failure{Errc::option_out_of_range,
                          "must be the URL of a PostgreSQL database: postgresql://USER@HOST/DATABASE"};
  }
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options{PQconninfoParse(url.c_str(), &error),
                                                                               PQconninfoFree};
  if (!options) {
    const std::unique_ptr<char, void (*)(void*)> text{error, PQfreemem};
    return proto::Failure{Errc::option_out_of_range, text ? reason(text.get(), url) : "libpq is out of memory"};
  }
  ServerAddress address;
  for (const auto* option = options.get(); option->keyword != nullptr; ++option)
    if (option->val != nullptr) address.parameters_.emplace_back(option->keyword, option->val);
  for (const char* name : {"host", "port", "dbname"}) {
    if (address.value(name).find('@', 1) != std::string::npos)
      return proto::Failure{Errc::option_out_of_range, "write / and @ in user and password as %2F and %40"};
  }
  const auto after = [](std::string_view separator, const std::string& text) {
    return text.empty() ? text : std::string{separator} + text;
  };
  const std::string user = address.value("user");
  std::string port = address.value("port");
  if (port.find_first_not_of(',') == std::string::npos) port.clear();  // none of several hosts has one
  address.shown_ = "postgresql://" + user + (user.empty() ? "" : "@") + address.value("host") + after(":", port) +
                   after("/", address.value("dbname"));
  address.set_default("connect_timeout", "3");  // seconds, for each host
  address.set_default("application_name", "forkmill-broker");
  address.set_default("client_encoding", "UTF8");
  // One of several hosts is the primary.
  if (address.value("host").find(',') != std::string::npos) address.set_default("target_session_attrs", "read-write");
  return address;
}

std::string ServerAddress::value(std::string_view name) const {
  for (const auto& [key, value] : parameters_)
    if (key == name) return value;
  return {};
}

void ServerAddress::set_default(const std::string& name, const std::string& value) {
  if (this->value(name).empty()) parameters_.emplace_back(name, value);
}

}  // namespace forkmill::broker
