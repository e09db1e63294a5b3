// Way: the connection of a client to the broker of one shard, with what proto::Dealer offers
// (proto/transport/dealer.h). The connection is made with the way, and ends with it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tests/sim/nodes/line.h"

namespace forkmill::sim {

class Way {
 public:
  virtual ~Way() = default;
  // For messages to the broker, and for faults.
  virtual Line& line() = 0;
  // Takes the oldest event of the connection that is left. Empty: none is.
  virtual std::optional<Line::Event> next_event() = 0;
  // Drops the connection, and makes a new one.
  virtual void reconnect() = 0;
  // Connects to `address`, where a broker has sent this client. Returns false, and does nothing, if no broker can be
  // there.
  virtual bool redirect(const std::string& address) = 0;
};

// OneWay: to the only broker that there is, by a line that the client has and that must outlive the way.
class OneWay final : public Way {
 public:
  explicit OneWay(Line& line) : line_{line} { line_.begin(); }
  ~OneWay() override { line_.end(); }
  OneWay(const OneWay&) = delete;
  OneWay& operator=(const OneWay&) = delete;

  Line& line() override { return line_; }
  std::optional<Line::Event> next_event() override { return line_.next_event(); }
  void reconnect() override { line_.reconnect(); }
  bool redirect(const std::string&) override { return false; }

 private:
  Line& line_;
};

}  // namespace forkmill::sim
