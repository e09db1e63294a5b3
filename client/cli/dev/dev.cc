// forkmill dev: runs a broker and a stock worker without configuration.
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <thread>

#include "client/cli/commands/connection.h"
#include "client/cli/dev/cluster.h"
#include "client/cli/dev/command_processes.h"
#include "client/cli/dev/programs.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/text/human.h"
#include "client/cli/text/quote.h"

namespace forkmill::cli {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kStartTimeout = 20s;
constexpr auto kBrokerPatience = 2s;  // a broker that has much to read starts while the worker tries to connect
constexpr auto kPollInterval = 5ms;
constexpr auto kStopTimeout = 10s;  // for running tasks, after the first signal

constexpr const char* kDevFooter = R"(Examples:
  forkmill dev                                  run until Ctrl-C; other terminals need no options
  forkmill dev --listen ipc://$HOME/second      run a second cluster
  forkmill dev --data ~/forkmill                keep tasks and results for the next start
  forkmill dev --web 127.0.0.1:7118             also serve web pages, an HTTP API and metrics (forkmill web)
  forkmill dev -- ./my-test                     run a test on a private cluster, whose endpoint it gets in
                                                FORKMILL_BROKER

Tasks are stored on disk, in a temporary directory unless --data names one. The workers run any command
that a client submits (forkmill map), so the broker serves only processes of this user (and of root), on a
socket. --listen tcp://127.0.0.1:PORT serves all users of this machine, and therefore needs --insecure.

Exit status: 0 after SIGINT or SIGTERM; that of COMMAND; 127 or 126 if there is no such COMMAND or it
cannot be executed; 1 if broker or worker fail.)";

// Sends SIGTERM to this process when its parent ends, for scripts and tests that may be killed.
void stop_with_parent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::raise(SIGTERM);
}

// Blocks until a signal arrives, one of `fds` is readable or `timeout` has passed. Returns the signal. 0: there was
// none.
int wait_for_event(Signals& signals, std::initializer_list<int> fds, std::chrono::milliseconds timeout = -1ms) {
  std::vector<pollfd> entries{{.fd = signals.fd(), .events = POLLIN, .revents = 0}};
  for (const int fd : fds) entries.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  ::poll(entries.data(), entries.size(), static_cast<int>(timeout.count()));
  return signals.pop();
}

std::uint64_t processes_ready(Connection& connection) {
  const auto status = connection.ask(QueryKind::status);
  return status.value("workers", 0U) == 0 ? 0 : status.value("children", 0U);
}

// Blocks until the broker listens. Throws CommandError if it has ended.
void wait_broker(DevCluster& cluster, Signals& signals) {
  if (wait_for_event(signals, {cluster.broker_ready_fd(), cluster.broker().fd()}, kBrokerPatience) != 0)
    throw CommandError{ExitCode::interrupted, "interrupted"};
  cluster.check();
}

