// A program that makes and ends a thousand pools and a thousand processes has what it had before, and so has its
// cluster; programs with clusters of their own leave nothing behind. This program is also those programs.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <forkmill/default_client.h>
#include <forkmill/list.h>
#include <forkmill/local.h>
#include <forkmill/pipe.h>
#include <forkmill/pool.h>
#include <forkmill/process.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "tests/e2e/worker/cluster.h"
#include "tests/leftovers.h"
#include "tests/weight.h"

namespace {

using namespace std::chrono_literals;
using forkmill::tests::eventually;
using forkmill::tests::leftovers;
using forkmill::tests::weigh;
using forkmill::tests::Weight;

inline constexpr forkmill::Task<void(forkmill::Connection<int>, forkmill::Value<int>)> kUseBoth{"leaks.use_both"};
inline constexpr forkmill::Task<int(int)> kSquare{"leaks.square"};
const forkmill::Registered kSquareHere{kSquare, [](int n) { return n * n; }};
const forkmill::Registered kUseBothHere{kUseBoth, [](forkmill::Connection<int> end, forkmill::Value<int> value) {
                                          auto lock = value.get_lock();
                                          const std::lock_guard hold{lock};
                                          end.send(value.get());
                                        }};

// Processes of this program and of its cluster, zombies included.
std::size_t processes() {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path() / "exe", gone) == self && !gone) ++count;
  }
  return count;
}

// Pools fork more processes than they keep: waits for those that are exiting.
void settle_at(std::size_t most_processes, const Weight& begin) {
  Weight now;
  std::size_t count = 0;
  const bool calm = eventually([&] {
    now = weigh(::getpid());
    count = processes();
    return count <= most_processes && now.descriptors <= begin.descriptors && now.threads <= begin.threads;
  });
  CAPTURE(begin);
  CAPTURE(now);
  CAPTURE(most_processes);
  CAPTURE(count);
  CHECK(calm);
}

template <class Visit>
void come_and_go(int times, Visit&& visit) {
  constexpr int kWarmUp = 20;
  for (int i = 0; i < kWarmUp; ++i) visit(i);
  std::size_t before = 0;
  int unchanged = 0;
  eventually([&] {
    const std::size_t now = processes();
    unchanged = std::exchange(before, now) == now ? unchanged + 1 : 0;
    return unchanged == 100;
  });
  const Weight begin = weigh(::getpid());
  for (int i = 0; i < times / 2; ++i) visit(i);
  settle_at(before, begin);
  const Weight half = weigh(::getpid());
  for (int i = 0; i < times / 2; ++i) visit(i);
  settle_at(before, begin);
  const Weight end = weigh(::getpid());
  MESSAGE("at first ", begin, "; after half ", half, "; after all ", end);
  constexpr std::size_t kMoreKib = 3 * 1024;
  CHECK(end.resident_kib <= half.resident_kib + kMoreKib);
  std::string left;
  eventually([&] { return (left = leftovers(forkmill::default_client())).empty(); });
  CHECK(left == "");
}

TEST_CASE("a thousand pools that are used, closed or dropped leave nothing behind") {
  come_and_go(1000, [](int i) {
    forkmill::Pool pool{{.processes = 1}};
    if (i % 4 == 0) return;
    CHECK(pool.apply(kSquare, i) == i * i);
    if (i % 4 == 1) return;
    pool.close();
    pool.join();
  });
}

TEST_CASE("a thousand processes leave nothing behind") {
  come_and_go(1000, [](int i) {
    forkmill::Process process{kSquare, i};
    process.start();
    if (i % 4 == 0) process.kill();
    process.join();
    if (i % 4 != 0) CHECK(process.exitcode() == 0);
  });
}

TEST_CASE("hundreds of processes that get ends of pipes and locks, or are killed first, leave nothing behind") {
  come_and_go(200, [](int i) {
    forkmill::Value<int> value{i};
    auto [here, there] = forkmill::pipe<int>();
    forkmill::Process process{kUseBoth, there, value};
    if (i % 4 != 1) process.start();
    there.close();
    if (i % 4 == 0) process.kill();
    if (i % 4 > 1)
      CHECK(here.recv() == i);
    else
      CHECK(here.poll(60s));
    if (i % 4 != 1) process.join();
  });
}

TEST_CASE("dozens of programs with local:// leave nothing behind") {
  forkmill::test::Cluster scene;  // for its directory
  std::filesystem::create_directory(scene.path("tmp"));
  const std::size_t before = processes();
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  for (int i = 0; i < 36; ++i) {
    const auto ended = scene.run({"/usr/bin/env", "-u", "FORKMILL_BROKER", "TMPDIR=" + scene.path("tmp"), self, "use"});
    CHECK(ended.code == 0);
    CHECK(ended.output.empty());
  }
  CHECK(eventually([&] { return processes() <= before; }));
  CHECK(eventually([&] { return std::filesystem::is_empty(scene.path("tmp")); }));
}

int use() {
  forkmill::Pool pool{{.processes = 2}};
  return pool.apply(kSquare, 3) == 9 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  if (argc == 2 && std::string{argv[1]} == "use") return use();
  return doctest::Context{argc, argv}.run();
}
