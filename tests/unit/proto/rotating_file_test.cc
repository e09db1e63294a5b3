// Log files of limited size, and the loggers that write them.
#include "proto/os/output/rotating_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "proto/os/output/logging.h"
#include "tests/folder.h"

namespace rotating_file_test {

using namespace forkmill::proto;
using namespace std::chrono_literals;

namespace {

std::string contents(const std::string& path) {
  std::ifstream file{path};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

mode_t mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777;
}

std::string line(int number) { return "line " + std::to_string(number) + "\n"; }

// Runs `work` in a fork. Returns its pid.
template <class Work>
pid_t in_fork(const Work& work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    work();
    ::_exit(0);
  }
  REQUIRE(pid > 0);
  return pid;
}

bool ended_well(pid_t pid) {
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid && status == 0;
}

// Returns a logger that writes to the file.
std::shared_ptr<spdlog::logger> logger_on(const std::string& path, const std::string& format = "text") {
  LogOptions options;
  options.format = format;
  options.file = path;
  check_log_file(options);
  return make_logger("test", options);
}

}  // namespace

TEST_CASE("a file of the maximum size is moved away, and the latest ones are kept") {
  const forkmill::tests::Folder folder;
  const std::string path = folder.path("log");
  RotatingFile file{{path, 100, 3}};
  Instant now{1h};
  for (int i = 10; i < 60; ++i) REQUIRE(file.write(line(i), now).ok());
  CHECK(contents(path).size() <= 100);
  CHECK((contents(path + ".2") + contents(path + ".1") + contents(path)).ends_with(line(57) + line(58) + line(59)));
  CHECK(folder.files() == 3);
  CHECK(contents(path + ".1").size() == 96);  // 12 lines
  CHECK(contents(path + ".2").size() == 96);
}

TEST_CASE("one file is begun again, and a line that is larger than a file has one of its own") {
  const forkmill::tests::Folder folder;
  RotatingFile file{{folder.path("log"), 100, 1}};
  REQUIRE(file.write(line(1), Instant{1h}).ok());
  REQUIRE(file.write(std::string(500, 'x') + "\n", Instant{1h}).ok());
  CHECK(folder.read("log").size() == 501);
  REQUIRE(file.write(line(2), Instant{1h}).ok());
  CHECK(folder.read("log") == line(2));
  CHECK(folder.files() == 1);
}

TEST_CASE("a file that cannot be moved away grows on, says so once, and is moved when that can be done") {
  const forkmill::tests::Folder folder;
  const std::string path = folder.path("log");
  std::uint64_t files = 2;
  std::string in_the_way = path + ".1";
  SUBCASE("two files") {}
  SUBCASE("several files") {
    files = 3;
    in_the_way = path + ".2";
    std::ofstream{path + ".1"} << "before\n";
  }
  std::filesystem::create_directory(in_the_way);
  RotatingFile file{{path, 100, files}};
  std::string all;
  for (int i = 10; i < 60; ++i) {
    REQUIRE(file.write(line(i), Instant{1h} + i * 1s).ok());
    all += line(i);
    const std::string warning = file.take_warning();
    CHECK(warning.empty() == (i != 22));  // the 13th line has no room
    if (i == 22) CHECK(warning.find("cannot rename " + path) != std::string::npos);
  }
  CHECK(folder.read("log") == all);
  std::filesystem::remove(in_the_way);
  REQUIRE(file.write(line(60), Instant{2h}).ok());
  CHECK(folder.read("log") == line(60));
  CHECK(folder.read("log.1") == all);
  CHECK(file.take_warning().empty());
}

TEST_CASE("a file that was moved away is made again within a second, or at once when that is asked for") {
  const forkmill::tests::Folder folder;
  const std::string path = folder.path("log");
  RotatingFile file{{path, 1000, 2}};
  REQUIRE(file.write(line(1), Instant{1h}).ok());
  std::filesystem::rename(path, path + ".old");
  REQUIRE(file.write(line(2), Instant{1h} + 999ms).ok());
  CHECK(folder.read("log.old") == line(1) + line(2));
  REQUIRE(file.write(line(3), Instant{1h} + 1s).ok());
  CHECK(folder.read("log") == line(3));
  std::filesystem::rename(path, path + ".older");
  file.follow();
  REQUIRE(file.write(line(4), Instant{1h} + 1s).ok());
  CHECK(folder.read("log") == line(4));
  CHECK(folder.read("log.older") == line(3));
}

TEST_CASE("a file has the mode that was asked for, less the umask, and no other kind of file is written") {
  const forkmill::tests::Folder folder;
  const std::string path = folder.path("log");
  const mode_t before = ::umask(0);
  REQUIRE(RotatingFile{{path, 1000, 2, 0640}}.open().ok());
  CHECK(mode_of(path) == 0640);
  ::umask(077);
  REQUIRE(RotatingFile{{folder.path("private"), 1000, 2, 0640}}.open().ok());
  CHECK(mode_of(folder.path("private")) == 0600);
  ::umask(before);
  std::filesystem::create_symlink(path, folder.path("link"));
  CHECK_FALSE(RotatingFile{{folder.path("link"), 1000, 2}}.open().ok());
  REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  CHECK(RotatingFile{{folder.path("pipe"), 1000, 2}}.open().failure().text.ends_with("pipe is not a regular file"));
  CHECK_FALSE(RotatingFile{{"/dev/null", 1000, 2}}.open().ok());
  CHECK_FALSE(RotatingFile{{folder.path("none/log"), 1000, 2}}.open().ok());
}

