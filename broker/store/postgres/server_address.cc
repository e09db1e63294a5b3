#include "broker/store/postgres/server_address.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace forkmill::broker {

namespace {

constexpr std::string_view kSchemes[] = {"postgresql://", "postgres://"};

}  // namespace

bool is_postgres_url(std::string_view text) {
  return std::any_of(std::begin(kSchemes), std::end(kSchemes),
                     [text](std::string_view scheme) { return text.starts_with(scheme); });
}

void hide_password(char* text) {
  char* begin = std::strstr(text, "postgres");
  begin = begin == nullptr ? nullptr : std::strstr(begin, "://");
  if (begin == nullptr) return;
  begin += 3;
  char* end = begin + std::strcspn(begin, "/?");
  char* at = end;
  while (at > begin && *at != '@') --at;
  char* colon = std::find(begin, at, ':');
  for (char* letter = colon + 1; letter < at; ++letter) *letter = '*';
  constexpr std::string_view kOption = "password=";
  char* option = std::strstr(end, kOption.data());
  if (option == nullptr) return;
  for (option += kOption.size(); *option != '\0' && *option != '&'; ++option) *option = '*';
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
    return proto::Failure{Errc::option_out_of_range, text ? text.get() : "libpq is out of memory"};
  }
  ServerAddress address;
  for (const auto* option = options.get(); option->keyword != nullptr; ++option)
    if (option->val != nullptr) address.parameters_.emplace_back(option->keyword, option->val);
  const auto after = [](std::string_view separator, std::string text) {
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
