// local://: everything starts at the first use, and nothing is left when the program has ended, however.
#include <doctest/doctest.h>
#include <forkmill/local.h>
#include <forkmill/pool.h>
#include <forkmill/process.h>

#include <cstdlib>
#include <string>

#include "tests/e2e/toolkit/local_scene.h"
#include "tests/e2e/toolkit/pool_tasks.h"
#include "tests/e2e/worker/cluster.h"

namespace local_test {

using namespace std::chrono_literals;
using forkmill::tests::eventually;

using forkmill::test::LocalScene;

TEST_CASE("clients, processes and pools share one local://") {
  CHECK(forkmill::default_client().endpoint().starts_with("ipc://"));
  forkmill::Client client{"local://"};
  CHECK(client.endpoint() == forkmill::default_client().endpoint());
  CHECK(client.submit(kAdd, 2, 3).get_for(60s) == 5);
  forkmill::Process process{kSquare, 3};
  process.start();
  process.join();
  CHECK(process.exitcode() == 0);
}

TEST_CASE("the directory of local:// is private to the user") {
  const std::string socket = forkmill::default_client().endpoint().substr(6);
  const auto directory = std::filesystem::path{socket}.parent_path();
  CHECK((std::filesystem::status(directory).permissions() & std::filesystem::perms::all) ==
        std::filesystem::perms::owner_all);
}

TEST_CASE("local_main() must be called once and before there are threads") {
  CHECK_THROWS_AS(forkmill::local_main(0, nullptr), forkmill::Error);
  forkmill::test::Cluster cluster;
  const auto late = cluster.run({ROGUE_WORKER_PROGRAM, "threads"});
  CHECK(late.code == 7);
  CHECK(late.output.find("first line of main") != std::string::npos);
}

TEST_CASE("the first use of local:// without local_main() says what to do") {
  forkmill::test::Cluster cluster;
  const auto bare = cluster.run({"/usr/bin/env", "-u", "FORKMILL_BROKER", ROGUE_WORKER_PROGRAM, "bare"});
  CHECK(bare.code == 7);
  CHECK(bare.output.find("forkmill::local_main(argc, argv)") != std::string::npos);
  CHECK(bare.output.find("FORKMILL_BROKER") != std::string::npos);
}

TEST_CASE("a program that never uses local:// creates no file and no process") {
  LocalScene scene;
  auto program = scene.start({ROGUE_WORKER_PROGRAM, "local", "unused"});
  CHECK(program.exit_code() == 0);
  CHECK(eventually([&] { return scene.processes() == 0; }));
  CHECK(scene.no_files());
}

TEST_CASE("local:// leaves nothing after a return from main, exit() or an exception") {
  for (const std::string end : {"return", "exit", "exception"}) {
    CAPTURE(end);
    LocalScene scene;
    auto program = scene.start({ROGUE_WORKER_PROGRAM, "local", end});
    const auto status = program.wait();
    REQUIRE(status);
    if (end == "return") CHECK((WIFEXITED(*status) && WEXITSTATUS(*status) == 0));
    if (end == "exit") CHECK((WIFEXITED(*status) && WEXITSTATUS(*status) == 3));
    if (end == "exception") CHECK(WIFSIGNALED(*status));
    CHECK(eventually([&] { return scene.processes() == 0; }));
    CHECK(eventually([&] { return scene.no_files(); }));
    const std::string log = scene.log();
    CAPTURE(log);
    if (end != "exception") CHECK(log.empty());
  }
}

TEST_CASE("local:// leaves nothing after kill -9") {
  LocalScene scene;
  auto program = scene.start({ROGUE_WORKER_PROGRAM, "local", "wait"});
  REQUIRE(eventually([&] { return std::filesystem::exists(scene.path("ready")); }));
  CHECK(scene.processes() >= 8);  // program, zygote, broker, worker, link, children …
  CHECK_FALSE(scene.no_files());
  program.signal(SIGKILL);
  REQUIRE(program.wait());
  CHECK(eventually([&] { return scene.processes() == 0; }));
  CHECK(eventually([&] { return scene.no_files(); }));
}

}  // namespace local_test