TEST_CASE("processes that share a file lose no line of each other, and one of them moves it") {
  const forkmill::tests::Folder folder;
  const std::string path = folder.path("log");
  constexpr int kProcesses = 4;
  constexpr int kLines = 500;
  const RotatingFile::Options options{path, 1000, 1000};
  std::vector<pid_t> writers;
  for (int p = 0; p < kProcesses; ++p)
    writers.push_back(in_fork([&] {
      RotatingFile file{options};
      for (int i = 0; i < kLines; ++i)
        if (!file.write("p" + std::to_string(p) + " " + line(i), Instant{1h}).ok()) ::_exit(1);
    }));
  for (const pid_t pid : writers) CHECK(ended_well(pid));
  std::multiset<std::string> lines;
  for (const auto& entry : std::filesystem::directory_iterator{folder.path("")}) {
    std::istringstream text{contents(entry.path())};
    for (std::string one; std::getline(text, one);) lines.insert(one);
  }
  CHECK(lines.size() == kProcesses * kLines);
  CHECK(std::set<std::string>(lines.begin(), lines.end()).size() == kProcesses * kLines);
}

TEST_CASE("a fork goes on with its copy although its descriptors are those of other files by then") {
  const forkmill::tests::Folder folder;
  const std::string path = folder.path("log");
  RotatingFile file{{path, 1000, 2}};
  REQUIRE(file.write(line(1), Instant{1h}).ok());
  CHECK(ended_well(in_fork([&] {
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    std::ofstream other{folder.path("other")};
    if (!file.write(line(2), Instant{1h}).ok()) ::_exit(1);
    other.close();
    if (!other) ::_exit(2);
  })));
  REQUIRE(file.write(line(3), Instant{1h}).ok());
  CHECK(folder.read("log") == line(1) + line(2) + line(3));
  CHECK(folder.read("other").empty());
}

TEST_CASE(
    "a logger writes its lines to a file, cleaned, and goes on with another one that logrotate has made room for") {
  const forkmill::tests::Folder folder;
  const std::string path = folder.path("log");
  const auto log = logger_on(path);
  log->info("from \x1b[31m a peer");
  CHECK(folder.read("log").find(" info  test[" + std::to_string(::getpid()) + "] from \\x1b[31m a peer\n") !=
        std::string::npos);
  std::filesystem::rename(path, path + ".1");
  reopen_log(*log);
  log->warn("later");
  CHECK(folder.read("log").find("later\n") != std::string::npos);
  CHECK(folder.read("log.1").find("later") == std::string::npos);
  CHECK_FALSE(flush_log(*log));
  logger_on(folder.path("json"), "json")->error("so");
  CHECK(folder.read("json").ends_with(R"("message":"so"})"
                                      "\n"));
  LogOptions wrong;
  wrong.file = folder.path("none/log");
  CHECK_THROWS_WITH_AS(check_log_file(wrong), doctest::Contains("--log-file: cannot open "), std::runtime_error);
}

TEST_CASE("a logger whose file cannot be moved away loses no line, and says so on stderr once") {
  const forkmill::tests::Folder folder;
  const std::string path = folder.path("log");
  std::filesystem::create_directory(path + ".1");
  CHECK(ended_well(in_fork([&] {
    const int errors = ::open(folder.path("stderr").c_str(), O_WRONLY | O_CREAT, 0600);
    ::dup2(errors, STDERR_FILENO);
    LogOptions options;
    options.file = path;
    options.max_bytes = 100;
    options.files = 2;
    const auto log = make_logger("test", options);
    for (int i = 0; i < 10; ++i) log->info("kept {}", i);
  })));
  const std::string text = folder.read("log");
  for (int i = 0; i < 10; ++i) CHECK(text.find("kept " + std::to_string(i) + "\n") != std::string::npos);
  const std::string told = folder.read("stderr");
  CHECK(told.starts_with("--log-file: cannot rename " + path));
  CHECK(std::count(told.begin(), told.end(), '\n') == 1);
}

TEST_CASE("lines that cannot be written are counted, said on stderr, and reported in the file when it is writable") {
  const forkmill::tests::Folder folder;
  const std::string path = folder.path("log");
  CHECK(ended_well(in_fork([&] {
    const int errors = ::open(folder.path("stderr").c_str(), O_WRONLY | O_CREAT, 0600);
    ::dup2(errors, STDERR_FILENO);
    const auto log = logger_on(path);
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    reopen_log(*log);
    for (int i = 0; i < 3; ++i) log->info("lost {}", i);
    std::filesystem::remove(path);
    log->info("written");
    log->info("again");
  })));
  const std::string told = folder.read("stderr");
  CHECK(told.find("--log-file: cannot open " + path) != std::string::npos);
  CHECK(told.find("lost 0\n") != std::string::npos);
  CHECK(told.find("lost 1\n") == std::string::npos);  // once a minute
  const std::string text = folder.read("log");
  CHECK(text.find("3 lines of the log are lost: cannot open " + path) < text.find("written\n"));
  CHECK(text.find("written\n") < text.find("again\n"));
  CHECK(text.find("of the log are lost", text.find("written\n")) == std::string::npos);
}

}  // namespace rotating_file_test
