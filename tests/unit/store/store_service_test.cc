// The work of the store's thread, one step after the other, on a store that does as the test says.
#include "broker/store/store_service.h"

#include <doctest/doctest.h>

#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace store_service_test {

using namespace forkmill;
using namespace forkmill::broker;
using proto::CommitSeq;

namespace {

// Script: calls of the store, and its answers.
struct Script {
  std::vector<std::string> calls;
  int backup_steps = 1;
  proto::Status backup_begins;
  bool prepares = false;
  std::optional<std::uint64_t> free;
  std::uint64_t reusable = 0;
  proto::Status makes_room;
};

class ScriptedStore final : public Store {
 public:
  explicit ScriptedStore(Script& script) : script_{script} {}

  proto::Result<Identity> open() override { return Identity{}; }
  proto::Status load(const std::function<void(const TaskSummary&)>&) override { return {}; }
  proto::Status load_records(const std::function<void(proto::TaskSeq, std::string_view)>&) override { return {}; }
  proto::Status apply(std::span<const StoreOp> ops) override {
    note("apply " + std::to_string(ops.size()));
    return {};
  }
  proto::Status commit(CommitSeq number) override {
    note("commit " + std::to_string(number.value()));
    return {};
  }
  proto::Status fetch(std::span<const proto::TaskSeq>, const std::function<void(StoredTask)>&) override {
    note("fetch");
    return {};
  }
  proto::Status scan(proto::TaskSeq, const std::function<bool(StoredTask)>&) override { return {}; }
  proto::Status begin_backup(const std::string& path) override {
    note("backup to " + path);
    return script_.backup_begins;
  }
  proto::Result<bool> continue_backup() override {
    note("step");
    return --script_.backup_steps == 0;
  }
  proto::Result<bool> prepare() override {
    note("prepare");
    return script_.prepares;
  }
  std::uint64_t written_bytes() const override { return 4096; }
  std::optional<std::uint64_t> free_bytes() override { return script_.free; }
  std::uint64_t reusable_bytes() override { return script_.reusable; }
  proto::Result<bool> make_room() override {
    note("make room");
    if (!script_.makes_room.ok()) return script_.makes_room.failure();
    return false;
  }
  bool durable() const override { return true; }

 private:
  void note(std::string call) { script_.calls.push_back(std::move(call)); }

  Script& script_;
};

struct Served {
  Served() = default;
  // change: of the script, before the service begins.
  explicit Served(void (*change)(Script& script)) : script{changed(change)} {}

  proto::Status serve(std::vector<StoreJob> jobs) { return service.serve(jobs); }
  std::vector<std::string> calls() { return std::exchange(script.calls, {}); }
  static Script changed(void (*change)(Script& script)) {
    Script script;
    change(script);
    return script;
  }

  Script script;
  StoreService service{std::make_unique<ScriptedStore>(script), 1000};
};

StoreJob commit(std::uint64_t number) { return StoreCommit{{Forget{}, Forget{}}, CommitSeq{number}}; }
StoreJob fetch(std::uint64_t ticket) { return StoreRequest{ticket, FetchRequest{{proto::TaskSeq{1}}}}; }
StoreJob backup(std::uint64_t ticket) {
  return StoreRequest{ticket, BackupRequest{"/nowhere/" + std::to_string(ticket)}};
}

using Calls = std::vector<std::string>;

}  // namespace

TEST_CASE("jobs are done in their order, and all commits among them are one") {
  Served served;
  REQUIRE(served.serve({commit(1), fetch(7), commit(2)}).ok());
  CHECK(served.calls() == Calls{"apply 2", "fetch", "apply 2", "commit 2"});
  CHECK(served.service.committed() == CommitSeq{2});
  const auto answers = served.service.drain_answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].ticket == 7);
  CHECK_FALSE(served.service.has_answers());
  const StoreMeter& meter = served.service.meter();
  CHECK(meter.changes == 4);
  CHECK(meter.bytes == 4096);
  const auto& counts = meter.commit_times.counts();
  CHECK(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}) == 1);
}

TEST_CASE("commits that are served together are limited in changes and in bytes, and a large one is served alone") {
  auto commit = [number = std::uint64_t{0}](std::size_t ops, std::size_t header, std::size_t value) mutable {
    std::vector<StoreOp> changes;
    for (std::size_t i = 0; i < ops; ++i) {
      proto::TaskSpec spec;
      if (header > 0) spec.options.headers = {{"h", std::string(header, 'x')}};
      changes.emplace_back(PutTask{proto::TaskSeq{i + 1},
                                   {},
                                   std::make_shared<const proto::TaskSpec>(std::move(spec)),
                                   proto::Payload::own(std::string(value, 'x'))});
    }
    return StoreCommit{std::move(changes), CommitSeq{++number}};
  };
  constexpr std::size_t kMiB = 1024 * 1024;
  std::vector<StoreJob> jobs;
  SUBCASE("changes") {
    for (int i = 0; i < 5; ++i) jobs.emplace_back(commit(16 * 1024, 0, 0));
    CHECK(jobs_served_together(jobs) == 2);
  }
  SUBCASE("arguments") {
    for (int i = 0; i < 5; ++i) jobs.emplace_back(commit(2, 0, 5 * kMiB));
    CHECK(jobs_served_together(jobs) == 3);
  }
  SUBCASE("headers") {
    for (int i = 0; i < 5; ++i) jobs.emplace_back(commit(5 * 1024, 2000, 0));
    CHECK(jobs_served_together(jobs) == 3);
  }
  SUBCASE("one that is larger than the limit") {
    jobs.emplace_back(commit(1, 0, 48 * kMiB));
    jobs.emplace_back(commit(1, 0, 1));
    CHECK(jobs_served_together(jobs) == 1);
  }
  SUBCASE("questions are not limited") {
    for (int i = 0; i < 100; ++i) jobs.emplace_back(StoreRequest{});
    jobs.emplace_back(commit(1, 0, 1));
    CHECK(jobs_served_together(jobs) == 101);
  }
}

