// ConnectionTable: the connections that the broker has accepted, by descriptor, with limits that ZeroMQ does not have:
// how many there are, in all and from one address; how long a connection may stay without a session; how much it may
// have sent that was not received yet. ZeroMQ has no call that ends one connection: the table ends it through the calls
// by which ZeroMQ accepts, reads and closes connections (broker/connection_calls.h).
//
// A connection whose peer has no session is a stranger. Strangers may send little more than a HELLO, and when there are
// too many of them, the one that came first is ended: a peer that says HELLO is one for a moment only.
//
// The table ends connections for good: what such a peer has sent before, which may be much, is not handled any more. It
// gets no answer, and sends what was not confirmed again in its next session.
//
// accepted(), arrived() and closed() are called by ZeroMQ's thread, all others by the thread that owns the Router.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "proto/clock.h"
#include "proto/ids.h"
#include "proto/transport/connection_backlog.h"
#include "proto/transport/connection_counts.h"
#include "proto/transport/frame_meter.h"

namespace forkmill::proto {

struct ConnectionLimits {
  std::size_t connections = 1024;  // places in all
  // The cost (FrameMeter) of what was sent and not received yet.
  std::uint64_t stranger_cost = 9ULL * 1024 * 1024;  // the largest HELLO
  std::uint64_t peer_cost = 6ULL * limits::kMaxPayload;
  std::uint64_t total_cost = 1024ULL * 1024 * 1024;
  Instant hello_time = std::chrono::seconds{10};  // how long a connection may stay without a session

  std::size_t strangers() const { return std::min<std::size_t>(connections / 2, 2048); }
  std::size_t strangers_of_address() const { return strangers() / 2; }
  std::size_t of_address() const { return connections / 8 * 7; }
  // Limits for a process that may open `descriptors` descriptors: some are kept back for files.
  // memory: that the process may have, in bytes; what waits may take a quarter of it, and the largest payload in any
  // case.
  static ConnectionLimits for_process(std::size_t descriptors, std::uint64_t memory);
};

class ConnectionTable {
 public:
  explicit ConnectionTable(ConnectionLimits limits);
  ~ConnectionTable();
  ConnectionTable(const ConnectionTable&) = delete;
  ConnectionTable& operator=(const ConnectionTable&) = delete;

  // The table of this process; null: it has none, and nothing is limited. install() makes it.
  static ConnectionTable* installed() { return installed_.load(std::memory_order_acquire); }
  static void install(ConnectionLimits limits);

  // A connection was accepted as `fd`. Returns false if there is no place for it: the caller closes it.
  bool accepted(int fd, const std::string& address, Instant now);
  // The connection has sent these bytes. Returns false if it must end: the caller does not deliver them.
  bool arrived(int fd, std::span<const unsigned char> bytes);
  void closed(int fd);

  // Which connection a peer has; it may be gone meanwhile.
  struct Place {
    int fd = -1;
    std::uint32_t generation = 0;
    std::shared_ptr<const std::atomic<bool>> ended;  // by this table; null: not known

    bool has_ended() const { return ended != nullptr && *ended; }
  };
  // A first message of `peer` was received from the connection that is `fd` now.
  Place bind(int fd, PeerId peer);
  // Call when the peer of that connection has a session from now on.
  void welcome(const Place& place);
  // Call when a frame of the peer was received.
  void received(const Place& place, std::uint64_t cost);
  // Ends the connection, if it is still there.
  void cut(const Place& place);
  bool is_open(const Place& place) const;

  // Ends strangers whose time for HELLO is over; a peer whose session has ended is a stranger again. Call about once a
  // second: after a longer pause, all strangers get their whole time, since their messages may be waiting.
  // `has_session`: whether that peer has a session. `idle`: nothing waits to be received.
  void sweep(Instant now, const std::function<bool(PeerId)>& has_session, bool idle);

  std::size_t connections() const { return counts_.all(); }
  std::size_t strangers() const { return counts_.strangers(); }

 private:
  struct Connection;
  // The connections by descriptor. One thread makes them, any finds them.
  class Slots {
   public:
    Slots();
    ~Slots();
    // Returns null for a descriptor that was never a connection.
    Connection* find(int fd) const;
    // Returns null if the connection is closed.
    Connection* find(const Place& place) const;
    Connection& make(int fd);
    int highest() const { return highest_; }

   private:
    const std::unique_ptr<std::unique_ptr<Connection>[]> by_fd_;
    std::atomic<int> highest_{-1};  // descriptor that was ever a connection
  };

  void evict_stranger(const std::string* address);
  void set_stranger(Connection& connection, bool stranger, Instant now);
  void end(int fd, Connection& connection);

  static std::atomic<ConnectionTable*> installed_;

  const ConnectionLimits limits_;
  Slots slots_;
  std::mutex mutex_;  // guards changes of counts_, and a connection against being closed
  ConnectionCounts counts_;
  ConnectionBacklog backlog_;
  Instant last_sweep_{0};
};

}  // namespace forkmill::proto
