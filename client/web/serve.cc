#include "client/web/serve.h"

#include <poll.h>
#include <signal.h>
#include <strings.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include "client/cli/errors/command_error.h"
#include "client/cli/os/signals.h"
#include "client/web/gateway.h"
#include "client/web/http/server.h"
#include "client/web/otlp/exporter.h"
#include "proto/names.h"
#include "proto/os/ready_note.h"
#include "proto/os/real_env.h"

namespace forkmill::web {

namespace {

constexpr int kTickMs = 500;

using cli::CommandError;
using cli::ExitCode;
using cli::UsageError;

Address listen_address(const cli::WebOptions& options) {
  const auto address = parse_address(options.listen);
  if (!address)
    throw UsageError{"--listen " + options.listen + " is not HOST:PORT",
                     "write an IP address and a port, such as 127.0.0.1:7118 or [::1]:7118"};
  if (!address->is_loopback() && options.token_file.empty())
    throw UsageError{"--listen " + options.listen + " is open to other machines, and there is no --token-file",
                     "give a file with tokens, or listen on 127.0.0.1 behind a proxy that authenticates users"};
  return *address;
}

Tokens tokens_of(const cli::WebOptions& options) {
  if (options.token_file.empty()) return {};
  try {
    return read_tokens(options.token_file);
  } catch (const std::exception& error) {
    throw UsageError{"--token-file " + options.token_file + ": " + error.what()};
  }
}

Tls tls_of(const cli::WebOptions& options) {
  if (options.tls_cert.empty()) return {};
  try {
    return read_tls(options.tls_cert, options.tls_key);
  } catch (const std::exception& error) {
    throw UsageError{std::string{"cannot serve TLS: "} + error.what()};
  }
}

std::optional<otlp::Settings> otlp_of(const cli::WebOptions& options) {
  const auto variable = [](const char* name) -> std::string {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    return value == nullptr ? "" : value;
  };
  try {
    const auto tasks = options.otlp_all_tasks ? otlp::Tasks::all : otlp::Tasks::traced;
    auto settings = otlp::read_settings(options.otlp_endpoint, tasks, variable);
    if (!settings && options.otlp_all_tasks)
      throw UsageError{"--otlp-all-tasks is given without a collector", "give --otlp-endpoint as well"};
    return settings;
  } catch (const std::invalid_argument& error) {
    throw UsageError{error.what()};
  }
}

// Begins to export spans, if that is wanted.
std::unique_ptr<otlp::Exporter> begin_export(const std::optional<otlp::Settings>& settings, Broker& broker) {
  if (!settings) return nullptr;
  try {
    return std::make_unique<otlp::Exporter>(
        *settings, [&broker](const EventFilter& filter) { return broker.begin_events(filter); },
        [&broker] { return broker.connected(); });
  } catch (const std::runtime_error& error) {
    throw UsageError{std::string{"cannot send spans: "} + error.what(),
                     "mend that, or start without --otlp-endpoint and OTEL_EXPORTER_OTLP_ENDPOINT"};
  }
}

std::string random_token() {
  proto::RealEnv env;
  std::string token;
  for (int i = 0; i < 2; ++i) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(env.random()));
    token += text.data();
  }
  return token;
}

// Returns which one of kUserHeaders `name` is. None: it is empty.
std::optional<std::size_t> user_header_of(const std::string& name) {
  if (name.empty()) return std::nullopt;
  for (std::size_t i = 0; i < kUserHeaders.size(); ++i)
    if (::strcasecmp(kUserHeaders[i], name.c_str()) == 0) return i;
  throw UsageError{"--user-header " + name + " is no header in which a proxy names a user",
                   "let the proxy use X-Forwarded-User, X-Auth-Request-User, X-Remote-User or Remote-User"};
}

AccessRules rules_of(const cli::WebOptions& options, const Address& address) {
  AccessRules rules{.tokens = tokens_of(options),
                    .hosts = {"localhost", "127.0.0.1", "[::1]", host_without_port(address.text())},
                    .user = ::geteuid(),
                    .csrf_token = random_token(),
                    .is_tls = !options.tls_cert.empty(),
                    .read_only = options.read_only,
                    .user_header = user_header_of(options.user_header)};
  for (const auto& host : options.hosts) rules.hosts.push_back(host_without_port(host));
  return rules;
}

void add_server_metrics(Exposition& text, const ResponseCounts& responses) {
  text.begin("forkmill_web_responses", Exposition::Kind::counter, "Responses of the gateway, by class of status.");
  for (const std::size_t hundreds : {2U, 4U, 5U})
    text.add({{"code", std::to_string(hundreds) + "xx"}}, static_cast<double>(responses.of(hundreds)));
}

void run_until_stopped(Server& server, cli::Signals& signals) {
  while (signals.pop() == 0) {
    pollfd asked{.fd = signals.fd(), .events = POLLIN, .revents = 0};
    ::poll(&asked, 1, kTickMs);
    server.enforce_time_limits();
  }
}

}  // namespace

int serve(const cli::WebOptions& options) {
  const auto address = listen_address(options);
  if (!proto::is_endpoint_list(options.connection.broker))
    throw UsageError{proto::not_an_endpoint(options.connection.broker)};
  const auto tls = tls_of(options);
  const auto otlp_settings = otlp_of(options);
  const Access access{rules_of(options, address)};
  cli::Signals signals{SIGINT, SIGTERM};  // before the threads of client and server
  try {
    Audit audit{options.audit_log};
    Broker broker{options.connection};
    const auto exporter = begin_export(otlp_settings, broker);
    Gateway gateway{broker, audit, access};
    ResponseCounts responses;
    gateway.add_metrics([&](Exposition& text) {
      add_server_metrics(text, responses);
      if (exporter) exporter->add_metrics(text);
    });
    Server server{address,
                  tls,
                  ServerLimits{},
                  responses,
                  [&](const Request& request) { return gateway.answer_at_once(request); },
                  [&](const Request& request) { return gateway.answer(request); }};
    std::printf("%s://%s/\n", tls.scheme(), server.address().text().c_str());
    std::fflush(stdout);
    proto::send_ready_note();
    run_until_stopped(server, signals);
    return 0;
  } catch (const std::system_error& error) {
    throw CommandError{ExitCode::failed, error.what()};
  }
}

}  // namespace forkmill::web