// Blocks until the worker is connected. Returns the number of its processes. Throws CommandError if that does not
// happen.
std::uint64_t wait_ready(DevCluster& cluster, Signals& signals) {
  const auto deadline = Clock::now() + kStartTimeout;
  std::optional<Connection> connection;
  while (Clock::now() < deadline) {
    cluster.check();
    if (signals.pop() != 0) throw CommandError{ExitCode::interrupted, "interrupted"};
    try {
      if (!connection) connection.emplace(ConnectionOptions{.broker = cluster.endpoint(), .connect_timeout = 250ms});
      if (const auto ready = processes_ready(*connection); ready > 0) return ready;
    } catch (const CommandError&) {
      continue;  // the connect timeout has passed
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  throw CommandError{ExitCode::failed, "broker and worker were not ready within 20 s",
                     "see their messages above, or try again with --log-level debug"};
}

void welcome(const DevCluster& cluster, std::uint64_t processes, bool own_endpoint) {
  const auto setting = own_endpoint ? " --broker " + shell_quote(cluster.endpoint()) : std::string{};
  const auto forkmill = "  " + shell_quote(command_word("forkmill"));
  const auto worker = "  " + shell_quote(command_word("forkmill-worker"));
  print_stdout("forkmill is ready: broker at " + cluster.endpoint() + ", " + format_count(processes, "worker process") +
               "\n\nIn another terminal:\n" + forkmill + setting + " map 'echo job {#}: {}' ::: a b c\n" + forkmill +
               setting + " status\n\nAnother worker; worker programs of your own have the same options:\n" + worker +
               setting + " --allow-exec\n\nPress Ctrl-C to stop.\n");
}

void stop(DevCluster& cluster, Signals& signals, std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  cluster.stop([&] { return Clock::now() < deadline && signals.pop() == 0; });
}

int serve(DevCluster& cluster, Signals& signals) {
  for (;;) {
    cluster.check();
    if (wait_for_event(signals, {cluster.broker().fd(), cluster.worker().fd(), cluster.web_fd()}) == 0) continue;
    std::fputs("\nforkmill: stopping; running tasks have 10 s to finish; press Ctrl-C again to stop now\n", stderr);
    stop(cluster, signals, kStopTimeout);
    return 0;
  }
}

// Forwards signals to the command, except for SIGINT, which the terminal sends to the command as well. The command
// decides when to end. What it has started then ends as well, while there still is a broker.
int follow_command(DevCluster& cluster, const DevOptions& options, Signals& signals) {
  Signals deaths{SIGCHLD};
  const CommandProcesses processes{{cluster.broker().pid(), cluster.worker().pid()}};
  std::optional<Child> command;
  try {
    command.emplace(options.command,
                    Child::Options{.own_group = false, .env = {{"FORKMILL_BROKER", cluster.endpoint()}}});
  } catch (const CommandError&) {
    stop(cluster, signals, 0s);
    throw;
  }
  while (!command->ended()) {
    cluster.check();
    const int signal =
        wait_for_event(signals, {deaths.fd(), command->fd(), cluster.broker().fd(), cluster.worker().fd()});
    if (signal != 0 && signal != SIGINT) command->signal(signal);
    while (deaths.pop() != 0) {
    }
    processes.reap_orphans(command->pid());
  }
  return command->ended()->status();
}

int run_command(DevCluster& cluster, const DevOptions& options, Signals& signals) {
  const int status = follow_command(cluster, options, signals);
  stop(cluster, signals, 0s);
  return status;
}

int dev(const DevOptions& options, bool own_endpoint) {
  Signals signals{SIGINT, SIGTERM, SIGHUP};
  DevCluster cluster{options};
  wait_broker(cluster, signals);
  cluster.start_worker();
  const auto processes = wait_ready(cluster, signals);
  if (!options.command.empty()) return run_command(cluster, options, signals);
  welcome(cluster, processes, own_endpoint);
  if (!options.web.empty()) cluster.start_web(options.web);
  return serve(cluster, signals);
}

}  // namespace

void add_dev(const Program& program) {
  auto* command = program.app.add_subcommand("dev", "Start a broker and workers on this machine");
  auto options = std::make_shared<DevOptions>();
  program.help.usage(*command, "forkmill dev [OPTIONS] [-- COMMAND...]");
  command->footer(kDevFooter);
  command
      ->add_option("--listen", options->listen,
                   "Endpoint of the broker [default: this user's socket; with COMMAND, a private one]")
      ->type_name("ENDPOINT");
  command->add_flag("--insecure", options->insecure,
                    "Allow a TCP endpoint on loopback: every program on this machine gets full access");
  auto* data = command
                   ->add_option("--data", options->data,
                                "Store tasks in this directory [default: a temporary one, removed at exit]")
                   ->type_name("DIR");
  command->add_flag("--memory", options->memory, "Keep tasks in memory only; excludes --data")->excludes(data);
  command->add_option("--processes", options->processes, "Worker processes, 1 to 4096 [default: one per CPU]")
      ->check(number_between(1U, 4096U))
      ->type_name("N");
  command->add_option("--queues", options->queues, "Queues to serve, separated by commas [default: default]")
      ->type_name("NAMES");
  command
      ->add_option("--log-level", options->log_level,
                   "Log level of broker and worker: debug, info, warn or error [default: warn]")
      ->type_name("LEVEL");
  command
      ->add_option("--web", options->web,
                   "Also start `forkmill web` at this address and print its URL; not with COMMAND [default: none]")
      ->type_name("HOST:PORT");
  auto with_parent = std::make_shared<bool>(false);
  command->add_flag("--with-parent", *with_parent, "Stop when the parent process ends, even if it is killed");
  command->prefix_command();
  const pid_t parent = ::getppid();
  command->callback([program, command, options, with_parent, parent] {
    options->command = command_words(program, *command);
    program.action = [options, with_parent, parent] {
      if (!options->web.empty() && !options->command.empty())
        throw UsageError{"--web is not for clusters with a COMMAND", "start `forkmill web` in the COMMAND"};
      if (*with_parent) stop_with_parent(parent);
      return dev(*options, !options->listen.empty());
    };
  });
}

}  // namespace forkmill::cli
