#include "client/cli/commands/connection.h"

#include <signal.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "client/cli/os/signals.h"
#include "client/cli/os/terminal.h"
#include "client/cli/text/human.h"
#include "client/cli/text/values.h"
#include "proto/names.h"

namespace forkmill::cli {

namespace {

constexpr std::chrono::milliseconds kSignalCheckInterval{100};
// The client gives up later than this command, so that only the command reports a missing broker.
constexpr std::chrono::seconds kExtraClientTimeout{1};
constexpr std::chrono::milliseconds kMinInterval{100};  // the floor of --interval, as in watch(1)
constexpr const char* kClearScreen = "\x1b[H\x1b[2J";

// Throws UsageError if the endpoint is malformed, which ZeroMQ would report late or not at all.
ClientOptions client_options(const ConnectionOptions& options, std::shared_ptr<Executor> executor, bool fail_fast) {
  if (!proto::is_endpoint_list(options.broker)) {
    throw UsageError{
        "'" + options.broker + "' is not the endpoint of a broker",
        "write tcp://HOST:PORT with a port from 1 to 65535, or ipc://PATH, in --broker or FORKMILL_BROKER"};
  }
  ClientOptions made;
  made.endpoint = options.broker;
  made.name = "forkmill";
  const ConnectionOptions complete = with_login(options);
  made.server_public_key = complete.server_public_key;
  made.key = complete.key;
  made.seal_keys = complete.seal_keys;
  made.connect_timeout = fail_fast ? options.connect_timeout + kExtraClientTimeout : std::chrono::milliseconds::max();
  made.fail_fast = fail_fast;
  made.warn_of_unserved = false;  // the commands say so themselves, with what to do
  made.executor = std::move(executor);
  return made;
}

}  // namespace

ConnectionOptions with_login(ConnectionOptions options) {
  if (options.login.file.empty() || options.broker != options.login.endpoint) return options;
  if (!options.key.empty() || !options.server_public_key.empty()) return options;
  if (!options.login.failure.empty())
    throw CommandError{ExitCode::failed, options.login.failure, "log in again, or remove " + options.login.file};
  options.key = options.server_public_key = options.login.file;
  return options;
}

Connection::Connection(const ConnectionOptions& options, std::shared_ptr<Executor> executor, Signals* signals,
                       OnLoss on_loss)
    : timeout_{options.connect_timeout},
      seal_keys_{options.seal_keys},
      client_{client_options(options, std::move(executor), on_loss == OnLoss::fail)} {
  const auto deadline = std::chrono::steady_clock::now() + options.connect_timeout;
  for (;;) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (client_.wait_connected(std::min(std::chrono::ceil<std::chrono::milliseconds>(left), kSignalCheckInterval)))
      return;
    const int signal = signals == nullptr ? 0 : signals->pop();
    if (signal != 0 && signal != SIGUSR1 && signal != SIGUSR2) throw CommandError{ExitCode::interrupted, "interrupted"};
    if (left > std::chrono::nanoseconds{0}) continue;
    if (auto obstacle = client_.obstacle(); !obstacle.empty()) throw CommandError{ExitCode::unreachable, obstacle};
    throw CommandError{
        ExitCode::unreachable,
        "no broker answered at " + options.broker + " within " +
            format_duration(std::chrono::duration<double>(options.connect_timeout).count()),
        "start one with `forkmill dev`, or give the endpoint of another one with --broker or FORKMILL_BROKER"};
  }
}

nlohmann::ordered_json Connection::ask(const Query& query) { return json_from_msgpack(ask_packed(query)); }

std::string Connection::ask_packed(const Query& query) { return answer(client_.query(query)).bytes; }

nlohmann::ordered_json Connection::carry_out(const Command& command) {
  return json_from_msgpack(answer(client_.command(command)).bytes);
}

CommandError Connection::unanswered(std::chrono::milliseconds timeout) const {
  return {ExitCode::unreachable,
          "the broker at " + client_.endpoint() + " has not answered within " +
              format_duration(std::chrono::duration<double>(timeout).count()),
          "see whether it still runs, or allow more time with --connect-timeout"};
}

nlohmann::ordered_json Connection::carry_out_without_timeout(const Command& command) {
  return json_from_msgpack(client_.command(command).get().bytes);
}

int print_result(const OutputOptions& output, const std::function<std::string()>& show) {
  for (;;) {
    const auto text = show();
    if (output.watch && terminal().out) print_stdout(kClearScreen, true);
    print_stdout(text);
    if (!output.watch) return 0;
    std::this_thread::sleep_for(std::max(output.interval, kMinInterval));
  }
}

}  // namespace forkmill::cli
