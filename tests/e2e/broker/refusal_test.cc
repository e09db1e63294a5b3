// Data directories that a broker must not run on: it says why and what to do, and what it says to do works.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "tests/e2e/broker/data_folder.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace refusal_test {

using namespace forkmill;
using namespace forkmill::test;

namespace fs = std::filesystem;

namespace {

// The journal file is preallocated; returns the length of its used part.
std::uintmax_t used_bytes(const std::string& journal) {
  std::ifstream file{journal, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  return text.find_last_not_of('\0') + 1;
}

constexpr auto kLong = 60s;
constexpr const char* kNobody = "65534";

struct Site {
  DataFolder folder;
  Cluster cluster{folder.flags()};
  Client client{cluster.endpoint()};

  // Submits to a queue without a worker; returns when the broker has the task.
  Future<std::string> submit(const std::string& text) {
    auto future = client.with({.queue = "later"}).submit(kEcho, text);
    REQUIRE(eventually([&] { return future.state() == FutureState::accepted; }));
    return future;
  }
  void serve() { cluster.start_worker({"--queues", "later"}); }

  // In front of a command: it has few rights then. Empty: this test has few anyway. None: it cannot be done here.
  std::optional<std::vector<std::string>> as_nobody() {
    if (::geteuid() != 0) return std::vector<std::string>{};
    std::vector<std::string> words{"/usr/bin/setpriv", "--reuid", kNobody, "--regid", kNobody, "--clear-groups"};
    fs::permissions(folder.path("."), fs::perms{0777});
    if (broker({"--version"}, words).code == 0) return words;
    MESSAGE("skipped: another user cannot run the broker from here");
    return std::nullopt;
  }
  Cluster::Ended broker(std::vector<std::string> flags, std::vector<std::string> before = {}) {
    before.emplace_back(FORKMILL_BROKER_PROGRAM);
    before.insert(before.end(), flags.begin(), flags.end());
    return cluster.run(std::move(before));
  }
  // A broker on that directory ends at once; what it said.
  std::string refusal(const std::string& data, const std::vector<std::string>& before = {}) {
    const auto ended = broker({"--data", data, "--listen", "ipc://" + cluster.path("other")}, before);
    CHECK(ended.code == 1);
    return ended.output;
  }
  std::string refusal() { return refusal(folder.data()); }
  // An endpoint at which no broker can listen, as it finds out when its store is open.
  std::string unusable() { return "ipc://" + folder.path("missing/socket"); }
  // Does what the refusal says.
  Cluster::Ended follow(const std::string& text) {
    const auto at = text.find("forkmill-broker --");
    REQUIRE(at != std::string::npos);
    std::istringstream words{text.substr(text.find(' ', at))};
    return broker({std::istream_iterator<std::string>{words}, {}});
  }
};

// True: it has its result; false: it was lost, and its submitter has been told.
bool has_result(Future<std::string>& future, const std::string& text) {
  try {
    const std::string got = future.get_for(kLong);
    CHECK(got == text);
    return true;
  } catch (const Disconnected&) {
    return false;
  }
}

}  // namespace

TEST_CASE_FIXTURE(Site, "a second broker on the same directory is refused and harms nothing") {
  auto task = submit("x");  // the first broker is running
  CHECK(contains(refusal(), "is in use by another broker (pid " + std::to_string(cluster.broker().pid()) + ")"));
  CHECK(contains(broker({"--data", folder.data(), "--check"}).output, "is in use by another broker"));
  serve();
  CHECK(task.get_for(kLong) == "x");
}

TEST_CASE_FIXTURE(Site, "a data directory that is a file, has no parent or is read-only is refused") {
  write_file(folder.path("file"), "");
  CHECK(contains(refusal(folder.path("file")), "is a file, not a directory"));
  CHECK(contains(refusal(folder.path("no/data")), "there is no directory " + folder.path("no")));

  fs::create_directory(folder.path("locked"));
  fs::permissions(folder.path("locked"), fs::perms{0555});
  if (const auto nobody = as_nobody())
    CHECK(contains(refusal(folder.path("locked"), *nobody), "cannot be written: Permission denied"));
}

TEST_CASE_FIXTURE(Site, "the default data directory is created with its parents, any other one without") {
  auto nobody = as_nobody();
  if (!nobody) return;
  nobody->insert(nobody->begin(), {"/usr/bin/env", "XDG_STATE_HOME=" + folder.path("home/state")});
  CHECK(broker({"--listen", unusable()}, *nobody).code == 1);
  CHECK(fs::exists(folder.path("home/state/forkmill")));
  CHECK(contains(refusal(folder.path("home/other/data"), *nobody), "there is no directory"));
}

TEST_CASE_FIXTURE(Site, "without HOME, the default data directory is that of the user, and never the current folder") {
  auto nobody = as_nobody();
  if (!nobody) return;
  nobody->insert(nobody->begin(), {"/usr/bin/env", "-u", "HOME", "-u", "XDG_STATE_HOME", "-C", folder.path(".")});
  CHECK(broker({"--listen", unusable()}, *nobody).code != 0);
  CHECK_FALSE(fs::exists(folder.path(".local")));
  if (::geteuid() != 0) return;
  std::replace(nobody->begin(), nobody->end(), std::string{kNobody}, std::string{"64321"});  // a user without a home
  CHECK(contains(broker({"--listen", unusable()}, *nobody).output,
                 "no data directory: HOME is not set; give --data DIR or --memory"));
}

TEST_CASE_FIXTURE(Site, "a file that is no database, or a newer forkmill's database, is refused") {
  fs::create_directory(folder.path("odd"));
  write_file(folder.path("odd/forkmill.db"), "these are my notes, please keep them safe");
  CHECK(contains(refusal(folder.path("odd")), "is not a database, or its beginning is damaged"));
  CHECK(read_file(folder.path("odd/forkmill.db")) == "these are my notes, please keep them safe");

  auto task = submit("x");
  cluster.stop_broker();
  const std::string before = read_file(folder.database());
  std::string newer = before;
  newer.replace(60, 4, std::string{"\0\0\0\x63", 4});  // SQLite's user_version
  write_file(folder.database(), newer);
  CHECK(contains(refusal(), "was written by a newer forkmill (schema 99; this one knows 4): upgrade forkmill or"));
  write_file(folder.database(), before);
  cluster.start_broker();
  serve();
  CHECK(task.get_for(kLong) == "x");
}

TEST_CASE_FIXTURE(Site, "a flipped bit is refused, found by --check, and set aside by --quarantine") {
  auto first = submit("the first one");
  auto second = submit("the second one");
  cluster.stop_broker();
  CHECK(broker({"--data", folder.data(), "--check"}).code == 0);
  flip_bit(folder.database(), read_file(folder.database()).find("the second one"));
  const std::string text = refusal();
  CHECK(contains(text, "table task, row "));
  const auto checked = broker({"--data", folder.data(), "--check"});
  CHECK(checked.code == 1);
  CHECK(contains(checked.output, "damaged: " + folder.database() + ": table task, row "));
  const auto quarantined = follow(text);
  CHECK(quarantined.code == 0);
  CHECK(contains(quarantined.output, "1 tasks were set aside"));
  CHECK(contains(quarantined.output, "all is sound"));
  cluster.start_broker();
  serve();
  CHECK(has_result(first, "the first one"));
  CHECK_FALSE(has_result(second, ""));
}

TEST_CASE_FIXTURE(Site, "a truncated journal is refused, and --accept-loss continues without its end") {
  std::vector<Future<std::string>> tasks;
  tasks.reserve(10);
  for (int i = 0; i < 10; ++i) tasks.push_back(submit(std::to_string(i)));
  cluster.kill_broker();
  const std::string journal = folder.data() + "/forkmill.journal.1";
  fs::resize_file(journal, used_bytes(journal) / 2);
  const std::string text = refusal();
  CHECK(contains(text, "that were reported safe"));
  CHECK(contains(broker({"--data", folder.data(), "--check"}).output, "that were reported safe"));
  CHECK(contains(broker({"--data", folder.data(), "--quarantine"}).output, "that were reported safe"));
  const auto accepted = follow(text);
  CHECK(accepted.code == 0);
  CHECK(contains(accepted.output, "accepted: "));
  cluster.start_broker();
  serve();
  CHECK(has_result(tasks.front(), "0"));
  CHECK_FALSE(has_result(tasks.back(), "9"));
  bool there = true;
  for (int i = 1; i < 9; ++i) {
    const bool found = has_result(tasks[static_cast<std::size_t>(i)], std::to_string(i));
    CHECK((there || !found));  // the end is missing, and nothing in between
    there = found;
  }
}

TEST_CASE_FIXTURE(Site, "a missing head is refused, and --accept-loss recreates it") {
  auto task = submit("x");
  cluster.kill_broker();
  fs::remove(folder.data() + "/head");
  const std::string text = refusal();
  CHECK(contains(text, "/head is missing"));
  CHECK(follow(text).code == 0);
  cluster.start_broker();
  serve();
  CHECK(task.get_for(kLong) == "x");
}

TEST_CASE_FIXTURE(Site, "a truncated database is refused, and a backup can be restored in its place") {
  auto in_backup = submit("in the backup");
  cluster.stop_broker();
  const std::string backup = folder.path("backup.db");
  fs::copy_file(folder.database(), backup);
  cluster.start_broker();
  auto later = submit("later");
  cluster.stop_broker();
  fs::resize_file(folder.database(), fs::file_size(folder.database()) / 2);
  CHECK(contains(refusal(), "is damaged"));
  CHECK(contains(refusal(), "restore a backup"));
  CHECK(broker({"--data", folder.data(), "--check"}).code == 1);
  const std::vector<std::string> restore{"--restore", backup, "--data", folder.data()};
  CHECK(contains(broker(restore).output, "has a database already: name another one, or move it away"));
  fs::rename(folder.data(), folder.path("damaged"));
  const auto restored = broker(restore);
  CHECK(restored.code == 0);
  CHECK(contains(restored.output, ", 1 tasks"));
  cluster.start_broker();
  serve();
  CHECK(has_result(in_backup, "in the backup"));
  CHECK_FALSE(has_result(later, "later"));
}

TEST_CASE_FIXTURE(Site, "a damaged backup is not restored") {
  (void)submit("text of the task");
  cluster.stop_broker();
  const std::string backup = folder.path("backup.db");
  fs::copy_file(folder.database(), backup);
  flip_bit(backup, read_file(backup).find("text of the task"));
  const auto restored = broker({"--restore", backup, "--data", folder.path("new")});
  CHECK(restored.code == 1);
  CHECK(contains(restored.output, "is damaged, nothing was restored"));
  CHECK_FALSE(fs::exists(folder.path("new/forkmill.db")));
}

TEST_CASE_FIXTURE(Site, "after an old copy of the directory is put back, newer clients end with an error") {
  auto before = submit("before the copy");
  cluster.stop_broker();
  fs::copy(folder.data(), folder.path("copy"));
  cluster.start_broker();
  auto after = submit("after the copy");
  cluster.stop_broker();
  fs::rename(folder.data(), folder.path("newer"));
  fs::rename(folder.path("copy"), folder.data());
  cluster.start_broker();
  serve();
  for (auto* future : {&before, &after}) {
    try {
      (void)future->get_for(kLong);
      FAIL("no word of the loss");
    } catch (const Disconnected& error) {
      CHECK(contains(error.what(), "came back with an older history"));
    }
  }
  CHECK_THROWS_AS(client.submit(kEcho, "x").get_for(kLong), Disconnected);
  Client fresh{cluster.endpoint()};
  CHECK(fresh.attach(kEcho, before.id()).get_for(kLong) == "before the copy");
}

}  // namespace refusal_test
