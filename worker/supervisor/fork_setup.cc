#include "worker/supervisor/fork_setup.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <system_error>
#include <utility>

#include "proto/os/kept_memory.h"
#include "proto/transport/errors.h"
#include "worker/child/child.h"
#include "worker/link/link.h"
#include "worker/os/limits.h"
#include "worker/os/reaping.h"

namespace forkmill::worker {

namespace {

// For the handlers, first of all for the client library in them.
void set_environment(const Origin& origin, const ChildRole& role) {
  const auto set = [](const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); };
  for (const char* name : {"FORKMILL_PROCESS", "FORKMILL_DAEMON"}) ::unsetenv(name);
  if (!origin.setup.of_client) ::unsetenv("FORKMILL_PARENT");  // else that of the pool's host: the client
  set("FORKMILL_BROKER", origin.setup.options.broker);
  if (!origin.setup.options.key.empty()) {
    set("FORKMILL_SERVER_PUBLIC_KEY", origin.setup.options.server_public_key);
    set("FORKMILL_KEY", origin.setup.options.key);
  }
  if (!origin.setup.options.seal_keys.empty()) set("FORKMILL_SEAL_KEYS", origin.setup.options.seal_keys);
  set("FORKMILL_CHILD_OF", std::to_string(origin.instance));
  if (!role.process) {
    if (origin.setup.of_client) set("FORKMILL_DAEMON", "pool");
    return;
  }
  set("FORKMILL_PROCESS", role.purpose.label);
  set("FORKMILL_PARENT", std::to_string(role.purpose.parent));
  if (role.purpose.daemon) set("FORKMILL_DAEMON", "1");
}

// The host of a pool reads these signals when its pool runs (pool_tasks.cc). Earlier ones must not kill it.
void block_stop_signals() {
  sigset_t stops;
  sigemptyset(&stops);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&stops, signal);
  ::sigprocmask(SIG_BLOCK, &stops, nullptr);
}

void set_streams(const ChildRole& role) {
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(role.out, STDOUT_FILENO);
  ::dup2(role.err, STDERR_FILENO);
}

// Gives up what tasks must not have. The change of user comes first: only root may do it.
void confine(const SupervisorSetup& setup, const ChildRole& role) {
  try {
    if (!role.enclosure.group.empty()) enter_group(role.enclosure.group);
    if (setup.account) {
      // Programs open /dev/stderr and the like by name.
      for (const int stream : {role.out, role.err})
        if (::fchown(stream, setup.account->uid, setup.account->gid) != 0)
          throw std::system_error{errno, std::generic_category(), "fchown"};
      become(*setup.account);
    }
    apply(setup.options.limits);
  } catch (const std::system_error& error) {
    std::fprintf(stderr, "the child cannot start: %s\n", error.what());
    std::fflush(stderr);
    ::_exit(EXIT_FAILURE);
  }
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void keep_only(const Origin& origin, std::initializer_list<int> fds) {
  auto kept = origin.inherited;
  kept.insert(kept.end(), fds);
  close_all_but(std::move(kept));
}

}  // namespace

void become_link(const Origin& origin, Control control, const Bell& bell, spdlog::logger& log) {
  ::prctl(PR_SET_NAME, "forkmill-link");
  proto::keep_freed_memory();
  // Other processes of the user cannot read the secret keys in this one's memory, and no core dump has them.
  const WorkerOptions& options = origin.setup.options;
  if (!options.key.empty() || !options.seal_keys.empty()) ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // A group of its own: ^C in a terminal is for the supervisor. Not a session of its own: if the link was stopped when
  // the supervisor died, it would stay stopped forever.
  ::setpgid(0, 0);
  reset_signals();
  // The link keeps the writer too: without any writer, the reader would be ready forever.
  keep_only(origin, {control.fd(), bell.reader(), bell.writer()});
  int code = 1;
  try {
    const SupervisorSetup& setup = origin.setup;
    code = run_link({setup.registry, setup.options, std::move(control), bell.reader(), origin.supervisor,
                     origin.instance, setup.can_restart});
  } catch (const proto::TransportError& error) {
    log.critical("{}", error.what());
    code = kLinkRefused;
  } catch (const std::exception& error) {
    log.critical("the link ends: {}", error.what());
  }
  ::_exit(code);
}

void become_child(const Origin& origin, const ChildRole& role) {
  const SupervisorSetup& setup = origin.setup;
  set_streams(role);
  confine(setup, role);
  die_with(origin.supervisor);  // a change of user would undo it
  ::setsid();  // its own group for signals, and its own session, by which its descendants are found when it dies
  ::prctl(PR_SET_NAME, role.process ? "forkmill-proc" : "forkmill-child");
  proto::keep_freed_memory();
  set_environment(origin, role);
  reset_signals();
  if (role.purpose.hosts_pool) block_stop_signals();
  keep_only(origin, {role.shared_area, role.link_bell});
  run_child({setup.registry, setup.on_child_start, setup.options, role.shared_area, role.link_bell, role.process,
             role.enclosure.folder});
}

}  // namespace forkmill::worker
