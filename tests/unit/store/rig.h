// Shared by the tests of stores: a folder, stores in it, tasks to fill them, a child process that dies.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "broker/store/journal/journal_store.h"
#include "tests/folder.h"
#include "tests/unit/store/database_store.h"
#include "tests/unit/store/store_samples.h"

namespace forkmill::broker::test {

using tests::Folder;

inline std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}
inline void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}

inline void copy_directory(const std::string& from, const std::string& to) {
  std::filesystem::create_directory(to);
  for (const auto& entry : std::filesystem::directory_iterator{from})
    std::filesystem::copy_file(entry.path(), std::filesystem::path{to} / entry.path().filename());
}

inline std::unique_ptr<DatabaseStore> make_database_store(const std::string& directory,
                                                          std::uint64_t checkpoint_bytes = 48 << 20) {
  return std::make_unique<DatabaseStore>(SqliteOptions{directory, "store-1", checkpoint_bytes});
}

// A store as brokers have it.
inline std::unique_ptr<JournalStore> make_store(const std::string& directory, std::uint64_t segment_bytes = 32 << 20,
                                                FileSystem& files = system_files()) {
  const SqliteOptions database{directory, "store-1", 48 << 20, &files};
  return std::make_unique<JournalStore>(JournalOptions{database, 7, segment_bytes});
}

// Opens and loads, as a broker does. The text of what is wrong; empty: nothing, and then `tasks` are there.
inline std::string failure_of(Store& store, std::vector<TaskSummary>* tasks = nullptr) {
  const auto identity = store.open();
  if (!identity.ok()) return identity.failure().text;
  auto status = store.load([&](const TaskSummary& task) {
    if (tasks != nullptr) tasks->push_back(task);
  });
  if (status.ok()) status = store.load_records([](proto::TaskSeq, std::string_view) {});
  return status.ok() ? "" : status.failure().text;
}
inline std::string failure_of(const std::string& directory) { return failure_of(*make_store(directory)); }

// An open store.
inline std::unique_ptr<JournalStore> open_store(const std::string& directory, std::uint64_t segment_bytes = 32 << 20) {
  auto store = make_store(directory, segment_bytes);
  REQUIRE(failure_of(*store) == "");
  return store;
}
inline std::unique_ptr<DatabaseStore> open_database_store(const std::string& directory,
                                                          std::uint64_t checkpoint_bytes = 48 << 20) {
  auto store = make_database_store(directory, checkpoint_bytes);
  REQUIRE(failure_of(*store) == "");
  return store;
}

inline void commit(Store& store, std::uint64_t number, std::vector<StoreOp> ops) {
  REQUIRE(store.apply(ops).ok());
  REQUIRE(store.commit(proto::CommitSeq{number}).ok());
}

inline Finish finish(std::uint64_t n) {
  return {proto::TaskSeq{n},
          {proto::OutcomeKind::succeeded,
           proto::Attempt{1},
           "worker",
           proto::Payload::copy("value " + std::to_string(n)),
           {}},
          proto::milliseconds{7000}};
}

// Runs `work` in a child that ends without cleaning up, as a crash would; its exit status.
inline int in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(work());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

inline bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace forkmill::broker::test
