#include "client/process/registry.h"

#include <forkmill/default_client.h>

#include <cstdlib>
#include <thread>
#include <utility>

#include "client/engine/fork_guard.h"

namespace forkmill {

namespace client {

namespace {

void join_rest() { ProcessRegistry::instance().join_all(); }

// In a thread of its own: the variables of the main thread (thread_local) have been destroyed by then, and a waiting
// thread may have to decode messages.
void join_rest_at_exit() { std::thread{join_rest}.join(); }

}  // namespace

// Never destroyed: functions that run at the program's end still use it.
ProcessRegistry& ProcessRegistry::instance() {
  static auto* one = new ProcessRegistry;
  return *one;
}

// A forked child does not inherit its parent's entries.
void ProcessRegistry::check_fork() {
  if (std::exchange(forks_, fork_count()) == fork_count()) return;
  for (auto& entry : entries_) new Entry{std::move(entry)};  // leaked: their client cannot be released in a child
  entries_.clear();
}

void ProcessRegistry::add(const Entry& process) {
  const std::lock_guard hold{mutex_};
  check_fork();
  std::erase_if(entries_, [](const Entry& entry) { return entry->ended(); });
  entries_.push_back(process);
  if (std::exchange(joins_at_exit_, true)) return;
  // Registered after the default client was made, so that it runs before that client is closed.
  std::atexit(join_rest_at_exit);
  detail::at_process_end(join_rest);
}

void ProcessRegistry::forget_ended() {
  const std::lock_guard hold{mutex_};
  check_fork();
  std::erase_if(entries_, [](const Entry& entry) { return entry->ended(); });
}

std::vector<ProcessRegistry::Entry> ProcessRegistry::all() {
  forget_ended();
  const std::lock_guard hold{mutex_};
  return entries_;
}

void ProcessRegistry::join_all() {
  for (const Entry& entry : all())
    if (!entry->daemon) entry->result->wait({});
}

unsigned ProcessRegistry::next_number() {
  const std::lock_guard hold{mutex_};
  return ++last_number_;
}

}  // namespace client

std::vector<Process> active_children() {
  std::vector<Process> children;
  for (auto& entry : client::ProcessRegistry::instance().all()) children.push_back(Process{std::move(entry)});
  return children;
}

}  // namespace forkmill
