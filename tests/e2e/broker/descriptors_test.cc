// A broker that may open no more descriptors.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "proto/os/descriptor.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace descriptors_test {

using namespace forkmill;
using namespace forkmill::test;

namespace {

class Connection {
 public:
  explicit Connection(const std::string& path) : socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  // The other end has closed it, without a word.
  bool turned_away() const {
    char byte = 0;
    return ::recv(socket_.get(), &byte, 1, 0) <= 0;
  }

 private:
  proto::Descriptor socket_;
};

}  // namespace

TEST_CASE("a broker without free descriptors refuses new peers, serves the others, and recovers") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  CHECK(client.submit(kEcho, "before").get_for(60s) == "before");
  const pid_t broker = cluster.broker().pid();
  REQUIRE(take_descriptors(broker));
  for (int i = 0; i < 20; ++i) CHECK(Connection{cluster.path("broker")}.turned_away());
  CHECK(client.submit(kEcho, "meanwhile").get_for(60s) == "meanwhile");
  REQUIRE(give_descriptors(broker));
  Client another{cluster.endpoint()};
  CHECK(another.submit(kEcho, "after").get_for(60s) == "after");
}

}  // namespace descriptors_test