TEST_CASE("a store is prepared while there are no jobs, until it is ready") {
  Served served{[](Script& script) { script.prepares = true; }};
  CHECK(served.service.next_step() == StoreService::kAtOnce);
  REQUIRE(served.serve({}).ok());
  CHECK(served.calls() == Calls{"prepare"});
  CHECK(served.service.next_step() > StoreService::Clock::now() - std::chrono::seconds{60});
  REQUIRE(served.serve({commit(1)}).ok());
  CHECK(served.calls() == Calls{"apply 2", "commit 1"});
}

TEST_CASE("a store that is ready has nothing to do without jobs") {
  Served served;
  REQUIRE(served.serve({}).ok());
  CHECK(served.calls() == Calls{"prepare"});
  CHECK(served.service.next_step() == std::nullopt);
}

TEST_CASE("a backup goes on in steps between commits, and a second one is refused meanwhile") {
  Served served{[](Script& script) { script.backup_steps = 3; }};
  REQUIRE(served.serve({backup(1)}).ok());
  CHECK(served.calls() == Calls{"backup to /nowhere/1", "step"});
  CHECK(served.service.has_backup());
  CHECK(served.service.next_step() == StoreService::kAtOnce);
  REQUIRE(served.serve({commit(1), backup(2)}).ok());
  CHECK(served.calls() == Calls{"apply 2", "commit 1", "step"});
  auto answers = served.service.drain_answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].ticket == 2);
  CHECK_FALSE(std::get<BackupAnswer>(answers[0].what).bytes.ok());
  REQUIRE(served.serve({commit(2)}).ok());
  CHECK_FALSE(served.service.has_backup());
  answers = served.service.drain_answers();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].ticket == 1);
}

TEST_CASE("a backup that cannot begin is answered, and the store goes on") {
  Served served{[](Script& script) { script.backup_begins = {Errc::bad_request, "no such folder"}; }};
  REQUIRE(served.serve({backup(1)}).ok());
  CHECK_FALSE(served.service.has_backup());
  const auto answers = served.service.drain_answers();
  REQUIRE(answers.size() == 1);
  CHECK(std::get<BackupAnswer>(answers[0].what).bytes.failure().text == "no such folder");
  REQUIRE(served.serve({backup(2), commit(1)}).ok());
  CHECK(served.service.committed() == CommitSeq{1});
}

TEST_CASE("a disk is full below the reserve, until it has a quarter more") {
  Served served{[](Script& script) { script.free = 999; }};
  CHECK(served.service.disk_full());
  const auto full_after = [&](std::uint64_t free) {
    served.script.free = free;
    REQUIRE(served.serve({}).ok());
    return served.service.disk_full();
  };
  CHECK(full_after(1249));
  CHECK(served.calls() == Calls{"make room"});  // a full disk is not prepared
  CHECK_FALSE(full_after(1250));
  CHECK_FALSE(full_after(1000));
  CHECK(full_after(999));
}

TEST_CASE("what the files of a store can take without growing is room, while half of what is wanted is free") {
  Served served{[](Script& script) {
    script.free = 500;
    script.reusable = 500;
  }};
  CHECK_FALSE(served.service.disk_full());
  const auto full_after = [&](std::uint64_t free, std::uint64_t reusable) {
    served.script.free = free;
    served.script.reusable = reusable;
    REQUIRE(served.serve({}).ok());
    return served.service.disk_full();
  };
  CHECK(full_after(499, 1'000'000));
  CHECK(full_after(624, 1'000'000));
  CHECK(full_after(625, 624));
  CHECK_FALSE(full_after(625, 625));
  CHECK(full_after(500, 499));
  CHECK_FALSE(full_after(1250, 0));
}

TEST_CASE("a store makes room only while its disk is full, behind the jobs, and not while it is copied") {
  Served served{[](Script& script) {
    script.free = 1000;
    script.backup_steps = 2;
  }};
  REQUIRE(served.serve({commit(1)}).ok());
  CHECK(served.calls() == Calls{"apply 2", "commit 1"});
  served.script.free = 0;
  REQUIRE(served.serve({backup(1)}).ok());
  CHECK(served.calls() == Calls{"backup to /nowhere/1", "step"});
  REQUIRE(served.service.disk_full());
  REQUIRE(served.serve({commit(2)}).ok());
  CHECK(served.calls() == Calls{"apply 2", "commit 2", "step", "make room"});
  CHECK(served.service.next_step() > StoreService::Clock::now() - std::chrono::seconds{60});
}

TEST_CASE("a failure while a store makes room is final") {
  Served served{[](Script& script) {
    script.free = 0;
    script.makes_room = {Errc::unknown, "the disk failed"};
  }};
  const auto status = served.serve({});
  REQUIRE_FALSE(status.ok());
  CHECK(status.failure().text == "the disk failed");
}

}  // namespace store_service_test
