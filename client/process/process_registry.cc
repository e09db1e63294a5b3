#include <algorithm>
#include <cstdlib>
#include <thread>
#include <typeindex>
#include <unordered_map>

#include "client/engine/fork_guard.h"
#include "client/process/process_state.h"

namespace forkmill {

namespace client {

namespace {

std::unordered_map<std::type_index, ProcessClass>& classes() {
  static std::unordered_map<std::type_index, ProcessClass> all;
  return all;
}

void join_rest() { ProcessRegistry::instance().join_all(); }

// The main thread's own variables have been destroyed by then, and whoever waits may have to decode messages.
void join_rest_at_exit() { std::thread{join_rest}.join(); }

}  // namespace

const ProcessClass* process_class(const std::type_info& type) {
  const auto found = classes().find(type);
  return found == classes().end() ? nullptr : &found->second;
}

// Never destroyed: what runs at the program's end still looks into it.
ProcessRegistry& ProcessRegistry::instance() {
  static auto* one = new ProcessRegistry;
  return *one;
}

// The children of a program that was forked are not those of the new one.
void ProcessRegistry::check_fork() {
  if (std::exchange(forks_, fork_count()) == fork_count()) return;
  for (auto& entry : entries_) new Entry{std::move(entry)};  // their client cannot be let go of here
  entries_.clear();
}

void ProcessRegistry::add(const Entry& process) {
  const std::unique_lock lock{mutex_};
  check_fork();
  std::erase_if(entries_, [](const Entry& entry) { return entry->ended(); });
  entries_.push_back(process);
  if (std::exchange(joins_at_exit_, true)) return;
  // After the default client was made, so it runs before that one is closed.
  std::atexit(join_rest_at_exit);
  detail::at_process_end(join_rest);
}

void ProcessRegistry::forget_ended() {
  const std::unique_lock lock{mutex_};
  check_fork();
  std::erase_if(entries_, [](const Entry& entry) { return entry->ended(); });
}

std::vector<ProcessRegistry::Entry> ProcessRegistry::all() {
  forget_ended();
  const std::unique_lock lock{mutex_};
  return entries_;
}

void ProcessRegistry::join_all() {
  for (const Entry& entry : all())
    if (!entry->daemon) entry->result->wait({});
}

unsigned ProcessRegistry::next_number() {
  const std::unique_lock lock{mutex_};
  return ++last_number_;
}

}  // namespace client

namespace detail {

void register_process_class(const std::type_info& type, const std::string& name, ProcessPacker pack) {
  client::classes().insert_or_assign(type, client::ProcessClass{name, pack});
}

}  // namespace detail

std::vector<Process> active_children() {
  std::vector<Process> children;
  for (auto& entry : client::ProcessRegistry::instance().all()) children.push_back(Process{std::move(entry)});
  return children;
}

}  // namespace forkmill
