// A live broker with two endpoints: its user's socket, over which this test is an operator, and TCP, where it knows two
// principals, alice, who has two keys, and mallory. Both are clients and workers.
#pragma once

#include <doctest/doctest.h>
#include <forkmill/client.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/security/hand_peer.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/folder.h"

namespace forkmill::tests {

struct KeyedSite {
  // `rights_of_mallory`: words of the line in the file of keys.
  explicit KeyedSite(const std::vector<std::string>& options = {"--memory"}, const std::string& rights_of_mallory = {})
      : cluster{line(options, rights_of_mallory)} {}

  std::string endpoint() const {
    REQUIRE(eventually([&] { return folder.read("endpoints").find("tcp://") != std::string::npos; }));
    const std::string endpoints = folder.read("endpoints");
    const auto tcp = endpoints.find("tcp://");
    return endpoints.substr(tcp, endpoints.find('\n', tcp) - tcp);
  }
  proto::CurveKeys keys_of(const proto::KeyPair& pair) const { return {own.public_key, pair}; }
  // A peer that speaks the protocol by hand, as that principal.
  HandPeer as(const proto::KeyPair& pair) const { return HandPeer{endpoint(), keys_of(pair)}; }
  // The same over the socket, as the broker's own user.
  HandPeer as_owner() const { return HandPeer{cluster.endpoint()}; }
  // A client of the library with the key of a principal.
  std::unique_ptr<Client> client_of(const std::string& name, const proto::KeyPair& key) const {
    const std::string file = folder.path(name + ".key");
    REQUIRE(proto::write_key_pair(file, key).ok());
    return std::make_unique<Client>(
        ClientOptions{.endpoint = endpoint(), .server_public_key = folder.path("broker.key.pub"), .key = file});
  }
  // Kills the broker, and starts another one on the same data.
  void restart() {
    cluster.kill_broker();
    std::filesystem::remove(folder.path("endpoints"));
    cluster.start_broker();
  }

  Folder folder;
  proto::KeyPair own = proto::make_key_pair();
  proto::KeyPair alice = proto::make_key_pair();
  proto::KeyPair alice_next = proto::make_key_pair();
  proto::KeyPair mallory = proto::make_key_pair();
  test::Cluster cluster;

 private:
  std::vector<std::string> line(const std::vector<std::string>& options, const std::string& rights_of_mallory) const {
    REQUIRE(proto::write_key_pair(folder.path("broker.key"), own).ok());
    std::ofstream{folder.path("authorized_keys")} << "alice client,worker " << to_string(alice.public_key)
                                                  << "\nalice client,worker " << to_string(alice_next.public_key)
                                                  << "\nmallory client,worker " << to_string(mallory.public_key) << " "
                                                  << rights_of_mallory << "\n";
    std::vector<std::string> all{
        "--listen",        "tcp://127.0.0.1:*",         "--announce",        folder.path("endpoints"),
        "--server-key",    folder.path("broker.key"),   "--authorized-keys", folder.path("authorized_keys"),
        "--enrolled-keys", folder.path("enrolled_keys")};
    all.insert(all.end(), options.begin(), options.end());
    return all;
  }
};

}  // namespace forkmill::tests
