// Route: the way of a client or worker to the owner of one shard, as proto::Dealer has it (proto/transport/dealer.h): a
// list of endpoints that are tried in turns, and the endpoint to which a broker has sent the peer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/sim/nodes/line.h"
#include "tests/sim/nodes/way.h"
#include "tests/sim/shards/addresses.h"
#include "tests/sim/world/alarm.h"

namespace forkmill::sim {

class Route final : public Way {
 public:
  // `endpoints`: addresses that exist; not empty.
  Route(World& world, const Addresses& addresses, std::string name, std::vector<std::string> endpoints,
        Line::Owner owner);

  // Drops the connection, and makes a new one to the next endpoint of the list.
  void reconnect() override { try_next(); }
  // Connects to `address`, where a broker has sent this peer. When that connection breaks or cannot be made, the list
  // is tried again. Returns false, and does nothing, if that is no endpoint.
  bool redirect(const std::string& address) override;
  std::optional<Line::Event> next_event() override;
  Line& line() override { return line_; }

 private:
  void try_next();
  void connect(const std::string& address);
  void give_up();

  World& world_;
  const Addresses& addresses_;
  const std::vector<std::string> endpoints_;
  std::size_t at_ = 0;
  bool is_redirected_ = false;
  bool is_connected_ = false;
  Line line_;
  Alarm patience_{world_, [this] { give_up(); }};
};

}  // namespace forkmill::sim
