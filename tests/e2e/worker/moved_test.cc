// A broker whose host has another address when it comes back, as containers have. A program of its own: it changes what
// names mean for the whole process.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/names.h"
#include "tests/e2e/worker/rogue_tasks.h"

using namespace forkmill;
using namespace forkmill::test;

namespace {

// A folder that is gone after the test.
struct Folder {
  Folder() {
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path + "/" + name; }

  std::string path = std::filesystem::temp_directory_path() / "forkmill-e2e-XXXXXX";
};

Process broker_at(const Folder& folder, const std::string& endpoint) {
  const auto announcement = folder / "endpoint";
  std::filesystem::remove(announcement);
  Process broker{{FORKMILL_BROKER_PROGRAM, "--listen", endpoint, "--insecure", "--data", folder / "data", "--announce",
                  announcement},
                 folder / "broker.log"};
  REQUIRE(eventually([&] { return std::filesystem::exists(announcement); }));
  return broker;
}

std::string first_line(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

TEST_CASE("a broker that moves to another address is found by its name, even while name servers are silent") {
  const Folder folder;
  Names names{folder.path};
  if (!names.works()) {
    MESSAGE("skipped: this needs root, and the right to mount and to listen on port 53");
    return;
  }
  names.set("127.0.0.2 broker.test\n");
  Process first = broker_at(folder, "tcp://127.0.0.2:*");
  const auto bound = first_line(folder / "endpoint");
  const auto port = bound.substr(bound.rfind(':') + 1);
  const auto endpoint = "tcp://broker.test:" + port;
  Process worker{{ROGUE_WORKER_PROGRAM, "--broker", endpoint, "--processes", "2"}, folder / "worker.log"};
  Client client{endpoint};
  auto held = client.submit(kHold, folder / "up", folder / "go", false);
  REQUIRE(eventually([&] { return std::filesystem::exists(folder / "up"); }));

  names.set("");  // the name goes with the container
  first.signal(SIGKILL);
  first.wait();
  REQUIRE(eventually([&] { return names.lookups() >= 2; }));  // client's and worker's
  auto waiting = client.submit(kEcho, "still here");
  names.set("127.0.0.3 broker.test\n");
  const Process second = broker_at(folder, "tcp://127.0.0.3:" + port);
  std::ofstream{folder / "go"} << "x";
  CHECK(waiting.get_for(60s) == "still here");
  CHECK(held.get_for(60s) == "went on");
}
