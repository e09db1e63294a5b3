// Tasks and records for tests of stores, and what a store gives back.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/store/store.h"

namespace forkmill::broker::test {

inline std::vector<TaskSummary> summaries(Store& store) {
  std::vector<TaskSummary> tasks;
  REQUIRE(store.load([&](const TaskSummary& task) { tasks.push_back(task); }).ok());
  return tasks;
}

inline std::vector<PutRecord> records(Store& store) {
  std::vector<PutRecord> all;
  REQUIRE(
      store.load_records([&](proto::TaskSeq seq, std::string_view bytes) {
             all.push_back({seq, std::string{bytes}});
           })
          .ok());
  return all;
}

inline std::vector<StoredTask> fetched(Store& store, std::vector<proto::TaskSeq> seqs) {
  std::vector<StoredTask> tasks;
  REQUIRE(store.fetch(seqs, [&](StoredTask task) { tasks.push_back(std::move(task)); }).ok());
  return tasks;
}

inline std::vector<proto::TaskSeq> scanned(Store& store, std::uint64_t before, std::size_t most) {
  std::vector<proto::TaskSeq> seqs;
  REQUIRE(store
              .scan(proto::TaskSeq{before},
                    [&](const StoredTask& task) {
                      seqs.push_back(task.put.seq);
                      return seqs.size() < most;
                    })
              .ok());
  return seqs;
}

inline PutTask put(std::uint64_t n) {
  TaskSpec spec{"default", "t.echo", 7, {}};
  spec.options.priority = 3;
  spec.options.key = n % 2 == 0 ? "key " + std::to_string(n) : "";
  return {proto::TaskSeq{n},
          TaskId::make(1, n, n),
          std::make_shared<const TaskSpec>(std::move(spec)),
          proto::Payload::copy(n == 3 ? std::string(100'000, 'x') : "body " + std::to_string(n)),
          n * 11,
          proto::milliseconds{1000 + static_cast<std::int64_t>(n)}};
}

inline PutRecord record(std::uint64_t n, std::string bytes) { return {proto::TaskSeq{n}, std::move(bytes)}; }

}  // namespace forkmill::broker::test
