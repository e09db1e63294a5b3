// The endpoints of a broker with several shards.
#include "broker/cluster/endpoints.h"

#include <doctest/doctest.h>

namespace endpoints_test {

using namespace forkmill::broker;

namespace {

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("each shard has an endpoint beside that of its broker") {
  CHECK(shard_endpoint("tcp://10.0.0.1:7117", 3) == "tcp://10.0.0.1:7120");
  CHECK(shard_endpoint("tcp://[::1]:7117", 1) == "tcp://[::1]:7118");
  CHECK(shard_endpoint("ipc:///run/forkmill/broker", 2) == "ipc:///run/forkmill/broker-shard-2");
  CHECK(shard_endpoints({"tcp://a:1", "ipc://b"}, 1) == Names{"tcp://a:2", "ipc://b-shard-1"});
}

TEST_CASE("endpoints beside which the shards have no place are refused") {
  CHECK(check_shard_endpoints({"tcp://a:7117", "ipc://b"}, 64).ok());
  CHECK(check_shard_endpoints({"tcp://a:65531"}, 4).ok());
  CHECK_FALSE(check_shard_endpoints({"tcp://a:65532"}, 4).ok());
  CHECK_FALSE(check_shard_endpoints({"tcp://a:*"}, 4).ok());
  CHECK_FALSE(check_shard_endpoints({"tcp://a:0"}, 4).ok());
  CHECK_FALSE(check_shard_endpoints({"ipc://" + std::string(105, 'x')}, 4).ok());
}

TEST_CASE("an address that stands for all of the machine is known by the name of the machine") {
  CHECK(reachable_endpoints({"tcp://0.0.0.0:1", "tcp://*:2", "tcp://[::]:3", "tcp://10.0.0.1:4", "ipc://b"}, "node") ==
        Names{"tcp://node:1", "tcp://node:2", "tcp://node:3", "tcp://10.0.0.1:4", "ipc://b"});
  CHECK(joined({"tcp://a:1", "ipc://b"}) == "tcp://a:1,ipc://b");
}

}  // namespace endpoints_test
