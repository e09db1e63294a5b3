// What the handles of one process share.
#pragma once

#include <forkmill/process.h>

#include <atomic>
#include <mutex>

#include "client/engine/engine.h"

namespace forkmill {

struct Process::State {
  // Fixed before start()
  detail::Ref<detail::Origin> engine;  // null: the default client, at start()
  ProcessOptions options;
  bool daemon = false;
  std::string task;  // empty: that of the registered class
  std::uint64_t signature = 0;
  std::string payload;
  std::uint32_t parent = 0;

  mutable std::mutex mutex;
  bool closed = false;
  int asked_to_end = 0;                     // the last signal that was sent
  detail::Ref<detail::RemoteState> result;  // set by start(); not changed afterwards
  SharedFuture<RawResult> sentinel;

  detail::Signal settled;  // it was born, or never will be
  std::optional<std::uint32_t> pid;
  std::string host;

  bool ended() const { return result && result->ready(); }
};

namespace client {

// The processes that this program has started and that have not ended, as far as anybody has looked.
class ProcessRegistry {
 public:
  using Entry = std::shared_ptr<Process::State>;

  static ProcessRegistry& instance();
  void add(const Entry& process);
  void forget_ended();
  std::vector<Entry> all();
  void join_all();  // that are no daemons
  unsigned next_number();

 private:
  void check_fork();  // the caller holds mutex_

  std::mutex mutex_;
  std::vector<Entry> entries_;
  unsigned forks_ = 0;
  unsigned last_number_ = 0;
  bool joins_at_exit_ = false;
};

struct ProcessClass {
  std::string name;
  detail::ProcessPacker pack = nullptr;
};
// Null: not registered.
const ProcessClass* process_class(const std::type_info& type);

}  // namespace client
}  // namespace forkmill
