// The thread of the history of finished tasks.
#include "broker/store/history/history_thread.h"

#include <poll.h>

#include "tests/unit/store/history_samples.h"
#include "tests/unit/store/rig.h"

namespace history_thread_test {

using namespace forkmill::broker;
using namespace forkmill::broker::test;

namespace {

HistoryAnswer ask(HistoryThread& history, HistoryRequest request) {
  static std::uint64_t ticket = 0;
  history.ask({++ticket, std::move(request)});
  for (;;) {
    pollfd wait{history.fd(), POLLIN, 0};
    REQUIRE(::poll(&wait, 1, 60'000) == 1);
    auto news = history.take();
    if (news.answers.empty()) continue;
    REQUIRE(news.answers.size() == 1);
    CHECK(news.answers[0].ticket == ticket);
    return std::get<HistoryAnswer>(std::move(news.answers[0].what));
  }
}

HistoryOptions in(const std::string& directory) {
  HistoryOptions options;
  options.directory = directory;
  return options;
}

}  // namespace

TEST_CASE("a search finds what was handed over before it, and what a thread was given is there after its end") {
  const Folder folder;
  const std::string directory = folder.path("data");
  {
    HistoryThread history{in(directory)};
    auto tasks = finished_range(1, 10);
    history.add(tasks);
    CHECK(tasks.empty());
    CHECK(ask(history, scan_of(100)).tasks.size() == 10);
    CHECK(history.meter().written == 10);
    tasks = finished_range(11, 30);
    history.add(tasks);
  }
  HistoryThread history{in(directory)};
  CHECK(ask(history, scan_of(100)).tasks.size() == 30);
  CHECK(history.meter().tasks == 30);
}

TEST_CASE("finished tasks beyond the memory for them are dropped and counted") {
  const Folder folder;
  HistoryThread history{in(folder.path("data"))};
  std::vector<FinishedTask> tasks;
  auto spec = std::make_shared<TaskSpec>(*finished(1).spec);
  spec->options.label = std::string(HistoryThread::kMaxWaiting / 4, 'l');
  for (std::uint64_t n = 1; n <= 9; ++n) {
    tasks.push_back(finished(n));
    tasks.back().spec = spec;
  }
  history.add(tasks);
  const auto found = ask(history, scan_of(100)).tasks.size();
  CHECK(found == 3);
  CHECK(history.meter().dropped == 6);
  CHECK(history.meter().written == 3);
}

TEST_CASE("a history that cannot be opened says so, and drops what it is given") {
  const Folder folder;
  HistoryThread history{in(folder.path("missing/data"))};
  auto tasks = finished_range(1, 4);
  history.add(tasks);
  const auto answer = ask(history, scan_of(100));
  CHECK(!answer.status.ok());
  CHECK(answer.status.failure().text.find("cannot be created") != std::string::npos);
  CHECK(history.meter().dropped == 4);
  CHECK(history.meter().stopped.find("cannot be created") != std::string::npos);
}

}  // namespace history_thread_test
