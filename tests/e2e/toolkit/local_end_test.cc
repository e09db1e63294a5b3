// Ends of programs that use local://, and of its processes while a program uses them.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>
#include <set>
#include <sstream>

#include "proto/os/descriptor.h"
#include "tests/e2e/toolkit/local_scene.h"

namespace local_end_test {

using namespace std::chrono_literals;
using forkmill::test::LocalScene;
using forkmill::tests::eventually;

namespace {

std::multiset<std::string> lines_of(const std::string& text) {
  std::istringstream stream{text};
  std::multiset<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  return lines;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("every wait of a program ends with an error when the zygote of local:// is killed") {
  LocalScene scene;
  CHECK(scene.start({LOCAL_PROGRAM, "lose", "zygote"}).exit_code() == 0);
  const auto log = scene.log();
  CAPTURE(log);
  CHECK(contains(log, "all 14 ended"));
  CHECK_FALSE(contains(log, ": ended"));
  CHECK(contains(log, "local_main() forked was killed"));  // a new client says so, too
  CHECK(eventually([&] { return scene.processes() == 0; }));
  CHECK(scene.no_files());
}

TEST_CASE("every wait of a program ends when the broker of local:// is killed, and another one works") {
  LocalScene scene;
  CHECK(scene.start({LOCAL_PROGRAM, "lose", "broker"}).exit_code() == 0);
  const auto log = scene.log();
  CAPTURE(log);
  CHECK(contains(log, "all 14 ended"));
  CHECK_FALSE(contains(log, ": ended"));
  CHECK(contains(log, "works"));
}

TEST_CASE("a function that is not registered is an error at once on local://") {
  LocalScene scene;
  CHECK(scene.start({LOCAL_PROGRAM, "unknown"}).exit_code() == 0);
  const auto log = scene.log();
  CAPTURE(log);
  for (const std::string how : {"submit", "delayed", "process", "apply"}) CHECK(contains(log, how + ": unknown_task"));
  CHECK(contains(log, "signature: signature_mismatch"));
}

TEST_CASE("no line that a process has flushed is lost when the program ends, however") {
  for (const std::string end : {"exit", "killed"}) {
    CAPTURE(end);
    LocalScene scene;
    REQUIRE(scene.start({LOCAL_PROGRAM, "print", "8", end}).wait());
    CHECK(eventually([&] { return scene.processes() == 0; }));
    std::multiset<std::string> expected;
    for (const int n : {0, 1, 2, 3, 4, 5, 6, 7, 1000, 1001, 1002}) expected.insert("line " + std::to_string(n));
    CHECK(lines_of(scene.log()) == expected);
    CHECK(scene.no_files());
  }
}

TEST_CASE("a process on local:// waits for a slow reader of its output instead of losing lines") {
  LocalScene scene;
  const std::string pipe = scene.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  forkmill::proto::Descriptor both{::open(pipe.c_str(), O_RDWR | O_CLOEXEC)};
  auto program = scene.start({"/bin/sh", "-c", "exec \"$0\" print-much >\"$1\"", LOCAL_PROGRAM, pipe});
  // The reader begins when the pipe is full.
  pollfd room{both.get(), POLLOUT, 0};
  REQUIRE(eventually([&] { return ::poll(&room, 1, 0) == 0; }));
  std::ifstream reader{pipe};
  both.reset();
  const std::string text{std::istreambuf_iterator<char>{reader}, {}};
  CHECK(program.exit_code() == 0);
  CHECK(lines_of(text).size() == 40'000);
}

TEST_CASE("the program waits at its end for tasks on local:// that nothing has waited for") {
  LocalScene scene;
  CHECK(scene.start({LOCAL_PROGRAM, "leave"}).exit_code() == 0);
  for (const char* file : {"a", "b", "c"}) CHECK(std::filesystem::exists(scene.path(file)));
  CHECK(scene.log().empty());
}

TEST_CASE("the program waits at its end for tasks on local:// whose worker is not there yet") {
  LocalScene scene;
  CHECK(scene.start({LOCAL_PROGRAM, "leave-early"}).exit_code() == 4);
  for (const char* file : {"a", "b", "c"}) CHECK(std::filesystem::exists(scene.path(file)));
  CHECK(scene.log().empty());
}

TEST_CASE("tasks on local:// that are dropped at the program's end are counted on stderr") {
  LocalScene scene;
  CHECK(scene.start({LOCAL_PROGRAM, "drop"}).exit_code() == 0);
  const auto log = scene.log();
  CAPTURE(log);
  CHECK(contains(log, "lost: the program ends and has not waited"));
}

TEST_CASE("the error of a process is on stderr with type, text and backtrace, also if its starter does not ask") {
  LocalScene scene;
  CHECK(scene.start({LOCAL_PROGRAM, "fail"}).exit_code() == 0);
  const auto log = scene.log();
  CAPTURE(log);
  CHECK(contains(log, "process unlucky has failed: std::out_of_range: no such luck"));
  CHECK(lines_of(log).size() > 1);
}

}  // namespace local_end_test
