// forkmill dev: a broker and a stock worker, at once and without configuration.
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <thread>

#include "client/cli/command_error.h"
#include "client/cli/commands/connection.h"
#include "client/cli/dev/cluster.h"

namespace forkmill::cli {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kStartsWithin = 20s;
constexpr auto kLook = 20ms;

constexpr const char* kDevFooter = R"(Examples:
  forkmill dev                                  until Ctrl-C; other terminals need no settings
  forkmill dev --listen tcp://127.0.0.1:7200    beside another one
  forkmill dev --data ~/forkmill                keep what waits, and results, for the next time
  forkmill dev -- ./my-test                     run a program with FORKMILL_BROKER set to a cluster
                                                of its own, stop everything, exit as it did

The tasks are on disk in a temporary folder that is removed when this ends; with --data DIR they are
there again the next time. Workers run any command that is sent to them (forkmill map), so keep the
broker to yourself: it listens on this machine only.)";

// For scripts and tests that may be killed: with whoever started us we go too, and with us what we started.
void end_with_parent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::raise(SIGTERM);
}

std::uint64_t processes_ready(Connection& connection) {
  const auto status = connection.ask(QueryKind::status);
  return status.value("workers", 0U) == 0 ? 0 : status.value("children", 0U);
}

// Until the worker has said hello to the broker.
std::uint64_t wait_ready(DevCluster& cluster, Signals& signals) {
  const auto deadline = Clock::now() + kStartsWithin;
  std::optional<Connection> connection;
  while (Clock::now() < deadline) {
    cluster.check();
    if (signals.take()) throw CommandError{ExitCode::interrupted, "interrupted"};
    try {
      if (!connection) connection.emplace(ConnectionOptions{.broker = cluster.endpoint(), .connect_timeout = 250ms});
      if (const auto ready = processes_ready(*connection); ready > 0) return ready;
    } catch (const CommandError&) {
      continue;  // it waited for as long as its connect timeout
    }
    std::this_thread::sleep_for(kLook);
  }
  throw CommandError{ExitCode::failed, "broker and worker did not get ready in time", "its messages may be above"};
}

void welcome(const DevCluster& cluster, std::uint64_t processes, bool own_endpoint) {
  const auto setting = own_endpoint ? "--broker " + cluster.endpoint() + " " : std::string{};
  std::printf(
      "forkmill is ready: broker at %s, %llu worker process(es)\n\n"
      "In another terminal:\n"
      "  forkmill %smap 'echo {} has {#} letters' ::: a b c\n"
      "  forkmill %sstatus\n\n"
      "Your own worker:  ./my-worker --broker %s\n"
      "Ctrl-C stops everything.\n",
      cluster.endpoint().c_str(), static_cast<unsigned long long>(processes), setting.c_str(), setting.c_str(),
      cluster.endpoint().c_str());
  std::fflush(stdout);
}

// Waits for a signal or for the end of one of these; which signal, if it was one.
std::optional<int> wait_for_news(Signals& signals, std::initializer_list<int> fds) {
  std::vector<pollfd> entries{{.fd = signals.fd(), .events = POLLIN, .revents = 0}};
  for (const int fd : fds) entries.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  ::poll(entries.data(), entries.size(), -1);
  return signals.take();
}

void stop(DevCluster& cluster, Signals& signals, std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  cluster.stop([&] { return Clock::now() < deadline && !signals.take(); });
}

int serve(DevCluster& cluster, Signals& signals) {
  for (;;) {
    cluster.check();
    const auto signal = wait_for_news(signals, {cluster.broker().fd(), cluster.worker().fd()});
    if (!signal) continue;
    std::fputs("\nforkmill: stopping; what runs may finish for 10 s, Ctrl-C again ends it\n", stderr);
    stop(cluster, signals, 10s);
    return 0;
  }
}

// The terminal gives a Ctrl-C to the command as well: it decides. Other signals are handed on.
int run_command(DevCluster& cluster, const DevOptions& options, Signals& signals) {
  Child command{options.command, {.own_group = false, .env = {{"FORKMILL_BROKER", cluster.endpoint()}}}};
  while (!command.ended()) {
    cluster.check();
    const auto signal = wait_for_news(signals, {command.fd(), cluster.broker().fd(), cluster.worker().fd()});
    if (signal && *signal != SIGINT) command.signal(*signal);
  }
  stop(cluster, signals, 0s);
  return command.ended()->status();
}

int dev(const DevOptions& options, bool own_endpoint) {
  Signals signals{SIGINT, SIGTERM, SIGHUP};
  DevCluster cluster{options};
  const auto processes = wait_ready(cluster, signals);
  if (!options.command.empty()) return run_command(cluster, options, signals);
  welcome(cluster, processes, own_endpoint);
  return serve(cluster, signals);
}

}  // namespace

void add_dev(const Program& program) {
  auto* command =
      program.app.add_subcommand("dev", "Start a broker and workers on this machine; stop them with Ctrl-C");
  auto options = std::make_shared<DevOptions>();
  program.help.usage(*command, "forkmill dev [OPTIONS] [-- COMMAND…]");
  command->footer(kDevFooter);
  command
      ->add_option("--listen", options->listen,
                   "Where the broker listens. Default: tcp://127.0.0.1:7117; with COMMAND a socket of its own")
      ->type_name("ENDPOINT");
  auto* data = command
                   ->add_option("--data", options->data,
                                "Keep tasks in this directory. Default: a temporary one, removed at the end")
                   ->type_name("DIR");
  command->add_flag("--memory", options->memory, "Keep tasks in memory only")->excludes(data);
  command->add_option("--processes", options->processes, "Worker processes. Default: as many as CPUs")
      ->check(CLI::Range(1U, 4096U).description(""))
      ->type_name("N");
  command->add_option("--queues", options->queues, "Queues to serve, with commas between. Default: default")
      ->type_name("NAMES");
  command
      ->add_option("--log-level", options->log_level,
                   "What broker and worker tell: debug, info, warn, error. Default: warn")
      ->type_name("LEVEL");
  auto with_parent = std::make_shared<bool>(false);
  command->add_flag("--with-parent", *with_parent, "Stop when the program that started this one ends, however it ends");
  command->add_option("command", options->command, "Run this instead of waiting")->option_text("COMMAND…");
  const pid_t parent = ::getppid();
  command->callback([program, options, with_parent, parent] {
    program.action = [options, with_parent, parent] {
      if (*with_parent) end_with_parent(parent);
      return dev(*options, !options->listen.empty());
    };
  });
}

}  // namespace forkmill::cli
